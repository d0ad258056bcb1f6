"""The kernel against a search that tries every plan: equal objective, and every plan recounted."""

from __future__ import annotations

import pytest

from routing.plan import Status
from routing.route import route
from routing.verify import recount
from tests.routing.kernel_cases import best_by_trying_everything, random_problem

BLOCKS = 25
PER_BLOCK = 100


@pytest.mark.parametrize("block", range(BLOCKS))
def test_kernel_equals_trying_everything(block: int) -> None:
    for seed in range(block * PER_BLOCK, (block + 1) * PER_BLOCK):
        lines = 1 + seed % 4
        problem = random_problem(seed, lines, nodes=1 + seed % 3, units=min(5, lines + seed % 3))
        expected = best_by_trying_everything(problem)
        plan = route(problem)
        assert recount(problem, plan).faults == (), seed
        if expected is None:
            assert plan.status is Status.INFEASIBLE, seed
        else:
            assert plan.status is Status.OPTIMAL, seed
            assert plan.objective_minor == pytest.approx(expected, abs=1e-3), seed
            assert plan.bound_minor == plan.objective_minor and plan.gap == 0.0
