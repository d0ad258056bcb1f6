"""The short way for questions that only need memory: availability and promises.

The framework's way to an endpoint costs more than the answer. So a plain request, one that carries a living
key and a whole, valid body, is judged and answered here, by the same access row, limits, body and function
as on the framework's way. Whatever is not plain goes that way from its first byte on: there each "no" has
its words.
"""

from __future__ import annotations

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
from api.arriving import within
from api.frame import SECURITY, SINCE, Frame, begin, remember
from api.guard import BODY_S, LARGEST_BODY, admit
from api.limits import Headers, Limits
from api.metrics import route_of
from api.wire.base import Wire
from oms.actors import Actor
from oms.adapters.clock import elapsed_s
from oms.bootstrap import Runtime
from oms.refusals import Refused

JSON = b"application/json"
BEARER = b"Bearer "
FAILED = "anyshelf.failed"
ALWAYS = ((b"content-type", JSON), *SECURITY)


@dataclass(frozen=True, slots=True)
class Quick:
    """An endpoint that, for a `plain` body, touches nothing but memory. `answer` gives the JSON to send."""

    body: type[Wire]
    plain: Callable[[Any, Runtime], bool]
    answer: Callable[[Any, Actor, Runtime], bytes]


@dataclass(frozen=True, slots=True)
class _Stop:
    method: str
    quick: Quick
    route: APIRoute
    rule: Rule


class Lane:
    """An ASGI application: answers plain requests to the endpoints it knows, hands all others on to
    ``app``. `runtime` has to be set before the first request.
    """

    runtime: Runtime

    def __init__(
        self,
        app: ASGIApp,
        quick: Mapping[tuple[str, str], Quick],
        routes: Iterable[BaseRoute],
        limits: Limits,
    ) -> None:
        self._app = app
        self._limits = limits
        self._refuse = Frame(_otherwise)
        self._stops: dict[tuple[str, str], _Stop] = {}
        for route in routes:
            assert isinstance(route, APIRoute)
            for key in ((method, route.path) for method in route.methods or ()):
                if key in quick:
                    self._stops[key] = _Stop(key[0], quick[key], route, ACCESS[key])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on what was asked."""
        stop = self._stops.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        presented = None if stop is None else _presented(scope)
        known = None if presented is None else self.runtime.keys.open(presented)
        if stop is None or known is None:
            await self._app(scope, receive, send)
            return
        scope[SINCE] = since_s = elapsed_s()
        try:
            first = await within(BODY_S, receive())
        except TimeoutError:
            scope.update({"route": stop.route, FAILED: Refused(problems.TOO_SLOW)})
            await self._refuse(scope, receive, send)
            return
        body = _read(stop.quick, first, self.runtime)
        if body is None:
            del scope[SINCE]
            await self._app(scope, _again(first, receive), send)
            return
        scope["route"] = stop.route
        request_id = begin(scope)
        try:
            actor = admit(scope, self._limits, known, stop.rule)
            answer = stop.quick.answer(body, actor, self.runtime)
        except Exception as error:
            scope[FAILED] = error
            await self._refuse(scope, receive, send)
            return
        try:
            await send(_head(answer, request_id, scope["anyshelf.headers"]))
            await send({"type": "http.response.body", "body": answer})
        finally:
            remember(stop.method, route_of(scope), 200, elapsed_s() - since_s, actor.key_id)


async def _otherwise(scope: Scope, receive: Receive, send: Send) -> None:
    """Say no, or fail as the answer did."""
    error: Exception = scope[FAILED]
    if not isinstance(error, Refused):
        raise error
    await problems.named(scope, error.refusal)(scope, receive, send)


def _head(answer: bytes, request_id: str, limits: Headers) -> Message:
    """As the frame would make it."""
    headers = [
        (b"content-length", b"%d" % len(answer)),
        *ALWAYS,
        (b"x-request-id", request_id.encode()),
        *limits,
    ]
    return {"type": "http.response.start", "status": 200, "headers": headers}


def _presented(scope: Scope) -> str | None:
    """The key of a request whose head is plain; None for any other."""
    said = dict(scope["headers"])
    key: bytes = said.get(b"authorization", b"")
    length: bytes = said.get(b"content-length", b"")
    plain = said.get(b"content-type") == JSON and key.startswith(BEARER) and not scope["query_string"]
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
