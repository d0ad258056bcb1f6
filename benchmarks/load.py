"""A client that costs little: prepared requests over connections that stay open, each waiting for its answer.

`python -m benchmarks.load CONNECTIONS PORT...` plays what it is told, one JSON line at a time on stdin:
`{"requests": [...], "seconds": 1.0}`, where a request is a whole HTTP/1.1 message. It answers each line
with what it counted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from array import array
from itertools import cycle, islice
from typing import Any

import uvloop

from oms.adapters.clock import elapsed_s

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


class Connection(asyncio.Protocol):
    """One request after the other until `until_s`; the seconds each took are appended to `took`."""

    def __init__(self) -> None:
        self.requests: Any = iter(())
        self.took = array("d")
        self.failed = 0
        self.until_s = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: Any = None
        self._began_s = 0.0
        self._left = 0
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to play."""
        self._transport = transport

    def play(self, requests: Any, until_s: float) -> asyncio.Future[None]:
        """Send until then; the future is done when the last answer is there."""
        self.requests, self.until_s = requests, until_s
        self.done = asyncio.get_running_loop().create_future()
        self._next()
        return self.done

    def _next(self) -> None:
        self._began_s = elapsed_s()
        if self._began_s >= self.until_s:
            self.done.set_result(None)
            return
        self._transport.write(next(self.requests))

    def data_received(self, data: bytes) -> None:
        """Count the answer's bytes; when all are there, ask the next."""
        if not self._left:
            data = self._seen + data
            end = data.find(HEAD_END)
            if end < 0:
                self._seen = data
                return
            self._seen = b""
            self.failed += not data.startswith(b"HTTP/1.1 200")
            at = data.index(LENGTH) + len(LENGTH)
            self._left = end + len(HEAD_END) + int(data[at : data.index(b"\r", at)])
        self._left -= len(data)
        if self._left == 0:
            self.took.append(elapsed_s() - self._began_s)
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """A server that hangs up has failed."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))


async def main(connections: int, ports: list[int]) -> None:
    """Play lines of stdin until it ends; the connections go to the ports in turn."""
    loop = asyncio.get_running_loop()
    wanted = islice(cycle(ports), connections)
    opened = [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for port in wanted]
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        told = json.loads(line)
        requests = cycle([request.encode() for request in told["requests"]])  # one order over all connections
        cpu_s, began_s = time.process_time(), elapsed_s()
        await asyncio.gather(*(one.play(requests, began_s + told["seconds"]) for one in opened))
        lasted_s = elapsed_s() - began_s
        took = [second for one in opened for second in one.took]
        failed = sum(one.failed for one in opened)
        for one in opened:
            one.took, one.failed = array("d"), 0
        busy = (time.process_time() - cpu_s) / lasted_s
        print(json.dumps({"took": took, "seconds": lasted_s, "failed": failed, "busy": busy}), flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
