"""Reservations by age and owner, and freeing stuck ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field

from api.deps import Caller, IdempotencyKey, Running, answer
from api.guard import routes
from api.paging import Paging, page_of
from api.wire.base import Id, Instant, Wire
from inventory.reads import GroupFilter, GroupRow, open_groups
from oms.refusals import Code, Fault, refuse
from oms.usecases.reservation_care import free_reservations
from oms.work import Answer, Work, answer_once

router: APIRouter = routes("reservations")

START = datetime.min.replace(tzinfo=UTC)


class HeldPart(Wire):
    """Units of one line in one home: a node's shelf, a delivery on its way, or nobody yet (back-order)."""

    line_id: str
    kind: str
    sku: str
    node: str | None
    quantity: int


class OpenReservation(Wire):
    """A reservation that holds something. Without `expires_at` an order stands behind it."""

    id: str
    state: str
    channel: str
    owner: str
    reference: str
    created_at: Instant
    expires_at: Instant | None
    parts: list[HeldPart]


class ReservationPage(Wire):
    """A page of reservations, oldest first."""

    items: list[OpenReservation]
    next: str | None


class FreeBody(Wire):
    """Which reservations to free, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ids": ["res_1"], "reason": "checkout crashed"}]}
    )

    ids: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=200)
    ]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class FreedItem(Wire):
    id: str
    quantity: int


class FreedList(Wire):
    """Units that are for sale again."""

    freed: list[FreedItem]


@router.get("/v1/reservations", response_model=ReservationPage)
def list_reservations(
    running: Running,
    request: Request,
    page: Paging,
    node: Annotated[Id | None, Query(description="Holding something at this node")] = None,
    sku: Annotated[Id | None, Query(description="Holding some of this SKU")] = None,
    owner: Annotated[str | None, Query(max_length=200, description="Made by this owner")] = None,
    older_than: Annotated[int | None, Query(ge=0, le=10**8, description="Seconds since made")] = None,
) -> Response:
    """Reservations that hold something, oldest first."""
    made_before = None if older_than is None else running.clock.now() - timedelta(seconds=older_than)
    wanted = GroupFilter(older_than=made_before, owner=owner, node=node, sku=sku)
    with running.engine.begin() as conn:
        rows = open_groups(conn, wanted, after=_after(page.key(str, str)), most=page.limit + 1)
    return page_of(request, page, rows, _show, lambda row: [row.created_at.isoformat(), row.id])


@router.post("/v1/reservations/void", response_model=FreedList)
def free(body: FreeBody, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Free stuck reservations, all of them or none."""

    def work_on(work: Work) -> Answer:
        freed = free_reservations(work, list(dict.fromkeys(body.ids)), body.reason)
        return Answer.of(200, {"freed": [{"id": one.id, "quantity": one.quantity} for one in freed]})

    return answer(answer_once(running, caller, request, work_on))


def _after(key: list[Any] | None) -> tuple[datetime, str]:
    if key is None:
        return START, ""
    try:
        at = datetime.fromisoformat(key[0])
    except ValueError as error:
        fault = Fault("query/cursor", "bad_cursor", "Not a cursor of this list")
        raise refuse(Code.MALFORMED, "The cursor is not one of this list", fault) from error
    return at, key[1]


def _show(row: GroupRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "channel": row.channel,
        "owner": row.owner,
        "reference": row.reference,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "parts": [
            {
                "line_id": part.line_id,
                "kind": part.kind,
                "sku": part.sku,
                "node": part.node,
                "quantity": part.quantity,
            }
            for part in row.parts
        ],
    }
