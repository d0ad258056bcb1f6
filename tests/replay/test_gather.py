"""Orders that wait are planned anew together: cheaper, no later than promised, and never a unit twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing.replay.clairvoyant import clairvoyant
from routing.replay.foresight import Outlook
from routing.replay.gather import Gathered, cut_offs
from routing.replay.hindsight import hindsight
from routing.replay.places import ARRIVES, BY_COST, DAY, NODE, ORDER, TAKEN
from routing.replay.policies import POLICIES
from routing.replay.run import Rejects, Run
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import Ground, Stream
from tests.replay.world import ground, random_world, stream

BLIND = Settings(outlook=Outlook(solves=1))


def crossed() -> tuple[Ground, Stream]:
    """The first order takes the unit of node 0 that completes the second; it could come from node 2."""
    there = replace(ground([[1, 0, 1], [1, 0, 0]], weight_g=(400, 500)), breadth_weight=0.0)
    return there, stream(3, {0: 1}, {0: 1, 1: 1})


def test_orders_that_wait_make_room_for_each_other() -> None:
    there, orders = crossed()
    alone = simulate(there, orders, POLICIES["lookahead"], BLIND)
    together = simulate(there, orders, POLICIES["lookahead_wave"], BLIND)
    assert (alone.parcels, together.parcels) == (3, 2)
    assert together.filled_units == alone.filled_units == 3
    assert together.cost_minor == alone.cost_minor - 400 + 100 - 100


def test_what_has_left_is_not_moved() -> None:
    there, orders = crossed()
    apart = replace(orders.days, leave=orders.days.leave + np.array([[0], [1]]))
    later = replace(orders, days=apart)
    assert cut_offs(orders, 0) == frozenset()
    assert cut_offs(later, 0) == {1}
    assert simulate(there, later, POLICIES["lookahead_wave"], BLIND).parcels == 3


def test_orders_wait_longer_where_that_is_allowed_and_the_promise_kept() -> None:
    there, orders = crossed()
    apart = replace(orders.days, leave=orders.days.leave + np.array([[0], [1]]))
    later = replace(orders, days=apart)
    waited = replace(BLIND, wait_days=1)
    assert simulate(there, later, POLICIES["lookahead_wave"], waited).parcels == 2
    strict = replace(waited, promise_days=1)
    assert simulate(there, later, POLICIES["lookahead_wave"], strict).parcels == 3


@pytest.mark.parametrize("seed", range(30))
def test_no_unit_twice_none_lost_and_nothing_later(seed: int) -> None:
    there, orders = random_world(seed, 30, skus=3)
    run = Run(there, orders, BY_COST)
    gathered = Gathered(run, promise_days=0)
    told = run.advance(0, 30)
    promised = {int(row[ORDER]): int(row[ARRIVES]) for row in told[0]}
    units = told[1][:, 1].sum()
    gathered.add(*told)
    [(parcels, takes)] = list(gathered.leave(len(orders.order_ids), every=True))
    assert takes[:, 1].sum() == units
    left, begin = there.on_hand.copy(), 0
    for row in parcels:
        assert row[ARRIVES] <= promised[int(row[ORDER])]
        for line, quantity in takes[begin : row[TAKEN]]:
            left[orders.sku[orders.start[row[ORDER]] + line], row[NODE]] -= quantity
        begin = int(row[TAKEN])
    assert (left >= 0).all()
    assert (left == run.left).all()
    assert run.used.sum() == len({(int(row[ORDER]), int(row[NODE])) for row in parcels})


@pytest.mark.parametrize("seed", range(8))
def test_units_that_are_not_there_are_not_sent(seed: int) -> None:
    there, orders = random_world(seed, 40, skus=3)
    settings = replace(BLIND, rejects=Rejects(0.3, seed))
    found = simulate(there, orders, POLICIES["lookahead_wave"], settings)
    again = simulate(there, orders, POLICIES["lookahead_wave"], settings)
    assert found.digest == again.digest
    assert found.filled_units <= there.on_hand.sum()


@pytest.mark.parametrize("seed", range(10))
def test_hindsight_lies_between_its_bound_and_every_policy(seed: int) -> None:
    there, orders = random_world(seed, 25, skus=3)
    known = hindsight(there, orders)
    cost = simulate(there, orders, POLICIES["cheapest"]).objective_minor
    assert known.bound_minor <= known.cost_minor + 1e-6
    assert known.cost_minor <= cost + 1e-6
    assert clairvoyant(there, orders).bound_minor <= known.cost_minor + 1e-6


@pytest.mark.parametrize("seed", range(30))
def test_missing_units_overdraw_no_shelf_and_send_nothing_into_the_past(seed: int) -> None:
    there, orders = random_world(seed, 30, skus=3)
    leave = orders.days.leave + (np.arange(30) // 10)[:, None]
    run = Run(there, replace(orders, days=replace(orders.days, leave=leave)), BY_COST, Rejects(0.3, seed))
    gathered, before = Gathered(run, promise_days=9, wait_days=2), leave.copy()
    for first in (0, 10, 20):
        gathered.add(*run.advance(first, first + 10))
        for parcels, _ in gathered.leave(first + 10, every=first == 20):
            waited = parcels[parcels[:, ORDER] < first]
            go = leave[first + 9][orders.days.profile[waited[:, NODE]]]
            assert (waited[:, DAY] >= go).all()
        assert (run.left >= 0).all()
    assert (leave == before).all(), "the stream is as it was"
