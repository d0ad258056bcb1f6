"""The compiled engine of the replay, against the engine of a checkout and against floors of its own."""

import dataclasses

import numpy as np
import pytest

from routing.problem import Floats
from routing.replay.clairvoyant import clairvoyant
from routing.replay.node_by_node import problem_at
from routing.replay.places import BY_COST
from routing.replay.policies import POLICIES
from routing.replay.report import closed, compare
from routing.replay.run import Run
from routing.replay.simulate import simulate
from routing.replay.stream import Ground, Stream
from routing.replay.tally import Tally
from routing.route import route
from tests.replay.world import ground, random_world, stream


def objective(there: Ground, orders: Stream, exact_steps: int = 10**6, rounds: int = 20) -> float:
    """Of one pass without prices, from the opening stock."""
    run, tally = Run(there, orders, BY_COST, exact_steps=exact_steps, rounds=rounds), Tally(there, orders, 5)
    tally.add(*run.advance(0, len(orders.order_ids)))
    return tally.close(run.left, 0, 0, 0).objective_minor


@pytest.mark.parametrize("seed", range(60))
def test_one_order_costs_what_the_checkout_s_engine_says(seed: int) -> None:
    """Quantities up to three on shelves of up to three: some overuse a node and go the long way."""
    there, order = random_world(seed, 1, nodes=4, skus=4)
    assert objective(there, order) == route(problem_at(there, order, 0, there.on_hand)).objective_minor


def test_some_of_these_orders_do_overuse_a_node() -> None:
    runs = []
    for seed in range(60):
        there, order = random_world(seed, 1, nodes=4, skus=4)
        run = Run(there, order, BY_COST)
        run.advance(0, 1)
        runs.append(run.by_node)
    assert sum(runs) > 3


def big(seed: int) -> tuple[Ground, Stream]:
    """One order of ten lines over six nodes."""
    chance = np.random.default_rng(seed)
    there = ground(
        chance.integers(0, 3, (10, 6)).tolist(), tuple(int(w) for w in chance.integers(100, 900, 10))
    )
    return there, stream(6, {sku: int(chance.integers(1, 3)) for sku in range(10)})


def test_beyond_the_exact_kernel_plans_are_near_the_best_and_floors_below_it() -> None:
    """On rate cards whose only steps are 300 up to a kilogram and 700 beyond, the hardest kind."""
    best, found = [], []
    for seed in range(15):
        there, order = big(seed)
        best.append(route(problem_at(there, order, 0, there.on_hand)).objective_minor)
        found.append(objective(there, order, exact_steps=0))
        run = Run(there, order, BY_COST, exact_steps=0)
        assert run.wish(np.ones(1), there.on_hand, run.bids, run.day_price) <= best[-1] + 1e-6
    assert (np.array(found) >= np.array(best)).all()
    assert sum(found) <= 1.1 * sum(best)


def test_rounds_never_make_a_plan_worse() -> None:
    for seed in range(8):
        there, order = big(seed)
        costs = [objective(there, order, exact_steps=0, rounds=rounds) for rounds in (0, 1, 5, 30)]
        assert costs == sorted(costs, reverse=True)


def test_prices_move_an_order_to_where_units_are_not_wanted() -> None:
    there, order = ground([[1, 1, 0]]), stream(3, {0: 1})
    run = Run(there, order, BY_COST)
    run.bids[0, 0] = 5.0
    parcels, _ = run.advance(0, 1)
    assert parcels[0, 1] == 1


@pytest.mark.parametrize("seed", range(12))
def test_no_policy_beats_the_clairvoyant_bound(seed: int) -> None:
    there, orders = random_world(seed, 12)
    told = compare(there, orders, rounds=40)
    assert told.bound_per_order_minor is not None
    least = min(one.objective_per_order_minor for one in told.policies.values())
    assert told.bound_per_order_minor <= least + 1e-6


def test_any_prices_prove_a_bound_and_more_rounds_a_better_one() -> None:
    there, orders = random_world(7, 20)
    bounds = [clairvoyant(there, orders, rounds).bound_minor for rounds in (1, 10, 60)]
    assert bounds == sorted(bounds)
    run = Run(there, orders, BY_COST)
    bids: Floats = np.random.default_rng(1).random(there.on_hand.shape) * 500
    value = run.wish(np.ones(20), there.on_hand, bids, run.day_price) - float((bids * there.on_hand).sum())
    assert value <= simulate(there, orders, POLICIES["cheapest"]).objective_minor


def test_the_bound_is_tight_where_two_orders_want_one_unit() -> None:
    """The first could take either node at the same price, the second only the first: it knows."""
    there = ground([[1, 0, 1], [1, 0, 0]], weight_g=(400, 400))
    orders = stream(3, {0: 1}, {0: 1, 1: 1})
    best = (400 + 100 + 10) + (300 + 100 + 20)
    assert clairvoyant(there, orders, 200).bound_minor == pytest.approx(best, rel=0.01)


def test_full_days_have_prices_and_the_bound_stays_below() -> None:
    there, orders = random_world(9, 20)
    busy = dataclasses.replace(there, most_orders=np.full(5, 2), late_day_minor=90.0)
    prices = clairvoyant(busy, orders, 40)
    assert (prices.days > 0).any()
    assert prices.bound_minor <= simulate(busy, orders, POLICIES["cheapest"]).objective_minor


def test_the_share_closed_needs_a_distance() -> None:
    assert closed(90.0, 100.0, 80.0) == 0.5
    assert closed(90.0, None, 80.0) is None
    assert closed(90.0, 80.0, 80.0) is None
