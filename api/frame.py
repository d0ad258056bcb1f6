"""The outermost layer: a request id, the headers every answer carries, one line in the log, and the last
resort against surprises."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from api.afterwards import remember
from api.logs import ACCEPTED_ID, REQUEST_ID
from api.metrics import CLIENT_LEFT, route_of
from api.problems import INTERNAL, problem
from oms.adapters.clock import elapsed_s
from oms.adapters.ids import RandomIds

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("anyshelf.api")

SINCE = "anyshelf.since"
"""Where the scope holds since when a request is at work, for those who were before this layer."""
ID = "anyshelf.request_id"
"""Where it holds the request's id."""

SECURITY: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
"""Sent unless the route chose its own (pages do)."""


_ids = RandomIds()


class Frame:
    """ASGI middleware in one function: cheap enough to stand before every endpoint."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and see to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = begin(scope)
        status, since_s = 0, scope.get(SINCE) or elapsed_s()

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"] = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers.extend(pair for pair in SECURITY if pair[0] not in present)
                headers.append((b"x-request-id", request_id.encode()))
                headers.extend(pair for pair in scope.get("anyshelf.headers", ()) if pair[0] not in present)
            await send(message)

        try:
            await self._app(scope, receive, framed)
        except Exception:
            log.exception("%s failed", route_of(scope))
            if status:
                raise
            scope["anyshelf.code"] = INTERNAL.code.value
            await problem(INTERNAL)(scope, receive, framed)
        finally:
            _done(scope, status or CLIENT_LEFT, elapsed_s() - since_s)


def begin(scope: Scope) -> str:
    """The request's id, from now on also in what is logged: the one it was sent with, or a new one."""
    request_id: str = scope.get(ID) or _sent_id(scope) or _ids.new("req")
    scope[ID] = request_id
    REQUEST_ID.set(request_id)
    return request_id


def _done(scope: Scope, status: int, seconds: float) -> None:
    actor, code = scope.get("anyshelf.actor"), scope.get("anyshelf.code")
    key = None if actor is None else actor.key_id
    remember(scope[ID], scope["method"], route_of(scope), status, seconds, key, code)


def _sent_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and ACCEPTED_ID.fullmatch(value):
            return str(value.decode())
    return None
