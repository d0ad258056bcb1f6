"""The bound of large orders never passes the optimum, whatever is scarce, and plans keep to the stock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing.plan import Status
from routing.route import route
from routing.verify import recount
from tests.routing.kernel_cases import random_problem

BLOCKS = 6
PER_BLOCK = 10


@pytest.mark.parametrize("scarce", [False, True])
@pytest.mark.parametrize("block", range(BLOCKS))
def test_bound_never_passes_the_exact_optimum(block: int, scarce: bool) -> None:
    for seed in range(block * PER_BLOCK, (block + 1) * PER_BLOCK):
        problem = random_problem(40_000 + seed, lines=3 + seed % 6, nodes=2 + seed % 6, units=9 + seed % 3)
        if scarce:
            problem = replace(problem, available=np.minimum(problem.available, 1 + seed % 2))
        exact = route(problem)
        found = route(problem, work_limit=1)
        assert recount(problem, found).faults == (), seed
        if exact.status is Status.INFEASIBLE:
            assert found.status is Status.INFEASIBLE, seed
            continue
        assert exact.status is Status.OPTIMAL, seed
        if found.status is Status.INFEASIBLE:
            continue
        assert found.bound_minor <= exact.objective_minor + 1e-3, seed
        assert found.objective_minor >= exact.objective_minor - 1e-3, seed
