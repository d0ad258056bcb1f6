"""Waves too large to try everything: what holds for any of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from benchmarks.wave_instances import instance
from routing.problem import UNLIMITED, Ints
from routing.wave import finish, solve
from routing.wave.pool import Pool
from routing.wave.problem import Wave, WaveResult
from routing.wave.solve import solve_wave
from routing.wave.verify import broken, wave_faults
from tests.routing.wave_cases import random_wave, with_current


def standing(wave: Wave, result: WaveResult, every: int = 1) -> Wave:
    """The same wave with these plans standing for every so many-th order."""
    return replace(wave, current={o: c for o, c in enumerate(result.choices) if o % every == 0})


@pytest.mark.parametrize("seed", range(3))
def test_a_scarce_wave_is_close_to_its_bound_and_far_below_one_by_one(seed: int) -> None:
    wave = instance(150, 30, seed)
    result = solve_wave(wave)
    assert wave_faults(wave, result) == []
    assert result.gap < 0.002
    assert result.cost_minor < 0.98 * result.before_minor


@pytest.mark.parametrize("seed", range(8))
def test_a_wave_of_everything_keeps_every_condition(seed: int) -> None:
    wave = random_wave(seed, orders=45, nodes=6)
    limited = wave.capacity_parcels != UNLIMITED
    capacity = np.where(limited, wave.capacity_parcels * 4, UNLIMITED)
    wave = replace(wave, available=wave.available * 4, capacity_parcels=capacity)
    wave = with_current(wave, seed)
    result = solve_wave(wave, seed=seed)
    assert wave_faults(wave, result) == []
    assert result.gap < 0.05


def test_without_time_the_plans_are_those_that_stand_or_better() -> None:
    wave = instance(300, 40, 4)
    left = iter([1.0])
    result = solve_wave(wave, time_left=lambda: next(left, 0.0))
    assert wave_faults(wave, result) == []
    assert 0 < result.gap < 1
    again = standing(wave, result, every=2)
    left = iter([1.0])
    stood = solve_wave(again, time_left=lambda: next(left, 0.0))
    assert wave_faults(again, stood) == []
    assert stood.cost_minor <= result.cost_minor + 1e-6


def test_the_best_plans_stay_when_they_stand() -> None:
    wave = instance(60, 12, 5)
    best = solve_wave(wave)
    again = solve_wave(standing(wave, best))
    assert again.cost_minor <= best.cost_minor
    assert again.moved == () or again.cost_minor < best.cost_minor


def test_a_price_on_moving_keeps_orders_where_they_are() -> None:
    wave = instance(60, 12, 6)
    left = iter([1.0])
    poor = standing(wave, solve_wave(wave, time_left=lambda: next(left, 0.0)))
    free = solve_wave(poor)
    dear = solve_wave(replace(poor, move_minor=np.full(60, 300)))
    locked = solve_wave(replace(poor, move_minor=np.full(60, 10**8)))
    assert wave_faults(replace(poor, move_minor=np.full(60, 300)), dear) == []
    assert len(locked.moved) == 0 <= len(dear.moved) < len(free.moved)


def test_orders_that_share_nothing_scarce_are_settled_without_prices() -> None:
    wave = instance(50, 10, 7)
    rich = replace(wave, available=wave.available + 1_000, capacity_parcels=np.full(10, 10_000))
    result = solve_wave(rich)
    assert wave_faults(rich, result) == []
    assert result.rounds == 0
    assert result.gap == 0


def test_orders_beyond_the_kernel_get_plans_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "LARGEST_STATES", 24)
    wave = instance(25, 12, 8)
    result = solve_wave(wave)
    assert wave_faults(wave, result) == []
    again = standing(wave, result, every=3)
    assert wave_faults(again, solve_wave(again)) == []


def test_the_same_seed_gives_the_same_wave() -> None:
    wave = instance(120, 20, 9)
    first, second = solve_wave(wave, seed=3), solve_wave(wave, seed=3)
    assert first.choices == second.choices
    assert np.array_equal(first.stock_price_minor, second.stock_price_minor)


def test_the_recount_sees_what_is_wrong() -> None:
    wave = instance(40, 8, 10)
    result = solve_wave(wave)
    order = next(o for o, choice in enumerate(result.choices) if choice)
    (node, content), *others = result.choices[order]
    doubled = (*result.choices[:order], ((node, content), (node, content)), *result.choices[order + 1 :])
    assert broken(wave, doubled) != []
    less = replace(result, choices=(*result.choices[:order], tuple(others), *result.choices[order + 1 :]))
    assert any("cost stated" in fault for fault in wave_faults(wave, less))
    assert any("bound" in f for f in wave_faults(wave, replace(result, bound_minor=result.cost_minor + 1)))


def test_without_a_deadline_a_wave_takes_no_notice_of_the_clock() -> None:
    """The master's search is bounded in nodes then, not in seconds: else digests would differ by machine."""
    asked: list[float | None] = []
    wave, kept = instance(300, 60, seed=3, thin=True), vars(finish)["choose"]

    def told(pool: Pool, columns: Ints, left: Ints, start: Ints, seconds: float | None, *more: Any) -> Any:
        asked.append(seconds)
        return kept(pool, columns, left, start, seconds, *more)

    with patch.object(finish, "choose", told):
        first, again = solve_wave(wave), solve_wave(wave)
    assert asked and set(asked) == {None}
    assert first.choices == again.choices
