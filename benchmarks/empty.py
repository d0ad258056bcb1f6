"""The product's server with an empty endpoint before it: the floor of the benchmark of the checkout.

`PUT /empty/NAME` keeps a body; `POST /empty/NAME` reads the request's body and answers with what is kept.
It is a bare ASGI function on the same server in the same process: no route is looked up, no key, limit, log
or figure. It exists here only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from api.server import application as product

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/empty/"


class Empty:
    """Answers below `PREFIX` itself, hands everything else to the application."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._kept: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        if scope["method"] == "PUT":
            self._kept[scope["path"]] = body
        answer = self._kept[scope["path"]]
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


def application() -> Empty:
    """What uvicorn runs: the product as `anyshelf serve` runs it, log and all, on settings of the
    environment.
    """
    return Empty(product())
