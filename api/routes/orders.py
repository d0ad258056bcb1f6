"""Orders: placed once, read, cancelled, changed, and why they went where they went."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.etag import ExpectedVersion, etag
from api.guard import routes
from api.idempotency import BodyDigest
from api.paging import Paging, page_of
from api.wire.base import Id
from api.wire.order_changes import AddressAsk, CancelAsk, ChangePreview, LinesAsk, MethodAsk
from api.wire.ordering import address_change, cancelling, lines_change, method_change, placing
from api.wire.orders import DecisionsAnswer, OrderAsk, OrderPage, OrderView, PlacedOrder
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.usecases import order_changes, order_reading, orders
from oms.usecases.order_changes import Change
from oms.work import RequestKey

router: APIRouter = routes("orders")

Status = Literal["pending", "on_hold", "open", "partially_fulfilled", "fulfilled", "cancelled", "closed"]


@router.put(
    "/v1/orders/{id}", status_code=201, response_model=PlacedOrder, responses={200: {"model": PlacedOrder}}
)
async def place(id: Id, body: OrderAsk, digest: BodyDigest, caller: Caller, running: Running) -> Response:
    """Place an order under an id of the shop's choosing; sending the same again is a replay, answered 200.

    From a quote or a reservation it gets exactly the promise shown, or a problem with fresh options under
    `fresh`. With `method` it is routed at once.
    """
    return answer(await orders.place_order(running, caller, placing(id, digest, body)))


@router.get("/v1/orders", response_model=OrderPage)
def list_orders(
    caller: Caller,
    running: Running,
    request: Request,
    page: Paging,
    status: Annotated[Status | None, Query(description="Only orders of this status")] = None,
) -> Response:
    """Orders, the newest first."""
    after = page.key(str, str)
    rows = order_reading.list_orders(running, caller, after, page.limit, status)
    return page_of(
        request, page, rows, lambda row: row, lambda row: [_text(row["placed_at"]), str(row["id"])]
    )


@router.get("/v1/orders/{id}", response_model=OrderView)
def read_order(
    id: Id,
    caller: Caller,
    running: Running,
    token: Annotated[
        str | None, Query(max_length=500, description="The `order_token` its customer was given")
    ] = None,
) -> Response:
    """An order with everything that became of it. A storefront key sees names and addresses only with the
    order's token.
    """
    version, document = order_reading.read_order(running, caller, id, token)
    return reply(document, headers=etag(version))


@router.post("/v1/orders/{id}/cancel", response_model=PlacedOrder)
def cancel(
    id: Id,
    body: CancelAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """Cancel the order, or units of some lines, while they have not left. Their stock is free at once."""
    wish = cancelling(body)
    through = caller.on(body.channel)
    return answer(order_changes.cancel_order(running, through, request, id, wish, expected))


@router.post("/v1/orders/{id}/address", response_model=ChangePreview | PlacedOrder)
def change_address(
    id: Id,
    body: AddressAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """Send it elsewhere: first what that would mean, then, with `confirm`, the change."""
    return _changed(running, caller.on(body.channel), request, id, address_change(body), expected)


@router.post("/v1/orders/{id}/method", response_model=ChangePreview | PlacedOrder)
def change_method(
    id: Id,
    body: MethodAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """Another way to the customer: first what that would mean, then, with `confirm`, the change."""
    return _changed(running, caller.on(body.channel), request, id, method_change(body), expected)


@router.post("/v1/orders/{id}/lines", response_model=ChangePreview | PlacedOrder)
def change_lines(
    id: Id,
    body: LinesAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """More, fewer or other lines: first what that would mean, then, with `confirm`, the change."""
    return _changed(running, caller.on(body.channel), request, id, lines_change(body), expected)


@router.get("/v1/orders/{id}/decisions", response_model=DecisionsAnswer)
def explain_order(id: Id, caller: Caller, running: Running) -> Response:
    """Every routing decision for the order: its inputs, what was chosen, why not the others. Recomputed from
    the stored inputs when asked.
    """
    return reply(order_reading.decisions(running, caller, id))


def _changed(
    running: Runtime, caller: Actor, request: RequestKey, id: str, change: Change, expected: int | None
) -> Response:
    return answer(order_changes.change_order(running, caller, request, id, change, expected))


def _text(instant: datetime) -> str:
    return instant.isoformat()
