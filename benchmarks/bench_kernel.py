"""The exact kernel by lines and nodes, beside CP-SAT at the same answer and beside two scans of its arrays by
NumPy.

``floor_arrays`` takes one minimum of each array the kernel reads; ``floor_flat`` one minimum of all of them
laid end to end as floats; ``kernel`` is one call on prepared arrays, ``route`` everything from the problem to
the plan.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.kernel_cp_sat import cp_sat_objective
from benchmarks.kernel_orders import arrays_read, order, pieces_and_answer
from routing.kernel_call import first_programme
from routing.route import route

LINES = (1, 2, 4, 6, 8, 10, 12, 14)
NODES = (10, 50, 300, 1_000)
SIZES = [(lines, nodes) for lines in LINES for nodes in NODES]
CP_SAT_SIZES = [(2, 10), (4, 10), (8, 10), (4, 50), (4, 300), (4, 1_000)]


@pytest.mark.parametrize(("lines", "nodes"), SIZES)
def test_kernel(benchmark: BenchmarkFixture, lines: int, nodes: int) -> None:
    problem = order(lines, nodes)
    pieces, objective = pieces_and_answer(problem)
    felt, _, overused = benchmark(first_programme, problem, pieces, problem.capacity_parcels)
    assert felt / 65_536 == objective and not overused


@pytest.mark.parametrize(("lines", "nodes"), SIZES)
def test_route(benchmark: BenchmarkFixture, lines: int, nodes: int) -> None:
    problem = order(lines, nodes)
    _, objective = pieces_and_answer(problem)
    assert benchmark(route, problem).objective_minor == pytest.approx(objective)


@pytest.mark.parametrize(("lines", "nodes"), SIZES)
def test_floor_arrays(benchmark: BenchmarkFixture, lines: int, nodes: int) -> None:
    arrays = arrays_read(order(lines, nodes))
    assert len(benchmark(lambda: [array.min() for array in arrays])) == len(arrays)


@pytest.mark.parametrize(("lines", "nodes"), SIZES)
def test_floor_flat(benchmark: BenchmarkFixture, lines: int, nodes: int) -> None:
    flat = np.concatenate([array.ravel().astype(np.float64) for array in arrays_read(order(lines, nodes))])
    assert benchmark(flat.min) == flat[flat.argmin()]


@pytest.mark.parametrize(("lines", "nodes"), CP_SAT_SIZES)
def test_cp_sat(benchmark: BenchmarkFixture, lines: int, nodes: int) -> None:
    problem = order(lines, nodes)
    _, objective = pieces_and_answer(problem)
    once: Any = benchmark
    found = once.pedantic(cp_sat_objective, args=(problem,), rounds=1, iterations=1)
    assert found == pytest.approx(objective, abs=1e-2)
