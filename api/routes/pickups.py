"""The click-and-collect counter."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.guard import routes
from api.paging import Paging, page_of
from api.wire import pickups as wire
from api.wire.base import Id
from oms.usecases import collecting, pickups
from oms.usecases.collecting import Collecting
from oms.usecases.pickups import Wanted

router: APIRouter = routes("pickups")

OneId = Annotated[Id, Path()]


@router.get("/v1/pickups", response_model=wire.PickupPage)
def list_pickups(
    caller: Caller,
    running: Running,
    request: Request,
    page: Paging,
    node: Annotated[Id | None, Query(description="Only at this node")] = None,
    code: Annotated[wire.PickupCode | None, Query(description="The six digits; wants one node")] = None,
    phone: Annotated[
        str | None, Query(pattern=r"^[0-9]{4,20}$", description="The last digits of the customer's phone")
    ] = None,
    order: Annotated[Id | None, Query(description="Only of this order")] = None,
    closed: Annotated[bool, Query(description="Also those that are over")] = False,
) -> Response:
    """Pickups by id: what is prepared and what lies ready."""
    after = page.key(str) or [""]
    wanted = Wanted(node, code, phone, order, closed)
    rows = pickups.list_pickups(running, caller, wanted, after[0], page.limit + 1)
    return page_of(request, page, rows, lambda row: row, lambda row: [str(row["id"])])


@router.get("/v1/pickups/{id}", response_model=wire.PickupShown)
def get_pickup(
    id: OneId,
    caller: Caller,
    running: Running,
    token: Annotated[str | None, Query(max_length=500, description="The `order_token`")] = None,
) -> Response:
    """One pickup. The holder of the order's token also gets what opens it at the counter."""
    return reply(pickups.read_pickup(running, caller, id, token))


@router.post("/v1/pickups/{id}/arrived", response_model=wire.PickupShown)
def arrived(
    id: OneId, body: wire.ArrivedBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """The customer is there. The customer says so with the order's token."""
    return answer(pickups.arrive(running, caller, request, id, body.token))


@router.post("/v1/pickups/{id}/verify", response_model=wire.PickupShown)
def verify(
    id: OneId, body: wire.VerifyBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Whoever stands there proves to be the one by code or token."""
    return answer(pickups.verify(running, caller, request, id, body.code, body.token))


@router.post("/v1/pickups/{id}/collect", response_model=wire.PickupShown)
def collect(
    id: OneId, body: wire.CollectBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Hand the goods out, all or a part."""
    lines = None if body.lines is None else tuple((line.id, line.quantity) for line in body.lines)
    return answer(collecting.collect(running, caller, request, id, Collecting(lines, body.rest)))
