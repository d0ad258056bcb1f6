"""The rules in use elsewhere by hand-made orders, and against brute force."""

from itertools import combinations

import numpy as np
import pytest

from routing.replay.boxes import box_up
from routing.replay.cover import greedy_cover, smallest_cover, take_from
from routing.replay.policies import POLICIES
from routing.replay.rules import (
    FEWEST_PARCELS,
    HIGHEST_STOCK,
    NEAREST,
    PENALTY_SCORE,
    PRIORITY,
    RANKED,
    RULE_CASCADE,
    units_by,
)
from tests.replay.world import ground, ints, sent, stream


def by(
    rule: int, available: list[list[int]], *quantity: int, km: list[float] | None = None
) -> list[list[int]]:
    """Units by a rule; node n stands n kilometres away unless said otherwise, the last node has rank 0."""
    nodes = len(available[0])
    away = np.arange(nodes, dtype=np.float64) if km is None else np.array(km)
    found: list[list[int]] = units_by(
        rule, np.array(available), ints(*quantity), away, np.arange(nodes)[::-1].copy()
    ).tolist()
    return found


def test_nearest_sends_each_line_whole_from_the_nearest_node_that_has_all_of_it() -> None:
    assert by(NEAREST, [[1, 2, 5], [0, 0, 1]], 2, 1) == [[0, 2, 0], [0, 0, 1]]


def test_nearest_leaves_a_line_that_no_single_node_has() -> None:
    assert by(NEAREST, [[1, 1, 1]], 2) == [[0, 0, 0]]


def test_priority_empties_nodes_in_their_order() -> None:
    assert by(PRIORITY, [[9, 1, 2], [9, 9, 0]], 4, 1) == [[1, 1, 2], [0, 1, 0]]


def test_highest_stock_asks_for_each_line_who_has_most() -> None:
    assert by(HIGHEST_STOCK, [[1, 5, 2], [3, 0, 1]], 6, 2) == [[0, 5, 1], [2, 0, 0]]


def test_fewest_parcels_takes_one_node_further_away_before_two_near_ones() -> None:
    assert by(FEWEST_PARCELS, [[1, 0, 1], [0, 1, 1]], 1, 1) == [[0, 0, 1], [0, 0, 1]]


def test_fewest_parcels_prefers_the_pair_of_least_mean_distance() -> None:
    assert by(FEWEST_PARCELS, [[1, 0, 1, 0], [0, 1, 0, 1]], 1, 1) == [[1, 0, 0, 0], [0, 1, 0, 0]]


def test_fewest_parcels_splits_a_quantity_no_node_has_and_sends_what_there_is() -> None:
    assert by(FEWEST_PARCELS, [[1, 2, 0]], 5) == [[1, 2, 0]]


def test_four_nodes_are_found_greedily() -> None:
    assert by(FEWEST_PARCELS, [[1, 1, 1, 1]], 4) == [[1, 1, 1, 1]]


def test_ranked_orders_nodes_by_whole_lines_then_by_distance_and_looks_at_no_combination() -> None:
    """Nodes 0 and 1 would do together; node 2 has two of three lines and goes first, then the nearest."""
    assert by(RANKED, [[1, 0, 1], [0, 1, 1], [0, 1, 0]], 1, 1, 1) == [[0, 0, 1], [0, 1, 0], [0, 1, 0]]


def test_penalty_score_goes_further_for_a_node_that_lacks_fewer_lines() -> None:
    assert by(PENALTY_SCORE, [[9, 9], [0, 9]], 1, 1, km=[0, 200]) == [[0, 1], [0, 1]]
    assert by(PENALTY_SCORE, [[9, 9], [0, 9]], 1, 1, km=[0, 300]) == [[1, 0], [0, 1]]


def test_the_cascade_takes_the_first_rule_that_matches() -> None:
    whole = [[9, 5, 5], [9, 5, 0]]
    assert by(RULE_CASCADE, whole, 1, 1, km=[90, 10, 1]) == [[0, 1, 0], [0, 1, 0]], "near and whole"
    assert by(RULE_CASCADE, whole, 1, 1, km=[900, 800, 1]) == [[1, 0, 0], [1, 0, 0]], "most left"
    assert by(RULE_CASCADE, [[9, 0, 1], [0, 9, 0]], 1, 1, km=[9, 8, 1]) == [[0, 0, 1], [0, 1, 0]], "in part"


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


@pytest.mark.parametrize("rule", range(7))
@pytest.mark.parametrize("seed", range(20))
def test_no_rule_takes_more_than_there_is_or_was_asked(rule: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    lines, nodes = int(chance.integers(1, 6)), int(chance.integers(1, 8))
    available, quantity = chance.integers(0, 4, (lines, nodes)), chance.integers(1, 5, lines)
    units = units_by(rule, available, quantity, chance.random(nodes) * 400, chance.permutation(nodes))
    assert (units >= 0).all()
    assert (units <= available).all()
    assert (units.sum(axis=1) <= quantity).all()
    if rule != NEAREST:
        assert (units.sum(axis=1) == np.minimum(quantity, available.sum(axis=1))).all()


def test_a_node_boxes_what_one_parcel_does_not_carry() -> None:
    units, weight = np.array([[2, 0, 0], [6, 0, 0]]), ints(400, 900)  # at most 5,000 g a parcel
    box_node, box_units = np.empty(8, np.int64), np.zeros((8, 2), np.int64)
    count = box_up(units, ints(0, 0, 1), ints(5_000, 5_000), weight, ints(0, 0), 0.0, box_node, box_units)
    assert box_node[:count].tolist() == [0, 0]
    assert box_units[:count].tolist() == [[1, 5], [1, 1]]


def test_cheapest_weighs_a_dearer_lane_against_a_second_parcel() -> None:
    there, order = ground([[1, 0, 1], [0, 1, 1]]), stream(3, {0: 1, 1: 1})
    parcels = sorted(sent(there, order, POLICIES["cheapest"]), key=lambda parcel: parcel[1])
    assert parcels == [(0, 0, {0: 1}), (0, 1, {1: 1})]
