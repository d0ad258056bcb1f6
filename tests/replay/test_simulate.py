"""A replay: stock runs out, nothing is sent twice, the same run has the same digest."""

import dataclasses

import numpy as np
import pytest

from routing.replay.parcels import Box
from routing.replay.policies import POLICIES
from routing.replay.report import compare, figures
from routing.replay.simulate import simulate
from routing.replay.stream import Situation
from tests.replay.world import ground, stream


def test_stock_runs_out_and_what_is_left_is_counted() -> None:
    played = simulate(ground([[1, 1, 0]]), stream(3, {0: 1}, {0: 1}, {0: 1}), POLICIES["nearest"])
    assert (played.orders, played.filled_orders, played.filled_units, played.parcels) == (3, 2, 2, 2)
    assert played.transport_minor == 600
    assert played.fixed_minor == 200
    assert played.pick_minor == 20
    assert played.penalty_minor == 10_000
    assert played.cost_minor == 10_820
    assert played.parcel_km == 1.0


def test_a_node_that_no_lane_reaches_or_whose_lane_carries_less_sends_nothing() -> None:
    unreached = simulate(
        ground([[1, 1, 1]]), stream(3, {0: 1}, unreached=(0, 1, 2)), POLICIES["fewest_parcels"]
    )
    assert unreached.filled_units == 0
    heavy = simulate(ground([[1, 1, 1]], weight_g=(6_000,)), stream(3, {0: 1}), POLICIES["fewest_parcels"])
    assert heavy.filled_units == 0


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_the_same_stream_gives_the_same_digest(policy: str) -> None:
    chance = np.random.default_rng(5)
    world = ground(chance.integers(0, 6, (2, 5)).tolist())
    orders = stream(5, *({0: int(chance.integers(1, 4)), 1: 1} for _ in range(12)))
    first, again = (simulate(world, orders, POLICIES[policy]) for _ in range(2))
    assert first == again
    other = simulate(dataclasses.replace(world, on_hand=world.on_hand + 1), orders, POLICIES[policy])
    assert other.digest != first.digest


def test_opening_stock_is_not_touched() -> None:
    world = ground([[3, 3, 3]])
    simulate(world, stream(3, {0: 2}), POLICIES["nearest"])
    assert world.on_hand.tolist() == [[3, 3, 3]]


def test_a_policy_that_sends_what_is_not_there_is_caught() -> None:
    def dreamer(situation: Situation) -> tuple[Box, ...]:
        return (Box(0, ((0, 2),)),)

    with pytest.raises(AssertionError, match="not there"):
        simulate(ground([[1, 5, 5]]), stream(3, {0: 2}), dreamer)


def test_figures_are_rates_per_order_line_and_unit() -> None:
    played = simulate(
        ground([[1, 1, 0], [1, 0, 0]]), stream(3, {0: 1, 1: 1}, {0: 2}), POLICIES["fewest_parcels"]
    )
    told = figures("fewest_parcels", played)
    assert told.parcels_per_order == 1.0
    assert told.line_fill == pytest.approx(2 / 3)
    assert told.unit_fill == 0.75
    assert told.order_fill == 0.5
    assert told.paid_per_unit_minor == pytest.approx(played.paid_minor / 3)


def test_on_scarce_random_streams_the_exact_policy_never_pays_more_for_the_first_order() -> None:
    for seed in range(30):
        chance = np.random.default_rng(seed)
        world = ground(chance.integers(0, 3, (2, 5)).tolist())
        orders = stream(5, {0: int(chance.integers(1, 4)), 1: int(chance.integers(1, 4))})
        told = compare(world, orders)
        assert told["cheapest"].cost_per_order_minor <= told["nearest"].cost_per_order_minor
        assert told["cheapest"].cost_per_order_minor <= told["fewest_parcels"].cost_per_order_minor
