"""Money: payments as recorded facts, refunds as what is still to be paid back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.guard import routes
from api.paging import Paging, page_of
from api.wire.base import Id
from api.wire.money import AccountAnswer, PaymentsAsk, RefundAsk, RefundPage, RefundRow, payment_of
from oms.money.refunds import RefundEvent
from oms.usecases import payments

router: APIRouter = routes("money")

State = Literal["due", "sent", "settled", "failed", "voided"]


@router.get("/v1/orders/{id}/payments", response_model=AccountAnswer)
def read_account(id: Id, caller: Caller, running: Running) -> Response:
    """What the order costs, what was paid for it, what is owed to its customer."""
    return reply(payments.account_of(running, caller, id))


@router.post("/v1/orders/{id}/payments", status_code=201, response_model=AccountAnswer)
def record(id: Id, body: PaymentsAsk, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Record payments that were made elsewhere: authorised, captured, refunded, voided. Captured is never
    more than authorised, refunded never more than captured.
    """
    facts = [payment_of(one) for one in body.payments]
    return answer(payments.record_payment(running, caller.on(body.channel), request, id, facts))


@router.get("/v1/refunds", response_model=RefundPage)
def list_refunds(
    caller: Caller,
    running: Running,
    request: Request,
    page: Paging,
    state: Annotated[list[State] | None, Query(max_length=5, description="Only these states")] = None,
) -> Response:
    """Refunds, the longest due first."""
    rows = payments.list_refunds(running, caller, state or (), page.key(str, str), page.limit)
    return page_of(request, page, rows, lambda row: row, lambda row: [row["at"].isoformat(), row["id"]])


@router.post("/v1/refunds/{id}/send", response_model=RefundRow)
def send(id: Id, body: RefundAsk, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """It was handed to the payment provider, also once more after it failed."""
    return answer(payments.send_refund(running, caller, request, id, body.reference))


@router.post("/v1/refunds/{id}/fail", response_model=RefundRow)
def fail(id: Id, body: RefundAsk, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """The provider could not pay it; the money is still owed."""
    return answer(payments.move_refund(running, caller, request, id, RefundEvent.FAIL, body.reference))


@router.post("/v1/refunds/{id}/void", response_model=RefundRow)
def void(id: Id, body: RefundAsk, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """It is owed no more: settled otherwise, by a voucher for example."""
    return answer(payments.move_refund(running, caller, request, id, RefundEvent.VOID, body.reference))
