"""The outermost layer: a request id, the headers every answer carries, and the last resort against
surprises."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from api.problems import INTERNAL, problem
from oms.adapters.ids import RandomIds

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

log = logging.getLogger("anyshelf.api")

SECURITY: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
"""Sent unless the route chose its own (pages do)."""


class Frame:
    """ASGI middleware in one function: cheap enough to stand before every endpoint."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._ids = RandomIds()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass the request on, and see to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._ids.new("req")
        begun = False

        async def framed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = message["headers"] = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers.extend(pair for pair in SECURITY if pair[0] not in present)
                headers.append((b"x-request-id", request_id.encode()))
                headers.extend(pair for pair in scope.get("anyshelf.headers", ()) if pair[0] not in present)
            await send(message)

        try:
            await self._app(scope, receive, framed)
        except Exception:
            log.exception("%s failed", request_id)
            if begun:
                raise
            await problem(INTERNAL)(scope, receive, framed)
