"""Orders beyond the exact kernel: right, repeatable, honest about the gap, and better than a greedy cover."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.kernel_orders import order
from routing.kernel_pieces import pieces_of
from routing.large import greedy_cover
from routing.large_blocks import plan_cost
from routing.plan import Status
from routing.problem import UNLIMITED, Problem
from routing.route import route
from routing.verify import recount
from tests.routing.kernel_cases import random_problem


def basket(lines: int, nodes: int, seed: int) -> Problem:
    problem = order(lines, nodes, density=0.6, seed=seed)
    return replace(problem, capacity_parcels=np.full(nodes, UNLIMITED))


@pytest.mark.parametrize("seed", range(12))
def test_bound_and_plan_enclose_the_optimum(seed: int) -> None:
    problem = random_problem(500 + seed, lines=8, nodes=6, units=10)
    exact = route(problem)
    found = route(problem, work_limit=1_000_000 if seed % 2 else 1_000)
    assert recount(problem, found).faults == ()
    if exact.status is Status.OPTIMAL and found.status is not Status.INFEASIBLE:
        assert found.bound_minor <= exact.objective_minor + 1e-3
        assert found.objective_minor >= exact.objective_minor - 1e-3


def test_the_search_mostly_finds_the_optimum() -> None:
    """Not promised, but it is why orders beyond the kernel are worth routing this way."""
    gaps = []
    for seed in range(12):
        problem = basket(12, 30, seed)
        found = route(problem, work_limit=1)
        gaps.append(found.objective_minor / route(problem).objective_minor - 1)
    assert np.mean(gaps) < 0.01


@pytest.mark.parametrize(("lines", "nodes"), [(18, 45), (40, 45), (100, 45), (200, 200)])
def test_large_orders_beat_the_greedy_cover(lines: int, nodes: int) -> None:
    problem = basket(lines, nodes, seed=3)
    plan = route(problem)
    pieces = pieces_of(problem)
    greedy = greedy_cover(problem, pieces)
    assert recount(problem, plan).faults == ()
    assert plan.objective_minor <= plan_cost(problem, pieces, greedy)
    assert 0 <= plan.gap < 1


def test_the_same_seed_gives_the_same_plan() -> None:
    problem = basket(40, 45, seed=1)
    assert route(problem, seed=5) == route(problem, seed=5)


def test_large_rich_orders_are_right() -> None:
    for seed in range(20):
        problem = random_problem(900 + seed, lines=25, nodes=8, units=32)
        assert recount(problem, route(problem)).faults == (), seed
