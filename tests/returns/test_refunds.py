"""Whatever is cancelled and returned, in whatever order: paid back is what was paid for it, to the cent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.orders.order import Line, Order, Promise
from oms.orders.stages import Counts
from oms.refusals import Code, Refused
from oms.returns.announcing import Room, Wish, lines_of_wish
from oms.returns.inspecting import Verdict, credit, inspect
from oms.returns.lifecycle import ReturnEvent, ReturnState
from oms.returns.policy import ReturnPolicy
from oms.returns.receiving import Arrived, receive, sent
from oms.returns.unannounced import Terms
from oms.returns.values import Return
from tests.support import T0

NO_RULES = Terms(lambda order, line, condition: ())
MONEY = st.integers(0, 5_000)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    lines = []
    for no in range(draw(st.integers(1, 4))):
        units, price = draw(st.integers(1, 7)), draw(MONEY)
        discount = draw(st.integers(0, price * units))
        counts = Counts(delivered=units)
        lines.append(Line(str(no), f"S{no}", counts, price, discount, draw(MONEY)))
    whole = sum(line.amount_minor for line in lines)
    return Order(
        id="o",
        version=1,
        channel="web",
        currency="USD",
        placed_at=T0,
        promise=Promise("ship", T0, T0, 0),
        group_id="g",
        body_digest="",
        actor="",
        lines=tuple(lines),
        shipping_minor=draw(MONEY),
        discount_minor=draw(st.integers(0, whole)),
    )


def announced(order: Order, line: Line, units: int) -> Return:
    wish = Wish(units, order.id, line.id)
    lines = tuple(lines_of_wish(Room({order.id: order}), 0, wish, 1))
    return Return("r", 1, ReturnState.APPROVED, "ship", "web", T0, "", lines)


@given(orders(), st.booleans(), st.integers(0, 900), st.data())
def test_refunds_add_up_to_what_was_paid(order: Order, shipping: bool, fee: int, data: st.DataObject) -> None:
    policy = ReturnPolicy(refund_shipping="whole_order" if shipping else "never", fee_minor=fee)
    paid, refunds, fees = order.total_minor, [], 0
    left = {line.id: line.counts.delivered for line in order.lines}
    while any(left.values()):
        line = data.draw(st.sampled_from([line for line in order.lines if left[line.id]]))
        units = data.draw(st.integers(1, left[line.id]))
        left[line.id] -= units
        back = announced(order, line, units)
        got = receive(back, Room({order.id: order}), None, "WH", T0, NO_RULES)
        done = inspect(got.back, policy, [Verdict(1, units)], 0, T0)
        assert done.back.state is ReturnState.INSPECTED and done.back.lines[0].refundable == units
        after = credit(got.orders, done.credited, policy, fee)[order.id]
        refunds.append(order.total_minor - after.total_minor)
        fees += after.return_fee_minor - order.return_fee_minor
        assert refunds[-1] >= 0
        order = after
    assert paid - sum(refunds) == order.total_minor == fees + (0 if shipping else order.shipping_minor)
    assert all(line.counts.credited == line.counts.returned == line.ordered for line in order.lines)


@given(orders(), st.data())
def test_the_goods_do_not_depend_on_how_they_come_back(order: Order, data: st.DataObject) -> None:
    """One return of all that comes back owes as much as many returns of a unit each."""
    policy = ReturnPolicy()
    units = {line.id: data.draw(st.integers(0, line.ordered)) for line in order.lines}
    keys = {(order.id, line): n for line, n in units.items()}
    at_once = credit({order.id: order}, keys, policy)[order.id]
    singly = order
    for line, n in units.items():
        for _ in range(n):
            singly = credit({order.id: singly}, {(order.id, line): 1}, policy)[order.id]
    assert singly == at_once
    again = credit({order.id: at_once}, {(order.id, line.id): 99 for line in order.lines}, policy)[order.id]
    assert all(line.counts.credited == line.ordered for line in again.lines)


def test_what_came_back_by_its_parcel_does_not_come_back_twice() -> None:
    line = Line("1", "A", Counts(delivered=2), 100)
    order = Order("o", 1, "web", "USD", T0, Promise("ship", T0, T0, 0), "g", "", "", (line,))
    back = announced(order, line, 2)
    turned_back = replace(line, counts=Counts(delivered=1, returning=1, returned=1))
    order = replace(order, lines=(turned_back,))
    with pytest.raises(Refused) as refused:
        sent({"o": order}, back.lines)
    assert refused.value.refusal.code is Code.ILLEGAL_TRANSITION
    got = receive(back, Room({"o": order}, {("o", "1"): 2}), None, "WH", T0, NO_RULES)
    assert got.orders["o"].lines[0].counts.returned == 2
    assert [(one.order_id, one.received) for one in got.back.lines] == [("o", 1), (None, 1)]


@given(st.integers(1, 9), st.integers(0, 9), st.integers(0, 12), st.booleans())
def test_whatever_arrives_is_somebodys(announced_: int, more: int, came: int, on_the_road: bool) -> None:
    delivered = announced_ + more
    line = Line("1", "A", Counts(delivered=delivered), 100)
    promise = Promise("ship", T0, T0, 0)
    order = Order("o", 1, "web", "USD", T0, promise, "g", "", "", (line,))
    back = announced(order, line, announced_)
    room = Room({"o": order}, {("o", "1"): announced_})
    if on_the_road:
        back = back.after(ReturnEvent.SEND, T0)
        counts = Counts(delivered=more, returning=announced_)
        order = replace(order, lines=(replace(line, counts=counts),))
        room = Room({"o": order}, {})
    got = receive(back, room, [Arrived(came, no=1)], "WH", T0, NO_RULES)
    counts = got.orders["o"].lines[0].counts
    assert counts.delivered == delivered and counts.returned == min(came, delivered)
    assert sum(line.received for line in got.back.lines) == came == sum(got.units.values())
