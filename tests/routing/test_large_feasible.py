"""Large orders of which nothing may stay unfilled: infeasible only where that is proven."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import routing.large as large
import routing.large_feasible as large_feasible
from routing.explain import explain
from routing.files import plan_to_json
from routing.kernel_pieces import pieces_of
from routing.kernel_plan import LIMIT_REACHED
from routing.large_feasible import send_all
from routing.plan import Status
from routing.problem import NO_GROUP, Problem, RateCards
from routing.route import route
from routing.verify import recount
from tests.routing.kernel_cases import best_by_trying_everything, random_problem


def packing(weights: list[int], carried_g: int, capacities: list[int]) -> Problem:
    """One unit per weight; every node has everything, its parcels are few and carry no more than this."""
    lines, nodes = len(weights), len(capacities)
    return Problem(
        currency="EUR",
        cards=RateCards(("c",), np.array([0, 1]), np.array([carried_g]), np.array([500])),
        line_ids=tuple(str(i) for i in range(lines)),
        skus=tuple(f"sku {i}" for i in range(lines)),
        quantity=np.ones(lines, np.int64),
        unit_weight_g=np.array(weights),
        unit_volume_mm3=np.zeros(lines, np.int64),
        ship_alone=np.zeros(lines, np.bool_),
        group=np.full(lines, NO_GROUP),
        node_ids=tuple(f"node {n}" for n in range(nodes)),
        card=np.zeros(nodes, np.int64),
        fixed_minor=np.arange(nodes) * 10,
        parcel_price_minor=np.zeros(nodes),
        capacity_parcels=np.array(capacities),
        arrive_day=np.zeros(nodes, np.int64),
        available=np.ones((lines, nodes), np.int64),
        unit_cost_minor=np.zeros((lines, nodes), np.int64),
        bid_price_minor=np.zeros((lines, nodes)),
        divisor_mm3_per_g=0.0,
        unfilled_penalty_minor=1_000,
        allow_unfilled=False,
    )


def split_exactly(rng: np.random.Generator, parcels: int, carried_g: int) -> list[int]:
    """Weights that fill every parcel to the gram, in no order."""
    weights: list[int] = []
    for _ in range(parcels):
        cuts = np.sort(rng.choice(np.arange(1, carried_g), 3, replace=False))
        weights += np.diff([0, *cuts, carried_g]).tolist()
    return [int(w) for w in rng.permutation(weights)]


@pytest.mark.parametrize("block", range(6))
def test_small_tight_orders_equal_brute_force(block: int) -> None:
    """Of the random orders those that a plan may not leave anything of, with few parcels a node."""
    told = {True: 0, False: 0}
    for seed in range(block * 25, (block + 1) * 25):
        problem = random_problem(80_000 + seed, lines=2 + seed % 3, nodes=2 + seed % 2, units=4 + seed % 2)
        capacity = np.random.default_rng(seed).integers(0, 3, len(problem.node_ids))
        problem = replace(problem, allow_unfilled=False, capacity_parcels=capacity)
        expected = best_by_trying_everything(problem)
        plan = route(problem, work_limit=1)
        assert recount(problem, plan).faults == (), seed
        assert plan.status.has_plan == (expected is not None), seed
        assert plan.status is not Status.NOT_FOUND, seed
        told[expected is not None] += 1
    assert min(told.values()) > 0


@pytest.mark.parametrize("block", range(3))
def test_the_model_alone_equals_brute_force(block: int) -> None:
    """Without a heuristic before it, whether or not that would have found a plan."""
    for seed in range(block * 40, (block + 1) * 40):
        problem = random_problem(85_000 + seed, lines=2 + seed % 3, nodes=2, units=4 + seed % 2, density=0.9)
        capacity = np.random.default_rng(seed).integers(1, 3, len(problem.node_ids))
        problem = replace(problem, allow_unfilled=False, capacity_parcels=capacity)
        pieces = pieces_of(problem)
        if int(pieces.quantity.sum()) == 0:
            continue
        reachable = replace(problem, allow_unfilled=True, unfilled_penalty_minor=10**7)
        best = best_by_trying_everything(reachable)
        assert best is not None
        missing = int(best // 10**7) - _never_sent(problem, pieces_units=_units(problem))
        verdict = send_all(problem, pieces)
        assert (verdict.status is Status.FEASIBLE) == (missing == 0), seed


def _units(problem: Problem) -> int:
    pieces = pieces_of(problem)
    return sum(
        sum(int(problem.quantity[line]) for line, _ in members) if kit else int(q)
        for members, kit, q in zip(pieces.members, pieces.kit, pieces.quantity, strict=True)
    )


def _never_sent(problem: Problem, pieces_units: int) -> int:
    return int(problem.quantity.sum()) - pieces_units


@pytest.mark.parametrize("seed", range(3))
def test_a_large_order_that_fits_to_the_gram_has_a_plan(seed: int) -> None:
    """20 lines in 5 full parcels: what is put together at random mostly does not fit."""
    weights = split_exactly(np.random.default_rng(seed), parcels=5, carried_g=1_000)
    problem = packing(weights, 1_000, [2, 2, 1])
    plan = route(problem, work_limit=1)
    assert plan.status.has_plan and plan.unfilled == ()
    assert recount(problem, plan).faults == ()
    assert len(plan.parcels) == 5


@pytest.mark.parametrize("seed", range(3))
def test_a_large_order_a_gram_too_heavy_is_infeasible(seed: int) -> None:
    weights = split_exactly(np.random.default_rng(seed), parcels=5, carried_g=1_000)
    weights[0] += 1
    plan = route(packing(weights, 1_000, [2, 2, 1]), work_limit=1)
    assert plan.status is Status.INFEASIBLE
    assert len(plan.unfilled) == len(weights)


def test_a_limit_that_ends_the_search_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither plan nor proof: no costs, no gap, and no line is said to be impossible."""
    monkeypatch.setattr(
        large, "send_all", lambda problem, pieces: large_feasible.send_all(problem, pieces, limit=0.0)
    )
    weights = split_exactly(np.random.default_rng(1), parcels=6, carried_g=997)
    problem = packing(weights, 997, [2, 2, 2])
    plan = route(problem, work_limit=1)
    assert plan.status is Status.NOT_FOUND
    assert recount(problem, plan).faults == ()
    assert {line.reason for line in plan.unfilled} == {LIMIT_REACHED}
    document = plan_to_json(problem, plan, explain(problem, plan))
    assert document["status"] == "not_found_within_limit"
    assert document["cost_minor"] is None and document["gap"] is None
