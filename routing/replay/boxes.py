"""How a node boxes its units, and what a parcel costs by the rate cards, compiled.

Up to P parcels stand in ``box_node`` [P] (column among the order's n nodes) and ``box_units`` [P, L].
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.problem import Ints
from routing.replay.turn import billable


@compiled
def tariff_minor(card: int, grams: int, start: Ints, up_to_g: Ints, minor: Ints) -> int:
    """What a card asks for a parcel; −1 where it does not carry it."""
    low, high = start[card], start[card + 1]
    while low < high:
        middle = (low + high) >> 1
        if up_to_g[middle] < grams:
            low = middle + 1
        else:
            high = middle
    return int(minor[low]) if low < start[card + 1] else -1


@compiled
def load(units: Ints, weight_g: Ints, volume_mm3: Ints, divisor: float) -> int:
    """Billable grams of these units [L] in one parcel."""
    weight, volume = 0, 0
    for line in range(units.size):
        weight += units[line] * weight_g[line]
        volume += units[line] * volume_mm3[line]
    return billable(weight, volume, divisor)


@compiled
def box_up(
    units: Ints, card: Ints, limit_g: Ints, weight_g: Ints, volume_mm3: Ints, divisor: float,
    box_node: Ints, box_units: Ints,
) -> int:  # fmt: skip
    """Parcels for ``units`` [L, n], node by node: one, or heaviest first into the first that carries it."""
    n = units.shape[1]
    heaviest = np.argsort(-weight_g, kind="mergesort")
    count = 0
    for j in range(n):
        own = units[:, j].copy()
        if own.sum() == 0:
            continue
        first = count
        if load(own, weight_g, volume_mm3, divisor) <= limit_g[card[j]]:
            box_node[count] = j
            box_units[count] = own
            count += 1
            continue
        for line in heaviest:
            for _ in range(own[line]):
                place = first
                while place < count:
                    box_units[place, line] += 1
                    if load(box_units[place], weight_g, volume_mm3, divisor) <= limit_g[card[j]]:
                        break
                    box_units[place, line] -= 1
                    place += 1
                if place == count:
                    box_node[count] = j
                    box_units[count] = 0
                    box_units[count, line] = 1
                    count += 1
    return count
