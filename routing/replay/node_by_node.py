"""An order whose cheapest parcels overuse a node, by the same engine as a checkout's."""

from __future__ import annotations

import numpy as np

from routing.problem import NO_GROUP, UNLIMITED, Floats, Ints, Problem
from routing.replay.stream import NO_CARD, Ground, Stream
from routing.route import route
from routing.tariff import billable_g, greatest_weight_g


def problem_of(
    ground: Ground, skus: Ints, quantity: Ints, available: Ints, nodes: Ints, card: Ints, unit_minor: Ints,
    bids: Floats, price: Floats,
) -> Problem:  # fmt: skip
    """Lines ``skus`` [L] over ``nodes`` [n] with ``available`` and ``bids`` [L, n]; ``card``, ``unit_minor``
    and ``price`` (felt per parcel) are [n].
    """
    L, n = available.shape
    return Problem(
        currency=ground.currency,
        cards=ground.cards,
        line_ids=tuple(str(line) for line in range(L)),
        skus=tuple(ground.sku_ids[sku] for sku in skus.tolist()),
        quantity=quantity,
        unit_weight_g=ground.weight_g[skus],
        unit_volume_mm3=ground.volume_mm3[skus],
        ship_alone=np.zeros(L, dtype=np.bool_),
        group=np.full(L, NO_GROUP, dtype=np.int64),
        node_ids=tuple(ground.node_ids[node] for node in nodes.tolist()),
        card=card,
        fixed_minor=ground.fixed_minor[nodes],
        parcel_price_minor=price,
        capacity_parcels=np.full(n, UNLIMITED, dtype=np.int64),
        arrive_day=np.zeros(n, dtype=np.int64),
        available=np.ascontiguousarray(available),
        unit_cost_minor=np.broadcast_to(unit_minor, available.shape).copy(),
        bid_price_minor=np.ascontiguousarray(bids),
        divisor_mm3_per_g=ground.divisor_mm3_per_g,
        unfilled_penalty_minor=ground.unfilled_penalty_minor,
        allow_unfilled=True,
    )


def problem_at(ground: Ground, stream: Stream, order: int, left: Ints) -> Problem:
    """An order of a stream as it stands before ``left`` [S, N], without prices."""
    lines, d = slice(int(stream.start[order]), int(stream.start[order + 1])), int(stream.destination[order])
    skus, card = stream.sku[lines], stream.card[d]
    bill = billable_g(ground.weight_g[skus], ground.volume_mm3[skus], ground.divisor_mm3_per_g)
    reach = np.where(card == NO_CARD, -1, greatest_weight_g(ground.cards)[card])
    available = np.where(bill[:, None] <= reach[None, :], left[skus], 0)
    nodes = np.flatnonzero(available.any(axis=0))
    unit = ground.pick_minor if stream.unit_minor is None else stream.unit_minor[d]
    nothing = np.zeros((len(skus), len(nodes)))
    return problem_of(
        ground, skus, stream.quantity[lines], available[:, nodes], nodes, card[nodes], unit[nodes], nothing,
        np.full(len(nodes), ground.parcel_minor),
    )  # fmt: skip


def planned(
    ground: Ground, skus: Ints, quantity: Ints, available: Ints, nodes: Ints, card: Ints, unit_minor: Ints,
    bids: Floats, price: Floats,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Parcels as column [P] and units [P, L]."""
    problem = problem_of(ground, skus, quantity, available, nodes, card, unit_minor, bids, price)
    parcels = route(problem).parcels
    column = {node: j for j, node in enumerate(problem.node_ids)}
    box_units = np.zeros((len(parcels), len(skus)), np.int64)
    for b, parcel in enumerate(parcels):
        for take in parcel.takes:
            box_units[b, int(take.line)] += take.quantity
    return np.array([column[parcel.node] for parcel in parcels], np.int64), box_units
