"""A client that costs little: many connections, each sends its next request when the last is answered.

On two cores the client shares them with what it measures; an ordinary HTTP library would need more of them
than the server.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import uvloop

from oms.adapters.clock import elapsed_s

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "

Door = int | tuple[str, int]
"""Where a server listens: a port of this machine, or an address and a port."""

Make = Callable[[], bytes]
"""The next request, whole, headers included."""


@dataclass
class Load:
    """What came of it: seconds each answer took, answers by status, those not expected, and what the client
    took of the processor.
    """

    took_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    odd: list[bytes] = field(default_factory=list)
    seconds: float = 0.0
    cpu_s: float = 0.0

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
        self._make, self._load, self._until_s, self._over = make, load, until_s, over
        self._seen = b""
        self._left = 0
        self._since_s = 0.0
        self._transport: Any = None  # uvloop's is no asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Count the answer's bytes; when all are there, send the next request."""
        if not self._left:
            data = self._seen + data
            end = data.find(HEAD_END)
            if end < 0:
                self._seen = data
                return
            self._seen = b""
            self._left = self._begun(data, end)
        self._left -= len(data)
        if self._left == 0:
            self._load.took_s.append(elapsed_s() - self._since_s)
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        """A server that hangs up has failed."""
        if not self._over.done():
            self._over.set_exception(error or ConnectionError("the server hung up"))

    def _begun(self, data: bytes, end: int) -> int:
        """An answer has begun; how many bytes it has in all."""
        status = int(data[9:12])
        self._load.statuses[status] += 1
        if status >= 300:
            self._load.odd.append(data)
        at = data.index(LENGTH) + len(LENGTH)
        return end + len(HEAD_END) + int(data[at : data.index(b"\r", at)])

    def _send(self) -> None:
        self._since_s = elapsed_s()
        if self._since_s < self._until_s:
            self._transport.write(self._make())
        elif not self._over.done():
            self._over.set_result(None)
            self._transport.close()


def request(method: str, path: str, key: str, body: bytes) -> bytes:
    """A request with JSON, as bytes."""
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run_load(doors: Sequence[Door], clients: int, seconds: float, make: Make) -> Load:
    """So many clients for so long, spread over the doors."""
    with ThreadPoolExecutor(1) as apart:  # whatever loop the caller's thread has going
        return apart.submit(uvloop.run, _run(doors, clients, seconds, make)).result()


async def _run(doors: Sequence[Door], clients: int, seconds: float, make: Make) -> Load:
    load, loop = Load(), asyncio.get_running_loop()
    begun_s, cpu_s = elapsed_s(), time.process_time()
    over: list[asyncio.Future[None]] = [loop.create_future() for _ in range(clients)]
    for number, ending in enumerate(over):

        def connection(ending: asyncio.Future[None] = ending) -> _Connection:
            return _Connection(make, load, begun_s + seconds, ending)

        door = doors[number % len(doors)]
        host, port = ("127.0.0.1", door) if isinstance(door, int) else door
        await loop.create_connection(connection, host, port)
    await asyncio.gather(*over)
    load.seconds, load.cpu_s = elapsed_s() - begun_s, time.process_time() - cpu_s
    return load
