"""Prices are felt only where they would have paid on the latest orders."""

from dataclasses import replace

import numpy as np
import pytest

from routing.problem import UNLIMITED
from routing.replay.foresight import Outlook
from routing.replay.policies import POLICIES
from routing.replay.rehearsal import LEAST_ORDERS, NOTHING, alone, felt, rehearsed, thinned
from routing.replay.simulate import Settings, simulate
from routing.replay.tally import Replay
from tests.replay.test_foresight import contended
from tests.replay.world import ground, random_world, stream


def test_prices_that_pay_are_felt() -> None:
    there, orders = contended()
    found = rehearsed(there, orders, 120.0, Outlook(solves=4))
    assert found.orders == 60
    assert found.scale > 0
    assert found.with_minor < found.without_minor


def test_what_is_foretold_is_of_the_orders_played_whatever_the_pace_was() -> None:
    """The younger half comes twelve times as fast as the older, or all at once."""
    there, orders = contended()
    day = np.timedelta64(24, "h")
    for apart in (day, day // 12, 0 * day):
        steps = np.where(np.arange(120) < 60, day, apart)
        placed_at = orders.placed_at[0] + np.cumsum(steps)
        found = rehearsed(there, replace(orders, placed_at=placed_at), 120.0, Outlook(solves=4))
        assert found.foretold_minor == pytest.approx(found.with_minor, rel=0.15)


def test_prices_that_do_not_pay_are_not_felt() -> None:
    there, orders = contended()
    bare = Outlook(solves=1, scenarios=1, rounds=2, scale=1.0)
    found = rehearsed(there, orders, 60.0, bare, scales=(0.0,))
    assert found.with_minor == found.without_minor
    assert found.scale == 0


def costing(*minor: float) -> Replay:
    """Orders that came to so much each; NaN: not filled, at a penalty of 1,000."""
    there, orders = contended()
    found = simulate(there, orders, POLICIES["cheapest"])
    whole = np.array(minor)
    felt_minor = float(np.nan_to_num(whole, nan=1_000.0).sum()) - found.cost_minor
    return replace(found, felt_minor=felt_minor, whole_minor=whole)


@pytest.mark.parametrize(
    ("half", "full", "scale"),
    [
        ((9.0,) * 100, (10.0,) * 100, 0.5),  # each order dearer: no chance
        ((9.0,) * 100, (5.0,) * 50 + (14.0,) * 50, 1.0),  # dearer by 50, as chance would have it
        ((9.0,) * 100, (8.0,) * 100, 1.0),
        ((9.0,) * 100, (2.0,) * 50 + (21.0,) * 50, 0.5),  # dearer than without
        ((11.0,) * 100, (11.5,) * 100, 0.0),
        ((9.0,) * 100, (8.0,) * 99 + (np.nan,), 0.5),  # and one went without
    ],
)
def test_prices_are_felt_as_solved_until_orders_clearly_say_less(
    half: tuple[float, ...], full: tuple[float, ...], scale: float
) -> None:
    assert felt(1_100.0, {0.5: costing(*half), 1.0: costing(*full)}) == scale
    assert felt(1_100.0, {}) == 0


def test_too_few_orders_say_nothing() -> None:
    there, orders = random_world(1, LEAST_ORDERS - 1)
    assert rehearsed(there, orders, 10.0, Outlook()) == NOTHING


def test_stock_for_many_orders_is_thinned_to_the_few_that_are_played() -> None:
    on_hand = np.full((40, 50), 10, np.int64)
    assert thinned(on_hand, 1.5, 0) is on_hand
    assert abs(thinned(on_hand, 0.25, 0).mean() - 2.5) < 0.1


@pytest.mark.parametrize("name", ["cheapest", "nearest", "lookahead_wave"])
def test_what_whole_orders_came_to_adds_up(name: str) -> None:
    there, orders = random_world(3, 60)
    there = replace(there, parcel_minor=20.0, late_day_minor=5.0, on_hand=np.full_like(there.on_hand, 500))
    found = simulate(there, orders, POLICIES[name], Settings(past=10))
    assert found.filled_orders == len(found.whole_minor) == 50
    assert found.whole_minor.sum() == pytest.approx(found.objective_minor)


def test_orders_that_lack_a_unit_have_no_cost_of_their_own() -> None:
    there = ground([[2, 0, 1]])
    found = simulate(there, stream(3, {0: 1}, {0: 3}, {0: 1}), POLICIES["cheapest"])
    assert np.isnan(found.whole_minor).tolist() == [False, True, True]


def test_alone_each_order_finds_full_shelves_and_days() -> None:
    there = ground([[0, 0, 1], [0, 0, 0]])
    orders = stream(3, {0: 1}, {0: 1, 1: 1}, {0: 1})
    near, both, again = alone(replace(there, most_orders=np.zeros_like(there.most_orders)), orders)
    assert near == again == 100 + 10 + 300, "the near card, whoever came before"
    assert both == 100 + 20 + 700
    assert np.isnan(alone(there, stream(3, {0: 1}, unreached=(0, 1, 2)))).all()
    assert (there.most_orders == UNLIMITED).all() and there.on_hand.sum() == 1, "they are as they were"


def test_what_the_first_orders_rehearsed_came_to_is_told() -> None:
    """Those before the prices are solved anew, of as many as the stock is to last for."""
    there, orders = contended()
    for coming, first in ((120.0, 15), (60.0, 15), (20.0, 5)):
        found = rehearsed(there, orders, coming, Outlook(solves=4))
        assert found.orders == 60 and len(found.soon_minor) == first
        filled = ~np.isnan(found.soon_minor)
        assert filled.any() and found.soon_minor[filled].mean() <= found.with_minor
