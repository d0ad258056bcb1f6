"""What a carrier said leads to the same end in whatever order it is heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from oms.fulfilment.job import Fulfilment, FulfilmentLine
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.order import Line, Order, Promise
from oms.orders.stages import Counts
from oms.shipments.landing import landed
from oms.shipments.lifecycle import ENDED, SHIPMENT, ShipmentEvent, ShipmentState
from oms.shipments.packing import planned_parcels
from oms.shipments.shipment import Shipment, following, made
from oms.shipments.tracking import AHEAD_MOST, KINDS, Fact, Result, heard, known

T = datetime(2026, 1, 14, 9, tzinfo=UTC)

moments = st.integers(0, 5).map(lambda hour: T + timedelta(hours=hour))
said = st.lists(st.tuples(st.sampled_from(KINDS), moments), min_size=1, max_size=7).map(
    lambda pairs: [Fact(f"e{no}", kind, at) for no, (kind, at) in enumerate(pairs)]
)


def a_job(*units: int, state: FulfilmentState = FulfilmentState.PICKED) -> Fulfilment:
    """A fulfilment order with one line per parcel."""
    lines = tuple(FulfilmentLine("1", no, "A1", n, picked=n) for no, n in enumerate(units, 1))
    return Fulfilment("o", 1, "WH", "ship", state, "g", T, T, T, 0, lines)


def left() -> Shipment:
    (one,) = made(a_job(2), planned_parcels(a_job(2)), T)
    return one.after(ShipmentEvent.HAND_OVER, T)


def an_order(**counts: int) -> Order:
    line = Line("1", "A1", Counts(**counts))
    return Order("o", 1, "web", "USD", T, Promise("ship", T, T, 0), "g", "", "k", (line,))


def told(facts: list[Fact]) -> tuple[Shipment, Order, list[Result]]:
    """The shipment and its order after the facts were heard in this order."""
    shipment, order = left(), an_order(in_transit=2)
    kept: list[Fact] = []
    results: list[Result] = []
    for fact in facts:
        result, _ = heard(kept, fact, T + timedelta(days=1))
        if result is Result.APPLIED:
            if (shipment.state, fact.kind) in SHIPMENT.transitions:
                after = shipment.after(fact.kind, fact.occurred_at)
                moved = landed(order, shipment, after)
                assert moved is not None
                shipment, order = after, moved
            else:
                result = Result.SUPERSEDED
        if result is not Result.DUPLICATE:
            kept.append(fact)
        results.append(result)
    return shipment, order, results


@given(said, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(facts: list[Fact], chance: object) -> None:
    shuffled = list(facts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, order, _ = told(facts)
    other, same, _ = told(shuffled)
    assert (one.state, order) == (other.state, same)
    decisive = known(facts)
    assert decisive is not None and one.state.value == decisive.kind.value
    assert order.picked_lines[0].counts.total == 2


@given(said)
def test_said_again_nothing_changes(facts: list[Fact]) -> None:
    once, order, _ = told(facts)
    twice, same, results = told([*facts, *facts])
    assert (once.state, order) == (twice.state, same)
    assert set(results[len(facts) :]) == {Result.DUPLICATE}


def test_an_id_used_for_something_else_is_refused() -> None:
    first = Fact("e", ShipmentEvent.MOVE, T)
    assert heard([first], Fact("e", ShipmentEvent.DELIVER, T), T) == (Result.REJECTED, "duplicate_id")


def test_a_fact_from_the_future_is_refused() -> None:
    ahead = Fact("e", ShipmentEvent.DELIVER, T + AHEAD_MOST + timedelta(seconds=1))
    assert heard([], ahead, T) == (Result.REJECTED, "in_the_future")


def test_units_that_came_back_another_way_are_not_lost_afterwards() -> None:
    order = an_order(delivered=2, returned=1)
    delivered = left().after(ShipmentEvent.DELIVER, T)
    assert landed(order, delivered, delivered.after(ShipmentEvent.LOSE, T)) is None
    assert landed(order, delivered, delivered.after(ShipmentEvent.TAKE_BACK, T)) is None


def test_what_is_credited_already_is_not_credited_again() -> None:
    delivered = left().after(ShipmentEvent.DELIVER, T)
    lost = delivered.after(ShipmentEvent.LOSE, T)
    assert landed(an_order(delivered=2, credited=1), delivered, lost) is None
    after = landed(an_order(delivered=2), delivered, lost)
    assert after is not None and after.picked_lines[0].counts == Counts(lost=2, credited=2)
    found = landed(after, lost, lost.after(ShipmentEvent.DELIVER, T))
    assert found == an_order(delivered=2)


def test_what_came_back_is_counted() -> None:
    after = landed(an_order(in_transit=2), left(), left().after(ShipmentEvent.TAKE_BACK, T))
    assert after is not None and after.picked_lines[0].counts == Counts(returning=2, returned=2, credited=2)


def test_what_is_not_wanted_leaves_the_last_parcels_first() -> None:
    shipments = made(a_job(2, 3), planned_parcels(a_job(2, 3)), T)
    less = a_job(2, 3)
    fewer = following(shipments, _keeping(less, 1), T)
    assert [(one.no, one.state, one.units) for one in fewer] == [
        (1, ShipmentState.CREATED, 1),
        (2, ShipmentState.CANCELLED, 3),
    ]
    assert following(shipments, less, T) == ()
    assert ENDED


def _keeping(job: Fulfilment, units: int) -> Fulfilment:
    from oms.fulfilment.taking_back import without

    return without(job, "1", job.wanted - units)
