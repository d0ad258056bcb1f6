"""The work of nodes: their queues, what is done with a fulfilment order, holds, answers to later promises."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.etag import ExpectedVersion, etag
from api.guard import routes
from api.paging import Paging, foreign_cursor, page_of
from api.wire.base import Id
from api.wire.node_work import (
    AcceptAsk,
    BulkAnswer,
    BulkAsk,
    CancelWorkAsk,
    FulfilmentOrder,
    HeldOrder,
    HoldAsk,
    MoveAsk,
    OrderHoldAsk,
    PromiseAnswerAsk,
    QueuePage,
    RejectAsk,
    ReleaseAsk,
    State,
)
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.usecases import fulfilment_orders, order_care
from oms.usecases.fulfilment_orders import Filter, Wish
from oms.views.fulfilment_orders import queue
from oms.work import RequestKey

router: APIRouter = routes("fulfilment")


@router.get("/v1/nodes/{id}/fulfilment-orders", response_model=QueuePage)
def node_queue(
    id: Id,
    caller: Caller,
    running: Running,
    request: Request,
    page: Paging,
    status: Annotated[list[State] | None, Query(description="Only in these states")] = None,
) -> Response:
    """A node's fulfilment orders, those that must leave first before the others."""
    caller.must_see(caller.may_node(id) and id in running.pool.catalogue.nodes, "node")
    with running.engine.begin() as conn:
        rows = queue(
            conn,
            id,
            status or [],
            _after(page.key(str, str)),
            page.limit,
            running.clock.now(),
            running.networks.current.work.minutes,
        )
    return page_of(
        request, page, rows, lambda row: row, lambda row: [row["must_leave_by"].isoformat(), row["id"]]
    )


@router.get("/v1/fulfilment-orders/{id}", response_model=FulfilmentOrder)
def read_fulfilment_order(id: Id, caller: Caller, running: Running) -> Response:
    """One fulfilment order."""
    found = fulfilment_orders.read(running, caller, id)
    return reply(found, headers=etag(found["version"]))


@router.post("/v1/fulfilment-orders/bulk", response_model=BulkAnswer)
def act_on_many(body: BulkAsk, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """The same for all that a filter finds, each judged by itself; with `preview`, only what would be."""
    wanted = body.filter
    filter = Filter(tuple(wanted.ids), tuple(wanted.nodes), tuple(wanted.states), wanted.method, wanted.sku)
    wish = Wish(body.action, body.reason, body.note, node=body.node or "")
    through = caller.on(body.channel)
    return answer(fulfilment_orders.act_on_many(running, through, request, filter, wish, body.preview))


@router.post("/v1/fulfilment-orders/{id}/accept", response_model=FulfilmentOrder)
def accept(
    id: Id,
    body: AcceptAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """The node will do it."""
    return _act(running, caller.on(body.channel), request, id, Wish("accept"), expected)


@router.post("/v1/fulfilment-orders/{id}/reject", response_model=FulfilmentOrder)
def reject(
    id: Id,
    body: RejectAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """The node cannot do it. Its stock is corrected by the reason's rule, and the order is routed anew before
    this is answered, without this node.
    """
    wish = Wish("reject", body.reason, body.note, tuple(body.lines))
    return _act(running, caller.on(body.channel), request, id, wish, expected)


@router.post("/v1/fulfilment-orders/{id}/cancel", response_model=FulfilmentOrder)
def cancel(
    id: Id,
    body: CancelWorkAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """Nobody wants these units any more: they are cancelled for the order, kits whole."""
    wish = Wish("cancel", body.reason or "", body.note)
    return _act(running, caller.on(body.channel), request, id, wish, expected)


@router.post("/v1/fulfilment-orders/{id}/hold", response_model=FulfilmentOrder)
def hold(
    id: Id,
    body: HoldAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """Nobody goes on with it until it is released."""
    return _act(running, caller.on(body.channel), request, id, Wish("hold", body.reason), expected)


@router.post("/v1/fulfilment-orders/{id}/release", response_model=FulfilmentOrder)
def release(
    id: Id,
    body: ReleaseAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """Work goes on."""
    return _act(running, caller.on(body.channel), request, id, Wish("release"), expected)


@router.post("/v1/fulfilment-orders/{id}/move", response_model=FulfilmentOrder)
def move(
    id: Id,
    body: MoveAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """Another node does it, if it can keep the promise; the answer is the new fulfilment order."""
    return _act(running, caller.on(body.channel), request, id, Wish("move", node=body.node), expected)


@router.post("/v1/orders/{id}/holds", response_model=HeldOrder)
def hold_order(
    id: Id, body: OrderHoldAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Put a hold on an order, or take it off. While there is one, nodes do not go on with it."""
    through = caller.on(body.channel)
    return answer(
        order_care.change_holds(running, through, request, id, body.hold, not body.remove, body.note)
    )


@router.post("/v1/orders/{id}/promise", response_model=HeldOrder)
def answer_promise(
    id: Id, body: PromiseAnswerAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Answer the event `order.promise_changed`: keep the order as it comes now, or cancel what is late."""
    through = caller.on(body.channel)
    return answer(order_care.answer_promise(running, through, request, id, body.accept))


def _act(
    running: Runtime, caller: Actor, request: RequestKey, id: str, wish: Wish, expected: int | None
) -> Response:
    return answer(fulfilment_orders.act(running, caller, request, id, wish, expected))


def _after(key: list[str] | None) -> tuple[datetime, str] | None:
    if key is None:
        return None
    try:
        at = datetime.fromisoformat(key[0])
    except ValueError as error:
        raise foreign_cursor() from error
    return at, key[1]
