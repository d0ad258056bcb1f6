"""Where returns go: against simulated selling seasons, and against every way to split the units."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.disposition import Outlet, dispose, marginal_minor, placement

STORE = Outlet(
    node="ST-1", price_minor=2_000, salvage_minor=300, stock=2, daily_demand=0.4, lead_days=1, season_days=20
)

OUTLETS = st.builds(
    Outlet,
    node=st.sampled_from(["A", "B"]),
    price_minor=st.integers(500, 3_000),
    salvage_minor=st.integers(0, 500),
    stock=st.integers(0, 6),
    daily_demand=st.floats(0, 3),
    lead_days=st.floats(0, 10),
    season_days=st.floats(0, 40),
    decay_per_day=st.floats(0, 0.05),
    sellable=st.floats(0, 1),
    fixed_minor=st.integers(0, 1_000),
    unit_minor=st.integers(0, 400),
)


def simulated(outlet: Outlet, units: int, seasons: int, seed: int) -> tuple[float, float]:
    """(mean, standard error) of what ``units`` more bring, customer by customer, all sellable."""
    rng = np.random.default_rng(seed)
    gained = np.empty(seasons)
    for season in range(seasons):
        shelf, sold, at, arrived = outlet.stock, 0, 0.0, False
        gained[season] = 0.0
        while True:
            at += rng.exponential(1 / outlet.daily_demand)
            if at > outlet.season_days:
                break
            if not arrived and at >= outlet.lead_days:
                arrived = True
            if shelf:
                shelf -= 1
            elif arrived and sold < units:
                sold += 1
                gained[season] += outlet.price_minor * np.exp(-outlet.decay_per_day * at)
        gained[season] += (units - sold) * outlet.salvage_minor
    return float(gained.mean()), float(gained.std() / np.sqrt(seasons))


@pytest.mark.parametrize(
    ("stock", "rate", "lead", "decay"), [(0, 0.2, 0.0, 0.0), (2, 0.4, 3.0, 0.02), (5, 0.5, 9.0, 0.05)]
)
def test_expected_resale_is_what_simulated_seasons_bring(
    stock: int, rate: float, lead: float, decay: float
) -> None:
    outlet = replace(STORE, stock=stock, daily_demand=rate, lead_days=lead, decay_per_day=decay)
    mean, error = simulated(outlet, units=3, seasons=20_000, seed=1)
    assert placement(outlet, 3).resale_minor == pytest.approx(mean, abs=4 * error)


@given(st.integers(0, 5), st.lists(OUTLETS, max_size=3), st.integers(0, 600))
@settings(max_examples=200, deadline=None)
def test_no_split_brings_more(units: int, outlets: list[Outlet], left_minor: int) -> None:
    found = dispose(units, outlets, left_minor)
    splits = itertools.product(range(units + 1), repeat=len(outlets))
    best = max(
        sum(placement(o, n).net_minor for o, n in zip(outlets, split, strict=True))
        + (units - sum(split)) * left_minor
        for split in splits
        if sum(split) <= units
    )
    assert found.net_minor == pytest.approx(best)
    told = sum(p.net_minor for p in found.placements) + found.given_up * left_minor
    assert told == pytest.approx(found.net_minor)
    assert sum(p.units for p in found.placements) + found.given_up == units
    assert all(p.units > 0 for p in found.placements)


@given(OUTLETS, st.integers(1, 8))
@settings(max_examples=200, deadline=None)
def test_without_decay_every_further_unit_is_worth_less(outlet: Outlet, units: int) -> None:
    worth = marginal_minor(replace(outlet, decay_per_day=0.0), units)
    assert (np.diff(worth) <= 1e-6).all()
    assert (worth <= outlet.price_minor + 1e-6).all() and (worth >= outlet.salvage_minor - 1e-6).all()


@given(OUTLETS, st.integers(0, 5), st.floats(0.1, 2))
@settings(max_examples=200, deadline=None)
def test_more_demand_and_less_stock_never_harm(outlet: Outlet, fewer: int, more: float) -> None:
    plain = replace(outlet, decay_per_day=0.0)
    less_stock = replace(plain, stock=max(0, plain.stock - fewer))
    assert placement(less_stock, 2).resale_minor >= placement(plain, 2).resale_minor - 1e-6
    more_demand = replace(plain, daily_demand=plain.daily_demand + more, lead_days=0.0)
    at_once = replace(plain, lead_days=0.0)
    assert placement(more_demand, 2).resale_minor >= placement(at_once, 2).resale_minor - 1e-6


def test_a_unit_goes_where_it_is_missing_rather_than_where_it_is_near() -> None:
    full = replace(STORE, node="near", stock=30, fixed_minor=0)
    bare = replace(STORE, node="far", stock=0, fixed_minor=400, lead_days=3)
    found = dispose(1, [full, bare])
    assert [p.node for p in found.placements] == ["far"]
    assert [p.node for p in found.alone] == ["near", "far"]
    assert found.alone[1].net_minor > found.alone[0].net_minor


def test_a_parcel_that_costs_more_than_the_units_fetch_is_not_sent() -> None:
    dear = replace(STORE, fixed_minor=5_000)
    found = dispose(2, [dear], left_minor=100)
    assert (found.placements, found.given_up, found.net_minor) == ((), 2, 200)


def test_many_units_are_spread_so_that_the_next_one_is_worth_the_same() -> None:
    quick, slow = replace(STORE, node="Q", daily_demand=1.0), replace(STORE, node="S", daily_demand=0.5)
    units = {p.node: p.units for p in dispose(12, [quick, slow]).placements}
    assert units["Q"] > units["S"] > 0
    last = {o.node: marginal_minor(o, units[o.node] + 1) for o in (quick, slow)}
    assert last["Q"][-1] <= last["S"][-2] and last["S"][-1] <= last["Q"][-2]


def test_values_out_of_bounds_are_refused() -> None:
    for wrong in ({"stock": -1}, {"lead_days": -0.1}, {"sellable": 1.1}, {"salvage_minor": 2_001}):
        with pytest.raises(ValueError, match="ST-1"):
            dispose(1, [replace(STORE, **wrong)])
    with pytest.raises(ValueError, match="negative"):
        dispose(-1, [STORE])


def test_after_the_season_a_unit_is_worth_its_salvage() -> None:
    late = replace(STORE, lead_days=21)
    assert placement(late, 2).resale_minor == 600
    assert placement(replace(STORE, daily_demand=0), 2).resale_minor == 600
