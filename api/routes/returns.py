"""Returns: from any channel to any node."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.deps import Caller, IdempotencyKey, Running, Whose, answer, reply
from api.etag import etag
from api.guard import routes
from api.idempotency import BodyDigest
from api.paging import Paging, page_of
from api.wire import returns as wire
from api.wire.base import Id
from api.wire.ordering import placing
from api.wire.returnable import ReturnablePage
from oms.refusals import Code, Fault, refuse
from oms.returns.lifecycle import Release
from oms.usecases import (
    exchanges,
    goodwill,
    return_money,
    return_reading,
    returnable,
    returns,
    returns_receiving,
)
from oms.usecases.customers import Wanted
from oms.usecases.return_reading import Filter

router: APIRouter = routes("returns")

OrderToken = Annotated[
    str | None, Query(max_length=500, description="The `order_token` of one of its orders")
]


@router.post("/v1/returns", status_code=201, response_model=wire.ReturnView)
def announce(body: wire.ReturnAsk, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Ask for a return, of one or several orders of a customer; approved at once where the policy takes it,
    else refused with the rules that speak against it. With `received` the goods lie on a counter already.
    """
    wanted = wire.announcing(body)
    return answer(returns.announce(running, caller.on(body.channel), request, wanted))


@router.get("/v1/returns", response_model=wire.ReturnPage)
def list_returns(
    caller: Caller,
    running: Running,
    request: Request,
    page: Paging,
    node: Annotated[Id | None, Query(description="Only those expected or received here")] = None,
    state: Annotated[wire.ReturnState | None, Query(description="Only returns of this state")] = None,
    customer: Annotated[Id | None, Query(description="Only those of this customer")] = None,
    order: Annotated[Id | None, Query(description="Only those of this order, or exchanged for it")] = None,
) -> Response:
    """Returns, the newest first."""
    wanted = Filter(node, state, customer, order)
    rows = return_reading.list_returns(running, caller, wanted, page.key(str, str), page.limit)
    return page_of(
        request, page, rows, lambda row: row, lambda row: [row["requested_at"].isoformat(), row["id"]]
    )


@router.get("/v1/returns/{id}", response_model=wire.ReturnView)
def read_return(id: Id, caller: Caller, running: Running, token: OrderToken = None) -> Response:
    """A return with what became of each unit and what is owed for it."""
    version, document = return_reading.read_return(running, caller, id, token)
    return reply(document, headers=etag(version))


@router.post("/v1/returns/{id}/approve", response_model=wire.ReturnView)
def approve(
    id: Id, body: wire.ReasonAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Take it back; where it breaks rules, `reason` says why all the same."""
    return answer(returns.approve(running, caller.on(body.channel), request, id, body.reason))


@router.post("/v1/returns/{id}/decline", response_model=wire.ReturnView)
def decline(
    id: Id, body: wire.ReasonAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Do not take it back."""
    return answer(returns.decline(running, caller.on(body.channel), request, id, body.reason))


@router.post("/v1/returns/{id}/cancel", response_model=wire.ReturnView)
def cancel(
    id: Id,
    body: wire.ReasonAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    token: OrderToken = None,
) -> Response:
    """The customer keeps the goods, which are still with them."""
    return answer(returns.cancel(running, caller.on(body.channel), request, id, body.reason, token))


@router.post("/v1/returns/{id}/send", response_model=wire.ReturnView)
def send(id: Id, body: wire.SendAsk, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """A carrier or courier has it."""
    return answer(returns.send(running, caller.on(body.channel), request, id, body.reference))


@router.post("/v1/returns/{id}/receive", response_model=wire.ReturnView)
def receive(
    id: Id, body: wire.ReceiveAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """It arrived, here or where it was not expected, in full or not: the goods lie in inspection."""
    through, lines = caller.on(body.channel), wire.arrived(body)
    return answer(returns_receiving.receive_return(running, through, request, id, body.node, lines))


@router.post("/v1/returns/{id}/inspect", response_model=wire.ReturnView)
def inspect(
    id: Id, body: wire.InspectAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Say what becomes of each unit: the stock moves, and what is owed to the customer falls due."""
    through = caller.on(body.channel)
    return answer(returns_receiving.inspect_return(running, through, request, id, wire.verdicts(body)))


@router.post("/v1/returns/{id}/refund", response_model=wire.ReturnView)
def refund(
    id: Id, body: wire.ReturnRefundAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Record that everything owed for the return was paid back."""
    through = caller.on(body.channel)
    return answer(return_money.refund_return(running, through, request, id, body.method, body.reference))


@router.post("/v1/returns/{id}/goodwill", response_model=wire.ReturnView)
def pay_goodwill(
    id: Id, body: wire.GoodwillAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Record what was paid for goods of no order, which are owed nothing: up to what they cost today."""
    wish = goodwill.Paying(body.method, body.amount_minor, body.reason, body.reference)
    return answer(goodwill.pay_goodwill(running, caller.on(body.channel), request, id, wish))


@router.get("/v1/returnable", response_model=ReturnablePage)
def list_returnable(
    caller: Caller,
    running: Running,
    request: Request,
    wanted: Whose,
    page: Paging,
    sku: Annotated[Id | None, Query(description="Only orders that sold it")] = None,
) -> Response:
    """Without a receipt: orders of whoever has this e-mail, phone number or card fingerprint, with the units
    that may still come back. All that is given has to fit, and something has to be.
    """
    if wanted == Wanted():
        fault = Fault("/email", Code.INVALID, "Give email, phone or card")
        raise refuse(Code.INVALID, "Whose orders? Give email, phone or card", fault)
    rows = returnable.list_returnable(running, caller, wanted, sku, page.key(str, str), page.limit)
    return page_of(
        request, page, rows, lambda row: row, lambda row: [row["placed_at"].isoformat(), row["order"]]
    )


@router.post("/v1/returns/{id}/exchange", status_code=201, response_model=wire.ReturnView)
def exchange(
    id: Id,
    body: wire.ExchangeAsk,
    digest: BodyDigest,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    token: OrderToken = None,
) -> Response:
    """Place the order that the goods are exchanged for; what will be owed for them pays for it."""
    order = placing(body.order.id or f"{id}-x", digest, body.order)
    release = Release(body.release)
    return answer(exchanges.exchange(running, caller, request, id, order, release, token))
