"""Policies: from an order at its turn to its parcels. A policy sees the present only.

``nearest`` and ``fewest_parcels`` are what is in use elsewhere; ``cheapest`` is the exact engine, and
``sparing`` the same with a price on units at nodes of breadth, as orders through the API are routed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from routing.breadth import breadth_bids
from routing.problem import NO_GROUP, UNLIMITED, Ints, Problem
from routing.replay.cover import greedy_cover, smallest_cover, take_from
from routing.replay.parcels import Box, boxed
from routing.replay.stream import Situation
from routing.route import route

Policy = Callable[[Situation], tuple[Box, ...]]


def nearest(situation: Situation) -> tuple[Box, ...]:
    """Each line on its own, whole, from the nearest node that has all of it; unfilled where none has."""
    has_all = situation.available >= situation.quantity[:, None]
    node = np.where(has_all, situation.km, np.inf).argmin(axis=1)
    lines = np.flatnonzero(has_all.any(axis=1))
    units = np.zeros_like(situation.available)
    units[lines, node[lines]] = situation.quantity[lines]
    return boxed(situation, units)


def fewest_parcels(situation: Situation) -> tuple[Box, ...]:
    """The fewest nodes: one, two or three that have the order together, else greedily."""
    wanted = np.minimum(situation.quantity, situation.available.sum(axis=1))
    if not wanted.any():
        return ()
    chosen = smallest_cover(situation.available, wanted, situation.km)
    if chosen[0] < 0:
        return boxed(situation, greedy_cover(situation.available, wanted, situation.km))
    return boxed(situation, take_from(situation.available, wanted, chosen[chosen >= 0], situation.km))


def cheapest(situation: Situation) -> tuple[Box, ...]:
    """The plan of least cost and felt weights, exact, myopic."""
    return _routed(*problem_of(situation))


def sparing(situation: Situation) -> tuple[Box, ...]:
    """As ``cheapest``, with bid prices by breadth."""
    problem, nodes = problem_of(situation)
    ground, quantity = situation.ground, situation.quantity
    parcel_minor = ground.breadth_weight * ground.opening_minor
    bids = breadth_bids(parcel_minor, quantity, situation.available, situation.breadth)
    return _routed(replace(problem, bid_price_minor=np.ascontiguousarray(bids[:, nodes])), nodes)


def _routed(problem: Problem, nodes: Ints) -> tuple[Box, ...]:
    if not len(nodes):
        return ()
    row = {line: place for place, line in enumerate(problem.line_ids)}
    node_of = dict(zip(problem.node_ids, nodes.tolist(), strict=True))
    return tuple(
        Box(node_of[parcel.node], tuple(sorted((row[take.line], take.quantity) for take in parcel.takes)))
        for parcel in route(problem).parcels
    )


def problem_of(situation: Situation) -> tuple[Problem, Ints]:
    """The order as a routing problem over the nodes that have any of it, and those nodes' rows."""
    ground = situation.ground
    nodes = np.flatnonzero(situation.available.any(axis=0))
    available = np.ascontiguousarray(situation.available[:, nodes])
    lines, count = available.shape
    problem = Problem(
        currency=ground.currency,
        cards=ground.cards,
        line_ids=tuple(str(line) for line in range(lines)),
        skus=tuple(ground.sku_ids[sku] for sku in situation.sku.tolist()),
        quantity=situation.quantity,
        unit_weight_g=situation.unit_weight_g,
        unit_volume_mm3=situation.unit_volume_mm3,
        ship_alone=np.zeros(lines, dtype=np.bool_),
        group=np.full(lines, NO_GROUP, dtype=np.int64),
        node_ids=tuple(ground.node_ids[node] for node in nodes.tolist()),
        card=situation.card[nodes],
        fixed_minor=ground.fixed_minor[nodes],
        parcel_price_minor=np.full(count, ground.parcel_minor),
        capacity_parcels=np.full(count, UNLIMITED, dtype=np.int64),
        arrive_day=np.zeros(count, dtype=np.int64),
        available=available,
        unit_cost_minor=np.broadcast_to(ground.pick_minor[nodes], available.shape).copy(),
        bid_price_minor=np.zeros(available.shape),
        divisor_mm3_per_g=ground.divisor_mm3_per_g,
        unfilled_penalty_minor=ground.unfilled_penalty_minor,
        allow_unfilled=True,
    )
    return problem, nodes


POLICIES: Mapping[str, Policy] = {
    "nearest": nearest,
    "fewest_parcels": fewest_parcels,
    "cheapest": cheapest,
    "sparing": sparing,
}
