"""The gate every route stands behind: access row, key, role, limits, then the body; all before the route
runs."""

import asyncio
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Coroutine
from json import JSONDecodeError
from typing import Any

import orjson
from fastapi import APIRouter, params
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Scope

from api.access import ACCESS, Rule
from api.auth import identify
from api.limits import Limits
from oms.actors import Actor
from oms.refusals import Code, Refused, refuse
from oms.store.keys import ApiKey

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

CLOSED = Rule(frozenset())
LARGEST_BODY = 2 * 1024 * 1024
BODY_S = 30.0
"""How long a body may take to arrive; where larger ones are taken, as much longer."""


class StrictRequest(Request):
    """A request whose JSON is read strictly: RFC 8259 and UTF-8 to the letter, and no NUL, which no
    database keeps. A body of more than `largest` bytes is not read to its end."""

    def __init__(self, request: Request, largest: int) -> None:
        super().__init__(request.scope, self._counted)
        self._source = request.receive
        self._largest = largest
        self._read = 0
        patience_s = BODY_S * max(1.0, largest / LARGEST_BODY)
        self._until: float | None = asyncio.get_running_loop().time() + patience_s

    async def _counted(self) -> Message:
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._source()
        except TimeoutError:
            raise HTTPException(408) from None
        if not message.get("more_body"):
            self._until = None  # what comes after the body is only the client's leaving
        self._read += len(message.get("body", b""))
        if self._read > self._largest:
            raise HTTPException(413)
        return message

    async def json(self) -> Any:
        """The body. Raises JSONDecodeError, the one error that FastAPI passes on, with a sentence of ours."""
        if not hasattr(self, "_json"):
            body = await self.body()
            try:
                self._json = orjson.loads(body)
            except orjson.JSONDecodeError as error:
                raise JSONDecodeError(_unreadable(body, error), "", 0) from error
            if b"\\u0000" in body and _holds_nul(self._json):
                raise JSONDecodeError("Text may not hold the character U+0000", "", 0)
        return self._json


class GuardedRoute(APIRoute):
    """A route that lets in whom its row in `api.access` names."""

    largest_body = LARGEST_BODY

    def get_route_handler(self) -> Handler:
        """Wrap the route: judge first, then read the body and run it."""
        inner = super().get_route_handler()
        method = next(iter(self.methods or {"GET"}))
        rule = ACCESS.get((method, self.path), CLOSED)
        body = self.body_field
        wants_json = body is not None and not isinstance(body.field_info, params.Form)
        largest = self.largest_body

        async def handle(request: Request) -> Response:
            _admit(request, rule)
            _readable(request, wants_json, largest)
            return await inner(StrictRequest(request, largest))

        return handle


def routes(tag: str, *, largest_body: int = LARGEST_BODY) -> APIRouter:
    """A router for one room; its paths start with /v1 and each has a row in `api.access`.

    `largest_body` in bytes, for rooms that take files.
    """
    route_class = type("SizedRoute", (GuardedRoute,), {"largest_body": largest_body})
    return APIRouter(route_class=route_class, tags=[tag])


def actor_of(request: Request) -> Actor:
    """Who asks; only behind a guarded route that is not public."""
    actor = request.scope["anyshelf.actor"]
    assert isinstance(actor, Actor)
    return actor


def admit(scope: Scope, limits: Limits, known: tuple[ApiKey, Actor], rule: Rule) -> Actor:
    """Count the request of a key that was opened, and judge its role. Raises Refused: rate_limited,
    forbidden.
    """
    key, actor = known
    scope["anyshelf.headers"], too_many = limits.admit(key, rule.checkout)
    if too_many is not None:
        raise Refused(too_many)
    if actor.role not in rule.roles:
        raise refuse(Code.FORBIDDEN, "This key's role may not do that")
    scope["anyshelf.actor"] = actor
    return actor


def _admit(request: Request, rule: Rule) -> None:
    if rule.scope != "public":
        state = request.app.state
        admit(request.scope, state.limits, identify(request, state.runtime), rule)


def _readable(request: Request, wants_json: bool, largest: int) -> None:
    if b"%00" in request.scope.get("raw_path", b"") or b"%00" in request.scope["query_string"]:
        raise refuse(Code.MALFORMED, "An address may not hold the character U+0000")
    announced = request.headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced[:18]) > largest:
        raise HTTPException(413)
    if wants_json:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            raise refuse(Code.UNSUPPORTED_MEDIA_TYPE, "Send JSON, with Content-Type: application/json")


def _unreadable(body: bytes, error: JSONDecodeError) -> str:
    """Where reading stopped and what to do, without a word of the body."""
    if body.startswith((BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)):
        return "The body begins with a byte order mark; send plain UTF-8"
    try:
        body.decode()
    except UnicodeDecodeError as fault:
        return f"Not UTF-8 at byte {fault.start + 1}"
    return f"Not JSON at line {error.lineno}, column {error.colno}"


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(member) for key, member in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))
