"""Prices are mistrusted where orders surely cost more than was foretold, and never on noise alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from routing.problem import Floats
from routing.replay.trust import ERROR, LEAST_DAYS, Day, Verdict, judged, t_quantile

FORETOLD = 700.0
SAVING = 40.0
REHEARSED = 2_000


def day(number: int, orders: int, realised: float, foretold: float = FORETOLD) -> Day:
    """The day of so many orders that cost and were foretold so much each."""
    when = date(2026, 1, 1) + timedelta(days=number)
    return Day(when, orders, orders * realised, orders * foretold, orders * SAVING, REHEARSED)


def lived(chance: np.random.Generator, days: int, orders: int, excess: float) -> list[Day]:
    """Orders whose costs have a long tail, days with a level of their own, and a rehearsal that has erred."""
    erred = float(costs(chance, REHEARSED).mean())
    found = []
    for number in range(days):
        level = 1 + 0.03 * chance.standard_normal()
        realised = float(costs(chance, orders).mean()) * level + excess
        found.append(day(number, orders, realised, erred))
    return found


def costs(chance: np.random.Generator, orders: int) -> Floats:
    drawn: Floats = FORETOLD * chance.lognormal(-0.125, 0.5, orders)
    return drawn


@pytest.mark.parametrize(
    ("above", "freedom", "limit"),
    [(0.025, 1, 12.706), (0.025, 2, 4.303), (0.05, 5, 2.015), (0.005, 10, 3.169), (0.001, 27, 3.421)],
)
def test_students_t_is_as_in_the_tables(above: float, freedom: int, limit: float) -> None:
    assert t_quantile(above, freedom) == pytest.approx(limit, abs=5e-4)


@pytest.mark.parametrize(("days", "orders"), [(LEAST_DAYS, 6), (7, 20), (14, 60), (28, 300)])
def test_on_noise_alone_nothing_is_done(days: int, orders: int) -> None:
    """As many alarms as were reckoned with, one in a thousand, within what chance allows of 4,000 trials."""
    chance, trials = np.random.default_rng(days), 4_000
    alarms = sum(judged(lived(chance, days, orders, 0.0)).trust < 1 for _ in range(trials))
    assert alarms <= ERROR * trials + 3 * np.sqrt(ERROR * trials)


def test_orders_that_cost_more_are_seen_soon_and_others_are_not() -> None:
    chance = np.random.default_rng(1)
    dear = [judged(lived(chance, 14, 60, 100.0)) for _ in range(200)]
    assert np.mean([one.trust < 1 for one in dear]) > 0.95
    assert max(one.surely_minor for one in dear) < 100.0 + 60.0, "what chance may explain is taken off"
    cheap = [judged(lived(chance, 14, 60, -100.0)) for _ in range(200)]
    assert all(one.trust == 1 and one.surely_minor == 0 for one in cheap)


def test_prices_are_felt_as_far_as_their_saving_is_not_surely_lost() -> None:
    """Days that all came to the same leave no room for chance."""
    for excess, trust in ((-5.0, 1.0), (10.0, 0.75), (30.0, 0.25), (SAVING, 0.0), (500.0, 0.0)):
        found = judged([day(number, 10, FORETOLD + excess) for number in range(8)])
        assert found.trust == pytest.approx(trust)
        assert (found.days, found.orders) == (8, 80)
        assert (found.realised_minor, found.foretold_minor) == (FORETOLD + excess, FORETOLD)
        assert found.surely_minor == pytest.approx(max(0.0, excess))
    nothing_saved = [replace(day(number, 10, FORETOLD + 1), saving_minor=0.0) for number in range(8)]
    assert judged(nothing_saved).trust == 0


def test_few_days_or_orders_say_nothing() -> None:
    assert judged([]) == judged([day(0, 0, 0.0)]) == Verdict()
    dear = FORETOLD + 300.0
    assert judged([day(number, 500, dear) for number in range(LEAST_DAYS - 1)]).trust == 1
    assert judged([day(number, 4, dear) for number in range(7)]).trust == 1
    assert judged([day(number, 5, dear) for number in range(7)]).trust == 0


def test_one_dear_day_is_no_proof() -> None:
    days = [day(number, 10, FORETOLD) for number in range(9)]
    assert judged([*days, day(9, 10, 10 * FORETOLD)]).trust == 1
