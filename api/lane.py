"""The short way for questions that only need memory: availability and promises.

The framework's way to an endpoint costs more than the answer. So a plain request, one that carries a living
key and a whole, valid body, is judged and answered here, by the same access row, limits, body and function
as on the framework's way. Whatever is not plain goes that way from its first byte on: there each "no" has
its words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.access import ACCESS, Rule
from api.frame import SINCE, Frame
from api.guard import BODY_S, LARGEST_BODY, admit
from api.wire.base import Wire
from oms.actors import Actor
from oms.adapters.clock import elapsed_s
from oms.bootstrap import Runtime
from oms.refusals import Refused
from oms.store.keys import ApiKey

JSON = b"application/json"
BEARER = b"Bearer "
ASKED = "anyshelf.asked"


@dataclass(frozen=True, slots=True)
class Quick:
    """An endpoint that, for a `plain` body, touches nothing but memory. `answer` gives the document to
    send.
    """

    body: type[Wire]
    plain: Callable[[Any, Runtime], bool]
    answer: Callable[[Any, Actor, Runtime], Any]


@dataclass(frozen=True, slots=True)
class _Stop:
    quick: Quick
    route: APIRoute
    rule: Rule


@dataclass(frozen=True, slots=True)
class _Asked:
    """A plain request. ``body`` None: it did not come in time."""

    stop: _Stop
    known: tuple[ApiKey, Actor]
    body: Any


class Lane:
    """An ASGI application: answers plain requests to the endpoints it knows, hands all others on to
    ``app``.
    """

    def __init__(
        self, app: ASGIApp, quick: Mapping[tuple[str, str], Quick], routes: Iterable[BaseRoute]
    ) -> None:
        self._app = app
        self._framed = Frame(_answer)
        self._stops: dict[tuple[str, str], _Stop] = {}
        for route in routes:
            assert isinstance(route, APIRoute)
            for key in ((method, route.path) for method in route.methods or ()):
                if key in quick:
                    self._stops[key] = _Stop(quick[key], route, ACCESS[key])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on what was asked; ``app`` in the scope has the state."""
        stop = self._stops.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        presented = None if stop is None else _presented(scope)
        known = None if presented is None else scope["app"].state.runtime.keys.open(presented)
        if stop is None or known is None:
            await self._app(scope, receive, send)
            return
        since_s = elapsed_s()
        body = None
        try:
            async with asyncio.timeout(BODY_S):
                first = await receive()
        except TimeoutError:
            pass
        else:
            body = _read(stop.quick, first, scope["app"].state.runtime)
            if body is None:
                await self._app(scope, _again(first, receive), send)
                return
        scope.update({"route": stop.route, SINCE: since_s, ASKED: _Asked(stop, known, body)})
        await self._framed(scope, receive, send)


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Judge and answer what was read."""
    asked: _Asked = scope[ASKED]
    state = scope["app"].state
    if asked.body is None:
        await problems.named(scope, problems.TOO_SLOW)(scope, receive, send)
        return
    try:
        actor = admit(scope, state.limits, asked.known, asked.stop.rule)
        body = orjson.dumps(asked.stop.quick.answer(asked.body, actor, state.runtime))
    except Refused as no:
        await problems.named(scope, no.refusal)(scope, receive, send)
        return
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", JSON)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _presented(scope: Scope) -> str | None:
    """The key of a request whose head is plain; None for any other."""
    key, kind, length = b"", b"", b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            key = value
        elif name == b"content-type":
            kind = value
        elif name == b"content-length":
            length = value
    plain = kind == JSON and key.startswith(BEARER) and not scope["query_string"]
    if not plain or not length.isdigit() or len(length) > 7 or int(length) > LARGEST_BODY:
        return None
    return key[len(BEARER) :].decode("latin-1").strip()


def _read(quick: Quick, message: Message, runtime: Runtime) -> Any:
    """The body, if all of it came at once and nothing is wrong with it."""
    raw = message.get("body", b"")
    if message["type"] != "http.request" or message.get("more_body") or b"\\u0000" in raw:
        return None
    try:
        body = quick.body.__pydantic_validator__.validate_python(orjson.loads(raw))
    except (orjson.JSONDecodeError, ValidationError):
        return None
    return body if quick.plain(body, runtime) else None


def _again(first: Message, receive: Receive) -> Receive:
    """A `receive` that begins with what was received already."""
    waiting = [first]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received
