"""Prices are felt only where they would have paid on the latest orders."""

from dataclasses import replace

import numpy as np
import pytest

from routing.replay.foresight import Outlook
from routing.replay.rehearsal import LEAST_ORDERS, NOTHING, rehearsed, thinned
from tests.replay.test_foresight import contended
from tests.replay.world import random_world


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


def test_too_few_orders_say_nothing() -> None:
    there, orders = random_world(1, LEAST_ORDERS - 1)
    assert rehearsed(there, orders, 10.0, Outlook()) == NOTHING


def test_stock_for_many_orders_is_thinned_to_the_few_that_are_played() -> None:
    on_hand = np.full((40, 50), 10, np.int64)
    assert thinned(on_hand, 1.5, 0) is on_hand
    assert abs(thinned(on_hand, 0.25, 0).mean() - 2.5) < 0.1
