"""What a route asks for: who calls, what the process has, and how to answer."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from api.guard import actor_of
from api.idempotency import IdempotencyKey
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.usecases.customers import Wanted
from oms.work import Answer

__all__ = ["Caller", "IdempotencyKey", "Running", "Whose", "answer", "reply"]


async def _caller(request: Request) -> Actor:
    return actor_of(request)


async def _running(request: Request) -> Runtime:
    runtime = request.app.state.runtime
    assert isinstance(runtime, Runtime)
    return runtime


Caller = Annotated[Actor, Depends(_caller)]
"""Who asks. The role has been judged by the access row; the scope is for the route to apply."""

Running = Annotated[Runtime, Depends(_running)]
"""The process: database, clock, ids, memory."""


_Sought = Annotated[str | None, Query(min_length=1, max_length=254)]


async def _whose(email: _Sought = None, phone: _Sought = None, card: _Sought = None) -> Wanted:
    return Wanted(email, phone, card)


Whose = Annotated[Wanted, Depends(_whose)]
"""Customers by e-mail, phone number (as dialled) or card fingerprint; all that is given has to fit."""


def reply(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a `Wire`, or with anything orjson can write. Skips FastAPI's second validation on the
    way out."""
    body = document.model_dump_json().encode() if isinstance(document, BaseModel) else orjson.dumps(document)
    return Response(body, status, headers, "application/json")


def answer(given: Answer) -> Response:
    """Send what `answer_once` returned."""
    return Response(given.body, given.status, given.headers, "application/json" if given.body else None)
