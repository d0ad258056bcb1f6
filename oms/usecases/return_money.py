"""What is owed for a return, paid; a return for which nothing is owed any more is closed."""

from __future__ import annotations

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.money.ledger import Fact, PaymentKind
from oms.money.refunds import PENDING, Refund
from oms.refusals import Code, refuse
from oms.returns.lifecycle import ReturnEvent, ReturnState
from oms.returns.values import Return
from oms.store.payments import refunds_of
from oms.usecases.payments import add_payment
from oms.usecases.return_steps import Opened, step, written
from oms.work import Answer, RequestKey, Work


def refund_return(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, method: str, reference: str
) -> Answer:
    """Record that everything owed for the return was paid back, under a reference outside. Raises Refused:
    not_found, illegal_transition when nothing is owed.
    """

    def change(work: Work, opened: Opened) -> Opened:
        due = owed(work, opened.back)
        if not due:
            raise refuse(Code.ILLEGAL_TRANSITION, "Nothing is owed for this return")
        for refund in due:
            fact = Fact(
                kind=PaymentKind.REFUNDED,
                method=method,
                amount_minor=refund.amount_minor,
                reference=reference,
                refund_id=refund.id,
            )
            add_payment(work, opened.orders[refund.order_id], fact)
        return closed(work, opened)

    return step(runtime, actor, key, id, change)


def owed(work: Work, back: Return) -> list[Refund]:
    """Refunds for the return that the customer does not have yet."""
    return [
        refund
        for order_id in back.order_ids
        for refund in refunds_of(work.conn, order_id)
        if refund.return_id == back.id and refund.state in PENDING
    ]


def closed(work: Work, opened: Opened) -> Opened:
    """Close a return that was inspected whole and for which no money is owed."""
    if opened.back.state is not ReturnState.INSPECTED or owed(work, opened.back):
        return opened
    return written(work, opened, opened.back.after(ReturnEvent.CLOSE, work.at))
