"""Orders as values: the quantity equation, the status that follows from it, the fulfilment table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.fulfilment.lifecycle import (
    BEFORE_HAND_OVER,
    TRANSITIONS,
    FulfilmentEvent,
    FulfilmentState,
    advance,
)
from oms.machine import IllegalTransition
from oms.orders.order import Line, OrderStatus, order_status
from oms.orders.stages import STAGES, Counts, Stage, added, of_kit

moves = st.lists(st.tuples(st.sampled_from(STAGES), st.sampled_from(STAGES), st.integers(0, 9)), max_size=30)


@given(ordered=st.integers(1, 40), steps=moves)
def test_units_only_ever_move_between_stages(ordered: int, steps: list[tuple[Stage, Stage, int]]) -> None:
    counts = Counts(unrouted=ordered)
    for source, target, wanted in steps:
        counts = counts.moved(source, target, min(wanted, counts.at(source)))
        assert sum(counts.by_stage().values()) == ordered == counts.total
        assert min(counts.by_stage().values()) >= 0


def test_moving_more_than_stands_there_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        Counts(routed=1).moved(Stage.ROUTED, Stage.PICKED, 2)


@pytest.mark.parametrize(
    ("counts", "hold", "status"),
    [
        (Counts(unrouted=2), False, OrderStatus.PENDING),
        (Counts(backordered=1, unrouted=1), False, OrderStatus.PENDING),
        (Counts(backordered=1, routed=1), False, OrderStatus.OPEN),
        (Counts(routed=2), True, OrderStatus.ON_HOLD),
        (Counts(packed=1, in_transit=1), False, OrderStatus.PARTIALLY_FULFILLED),
        (Counts(delivered=1, ready_for_pickup=1), False, OrderStatus.PARTIALLY_FULFILLED),
        (Counts(delivered=2, cancelled=1), False, OrderStatus.FULFILLED),
        (Counts(delivered=2), True, OrderStatus.FULFILLED),
        (Counts(delivered=1, refused=1, returned=2), False, OrderStatus.CLOSED),
        (Counts(cancelled=3), True, OrderStatus.CANCELLED),
    ],
)
def test_status_follows_from_quantities(counts: Counts, hold: bool, status: OrderStatus) -> None:
    assert order_status([counts], hold) == status


def test_a_kit_is_as_far_as_its_slowest_component() -> None:
    handle = Counts(picked=3, routed=1)
    blades = Counts(picked=2, picking=4, packed=2)
    kit = of_kit(4, ((1, handle), (2, blades)))
    assert kit == Counts(routed=1, picking=1, picked=2)


@given(
    kits=st.integers(1, 12),
    steps=st.lists(moves, min_size=1, max_size=3),
    per_kit=st.lists(st.integers(1, 3), min_size=3, max_size=3),
)
def test_the_equation_holds_for_kits(
    kits: int, steps: list[list[tuple[Stage, Stage, int]]], per_kit: list[int]
) -> None:
    parts = []
    for part, each in zip(steps, per_kit, strict=False):
        counts = Counts(routed=kits * each)
        for source, target, wanted in part:
            counts = counts.moved(source, target, min(wanted, counts.at(source)))
        parts.append((each, counts))
    whole = of_kit(kits, tuple(parts))
    assert whole.total == kits
    least = min(stage for _, c in parts for stage, n in enumerate(c.by_stage().values()) if n)
    assert whole.at(STAGES[least]) >= 1


def test_sums_of_lines_keep_the_equation() -> None:
    assert added(Counts(routed=2, cancelled=1), Counts(delivered=4, returned=1)) == Counts(
        routed=2, cancelled=1, delivered=4, returned=1
    )


def test_discount_and_tax_shrink_with_the_units() -> None:
    amounts = []
    for gone in range(4):
        counts = Counts(cancelled=gone, routed=3 - gone)
        amounts.append(Line("1", "A1", counts, 1000, 300, 60).amount_minor)
    assert amounts == [2760, 1840, 920, 0]


def test_the_fulfilment_table_is_what_the_domain_says() -> None:
    walk = [
        "offer",
        "accept",
        "start_picking",
        "finish_picking",
        "pack",
        "ready_for_courier",
        "hand_over",
        "complete",
    ]
    state = FulfilmentState.SCHEDULED
    for event in walk:
        following = advance(state, FulfilmentEvent(event))
        assert isinstance(following, FulfilmentState), (state, event)
        state = following
    assert state is FulfilmentState.COMPLETED


@pytest.mark.parametrize("state", tuple(FulfilmentState))
@pytest.mark.parametrize("event", tuple(FulfilmentEvent))
def test_what_is_not_listed_is_refused_by_name(state: FulfilmentState, event: FulfilmentEvent) -> None:
    outcome = advance(state, event)
    if (state, event) in TRANSITIONS:
        assert outcome is TRANSITIONS[state, event]
    else:
        assert outcome == IllegalTransition(state, event)
    assert (outcome is FulfilmentState.CANCELLED) == (event == "cancel" and state in BEFORE_HAND_OVER)
