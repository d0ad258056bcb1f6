"""Baskets taken apart for the long tail: nothing is lost, and what is often bought together stays so."""

import numpy as np

from benchmarks.long_tail_sets import Parts, parts, shared
from routing.replay.stream import Stream
from tests.replay.world import stream


def baskets() -> Stream:
    """0 and 1 are together three times of the first four, 2 with either of them once."""
    return stream(3, {0: 1, 1: 2}, {0: 1, 1: 1, 2: 1}, {2: 1}, {0: 2, 1: 1}, {1: 1, 2: 1, 0: 3})


def contents(found: Parts) -> list[list[dict[int, int]]]:
    """Units by SKU of each part of each order."""
    pool = found.pool
    every = [
        dict(zip(pool.sku[a:b].tolist(), pool.quantity[a:b].tolist(), strict=True))
        for a, b in zip(pool.start[:-1], pool.start[1:], strict=True)
    ]
    return [every[a:b] for a, b in zip(found.first[:-1], found.first[1:], strict=True)]


def test_frequent_sets_stay_together_and_the_rest_is_alone() -> None:
    found = parts(baskets(), 4, 2)
    assert contents(found) == [
        [{0: 1, 1: 2}],
        [{0: 1, 1: 1}, {2: 1}],
        [{2: 1}],
        [{0: 2, 1: 1}],
        [{1: 1, 0: 3}, {2: 1}],
    ]
    assert shared(found) == 8 / 11
    assert contents(parts(baskets(), 4, 1))[1] == [{0: 1, 1: 1, 2: 1}]
    assert shared(parts(baskets(), 4, 4)) == 0


def test_a_future_draws_parts_of_past_orders_only() -> None:
    found = parts(baskets(), 4, 2)
    drawn = [found.future(3, 9.0, np.random.default_rng(seed)) for seed in range(200)]
    assert np.mean(drawn, axis=0)[:4].tolist() == np.clip(np.mean(drawn, axis=0)[:4], 2.5, 3.5).tolist()
    assert not np.any([weights[4:] for weights in drawn])
    assert not found.future(0, 9.0, np.random.default_rng(0)).any()
