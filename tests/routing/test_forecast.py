"""Forecasts: kinds of demand, means by method, counts, quantiles put right, rolling origins."""

import csv
import math
from collections import Counter
from datetime import date

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.machine import ROOT
from routing.forecast.ahead import outlooks
from routing.forecast.backtest import best_methods, coverage, enough, pasts, pinball
from routing.forecast.counts import (
    count_cdf,
    count_quantile,
    dispersion,
    met_at,
    recalibration,
)
from routing.forecast.demand import Demand, demand_class, since_first_sale
from routing.forecast.methods import QUICK, mean_ahead
from routing.problem import Floats

KINDS = {
    Demand.SMOOTH: [5, 6, 4, 5, 7, 5],
    Demand.ERRATIC: [1, 1, 20, 1, 2, 1],
    Demand.INTERMITTENT: [0, 1, 0, 1, 0, 1],
    Demand.LUMPY: [0, 1, 0, 30, 0, 1],
}


@pytest.mark.parametrize(("kind", "units"), KINDS.items())
def test_a_series_is_of_the_kind_its_gaps_and_sizes_say(kind: Demand, units: list[int]) -> None:
    assert demand_class(np.array(units, float)) is kind


@pytest.mark.parametrize("units", [[0, 0], [1, -1]])
def test_no_demand_and_negative_demand_are_of_no_kind(units: list[int]) -> None:
    with pytest.raises(ValueError, match="demand"):
        demand_class(np.array(units, float))


def test_a_series_begins_with_its_first_sale() -> None:
    assert since_first_sale(np.array([0.0, 0, 3, 0])).tolist() == [3, 0]
    assert not len(since_first_sale(np.zeros(3)))


def sba(units: list[float]) -> float:
    """Croston with α = 0.1, corrected by 1 − α / 2, by hand."""
    size = gap = None
    since = 1
    for u in units:
        if u:
            size = u if size is None else size + 0.1 * (u - size)
            gap = float(since) if gap is None else gap + 0.1 * (since - gap)
            since = 1
        else:
            since += 1
    assert size is not None
    assert gap is not None
    return 0.95 * size / gap


def tsb(units: list[float]) -> float:
    """Teunter, Syntetos and Babai with both constants 0.1, by hand."""
    sold = [i for i, u in enumerate(units) if u]
    size, chance = units[sold[0]], float(units[0] > 0)
    for u in units[1:]:
        chance += 0.1 * ((u > 0) - chance)
        if u:
            size += 0.1 * (u - size)
    return chance * size


def test_croston_corrected_is_reckoned_without_the_sale_a_series_begins_with() -> None:
    units = [2.0, 0, 0, 3, 0, 1, 0, 0, 0, 4]
    assert mean_ahead("sba", np.array(units), 3, 1) == pytest.approx([sba(units[1:])] * 3)


def test_tsb_forgets_what_sells_no_more() -> None:
    units = [2.0, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    found = mean_ahead("tsb", np.array(units), 2, 1)
    assert found == pytest.approx([tsb(units)] * 2, rel=0.02)
    assert found[0] < mean_ahead("tsb", np.array(units[:5]), 1, 1)[0]


def test_seasonal_methods_repeat_the_season_once_it_was_seen_often_enough() -> None:
    week = np.array([9.0, 5, 5, 5, 7, 0, 1])
    assert mean_ahead("seasonal_naive", np.tile(week, 4), 9, 7).tolist() == [*week, 9, 5]
    assert mean_ahead("seasonal_window", np.tile(week, 10), 7, 7) == pytest.approx(week)
    assert mean_ahead("ets", np.tile(week, 8), 7, 7) == pytest.approx(week, abs=1.0)
    assert mean_ahead("seasonal_naive", np.tile(week, 2), 2, 7).tolist() == [1, 1]


@pytest.mark.parametrize("method", QUICK)
def test_every_method_answers_any_series_with_units_that_are_not_negative(method: str) -> None:
    for units in (
        [1.0, 0, 0, 0, 0, 0, 0, 0],
        [3.0] * 9,
        [0.0, 9, 0, 0, 0, 0, 0, 0, 1],
        [9.0, *range(8, 0, -1)],
    ):
        found = mean_ahead(method, np.array(units), 4, 1)
        assert found.shape == (4,)
        assert (found >= 0).all()
        assert np.isfinite(found).all()


@given(st.floats(0.01, 300), st.floats(1, 30))
def test_a_count_has_the_mean_and_the_variance_it_was_made_for(mean: float, wide: float) -> None:
    mass = np.diff(count_cdf(mean, wide), prepend=0.0)
    k = np.arange(len(mass))
    assert (mass >= -1e-12).all()
    assert (mass * k).sum() == pytest.approx(mean, rel=1e-3)
    assert (mass * k**2).sum() - mean**2 == pytest.approx(mean * wide, rel=0.02)


def test_a_count_of_dispersion_one_is_a_poissons() -> None:
    cdf = count_cdf(2.0)
    assert [cdf[0], cdf[1]] == pytest.approx([math.exp(-2), 3 * math.exp(-2)])
    assert [count_quantile(cdf, level) for level in (0.0, 0.13, 0.5, 0.9, 1.0)][:4] == [0, 0, 2, 4]
    with pytest.raises(ValueError, match="mean"):
        count_cdf(math.inf)


def test_dispersion_is_drawn_to_the_usual_one_where_little_is_known() -> None:
    wild = np.array([0.0, 10] * 4)
    assert dispersion(wild) < dispersion(np.tile(wild, 10)) < wild.var() / wild.mean()
    assert dispersion(np.ones(50)) == 1.0


def test_quantiles_put_right_hold_as_often_as_asked_though_the_model_is_wrong() -> None:
    """Demand twice as large and ten times as wide as the model thinks, the same before and after."""
    chance = np.random.default_rng(7)
    came = chance.negative_binomial(1.0, 1 / 21, size=4000)
    cdf = count_cdf(10.0, 2.0)
    right = recalibration(np.array([met_at(cdf, int(c), chance.random()) for c in came[:2000]]))
    for level in (0.1, 0.5, 0.9):
        wrong, fit = count_quantile(cdf, level), count_quantile(cdf, right.of(level))
        after = came[2000:]
        assert abs((after <= wrong).mean() - level) > abs((after <= fit).mean() - level)
    assert (came[2000:] <= count_quantile(cdf, right.of(0.5))).mean() == pytest.approx(0.5, abs=0.06)


@given(st.integers(0, 40), st.floats(0.05, 0.95))
def test_the_distribution_put_right_has_the_quantiles_put_right(n: int, level: float) -> None:
    right, cdf = recalibration(np.random.default_rng(n).random(n)), count_cdf(3.0, 2.0)
    if math.ceil(level * (n + 1)) <= n:
        assert count_quantile(right.put_right(cdf), level) == count_quantile(cdf, right.of(level))
    assert right.put_right(cdf)[-1] == pytest.approx(1.0, abs=1e-5)


def test_levels_of_a_right_distribution_are_uniform() -> None:
    chance = np.random.default_rng(3)
    cdf = count_cdf(0.7)
    met = [met_at(cdf, int(c), chance.random()) for c in chance.poisson(0.7, 4000)]
    assert np.histogram(met, 10, (0, 1))[0] == pytest.approx([400] * 10, abs=75)


def test_errors_are_scaled_by_those_of_the_naive_method_in_the_history() -> None:
    units = np.array([[1.0, 3, 1, 3, 1, 3, 1, 3, 5, 5]])
    (past,) = pasts(units, [8], 2, 1)
    assert (past.off, past.off_squared) == (2, 4)
    assert past.mase("naive") == 1.0  # says 3 and 3, off by 2
    assert past.rmsse("naive") == 1.0
    assert past.mase("mean") == 1.5


def test_series_that_say_too_little_are_left_out() -> None:
    short, still, seldom = [0, 0, 0, 1, 2, 1, 2, 1, 2, 9], [2] * 10, [1, 0, 0, 0, 1, 0, 0, 0, 0, 9]
    assert not pasts(np.array([short, still, seldom], float), [9], 1, 1)
    assert enough(np.array([1.0, 0, 2, 0, 1, 0, 0, 3]))


def test_the_method_of_least_error_is_chosen_for_each_kind() -> None:
    chance = np.random.default_rng(1)
    week = np.array([20.0, 15, 15, 15, 18, 5, 6])
    seasonal = np.tile(week, (8, 10)) + chance.integers(0, 2, (8, 70))
    chosen = best_methods(pasts(seasonal.astype(float), [49, 56], 7, 7))
    assert chosen[Demand.SMOOTH] in {"seasonal_window", "ets", "theta", "seasonal_naive"}
    assert Demand.LUMPY not in chosen


def test_pinball_and_coverage_are_what_they_are_by_hand() -> None:
    quantiles, came = np.array([[2.0], [2.0]]), np.array([5.0, 2.0])
    assert pinball(quantiles, came, np.array([0.9])).ravel() == pytest.approx([2.7, 0.0])
    below, at_most = coverage(quantiles, came)
    assert (below.tolist(), at_most.tolist()) == ([0.0], [0.5])


def sample_weeks() -> Floats:
    """Units by week of the UK sample's articles that sold in at least six weeks: a real, small history."""
    root = ROOT / "samples" / "uk_retailer"
    with (root / "orders.csv").open(newline="") as file:
        day = {
            row["id"]: date.fromisoformat(row["placed_at"][:10]).toordinal() for row in csv.DictReader(file)
        }
    first, last = min(day.values()), max(day.values())
    sold: Counter[tuple[str, int]] = Counter()
    for line in pq.read_table(root / "lines.parquet").to_pylist():
        sold[line["sku"], (day[line["order"]] - first) // 7] += line["quantity"]
    skus = sorted({sku for sku, _ in sold})
    table = np.zeros((len(skus), (last - first) // 7))
    place = {sku: i for i, sku in enumerate(skus)}
    for (sku, week), units in sold.items():
        if week < table.shape[1]:
            table[place[sku], week] = units
    often: Floats = table[np.count_nonzero(table, axis=1) >= 6]
    return often


def test_outlooks_of_a_real_sample_hold_as_often_as_they_say() -> None:
    """Judged on the last weeks, which the outlooks do not see."""
    table = sample_weeks()
    horizon = 2
    told = outlooks(table[:, :-horizon], horizon)
    came = table[:, -horizon:].sum(axis=1)
    q90 = np.array([[float(one.quantile(0.9))] for one in told])
    q50 = np.array([[float(one.quantile(0.5))] for one in told])
    below, at_most = coverage(q90, came)
    assert below[0] - 0.12 < 0.9 < at_most[0] + 0.12
    assert (q50 <= q90).all()
    assert {one.kind for one in told} > {None}


def test_many_quick_movers_choose_among_what_they_were_asked() -> None:
    table = np.random.default_rng(4).poisson(8.0, (20, 40)).astype(float)
    told = outlooks(table, 2)
    assert {one.kind for one in told} == {Demand.SMOOTH}
    assert np.mean([one.mean for one in told]) == pytest.approx(16, rel=0.1)


def test_what_hardly_sold_gets_its_own_mean_and_nothing_sold_hardly_anything() -> None:
    table = np.zeros((2, 12))
    table[0, 4] = 4
    once, never = outlooks(table, 4)
    assert once.kind is None
    assert once.mean == pytest.approx(2.0)
    assert never.quantile(0.95) == 0
    assert outlooks(np.zeros((0, 5)), 1) == []
    with pytest.raises(ValueError, match="horizon"):
        outlooks(table, 0)
