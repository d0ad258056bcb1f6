"""A real HTTP receiver on loopback: keeps what it got, and answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Says:
    """An answer."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Receiver:
    """`answers` decides; it runs in a thread of the request and may take its time."""

    def __init__(self) -> None:
        self.got: list[Received] = []
        self.answers: Callable[[Received], Says] = lambda _: Says()
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def open(self) -> None:
        """Listen, on the same port as before."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver._answer(self)

            def do_GET(self) -> None:
                receiver._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def ids(self) -> list[str]:
        return [one.id for one in self.got]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        received = Received(handler.path, headers, body)
        with self._lock:
            self.got.append(received)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            says = self.answers(received)
        finally:
            with self._lock:
                self._now -= 1
        try:
            handler.send_response(says.status)
            for name, value in {"Content-Length": str(len(says.body)), **says.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(says.body)
        except OSError:
            handler.close_connection = True


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver, closed afterwards."""
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()
