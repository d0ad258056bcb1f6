"""A wire between the product and its database, which breaks or goes dead at the very COMMIT of a request."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import make_url

COMMIT = b"COMMIT\x00"
"""As libpq sends the statement."""


class Relay:
    """Hands on what both sides say. Once armed, the server's word on the next COMMIT of a transaction in
    which the client named ``marker`` is swallowed: the transaction is done, and the client never hears of it.
    """

    def __init__(self, host: str, port: int) -> None:
        self.caught = threading.Event()
        self._host, self._server_port, self._marker, self._cut = host, port, b"", False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._dead: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, marker: str, *, cut: bool) -> None:
        """``cut``: the line breaks then; else it stays and says nothing more."""
        self._marker, self._cut = marker.encode(), cut
        self.caught.clear()

    def release(self) -> None:
        """Break the lines that have gone dead."""
        for line in self._dead:
            _hang_up(line)

    def close(self) -> None:
        for line in (self._listener, *self._lines):
            _hang_up(line)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = self._connected()
                self._lines += [client, server]
                dead = threading.Event()
                threading.Thread(target=self._said, args=(client, server, dead), daemon=True).start()
                threading.Thread(target=self._answered, args=(client, server, dead), daemon=True).start()

    def _connected(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host, self._server_port))
        line = socket.socket(socket.AF_UNIX)
        line.connect(f"{self._host}/.s.PGSQL.{self._server_port}")
        return line

    def _said(self, client: socket.socket, server: socket.socket, dead: threading.Event) -> None:
        named = False
        with suppress(OSError):
            while data := client.recv(1 << 16):
                named = named or (bool(self._marker) and self._marker in data)
                if named and COMMIT in data:
                    self._marker = b""
                    dead.set()
                    self._dead.append(client)
                    server.sendall(data)
                    self.caught.set()
                    continue
                named = named and COMMIT not in data and b"ROLLBACK" not in data
                server.sendall(data)
        _hang_up(server)

    def _answered(self, client: socket.socket, server: socket.socket, dead: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                if not dead.is_set():
                    client.sendall(data)
                elif self._cut:
                    break
        _hang_up(client)


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()


@contextmanager
def relayed(url: str) -> Iterator[tuple[str, Relay]]:
    """The address of the database behind a wire of our own, and the wire."""
    address = make_url(url)
    relay = Relay(str(address.query.get("host", address.host)), address.port or 5432)
    plain = dict.fromkeys(("sslmode", "gssencmode"), "disable")
    here = address.difference_update_query(["host"]).set(host="127.0.0.1", port=relay.port)
    try:
        yield here.update_query_dict(plain).render_as_string(hide_password=False), relay
    finally:
        relay.close()
