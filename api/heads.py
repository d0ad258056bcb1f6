"""uvicorn's HTTP, with an end to what it would read for ever: heads, and what is of no request at all.

Nobody has shown a key before the head of a request is whole, and the application does not see it before. So
its size and its time end here, as those of bodies end in `api/guard.py`.
"""

from __future__ import annotations

import asyncio
from typing import cast

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.afterwards import remember
from api.frame import SECURITY
from api.metrics import UNMATCHED
from api.problems import MEDIA_TYPE, STATUS, document
from oms.adapters.ids import RandomIds
from oms.refusals import Code, Refusal

LARGEST_HEAD = 64 * 1024
"""Bytes of a request line with its headers, and of what stands behind a body in chunks."""
HEAD_S = 10.0
"""How long a head may take from its first byte; a new connection, until one comes; and the rest of a body
that was answered before it was read."""
LINGER_S = 1.0
LINGER = 16 * LARGEST_HEAD
"""How long, and how many bytes, a refused client may go on sending to no effect: it reads the answer only if
the connection is not torn down meanwhile."""

TOO_LARGE = Refusal(
    Code.HEAD_TOO_LARGE,
    f"Address and headers have at most {LARGEST_HEAD >> 10} KiB together; send fewer or shorter ones",
)
TOO_SLOW = Refusal(Code.TOO_SLOW, "The head of the request took too long to arrive; send it again, whole")

_ids = RandomIds()


class BoundedHeads(HttpToolsProtocol):
    """One timer a connection, and none while requests come whole."""

    _watch: asyncio.TimerHandle | None = None
    _since: float | None = None
    """Since when something is awaited that no request is at work on."""
    _head: object = None
    """The scope of the head whose bytes are being counted."""
    _told = 0
    """Bytes that were no body, at least since that head began or the last chunk did."""
    _refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Something should come of it soon."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more will."""
        super().connection_lost(exc)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def data_received(self, data: bytes) -> None:
        """Read on, then see what is still to come."""
        self._told += len(data)
        if self._refused:
            if self._told > LINGER:
                self.transport.close()
            return
        before = self.cycle
        super().data_received(data)
        cycle = self.cycle
        if cycle is None or cycle.scope is not self.scope or cycle.response_complete:
            self._unclaimed(cycle is before and (cycle is None or not cycle.more_body))
            return
        self._since = None
        if not cycle.more_body:
            self._told = 0
        elif self._told > LARGEST_HEAD:
            self._refuse(TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The head has come; one that is too large goes no further."""
        if self._told > LARGEST_HEAD and self._read() > LARGEST_HEAD:
            self._refuse(TOO_LARGE)
            raise ValueError("too large")  # this is how the parser is stopped
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Bodies are bounded elsewhere."""
        self._told -= len(body)
        super().on_body(body)

    def on_chunk_header(self) -> None:
        """There may be any number of chunks."""
        self._told = 0

    on_chunk_complete = on_chunk_header

    def send_400_response(self, msg: str) -> None:
        """What cannot be read is told so, unless it was refused."""
        if not self._refused:
            super().send_400_response(msg)

    def _unclaimed(self, alone: bool) -> None:
        """What came is part of a head, or of no request that is at work. ``alone``: of nothing before it."""
        if self._done_with():
            return
        if self._in_head() and self._head is not self.scope:
            self._head = self.scope
            if not alone:
                self._told = self._read()
            self._wait()
        elif self._since is None and self.timeout_keep_alive_task is None:
            self._wait()
        if self._told > LARGEST_HEAD:
            self._refuse(TOO_LARGE)

    def _wait(self) -> None:
        self._since = self.loop.time()
        if self._watch is None:
            self._watch = self.loop.call_later(HEAD_S, self._look)

    def _look(self) -> None:
        """Whether the time is up. While an answer is owed it does not run: reading may stand still then."""
        self._watch = None
        if self._since is None or self._done_with():
            return
        now = self.loop.time()
        if self._owes():
            self._since = now
        left_s = self._since + HEAD_S - now
        if left_s > 0:
            self._watch = self.loop.call_later(left_s, self._look)
        elif self._in_head():
            self._refuse(TOO_SLOW)
        else:
            self.transport.close()

    def _in_head(self) -> bool:
        """Whether a request has begun whose head is not whole."""
        return self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope)

    def _owes(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _done_with(self) -> bool:
        """Whether the connection ends, or speaks another protocol by now."""
        return self.transport.is_closing() or self.transport.get_protocol() is not self

    def _read(self) -> int:
        """Bytes of the head as far as it was understood."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse(self, refusal: Refusal) -> None:
        """Say so, if it would not come amid another answer, and read no more."""
        self._refused = True
        if self._owes() or not self._in_head():
            self.transport.close()
            return
        waited_s = self.loop.time() - (self._since or self.loop.time())
        request_id, status = _ids.new("req"), STATUS[refusal.code]
        said = orjson.dumps(document(refusal) | {"request_id": request_id})
        headers = [
            *self.server_state.default_headers,
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", b"%d" % len(said)),
            (b"connection", b"close"),
            (b"x-request-id", request_id.encode()),
            *SECURITY,
        ]
        head = b"".join(b"%b: %b\r\n" % pair for pair in headers)
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], head, said))
        self.transport.write_eof()
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self.loop.call_later(LINGER_S, self.transport.close)
        remember(request_id, "-", UNMATCHED, status, waited_s, code=refusal.code.value)
