"""The money of an even exchange: what is owed for returned goods pays for the order they are exchanged for.

The new order is authorised the credit when it is placed; each time goods are credited the same amount is
recorded as refunded on their order and captured on the new one. What never comes is given up in the end.
"""

from __future__ import annotations

from oms.money.ledger import Fact, Payment, PaymentKind, balance_of
from oms.money.refunds import too_much
from oms.orders.order import Order, OrderStatus
from oms.returns.values import Return
from oms.store.payments import payments_of, refunds_of
from oms.usecases.payments import add_payment
from oms.work import Work

METHOD = "exchange"
"""The tender that is the credit of a return; its reference is the other order or the return."""


def owed_back(work: Work, order: Order) -> int:
    """What was paid for the order beyond what it costs and what is on its way back already."""
    balance, refunds = balance_of(payments_of(work.conn, order.id)), refunds_of(work.conn, order.id)
    return too_much(balance, order.total_minor, refunds)


def credited_to_exchange(work: Work, back: Return, order: Order, exchange: Order | None) -> None:
    """Money owed for ``order`` as it is now pays for the exchange, as far as its credit goes."""
    if exchange is None or exchange.status is OrderStatus.CANCELLED:
        return
    amount = min(_open_credit(work, back, exchange), owed_back(work, order))
    if amount <= 0:
        return
    out = Fact(kind=PaymentKind.REFUNDED, method=METHOD, amount_minor=amount, reference=exchange.id)
    taken = Fact(kind=PaymentKind.CAPTURED, method=METHOD, amount_minor=amount, reference=back.id)
    add_payment(work, order, out)
    add_payment(work, exchange, taken)


def credit_ends(work: Work, back: Return, exchange: Order | None) -> None:
    """Nothing more will be credited: what is authorised of it and was not taken is to be paid otherwise."""
    if exchange is None:
        return
    facts = payments_of(work.conn, exchange.id)
    left = min(_authorised(facts), balance_of(facts).capturable)
    if left > 0:
        given_up = Fact(kind=PaymentKind.VOIDED, method=METHOD, amount_minor=left, reference=back.id)
        add_payment(work, exchange, given_up)


def authorise(work: Work, back: Return, exchange: Order, credit_minor: int) -> int:
    """Let the credit pay for the order, as far as nothing else does; the amount."""
    balance = balance_of(payments_of(work.conn, exchange.id))
    amount = min(credit_minor, exchange.total_minor - balance.authorised)
    if amount <= 0:
        return 0
    fact = Fact(kind=PaymentKind.AUTHORISED, method=METHOD, amount_minor=amount, reference=back.id)
    add_payment(work, exchange, fact)
    return amount


def _open_credit(work: Work, back: Return, exchange: Order) -> int:
    facts = payments_of(work.conn, exchange.id)
    balance = balance_of(facts)
    return min(_authorised(facts), balance.capturable, exchange.total_minor - balance.paid)


def _authorised(facts: list[Payment]) -> int:
    """What is authorised by credit and neither taken nor given up."""
    sign = {PaymentKind.AUTHORISED: 1, PaymentKind.CAPTURED: -1, PaymentKind.VOIDED: -1}
    return sum(sign.get(fact.kind, 0) * fact.amount_minor for fact in facts if fact.method == METHOD)
