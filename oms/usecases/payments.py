"""Record what was paid, and what becomes of money owed to customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.money.ledger import Fact, Payment, PaymentKind, balance_of
from oms.money.refunds import Refund, RefundEvent, RefundState
from oms.orders.order import Order
from oms.refusals import Code, Fault, not_found, refuse
from oms.steps.recording import ORDER, owe_back
from oms.store.orders import load_order
from oms.store.payments import (
    add_payments,
    page_of_refunds,
    payments_of,
    refund_of,
    refunds_of,
    save_refund,
)
from oms.usecases.order_changes import locked_order
from oms.views.orders import account
from oms.work import Answer, RequestKey, Work, answer_once

RECORDED = {kind: f"payment.{kind.value}" for kind in PaymentKind}


def record_payment(
    runtime: Runtime, actor: Actor, key: RequestKey, order_id: str, facts: Sequence[Fact]
) -> Answer:
    """Record facts about an order's money; the order's account. What is captured beyond what the order costs
    falls due as a refund. Raises Refused: not_found, exceeds_authorised, exceeds_captured, unknown_refund,
    bad_amount for a refund of another amount.
    """

    def work_on(work: Work) -> Answer:
        order = locked_order(work, order_id)
        for place, fact in enumerate(facts):
            add_payment(work, order, fact, f"/payments/{place}")
        if any(fact.kind is PaymentKind.CAPTURED for fact in facts):
            owe_back(work, order, RECORDED[PaymentKind.CAPTURED])
        return Answer.of(201, account(work.conn, order))

    return answer_once(runtime, actor, key, work_on)


def add_payment(work: Work, order: Order, fact: Fact, pointer: str = "") -> None:
    """Write one fact under the order's lock and tell of it; a refund named with it is settled."""
    balance = balance_of(payments_of(work.conn, order.id))
    if fact.refund_id is not None:
        _settle(work, order, fact, pointer)  # first: that it was paid before says more than that too much is
    balance.with_payment(fact.kind, fact.amount_minor, pointer)
    add_payments(work.conn, order.id, [recorded(work, fact)])
    data = {"amount_minor": fact.amount_minor, "method": fact.method, "refund": fact.refund_id}
    work.emit(RECORDED[fact.kind], ORDER, order.id, data)


def recorded(work: Work, fact: Fact) -> Payment:
    """The fact with when it was recorded, by whom and through which channel."""
    said = {name.name: getattr(fact, name.name) for name in fields(Fact)}
    return Payment(**said, at=work.at, actor=work.actor.key_id, channel=work.actor.through)


def _settle(work: Work, order: Order, fact: Fact, pointer: str) -> None:
    found = next((one for one in refunds_of(work.conn, order.id) if one.id == fact.refund_id), None)
    if found is None or fact.kind is not PaymentKind.REFUNDED:
        fault = Fault(f"{pointer}/refund_id", Code.UNKNOWN_REFUND, "The order has no such refund to pay")
        raise refuse(Code.UNKNOWN_REFUND, "There is no such refund", fault)
    if found.amount_minor != fact.amount_minor:
        fault = Fault(f"{pointer}/amount_minor", Code.BAD_AMOUNT, f"The refund is of {found.amount_minor}")
        raise refuse(Code.BAD_AMOUNT, "A refund is paid in one piece", fault)
    _moved(work, found, RefundEvent.SETTLE, fact.reference)


def move_refund(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, event: RefundEvent, reference: str | None
) -> Answer:
    """A refund was sent, failed, is tried again or given up. Raises Refused: not_found,
    illegal_transition.
    """

    def work_on(work: Work) -> Answer:
        seen = refund_of(work.conn, id)
        if seen is None:
            raise not_found("refund")
        locked_order(work, seen.order_id)
        refund = refund_of(work.conn, id)
        assert refund is not None, "refunds are never deleted"
        return Answer.of(200, shown(_moved(work, refund, event, reference)))

    return answer_once(runtime, actor, key, work_on)


def send_refund(runtime: Runtime, actor: Actor, key: RequestKey, id: str, reference: str | None) -> Answer:
    """A refund was handed to the payment provider, for the first time or again. Raises as `move_refund`."""
    with runtime.engine.connect() as conn:
        found = refund_of(conn, id)
    event = RefundEvent.RETRY if found and found.state is RefundState.FAILED else RefundEvent.SEND
    return move_refund(runtime, actor, key, id, event, reference)


def list_refunds(
    runtime: Runtime, actor: Actor, states: Sequence[str], after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Refunds by when they fell due, the oldest first; one more than ``limit`` when there are more."""
    with runtime.engine.connect() as conn:
        return [shown(one) for one in page_of_refunds(conn, states, after, limit + 1)]


def account_of(runtime: Runtime, actor: Actor, order_id: str) -> dict[str, Any]:
    """What the order costs, what was paid, what is owed. Raises Refused not_found."""
    with runtime.engine.connect() as conn:
        order = load_order(conn, order_id)
        if order is None or not actor.may_channel(order.channel):
            raise not_found("order")
        return account(conn, order)


def shown(refund: Refund) -> dict[str, Any]:
    """A refund as it is answered."""
    return {
        "id": refund.id,
        "order_id": refund.order_id,
        "return_id": refund.return_id,
        "amount_minor": refund.amount_minor,
        "cause": refund.cause,
        "state": refund.state.value,
        "at": refund.at,
        "reference": refund.reference,
    }


def _moved(work: Work, refund: Refund, event: RefundEvent, reference: str | None) -> Refund:
    after = refund.after(event, work.at, reference)
    save_refund(work.conn, after)
    said = {"refund": refund.id, "amount_minor": refund.amount_minor, "return": refund.return_id}
    work.emit(f"refund.{after.state.value}", ORDER, refund.order_id, said, reason=refund.cause)
    return after
