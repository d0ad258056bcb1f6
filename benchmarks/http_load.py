"""A client that costs little: many connections, each sends its next request when the last is answered.

On two cores the client shares them with what it measures; an ordinary HTTP library would need more of them
than the server.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from oms.adapters.clock import elapsed_s

Make = Callable[[], bytes]
"""The next request, whole, headers included."""


@dataclass
class Load:
    """What came of it: seconds each answer took, answers by status, bodies of those not expected."""

    took_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    odd: list[bytes] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return len(self.took_s) / self.seconds

    def took_ms(self, share: float) -> float:
        """The time within which this share of the answers came, in milliseconds."""
        ordered = sorted(self.took_s)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Connection(asyncio.Protocol):
    """One connection: HTTP/1.1 with Content-Length, which is all that our server sends."""

    def __init__(self, make: Make, load: Load, until_s: float, over: asyncio.Future[None]) -> None:
        self._make, self._load, self._until_s, self.over = make, load, until_s, over
        self._read = bytearray()
        self._since_s = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._read += data
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._read[:end]).lower()
        _, _, rest = head.partition(b"content-length:")
        length = int(rest.split(b"\r\n", 1)[0])
        if len(self._read) < end + 4 + length:
            return
        self._load.took_s.append(elapsed_s() - self._since_s)
        status = int(head[9:12])
        self._load.statuses[status] += 1
        if status >= 300:
            self._load.odd.append(bytes(self._read[end + 4 :]))
        self._read.clear()
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(error or ConnectionError("the server hung up"))

    def _send(self) -> None:
        assert self._transport is not None
        now_s = elapsed_s()
        if now_s >= self._until_s:
            if not self.over.done():
                self.over.set_result(None)
            self._transport.close()
            return
        self._since_s = now_s
        self._transport.write(self._make())


def request(method: str, path: str, key: str, body: bytes) -> bytes:
    """A request with JSON, as bytes."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run_load(ports: list[int], clients: int, seconds: float, make: Make) -> Load:
    """So many clients for so long, spread over the ports."""
    return asyncio.run(_run(ports, clients, seconds, make))


async def _run(ports: list[int], clients: int, seconds: float, make: Make) -> Load:
    load, loop = Load(), asyncio.get_running_loop()
    begun_s = elapsed_s()
    over: list[asyncio.Future[None]] = [loop.create_future() for _ in range(clients)]
    for number, ending in enumerate(over):

        def connection(ending: asyncio.Future[None] = ending) -> _Connection:
            return _Connection(make, load, begun_s + seconds, ending)

        await loop.create_connection(connection, "127.0.0.1", ports[number % len(ports)])
    await asyncio.gather(*over)
    load.seconds = elapsed_s() - begun_s
    return load
