"""Discounts and taxes go to units so that any division adds up to the whole; balances never go wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.machine import IllegalTransition
from oms.money.allocation import by_unit, share
from oms.money.ledger import Balance, Fact, PaymentKind, balance_of
from oms.money.refunds import REFUND, Refund, RefundEvent, RefundState, too_much
from oms.orders.order import Line, Order, Promise
from oms.orders.stages import Counts
from oms.refusals import Refused

AT = datetime(2026, 1, 16, tzinfo=UTC)
lines = st.lists(
    st.tuples(st.integers(1, 7), st.integers(0, 9_999), st.integers(0, 5_000), st.integers(0, 3_000)),
    min_size=1,
    max_size=4,
)


def order_of(rows: list[tuple[int, int, int, int]], discount: int, shipping: int) -> Order:
    """All delivered; discounts never exceed what they are taken from."""
    sold = tuple(
        Line(str(n), "A1", Counts(delivered=units), price, min(off, price * units), tax)
        for n, (units, price, off, tax) in enumerate(rows)
    )
    whole = sum(line.amount_of(line.ordered) for line in sold)
    promise = Promise("ship", None, None, shipping)
    return Order(
        "o", 1, "web", "USD", AT, promise, "g", "", "key", sold, shipping, 0, min(discount, whole + shipping)
    )


@given(amount=st.integers(-10_000, 10_000), units=st.integers(1, 50))
def test_units_shares_add_up_and_differ_by_a_cent_at_most(amount: int, units: int) -> None:
    shares = by_unit(amount, units)
    assert sum(shares) == amount
    assert max(shares) - min(shares) <= 1
    assert [share(amount, n, units) for n in (0, units)] == [0, amount]


@given(rows=lines, discount=st.integers(0, 20_000), shipping=st.integers(0, 999), data=st.data())
def test_credits_in_any_order_add_up_to_what_was_owed(
    rows: list[tuple[int, int, int, int]], discount: int, shipping: int, data: st.DataObject
) -> None:
    order = order_of(rows, discount, shipping)
    first = order.total_minor
    refunded = 0
    left = [line.id for line in order.lines for _ in range(line.ordered)]
    for line_id in data.draw(st.permutations(left)):
        counts = order.line(line_id).counts  # type: ignore[union-attr]
        after = order.with_counts({line_id: replace(counts, credited=counts.credited + 1)})
        assert 0 <= after.total_minor <= order.total_minor, "less is never dearer"
        refunded += order.total_minor - after.total_minor
        order = after
    assert refunded + order.total_minor == first
    assert order.total_minor <= shipping, "delivered once, shipping stays owed until it is credited"
    gone = replace(order, shipping_credited_minor=order.shipping_minor)
    assert gone.total_minor == 0


def test_shipping_is_not_owed_when_nothing_was_delivered() -> None:
    order = order_of([(2, 1000, 0, 0)], 0, 499)
    assert order.total_minor == 2499
    assert order.with_counts({"0": Counts(cancelled=2)}).total_minor == 0
    assert order.with_counts({"0": Counts(cancelled=1, refused=1, credited=1)}).total_minor == 0
    assert order.with_counts({"0": Counts(cancelled=1, delivered=1)}).total_minor == 1499


@given(st.lists(st.tuples(st.sampled_from(PaymentKind), st.integers(1, 500)), max_size=30))
def test_no_sequence_of_facts_breaks_the_balance(facts: list[tuple[PaymentKind, int]]) -> None:
    taken = []
    balance = Balance()
    for kind, amount in facts:
        try:
            balance = balance.with_payment(kind, amount)
        except Refused as no:
            assert no.refusal.code in ("exceeds_authorised", "exceeds_captured")
            continue
        taken.append(Fact(kind=kind, method="card", amount_minor=amount))
        assert 0 <= balance.refunded <= balance.captured <= balance.authorised - balance.voided
    assert balance_of(taken) == balance


@pytest.mark.parametrize(("state", "event"), list(product(RefundState, RefundEvent)))
def test_every_pair_of_the_refund_table(state: RefundState, event: RefundEvent) -> None:
    refund = Refund("r", "o", 100, "order.cancelled", state, AT)
    listed = REFUND.transitions.get((state, event))
    if listed is None:
        assert isinstance(REFUND.advance(state, event), IllegalTransition)
        with pytest.raises(Refused, match="illegal_transition"):
            refund.after(event, AT)
    else:
        assert refund.after(event, AT).state is listed


def test_what_is_pending_is_not_owed_twice() -> None:
    balance = Balance(authorised=1000, captured=1000)
    due = Refund("r", "o", 300, "order.cancelled", RefundState.DUE, AT)
    assert too_much(balance, 700, []) == 300
    assert too_much(balance, 700, [due]) == 0
    assert too_much(balance, 600, [due]) == 100
    assert too_much(balance, 700, [replace(due, state=RefundState.VOIDED)]) == 0, "made good otherwise"
    assert too_much(balance, 600, [replace(due, state=RefundState.SETTLED)]) == 400
