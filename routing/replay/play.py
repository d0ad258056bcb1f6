"""The loop over a stream of orders, compiled as one function.

``play`` runs orders and stops early where it needs something: more room, or the node-by-node programme for
one order. Then it is called again from there.

RELAXED, the stock stays as it is: every order is answered from it at the prices given and counts ``weights``
times, and ``usage`` and VALUE say what the stream as a whole would want. That is the pricing problem of the
dual ascent in ``dual``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from routing.compiled import compiled, lending
from routing.problem import UNLIMITED, Floats, Ints
from routing.replay.decide import decide, lost_unit, send
from routing.replay.exact import NEEDS_NODES, NEEDS_ROOM, pieces
from routing.replay.places import (
    BREADTH_MINOR,
    DIVISOR,
    FIRST,
    LAST,
    LATE_MINOR,
    PARCEL_MINOR,
    PENALTY,
    REJECTED,
    RELAXED,
    ROOM,
    VALUE,
    WEIGHED,
)
from routing.replay.turn import best_day, billable, holdings, senders, weigh_breadth


@compiled
def play(*everything: Any) -> int:
    """What ``_play`` says, which takes the same."""
    return int(lending(_play, everything))


@compiled
def _play(
    say: Ints, felt: Floats, begin: Ints, sku: Ints, quantity: Ints, place: Ints, placed: Ints,
    weights: Floats, km: Floats, card: Ints, transit: Ints, land: Ints, unit_minor: Ints, weight_g: Ints,
    volume_mm3: Ints, fixed: Ints, rank: Ints, most: Ints, profile: Ints, leave: Ints, next_ship: Ints,
    past: Ints, on: Ints, start: Ints, up_to_g: Ints, minor: Ints, limit_g: Ints, left: Ints, used: Ints,
    bids: Floats, day_price: Floats, usage: Floats, day_usage: Floats, breadth: Floats, scratch: Ints,
    out: Ints, parcels: Ints, takes: Ints,
) -> int:  # fmt: skip
    """The order to go on with, LAST when done; ``say[ROOM]``: scratch needed, 0: it is to go node by node."""
    order = say[FIRST]
    while order < say[LAST]:
        if felt[BREADTH_MINOR] > 0 and order % WEIGHED == 0:
            weigh_breadth(left, breadth)
        if say[RELAXED] > 0 and weights[order] == 0:
            order += 1
            continue
        lines, d = slice(begin[order], begin[order + 1]), place[order]
        skus, asked = sku[lines], quantity[lines]
        w, v = weight_g[skus], volume_mm3[skus]
        nodes, available, day, price = situation(
            say, felt, skus, w, v, card[d], limit_g, left, leave[order], profile, transit[d], placed[order],
            next_ship, used, day_price, most, past[land[d]], on[land[d]],
        )  # fmt: skip
        rows, wanted = pieces(asked, available)
        box_node = np.empty(wanted.sum() + 1, np.int64)
        box_units = np.zeros((wanted.sum() + 1, skus.size), np.int64)
        cards = card[d][nodes]
        count, value = decide(
            say, felt, skus, asked, w, v, rows, wanted, nodes, available, unit_minor[d], cards, fixed[nodes],
            price, km[d][nodes], rank[nodes], bids, breadth, start, up_to_g, minor, limit_g,
            scratch, out, box_node, box_units,
        )  # fmt: skip
        if count == NEEDS_ROOM or count <= NEEDS_NODES:
            say[ROOM] = out[0] if count == NEEDS_ROOM else 0
            return int(order)
        if say[RELAXED] > 0:
            felt[VALUE] += weights[order] * (value + say[PENALTY] * (asked.sum() - wanted.sum()))
            _wish(weights[order], skus, nodes, day, box_node, box_units, count, usage, day_usage)
        else:
            line, node = lost_unit(say, felt, order, skus, nodes, count, box_node, box_units)
            if line >= 0:  # the order is planned again without it
                left[skus[line], node] = 0
                say[REJECTED] += 1
                continue
            send(
                order, skus, w, v, nodes, day, box_node, box_units, count, cards, transit[d], past[land[d]],
                on[land[d]], start, up_to_g, minor, say, felt, left, used, parcels, takes,
            )  # fmt: skip
        order += 1
    return int(say[LAST])


@compiled
def situation(
    say: Ints, felt: Floats, skus: Ints, w: Ints, v: Ints, card: Ints, limit_g: Ints, left: Ints, leave: Ints,
    profile: Ints, transit: Ints, placed: int, next_ship: Ints, used: Ints, day_price: Floats, most: Ints,
    past: Ints, on: Ints,
) -> tuple[Ints, Ints, Ints, Floats]:  # fmt: skip
    """Nodes that may send something, the units they have [L, n], when a parcel leaves, what it is felt to
    cost beside what is paid. Nobody waits for a day that is worth less: a parcel leaves on the first day with
    room, and only the bound, which has all stock at all times, may choose.
    """
    bill, every = np.empty(skus.size, np.int64), np.empty(card.size, np.int64)
    for line in range(skus.size):
        bill[line] = billable(w[line], v[line], felt[DIVISOR])
    nodes = every[: senders(skus, bill, card, limit_g, left, every)]
    day, price = np.empty(nodes.size, np.int64), np.empty(nodes.size)
    relaxed, nothing = say[RELAXED] > 0, np.zeros(day_price.shape[1])
    limit = np.full_like(most, UNLIMITED) if relaxed else most
    for j in range(nodes.size):
        node = nodes[j]
        p = profile[node]
        day[j], wait = best_day(
            leave[p], transit[node], placed, next_ship[p], used[node],
            day_price[node] if relaxed else nothing, limit[node], felt[LATE_MINOR], past, on,
        )  # fmt: skip
        price[j] = wait + felt[PARCEL_MINOR] + (0.0 if relaxed else day_price[node, day[j]])
    return nodes, holdings(skus, bill, card, limit_g, left, nodes), day, price


@compiled
def _wish(
    weight: float, skus: Ints, nodes: Ints, day: Ints, box_node: Ints, box_units: Ints, count: int,
    usage: Floats, day_usage: Floats,
) -> None:  # fmt: skip
    """What the order would take of shelves [S, N] and of days [N, D]."""
    for b in range(count):
        node = nodes[box_node[b]]
        day_usage[node, day[box_node[b]]] += weight
        for line in range(skus.size):
            usage[skus[line], node] += weight * box_units[b, line]
