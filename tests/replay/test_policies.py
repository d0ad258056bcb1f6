"""Rival policies by hand-made orders, and against brute force."""

from itertools import combinations

import numpy as np
import pytest

from routing.replay.cover import greedy_cover, smallest_cover, take_from
from routing.replay.parcels import Box, boxed, price
from routing.replay.policies import POLICIES, fewest_parcels, nearest
from tests.replay.world import situation


def test_nearest_sends_each_line_whole_from_the_nearest_node_that_has_all_of_it() -> None:
    order = situation([[1, 2, 5], [0, 0, 1]], S0=2, S1=1)
    assert nearest(order) == (Box(1, ((0, 2),)), Box(2, ((1, 1),)))


def test_nearest_leaves_a_line_that_no_single_node_has() -> None:
    assert nearest(situation([[1, 1, 1]], S0=2)) == ()


def test_fewest_parcels_takes_one_node_further_away_before_two_near_ones() -> None:
    order = situation([[1, 0, 1], [0, 1, 1]], S0=1, S1=1)
    assert fewest_parcels(order) == (Box(2, ((0, 1), (1, 1))),)


def test_fewest_parcels_prefers_the_pair_of_least_mean_distance() -> None:
    order = situation([[1, 0, 1, 0], [0, 1, 0, 1]], S0=1, S1=1)
    assert {box.node for box in fewest_parcels(order)} == {0, 1}


def test_fewest_parcels_splits_a_quantity_no_node_has_and_sends_what_there_is() -> None:
    order = situation([[1, 2, 0]], S0=5)
    assert fewest_parcels(order) == (Box(0, ((0, 1),)), Box(1, ((0, 2),)))


def test_four_nodes_are_found_greedily() -> None:
    order = situation([[1, 1, 1, 1]], S0=4)
    assert [box.node for box in fewest_parcels(order)] == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(40))
def test_the_smallest_cover_is_the_smallest_and_among_equals_the_nearest(seed: int) -> None:
    chance = np.random.default_rng(seed)
    lines, nodes = int(chance.integers(1, 5)), int(chance.integers(1, 8))
    available = chance.integers(0, 3, (lines, nodes))
    wanted = np.minimum(chance.integers(1, 4, lines), available.sum(axis=1))
    km = chance.random(nodes) * 100
    found = smallest_cover(available, wanted, km)
    chosen = found[found >= 0]
    covers = [
        (size, float(km[list(some)].mean()), some)
        for size in (1, 2, 3)
        for some in combinations(range(nodes), size)
        if (available[:, list(some)].sum(axis=1) >= wanted).all()
    ]
    if not covers:
        assert not len(chosen)
        units = greedy_cover(available, wanted, km)
    else:
        assert tuple(sorted(chosen.tolist())) == min(covers)[2]
        units = take_from(available, wanted, chosen, km)
    assert (units.sum(axis=1) == wanted).all()
    assert (units <= available).all()


def test_a_node_boxes_what_one_parcel_does_not_carry() -> None:
    order = situation([[20, 0, 0], [20, 0, 0]], S0=2, S1=6)  # 6 × 900 g + 2 × 400 g, at most 5,000 g a parcel
    boxes = boxed(order, np.array([[2, 0, 0], [6, 0, 0]]))
    assert boxes == (Box(0, ((0, 1), (1, 5))), Box(0, ((0, 1), (1, 1))))


def test_a_parcel_costs_its_step_its_handling_and_its_picks() -> None:
    order = situation([[9, 9, 9], [9, 9, 9]], S0=1, S1=1)
    cost = price(order, Box(2, ((0, 1), (1, 1))))
    assert (cost.transport_minor, cost.fixed_minor, cost.pick_minor) == (900, 100, 20)
    assert cost.minor == 1020


def test_cheapest_weighs_a_dearer_lane_against_a_second_parcel() -> None:
    order = situation([[1, 0, 1], [0, 1, 1]], S0=1, S1=1)
    assert POLICIES["cheapest"](order) == (Box(0, ((0, 1),)), Box(1, ((1, 1),)))
