"""The newsvendor's safety stock: equal to trying every one, on simulated shelves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.forecast.counts import count_cdf
from routing.safety_stock import (
    TOGETHER,
    critical_ratio,
    missing_cdf,
    safety_stock,
    unseen,
)

NOTHING = np.array([1.0])


def test_a_dear_cancellation_asks_for_certainty() -> None:
    assert critical_ratio(100, 300) == 0.75
    assert critical_ratio(100, 0) == 0.0
    for costs in ((0, 0), (-1, 1)):
        with pytest.raises(ValueError, match="costs"):
            critical_ratio(*costs)


def test_books_that_are_right_need_no_safety_stock() -> None:
    assert safety_stock(NOTHING, 10, 0.0, 1, 1000) == 0


def test_nothing_more_than_there_is_can_be_kept() -> None:
    assert safety_stock(count_cdf(50.0), 3, 0.1, 1, 1000) == 3
    assert safety_stock(count_cdf(50.0), 0, 0.1, 1, 1000) == 0
    assert safety_stock(NOTHING, 4, 1.0, 1, 1) == 4


@given(st.floats(0.0, 6.0), st.integers(1, 12), st.floats(0.0, 0.5), st.floats(0.5, 30))
def test_no_other_safety_stock_earns_more(mean: float, units: int, lost: float, cancel: float) -> None:
    """Reckoned over every number of missing units and every safety stock, with orders for all there is."""
    demand = count_cdf(mean, 1.5)
    mass = np.diff(missing_cdf(demand, units, lost), prepend=0.0)

    def earned(kept: int) -> float:
        there = np.maximum(units - np.arange(len(mass)), 0)
        sent = np.minimum(units - kept, there)
        return float((mass * (sent - cancel * (units - kept - sent))).sum())

    best = max(earned(kept) for kept in range(units + 1))
    assert earned(safety_stock(demand, units, lost, 1.0, cancel)) == pytest.approx(best, abs=1e-6)


@given(st.floats(0.1, 4.0), st.integers(1, 8), st.floats(0.01, 0.4))
def test_more_risk_and_dearer_cancellations_keep_more(mean: float, units: int, lost: float) -> None:
    demand = count_cdf(mean)
    kept = [safety_stock(demand, units, lost, 1, cancel) for cancel in (0, 1, 4, 20)]
    assert kept == sorted(kept)
    assert safety_stock(demand, units, lost, 1, 4) <= safety_stock(demand, units, min(1, 2 * lost), 1, 4)


def test_missing_units_are_those_that_left_and_those_never_there() -> None:
    chance = np.random.default_rng(5)
    units, lost, n = 6, 0.2, 40_000
    there = chance.binomial(units, chance.beta((1 - lost) * TOGETHER, lost * TOGETHER, n))
    missing = units - there + chance.poisson(1.5, n)
    found = missing_cdf(count_cdf(1.5), units, lost)
    for k in range(8):
        assert found[k] == pytest.approx((missing <= k).mean(), abs=0.01)


def test_a_part_of_the_time_sees_a_part_of_the_demand() -> None:
    week = count_cdf(3.0, 2.0)
    for share in (0.0, 0.3, 1.0):
        mass = np.diff(unseen(week, share), prepend=0.0)
        k = np.arange(len(mass))
        assert (mass * k).sum() == pytest.approx(3.0 * share, abs=1e-3)
        assert (mass * k**2).sum() - (mass @ k) ** 2 == pytest.approx(3 * share * (1 + share), abs=0.01)
    with pytest.raises(ValueError, match="share"):
        unseen(week, 1.5)
