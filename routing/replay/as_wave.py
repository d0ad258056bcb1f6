"""Orders of a stream as one wave, and a wave's choice as parcels of the stream."""

from __future__ import annotations

import numpy as np

from routing.breadth import breadth_bids
from routing.problem import NO_GROUP, UNLIMITED, Floats, Ints
from routing.replay.boxes import load, tariff_minor
from routing.replay.places import ARRIVES, BREADTH_MINOR, DAY, GRAMS, NODE, ORDER, TRANSPORT
from routing.replay.run import Run
from routing.replay.stream import NO_CARD
from routing.replay.turn import arrival
from routing.wave.problem import Choice, Wave

Plan = tuple[Ints, list[Ints]]
"""Parcels [P, 7] of an order and the takes [T, 2] of each."""
Plans = dict[int, Plan]
When = tuple[Ints | None, list[int] | None]
"""[P] the day by profile on which all orders leave, None: each on its own; and by order the latest day on
which it may arrive, None: any.
"""


def wave_of(run: Run, orders: list[int], when: When, rooms: Ints, stand: Plans) -> Wave:
    """The orders, with plans that stand or without, over all that is on the shelves, theirs included.
    ``rooms`` [N]: orders that each node may still send.
    """
    go, latest = when
    ground, stream = run.ground, run.stream
    lines = np.concatenate([np.arange(stream.start[o], stream.start[o + 1]) for o in orders])
    skus, sku = np.unique(stream.sku[lines], return_inverse=True)
    held = run.left[skus] > 0
    at_sku, at_node = np.nonzero(held)
    line_start = np.concatenate([[0], np.cumsum([stream.start[o + 1] - stream.start[o] for o in orders])])
    pairs = [
        _reach(run, o, held[sku[line_start[k] : line_start[k + 1]]], _by(latest, k), go)
        for k, o in enumerate(orders)
    ]
    reach = np.concatenate([nodes for nodes, _ in pairs])
    place = np.repeat(stream.destination[orders], [len(nodes) for nodes, _ in pairs])
    paid = stream.unit_minor is None
    return Wave(
        cards=ground.cards,
        node_ids=ground.node_ids,
        capacity_parcels=rooms,
        sku_ids=tuple(ground.sku_ids[s] for s in skus),
        stock_start=np.concatenate([[0], np.cumsum(held.sum(axis=1))]).astype(np.int64),
        stock_node=at_node.astype(np.int64),
        available=run.left[skus][held],
        unit_cost_minor=ground.pick_minor[at_node] * paid,
        bid_price_minor=run.bids[skus[at_sku], at_node],
        order_ids=tuple(stream.order_ids[o] for o in orders),
        line_start=line_start.astype(np.int64),
        line_ids=tuple(str(line) for line in lines),
        sku=sku.astype(np.int64),
        quantity=stream.quantity[lines],
        unit_weight_g=ground.weight_g[skus][sku],
        unit_volume_mm3=ground.volume_mm3[skus][sku],
        ship_alone=np.zeros(len(lines), np.bool_),
        group=np.full(len(lines), NO_GROUP),
        reach_start=np.concatenate([[0], np.cumsum([len(nodes) for nodes, _ in pairs])]).astype(np.int64),
        reach_node=reach,
        card=stream.card[place, reach],
        fixed_minor=ground.fixed_minor[reach],
        parcel_price_minor=np.concatenate([price for _, price in pairs]),
        move_minor=np.zeros(len(orders), np.int64),
        divisor_mm3_per_g=ground.divisor_mm3_per_g,
        unfilled_penalty_minor=ground.unfilled_penalty_minor,
        current={k: _choice(stand[o], int(line_start[k])) for k, o in enumerate(orders) if o in stand},
        felt={k: _felt(run, o, pairs[k][0]) for k, o in enumerate(orders)},
    )


def _by(latest: list[int] | None, place: int) -> int:
    return latest[place] if latest is not None else int(np.iinfo(np.int64).max)


def arrives(run: Run, order: int, nodes: Ints, go: Ints | None) -> Ints:
    """The days on which parcels from these nodes arrive."""
    days, d = run.stream.days, int(run.stream.destination[order])
    past, on = days.past[days.land[d]], days.on[days.land[d]]
    leaves = (days.leave[order] if go is None else go)[days.profile[nodes]]
    found = [arrival(day, days.transit[d, n], past, on) for day, n in zip(leaves, nodes, strict=True)]
    return np.array(found, np.int64)


def _reach(run: Run, order: int, held: Ints, latest: int, go: Ints | None) -> tuple[Ints, Floats]:
    """Nodes that have any of it and arrive in time, and what a parcel is felt to cost there."""
    stream, ground = run.stream, run.ground
    nodes = np.flatnonzero(held.any(axis=0) & (stream.card[stream.destination[order]] != NO_CARD))
    there = arrives(run, order, nodes, go)
    kept = there <= latest
    felt = ground.parcel_minor + ground.late_day_minor * (there - stream.days.placed[order])
    leaves = (stream.days.leave[order] if go is None else go)[stream.days.profile[nodes]]
    felt = felt + run.day_price[nodes, leaves]
    return nodes[kept], felt[kept]


def rooms_on(run: Run, go: Ints) -> Ints:
    """[N] orders that each node may still send on the day on which those that wait leave."""
    most = run.ground.most_orders
    used = run.used[np.arange(len(most)), go[run.stream.days.profile]]
    return np.where(most == UNLIMITED, UNLIMITED, np.maximum(most - used, 0))


def _felt(run: Run, order: int, nodes: Ints) -> Floats:
    """[L, n] what broad nodes are spared, and unit costs that depend on the destination."""
    stream = run.stream
    lines = slice(int(stream.start[order]), int(stream.start[order + 1]))
    available = run.left[stream.sku[lines]][:, nodes]
    parcel_minor = float(run.felt[BREADTH_MINOR])
    felt = np.zeros(available.shape)
    if parcel_minor > 0:
        felt = breadth_bids(parcel_minor, stream.quantity[lines], available, run.breadth[nodes])
    if stream.unit_minor is not None:
        felt = felt + stream.unit_minor[stream.destination[order], nodes][None, :]
    return felt


def _choice(plan: Plan, first: int) -> Choice:
    parcels, takes = plan
    sent = (
        (int(row[NODE]), tuple(sorted((first + int(line), int(units)) for line, units in own)))
        for row, own in zip(parcels, takes, strict=True)
    )
    return tuple(sorted(sent))


def parcels_of(run: Run, wave: Wave, place: int, sent: tuple[int, Ints], choice: Choice) -> Plan:
    """The parcels of a choice, as the loop over orders writes them down; ``sent``: the order, and when."""
    stream, ground, (order, go) = run.stream, run.ground, sent
    d, first = int(stream.destination[order]), int(wave.line_start[place])
    lines = slice(int(stream.start[order]), int(stream.start[order + 1]))
    w, v = ground.weight_g[stream.sku[lines]], ground.volume_mm3[stream.sku[lines]]
    rows, parts = np.zeros((len(choice), 7), np.int64), []
    for row, (node, content) in zip(rows, choice, strict=True):
        own = np.array([(line - first, units) for line, units in content], np.int64)
        units = np.zeros(len(w), np.int64)
        units[own[:, 0]] = own[:, 1]
        row[ORDER], row[NODE], row[DAY] = order, node, go[stream.days.profile[node]]
        row[ARRIVES] = arrives(run, order, np.array([node]), go)[0]
        row[GRAMS] = load(units, w, v, ground.divisor_mm3_per_g)
        cards = ground.cards
        row[TRANSPORT] = tariff_minor(
            stream.card[d, node], row[GRAMS], cards.start, cards.up_to_g, cards.minor
        )
        parts.append(own)
    return rows, parts
