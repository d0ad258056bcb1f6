"""Large orders searched between bound and plan: what is called optimal is, the others have a valid bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.kernel_cp_sat import cp_sat_objective
from benchmarks.kernel_orders import order
from routing.plan import Status
from routing.problem import UNLIMITED, Problem
from routing.route import route
from routing.verify import recount
from tests.routing.kernel_cases import best_by_trying_everything, random_problem


def in_pairs(lines: int, nodes: int, seed: int) -> Problem:
    """Parcels carry about two units, so that half parcels make the linear programme cheaper than any plan."""
    problem = order(lines, nodes, density=0.7, seed=seed)
    return replace(
        problem,
        capacity_parcels=np.full(nodes, UNLIMITED),
        cards=replace(problem.cards, up_to_g=problem.cards.up_to_g * 3 // 2),
    )


@pytest.mark.parametrize("block", range(6))
def test_small_orders_searched_as_large_ones_equal_brute_force(block: int) -> None:
    proven = 0
    for seed in range(block * 20, (block + 1) * 20):
        problem = random_problem(70_000 + seed, lines=2 + seed % 3, nodes=2 + seed % 3, units=4 + seed % 2)
        expected = best_by_trying_everything(problem)
        plan = route(problem, work_limit=1)
        assert recount(problem, plan).faults == (), seed
        if expected is None:
            assert plan.status is Status.INFEASIBLE, seed
            continue
        assert plan.status.has_plan, seed
        assert plan.bound_minor <= expected + 1e-3, seed
        assert plan.objective_minor >= expected - 1e-3, seed
        if plan.status is Status.OPTIMAL:
            proven += 1
            assert plan.objective_minor == pytest.approx(expected, abs=1e-3), seed
    assert proven >= 10


@pytest.mark.parametrize("seed", range(8))
def test_searched_orders_equal_the_exact_kernel(seed: int) -> None:
    problem = in_pairs(lines=11 + seed % 3, nodes=12, seed=seed)
    exact, plan = route(problem), route(problem, work_limit=10_000_000 - seed)
    large = route(problem, work_limit=1)
    assert exact.status is Status.OPTIMAL
    for found in (plan, large):
        assert recount(problem, found).faults == ()
        assert found.bound_minor <= exact.objective_minor + 1e-3
        if found.status is Status.OPTIMAL:
            assert found.objective_minor == pytest.approx(exact.objective_minor, abs=1e-3)


@pytest.mark.parametrize(("lines", "nodes", "seed"), [(10, 5, 0), (12, 6, 1), (14, 5, 2), (12, 8, 3)])
def test_larger_orders_equal_cp_sat(lines: int, nodes: int, seed: int) -> None:
    """One parcel a node at most, which CP-SAT still proves."""
    problem = order(lines, nodes, density=0.6, seed=seed)
    expected = cp_sat_objective(problem)
    for plan in (route(problem), route(problem, work_limit=1)):
        assert recount(problem, plan).faults == ()
        assert expected is not None and plan.bound_minor <= expected + 1e-2
        assert plan.objective_minor >= expected - 1e-2
    assert route(problem).objective_minor == pytest.approx(expected, abs=1e-2)


def test_most_orders_of_twenty_lines_are_proven() -> None:
    """Beyond the exact kernel: 20 lines at 20 nodes."""
    plans = [
        route(replace(order(20, 20, density=0.5, seed=seed), capacity_parcels=np.full(20, UNLIMITED)))
        for seed in range(6)
    ]
    assert sum(plan.status is Status.OPTIMAL for plan in plans) >= 3
    assert all(plan.gap < 0.05 for plan in plans)
