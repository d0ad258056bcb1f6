"""The kernel against CP-SAT on orders too large to try everything: equal objective, every plan recounted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.kernel_cp_sat import cp_sat_objective
from routing.plan import Status
from routing.route import route
from routing.verify import recount
from tests.routing.kernel_cases import random_problem

BLOCKS = 10
PER_BLOCK = 21


@pytest.mark.parametrize("block", range(BLOCKS))
def test_kernel_equals_cp_sat(block: int) -> None:
    for seed in range(block * PER_BLOCK, (block + 1) * PER_BLOCK):
        lines, nodes = 5 + seed % 4, 4 + seed % 7
        problem = random_problem(10_000 + seed, lines, nodes, units=lines + seed % 3, density=0.5)
        capacity = np.minimum(np.where(problem.capacity_parcels < 0, 2, problem.capacity_parcels), 2)
        problem = replace(problem, capacity_parcels=capacity)
        expected = cp_sat_objective(problem)
        plan = route(problem)
        assert recount(problem, plan).faults == (), seed
        if expected is None:
            assert plan.status is Status.INFEASIBLE, seed
        else:
            assert plan.status is Status.OPTIMAL, seed
            assert plan.objective_minor == pytest.approx(expected, abs=1e-2), seed
