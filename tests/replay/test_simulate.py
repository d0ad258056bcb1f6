"""A replay: stock runs out and comes in, nothing is sent twice, the same run has the same digest."""

import dataclasses

import numpy as np
import pytest

from routing.replay.policies import POLICIES
from routing.replay.report import compare, figures
from routing.replay.run import Rejects
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import Arrivals
from tests.replay.world import ground, ints, random_world, stream


def test_stock_runs_out_and_what_is_left_is_counted() -> None:
    played = simulate(ground([[1, 1, 0]]), stream(3, {0: 1}, {0: 1}, {0: 1}), POLICIES["nearest"])
    assert (played.orders, played.filled_orders, played.filled_units, played.parcels) == (3, 2, 2, 2)
    assert played.transport_minor == 600
    assert played.fixed_minor == 200
    assert played.pick_minor == 20
    assert played.penalty_minor == 10_000
    assert played.cost_minor == 10_820
    assert played.parcel_km == 1.0
    assert played.co2_g == pytest.approx(0.4 * 1.0 * 0.062)
    assert played.node_parcels.tolist() == [1, 1, 0]
    assert played.stock_outs.tolist() == [1, 1, 0]


def test_a_node_that_no_lane_reaches_or_whose_lane_carries_less_sends_nothing() -> None:
    unreached = simulate(
        ground([[1, 1, 1]]), stream(3, {0: 1}, unreached=(0, 1, 2)), POLICIES["fewest_parcels"]
    )
    assert unreached.filled_units == 0
    heavy = simulate(ground([[1, 1, 1]], weight_g=(6_000,)), stream(3, {0: 1}), POLICIES["fewest_parcels"])
    assert heavy.filled_units == 0


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_the_same_stream_gives_the_same_digest(policy: str) -> None:
    world, orders = random_world(5, 12)
    first, again = (simulate(world, orders, POLICIES[policy]) for _ in range(2))
    assert first.digest == again.digest
    assert first.cost_minor == again.cost_minor
    other = simulate(dataclasses.replace(world, on_hand=world.on_hand + 1), orders, POLICIES[policy])
    assert other.digest != first.digest


@pytest.mark.parametrize("policy", sorted(POLICIES))
@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_sent_that_is_not_there(policy: str, seed: int) -> None:
    world, orders = random_world(seed, 15)
    played = simulate(world, orders, POLICIES[policy])
    assert played.filled_units <= min(int(world.on_hand.sum()), int(orders.quantity.sum()))
    assert int(played.node_units.sum()) == played.filled_units
    assert (played.node_units <= world.on_hand.sum(axis=0)).all()


def test_opening_stock_is_not_touched() -> None:
    world = ground([[3, 3, 3]])
    simulate(world, stream(3, {0: 2}), POLICIES["nearest"])
    assert world.on_hand.tolist() == [[3, 3, 3]]


def test_what_comes_in_is_there_for_the_next_order_and_not_before() -> None:
    orders = stream(3, {0: 1}, {0: 1}, {0: 1})
    later = Arrivals(orders.placed_at[1:2], ints(1), ints(0), ints(1))
    played = simulate(ground([[0, 0, 0]]), dataclasses.replace(orders, arrivals=later), POLICIES["nearest"])
    assert (played.filled_orders, played.node_units.tolist()) == (1, [0, 1, 0])


def test_a_unit_that_is_not_on_its_shelf_is_written_off_and_the_order_planned_again() -> None:
    world, orders = ground([[1, 1, 0]]), stream(3, {0: 1})
    none = simulate(world, orders, POLICIES["cheapest"], Settings(Rejects(rate=1.0)))
    assert (none.filled_units, none.rejected, none.stock_outs.tolist()) == (0, 2, [1, 1, 0])
    runs = [
        simulate(
            ground([[9, 9, 9]]), stream(3, *({0: 1},) * 20), POLICIES["cheapest"], Settings(Rejects(0.2, s))
        )
        for s in (1, 1, 2)
    ]
    assert runs[0].digest == runs[1].digest != runs[2].digest
    assert runs[0].rejected > 0


def test_a_node_that_is_full_for_the_day_sends_on_the_next() -> None:
    world = dataclasses.replace(ground([[9, 0, 0]]), most_orders=ints(1, 1, 1))
    played = simulate(
        world, stream(3, {0: 1}, {0: 1}, {0: 1}), POLICIES["cheapest"], Settings(promise_days=2)
    )
    assert played.order_days == 1 + 2 + 3
    assert played.on_time_orders == 2
    impatient = dataclasses.replace(world, on_hand=np.array([[9, 0, 9]]), late_day_minor=200.0)
    assert simulate(impatient, stream(3, {0: 1}, {0: 1}), POLICIES["cheapest"]).node_parcels.tolist() == [
        1,
        0,
        1,
    ]


def test_a_part_of_a_stream_is_its_first_orders() -> None:
    world, orders = random_world(3, 10)
    some = simulate(world, orders.part(0, 4), POLICIES["cheapest"])
    assert (some.orders, some.lines) == (4, int(orders.start[4]))


def test_figures_are_rates_per_order_line_and_unit() -> None:
    world = ground([[1, 1, 0], [1, 0, 0]])
    played = simulate(world, stream(3, {0: 1, 1: 1}, {0: 2}), POLICIES["fewest_parcels"])
    told = figures("fewest_parcels", played, world)
    assert told.parcels_per_order == 1.0
    assert told.line_fill == pytest.approx(2 / 3)
    assert told.unit_fill == 0.75
    assert told.order_fill == 0.5
    assert told.paid_per_unit_minor == pytest.approx(played.paid_minor / 3)


def test_on_scarce_random_streams_the_exact_policy_never_pays_more_for_the_first_order() -> None:
    for seed in range(30):
        world, orders = random_world(seed, 1)
        told = compare(world, orders, rounds=0).policies
        least = told["cheapest"].cost_per_order_minor
        assert all(least <= other.cost_per_order_minor for other in told.values())
