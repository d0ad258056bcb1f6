"""Sends one signed message to an address that was judged first, and tells what came of it.

The name is resolved and judged at the moment of connecting, and the connection goes to the very address that
was judged: a name that changes in between changes nothing. The name itself stays in the request, so that
Host and TLS are those of the receiver. Redirects are never followed, proxies of the environment never asked.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from socket import gaierror
from typing import Any

import httpcore
import httpx

from oms.adapters.clock import elapsed_s
from oms.adapters.resolver import Resolve
from oms.webhooks.address import public
from oms.webhooks.endpoint import Outcome, Reply
from oms.webhooks.retrying import LONGEST_WAIT_S

MOST_ADDRESSES = 3
READ_MOST = 64 * 1024
"""Bytes of an answer's body that are read, and thrown away; only its status counts."""


@dataclass(frozen=True)
class Patience:
    """Seconds to connect to an address, between two bytes, and for all of it."""

    connect_s: float = 5.0
    read_s: float = 10.0
    total_s: float = 15.0


class ForbiddenAddress(Exception):
    """The name leads to an address that is not one of the public internet."""


class Sender:
    """Connections to one endpoint; an async context. `private`: any address will do."""

    def __init__(
        self,
        resolve: Resolve,
        threads: Executor,
        *,
        private: bool = False,
        patience: Patience | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._patience = patience or Patience()
        backend = _Judged(resolve, threads, private)
        self._pool = httpcore.AsyncConnectionPool(network_backend=backend, ssl_context=tls)

    async def __aenter__(self) -> Sender:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One attempt. Never raises for what the network or the receiver does."""
        begun = elapsed_s()
        answered: list[httpcore.Response] = []
        trouble = Outcome.TIMED_OUT
        try:
            async with asyncio.timeout(self._patience.total_s):
                await self._exchange(httpx.URL(url), headers, body, answered)
        except (TimeoutError, httpcore.TimeoutException):
            pass
        except ForbiddenAddress:
            trouble = Outcome.FORBIDDEN_ADDRESS
        except gaierror:
            trouble = Outcome.UNRESOLVABLE
        except httpcore.ConnectError as error:
            broken = isinstance(error.__cause__, ssl.SSLError)
            trouble = Outcome.BAD_CERTIFICATE if broken else Outcome.UNREACHABLE
        except httpcore.ProtocolError:
            trouble = Outcome.BAD_ANSWER
        except (httpcore.NetworkError, OSError):
            trouble = Outcome.UNREACHABLE
        took_ms = int((elapsed_s() - begun) * 1000)
        return _judged(answered[0], took_ms) if answered else Reply(trouble, None, took_ms)

    async def _exchange(
        self, url: httpx.URL, headers: Mapping[str, str], body: bytes, answered: list[httpcore.Response]
    ) -> None:
        wait = self._patience
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        timeouts = {"connect": wait.connect_s, "read": wait.read_s, "write": wait.read_s}
        named = {"Host": url.netloc.decode("ascii"), **headers, "Content-Length": str(len(body))}
        lines: list[tuple[bytes | str, bytes | str]] = list(named.items())
        request = self._pool.stream(
            "POST", target, headers=lines, content=body, extensions={"timeout": timeouts}
        )
        async with request as response:
            answered.append(response)  # from here on the status stands, whatever becomes of the body
            read = 0
            async for part in response.aiter_stream():
                read += len(part)
                if read > READ_MOST:
                    break


class _Judged(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were judged, never to a name."""

    def __init__(self, resolve: Resolve, threads: Executor, private: bool) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._resolve = resolve
        self._threads = threads
        self._private = private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = (await self._addresses(host, timeout))[:MOST_ADDRESSES]
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def _addresses(self, host: str, timeout: float | None) -> list[str]:
        looking = asyncio.get_running_loop().run_in_executor(self._threads, self._resolve, host)
        addresses = await asyncio.wait_for(looking, timeout)
        if not addresses:
            raise gaierror
        if not self._private and not all(public(address) for address in addresses):
            raise ForbiddenAddress
        return addresses


def _judged(response: httpcore.Response, took_ms: int) -> Reply:
    status = response.status
    if 200 <= status < 300:
        return Reply(Outcome.ACCEPTED, status, took_ms)
    if 300 <= status < 400:
        return Reply(Outcome.REDIRECTED, status, took_ms)
    if status == 410:
        return Reply(Outcome.GONE, status, took_ms)
    asked = {name.lower(): value for name, value in response.headers}.get(b"retry-after", b"")
    wait_s = min(LONGEST_WAIT_S, int(asked)) if asked.isdigit() and len(asked) < 10 else 0
    return Reply(Outcome.REFUSED, status, took_ms, wait_s)
