"""The exact kernel inside a compiled loop: pieces of an order as it takes them, its plan as parcels.

A piece is ``members`` [K, L]: how many units of each line one unit of it stands for. An order is taken as it
is, a line a piece; of an order too large for the kernel, some parcels at a time are taken apart into blocks.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.kernel import SHIFT
from routing.kernel_solve import OVERUSED, TOO_SMALL, solve
from routing.problem import UNLIMITED, Floats, Ints

NEEDS_ROOM, NEEDS_NODES = -1, -2


@compiled
def pieces(quantity: Ints, available: Ints) -> tuple[Ints, Ints]:
    """Lines that are anywhere, those of one unit first, and the units of each that are to be had."""
    L, n = available.shape
    there = np.zeros(L, np.int64)
    for line in range(L):
        for j in range(n):
            there[line] += max(0, min(quantity[line], available[line, j]))
        there[line] = min(there[line], quantity[line])
    rows = np.empty(L, np.int64)
    count = 0
    for line in range(L):
        if there[line] == 1:
            rows[count] = line
            count += 1
    for line in range(L):
        if there[line] > 1:
            rows[count] = line
            count += 1
    rows = rows[:count]
    return rows, there[rows]


@compiled
def steps(quantity: Ints, nodes: int) -> float:
    """Elementary steps of the first programme for pieces of these quantities."""
    pairs, states, single = 1.0, 1.0, 1.0
    for q in quantity:
        pairs *= (q + 1) * (q + 2) / 2
        states *= q + 1
        if q > 1:
            single = 4.0
    return pairs * single + states * nodes / 4


@compiled
def one_by_one(rows: Ints, L: int) -> Ints:
    """Members of pieces that are lines."""
    members = np.zeros((rows.size, L), np.int64)
    for k in range(rows.size):
        members[k, rows[k]] = 1
    return members


@compiled
def by_kernel(
    members: Ints, wanted: Ints, weight_g: Ints, volume_mm3: Ints, available: Ints, unit: Ints, bid: Floats,
    card: Ints, fixed: Ints, parcel_price: Floats, penalty_minor: int,
    start: Ints, up_to_g: Ints, minor: Ints, divisor: float, scratch: Ints, out: Ints,
) -> tuple[int, int]:  # fmt: skip
    """(parcels in ``out``, felt cost in inner money) of ``wanted`` [K] units of each piece; NEEDS_ROOM:
    ``out[0]`` says how long ``scratch`` must be; NEEDS_NODES − parcels: the cost is a bound, a node is
    overused.
    """
    K, L = members.shape
    n = card.size
    w, v, penalty = np.zeros(K, np.int64), np.zeros(K, np.int64), np.zeros(K, np.int64)
    there, cost, bids = np.empty((K, n), np.int64), np.zeros((K, n), np.int64), np.zeros((K, n))
    for k in range(K):
        there[k] = wanted[k]
        for line in range(L):
            units = members[k, line]
            if units > 0:
                w[k] += units * weight_g[line]
                v[k] += units * volume_mm3[line]
                penalty[k] += units * penalty_minor << SHIFT
                for j in range(n):
                    there[k, j] = min(there[k, j], available[line, j] // units)
                    cost[k, j] += units * unit[line, j]
                    bids[k, j] += units * bid[line, j]
    none_use, none_shared = np.zeros((0, K), np.int64), np.zeros((0, n), np.int64)
    felt = solve(
        wanted, w, v, np.zeros(K, np.bool_), penalty, there, cost, bids, card, fixed, parcel_price,
        np.full(n, UNLIMITED), start, up_to_g, minor, divisor, none_use, none_shared, scratch, out,
    )  # fmt: skip
    if out[1] == TOO_SMALL:
        return NEEDS_ROOM, 0
    return (NEEDS_NODES - out[0] if out[1] == OVERUSED else out[0]), felt


@compiled
def unpack(out: Ints, members: Ints, wanted: Ints, box_node: Ints, box_units: Ints, first: int) -> int:
    """Write the parcels in ``out`` from place ``first`` on; returns how many stand there then."""
    for b in range(out[0]):
        box_node[first + b] = out[2 + 2 * b]
        state = out[3 + 2 * b]
        box_units[first + b] = 0
        for k in range(wanted.size):
            digit = state % (wanted[k] + 1)
            state //= wanted[k] + 1
            for line in range(members.shape[1]):
                box_units[first + b, line] += digit * members[k, line]
    return int(first + out[0])
