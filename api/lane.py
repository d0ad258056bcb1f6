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
from api.afterwards import remember
from api.arriving import within
from api.frame import ID, SECURITY, SINCE, Frame, begin
from api.guard import BODY_S, LARGEST_BODY, admit
from api.limits import Limits
from api.logs import REQUEST_ID
from api.metrics import route_of
from api.wire.base import Wire
from oms.actors import Actor
from oms.adapters.clock import elapsed_s
from oms.bootstrap import Runtime
from oms.refusals import Refused
from oms.store.keys import ApiKey

JSON = b"application/json"
BEARER = b"Bearer "
LANE = "anyshelf.lane"
"""Where the state that the application gives its server has the lane."""
FAILED = "anyshelf.failed"
ALWAYS = ((b"content-type", JSON), *SECURITY)

Head = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Quick:
    """An endpoint that, for a `plain` body (None: any), touches nothing but memory. `answer`: the JSON."""

    body: type[Wire]
    plain: Callable[[Any, Runtime], bool] | None
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
        self._head: tuple[Head, bytes] = ([], b"")
        self._refuse = Frame(_otherwise)
        self._stops: dict[tuple[str, str], _Stop] = {}
        for route in routes:
            assert isinstance(route, APIRoute)
            for key in ((method, route.path) for method in route.methods or ()):
                if key in quick:
                    self._stops[key] = _Stop(key[0], quick[key], route, ACCESS[key])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on what was asked."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if FAILED in scope:
            await self._refuse(scope, receive, send)
            return
        stop = self._stops.get((scope["method"], scope["path"]))
        known = None if stop is None else self._known(scope)
        if stop is None or known is None:
            await self._app(scope, receive, send)
            return
        since_s = elapsed_s()
        try:
            first = await within(BODY_S, receive())
        except TimeoutError:
            scope.update({"route": stop.route, FAILED: Refused(problems.TOO_SLOW), SINCE: since_s})
            await self._refuse(scope, receive, send)
            return
        whole = first["type"] == "http.request" and not first.get("more_body")
        body = _read(stop.quick, first.get("body", b""), self.runtime) if whole else None
        if body is None:
            await self._app(scope, _again(first, receive), send)
            return
        answer = self._answer(scope, stop, known, body, since_s)
        if answer is None:
            await self._refuse(scope, receive, send)
            return
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _headers(scope, answer)})
            await send({"type": "http.response.body", "body": answer})
        finally:
            _remember(scope, stop, known, since_s)

    def may_know(self, scope: Mapping[str, Any]) -> bool:
        """Whether a request with such a head might be answered here, once its body has come."""
        return (scope["method"], scope["path"]) in self._stops

    def at_once(self, scope: Any, raw: bytes | bytearray, always: Head) -> bytes | None:
        """The same for a server that has the whole request already: head and body of the answer, as they go
        over the wire, with ``always``, the server's own headers, in it.

        None for what has to be asked the ordinary way: then too the scope knows what was judged already.
        """
        stop = self._stops.get((scope["method"], scope["path"]))
        known = None if stop is None else self._known(scope)
        if stop is None or known is None:
            return None
        since_s = elapsed_s()
        body = _read(stop.quick, raw, self.runtime)
        answer = None if body is None else self._answer(scope, stop, known, body, since_s)
        if answer is None:
            return None
        _remember(scope, stop, known, since_s)
        REQUEST_ID.set("")  # no task ends here: what the connection says next is of no request
        return b"%b%b\r\n%b" % (self._begun(always), _lines(_passing(scope, answer)), answer)

    def _known(self, scope: Scope) -> tuple[ApiKey, Actor] | None:
        """Whose key came with a request whose head is plain; None for any other."""
        said = dict(scope["headers"])
        key: bytes = said.get(b"authorization", b"")
        length: bytes = said.get(b"content-length", b"")
        plain = said.get(b"content-type") == JSON and key.startswith(BEARER) and not scope["query_string"]
        if not plain or not length.isdigit() or len(length) > 7 or int(length) > LARGEST_BODY:
            return None
        return self.runtime.keys.open(key[len(BEARER) :].decode("latin-1").strip())

    def _answer(
        self, scope: Scope, stop: _Stop, known: tuple[ApiKey, Actor], body: Any, since_s: float
    ) -> bytes | None:
        """Judge and answer. None: the scope holds what failed."""
        scope["route"] = stop.route
        scope[SINCE] = since_s
        begin(scope)
        try:
            actor = admit(scope, self._limits, known, stop.rule)
            return stop.quick.answer(body, actor, self.runtime)
        except Exception as error:
            scope[FAILED] = error
            return None

    def _begun(self, always: Head) -> bytes:
        """The head of every answer up to what differs; the server's headers change once a second."""
        known, begun = self._head
        if known is not always:
            begun = b"HTTP/1.1 200 OK\r\n" + _lines(always) + _lines(ALWAYS)
            self._head = (always, begun)
        return begun


async def _otherwise(scope: Scope, receive: Receive, send: Send) -> None:
    """Say no, or fail as the answer did."""
    error: Exception = scope[FAILED]
    if not isinstance(error, Refused):
        raise error
    await problems.named(scope, error.refusal)(scope, receive, send)


def _headers(scope: Scope, answer: bytes) -> Head:
    """As the frame would make them."""
    return [*ALWAYS, *_passing(scope, answer)]


def _passing(scope: Scope, answer: bytes) -> Head:
    """Those of this answer alone."""
    return [
        (b"content-length", b"%d" % len(answer)),
        (b"x-request-id", scope[ID].encode()),
        *scope["anyshelf.headers"],
    ]


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


def _remember(scope: Scope, stop: _Stop, known: tuple[ApiKey, Actor], since_s: float) -> None:
    remember(scope[ID], stop.method, route_of(scope), 200, elapsed_s() - since_s, known[1].key_id)


def _read(quick: Quick, raw: bytes | bytearray, runtime: Runtime) -> Any:
    """The body, if nothing is wrong with it."""
    if b"\\u0000" in raw:
        return None
    try:
        body = quick.body.__pydantic_validator__.validate_python(orjson.loads(raw))
    except (orjson.JSONDecodeError, ValidationError):
        return None
    return body if quick.plain is None or quick.plain(body, runtime) else None


def _again(first: Message, receive: Receive) -> Receive:
    """A `receive` that begins with what was received already."""
    waiting = [first]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received
