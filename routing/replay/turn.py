"""One order at its turn, compiled: who may send what, by which day, and where units are missed.

L lines of the order, N nodes of the network, n of them that may send something. Money in minor units.
"""

from __future__ import annotations

import math

import numpy as np

from routing.compiled import compiled
from routing.problem import Floats, Ints

NO_CARD = -1
LOOK_AHEAD_DAYS = 5
"""Shipping days a parcel may wait for a node that is full, or dear, before it is sent all the same."""
_MIX = 0x9E3779B97F4A7C15


@compiled
def billable(weight_g: int, volume_mm3: int, divisor: float) -> int:
    """Billable grams of a parcel."""
    if divisor <= 0:
        return weight_g
    return int(max(weight_g, math.ceil(volume_mm3 / divisor)))


@compiled
def senders(skus: Ints, bill: Ints, card: Ints, limit_g: Ints, left: Ints, nodes: Ints) -> int:
    """Fill ``nodes`` with those that a lane leaves from and that have a unit it carries; how many."""
    found = 0
    for n in range(card.size):
        if card[n] == NO_CARD:
            continue
        for line in range(skus.size):
            if left[skus[line], n] > 0 and bill[line] <= limit_g[card[n]]:
                nodes[found] = n
                found += 1
                break
    return found


@compiled
def holdings(skus: Ints, bill: Ints, card: Ints, limit_g: Ints, left: Ints, nodes: Ints) -> Ints:
    """[L, n] units that each of ``nodes`` may send."""
    available = np.zeros((skus.size, nodes.size), np.int64)
    for line in range(skus.size):
        for j in range(nodes.size):
            if bill[line] <= limit_g[card[nodes[j]]]:
                available[line, j] = max(0, left[skus[line], nodes[j]])
    return available


@compiled
def arrival(day: int, transit: int, past: Ints, on: Ints) -> int:
    """Day of delivery of what leaves on ``day``; ``past`` and ``on`` as in ``routing.delivery``."""
    after = past[day] if transit == 0 else past[day + 1] + transit - 1
    return int(on[min(after, on.size - 1)])


@compiled
def best_day(
    first: int, transit: int, placed: int, next_ship: Ints, used: Ints, price: Floats, most: int,
    late_minor: float, past: Ints, on: Ints,
) -> tuple[int, float]:  # fmt: skip
    """The day a parcel leaves one node and what it is felt to cost: lateness and the price of that day.

    Days on which the node has ``most`` orders already are passed over while others are left.
    """
    day = first
    chosen, least = -1, np.inf
    for _ in range(LOOK_AHEAD_DAYS):
        full = 0 <= most <= used[day]
        cost = late_minor * (arrival(day, transit, past, on) - placed) + price[day]
        if not full and cost < least:
            chosen, least = day, cost
        if chosen >= 0 and late_minor == 0 and price[day] == 0:
            break
        day = next_ship[day]
    if chosen < 0:
        return day, late_minor * (arrival(day, transit, past, on) - placed) + price[day]
    return chosen, least


@compiled
def missing(seed: int, order: int, sku: int, node: int, rate: float) -> bool:
    """Whether this unit is not on its shelf when it is looked for: chance that depends on these alone."""
    if rate <= 0:
        return False
    x = np.uint64(seed) * np.uint64(_MIX)
    for part in (order, sku, node):
        x ^= np.uint64(part) + np.uint64(_MIX) + (x << np.uint64(6)) + (x >> np.uint64(2))
        x *= np.uint64(0xBF58476D1CE4E5B9)
        x ^= x >> np.uint64(31)
    return float(x >> np.uint64(11)) * 2.0**-53 < rate


@compiled
def weigh_breadth(left: Ints, breadth: Floats) -> None:
    """``breadth`` [N]: share of the SKUs in stock anywhere that each node has any of."""
    breadth[:] = 0.0
    stocked = 0
    for s in range(left.shape[0]):
        there = False
        for n in range(left.shape[1]):
            if left[s, n] > 0:
                breadth[n] += 1.0
                there = True
        stocked += there
    for n in range(breadth.size):
        breadth[n] /= max(1, stocked)
