"""Baskets taken apart into sets that are often bought together and single lines, as a forecast.

Real baskets hardly ever repeat, parts of them do. What a forecast of these parts loses against whole past
orders is what such clustering costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from routing.problem import Floats, Ints
from routing.replay.stream import Stream

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Past orders drawn anew part by part. ``first`` [O + 1]: the first part of each order in the pool."""

    pool: Stream
    first: Ints

    def future(self, now: int, coming: float, chance: np.random.Generator) -> Floats:
        weights = np.zeros(len(self.pool.order_ids))
        if now > 0:
            weights[: self.first[now]] = chance.poisson(coming / now, int(self.first[now]))
        return weights


def parts(stream: Stream, past: int, least: int) -> Parts:
    """All orders of a stream in parts: sets of SKUs of which any two were in at least ``least`` of the past
    orders together, the most frequent first, and every other line on its own.
    """
    together = _together(stream, past)
    sizes, lines, first = [], [], [0]
    for order in range(len(stream.order_ids)):
        mine = list(range(int(stream.start[order]), int(stream.start[order + 1])))
        groups = _grouped(mine, lambda a, b: together[_pair(int(stream.sku[a]), int(stream.sku[b]))], least)
        lines += [line for group in groups for line in group]
        sizes += [len(group) for group in groups]
        first.append(len(sizes))
    return Parts(_of_parts(stream, np.array(lines), np.array(sizes), np.array(first)), np.array(first))


def shared(found: Parts) -> float:
    """Share of the lines that stayed together with another."""
    sizes = np.diff(found.pool.start)
    return float(sizes[sizes > 1].sum() / sizes.sum())


def _together(stream: Stream, past: int) -> Counter[Pair]:
    """In how many past orders two SKUs were together."""
    found: Counter[Pair] = Counter()
    for order in range(past):
        skus = np.unique(stream.sku[stream.start[order] : stream.start[order + 1]]).tolist()
        found.update(combinations(skus, 2))
    return found


def _pair(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def _grouped(lines: list[int], count: Callable[[int, int], int], least: int) -> list[list[int]]:
    """Grown greedily from the pair that is met oftenest, as long as all pairs are frequent."""
    pairs = sorted(((-count(a, b), a, b) for a, b in combinations(lines, 2) if count(a, b) >= least))
    groups: list[list[int]] = []
    free = set(lines)
    for _, a, b in pairs:
        if a not in free or b not in free:
            continue
        group = [a, b]
        for line in sorted(free - {a, b}, key=lambda one: (-count(a, one), one)):
            if all(count(line, other) >= least for other in group):
                group.append(line)
        free -= set(group)
        groups.append(sorted(group))
    return groups + [[line] for line in sorted(free)]


def _of_parts(stream: Stream, lines: Ints, sizes: Ints, first: Ints) -> Stream:
    """The parts as orders, each at its order's place and time."""
    order = np.repeat(np.arange(len(stream.order_ids)), np.diff(first))
    days = stream.days
    return replace(
        stream,
        order_ids=tuple(f"{stream.order_ids[o]}/{part}" for part, o in enumerate(order)),
        placed_at=stream.placed_at[order],
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        sku=stream.sku[lines],
        quantity=stream.quantity[lines],
        destination=stream.destination[order],
        days=replace(days, placed=days.placed[order], leave=days.leave[order]),
    )
