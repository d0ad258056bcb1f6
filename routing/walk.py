"""The picker's tour: in which order to visit bins so that the walk from the start and back is shortest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from routing.walk_exact import Edge, shortest_edges
from routing.walk_s_shape import s_shape
from routing.walk_spots import Floor, Spot

BLOCKS_MAX = 5
"""Ten aisles of one block take 2 ms, of three 0.05 s, of five 2 s, of six 20 s."""


@dataclass(frozen=True, slots=True)
class Walk:
    """``order``: indices of the spots as they are picked, those of one place together. ``metres``: from the
    start through all and back. ``way``: the whole walk, turn by turn."""

    order: tuple[int, ...]
    metres: float
    way: tuple[Spot, ...]


def shortest_walk(floor: Floor, start: Spot, spots: Sequence[Spot]) -> Walk:
    """The shortest tour from ``start`` through all spots and back, proven (``routing.walk_exact``).

    The same arguments give the same walk. Raises ValueError where a spot is not on the floor, and where the
    floor has more than ``BLOCKS_MAX`` blocks.
    """
    floor.judge([start, *spots])
    if floor.blocks > BLOCKS_MAX:
        raise ValueError(f"a floor of more than {BLOCKS_MAX} blocks")
    metres, edges = shortest_edges(floor, [start, *spots])
    way = _round(start, edges)
    return Walk(_order(way, spots), metres, tuple(way))


def s_shape_walk(floor: Floor, start: Spot, spots: Sequence[Spot]) -> Walk:
    """The walk by the rule of thumb (``routing.walk_s_shape``), to compare with.

    Raises ValueError where a spot is not on the floor.
    """
    floor.judge([start, *spots])
    way = s_shape(floor, start, spots)
    return Walk(_order(_passed(way, spots), spots), floor.length(way), tuple(way))


def _order(places: Sequence[Spot], spots: Sequence[Spot]) -> tuple[int, ...]:
    """Indices of the spots by when their place is first seen."""
    rank: dict[Spot, int] = {}
    for n, place in enumerate(places):
        rank.setdefault(place, n)
    return tuple(sorted(range(len(spots)), key=lambda n: rank[spots[n]]))


def _round(start: Spot, edges: Sequence[Edge]) -> list[Spot]:
    """A closed walk over every edge once (Hierholzer 1873)."""
    leads: dict[Spot, list[int]] = defaultdict(list)
    for n, (one, other) in enumerate(edges):
        leads[one].append(n)
        leads[other].append(n)
    used, stack, walk = [False] * len(edges), [start], []
    while stack:
        here = stack[-1]
        while leads[here] and used[leads[here][-1]]:
            leads[here].pop()
        if not leads[here]:
            walk.append(stack.pop())
            continue
        edge = leads[here].pop()
        used[edge] = True
        one, other = edges[edge]
        stack.append(other if here == one else one)
    return walk[::-1]


def _passed(way: Sequence[Spot], spots: Sequence[Spot]) -> list[Spot]:
    """Spots in the order in which a walk passes them."""
    seen = [way[0]]
    for one, other in pairwise(way):
        low, high = sorted((one.metre, other.metre))
        here = {s for s in spots if s.aisle == one.aisle == other.aisle and low <= s.metre <= high}
        seen += sorted(here | {other}, key=lambda spot: abs(spot.metre - one.metre))
    return seen
