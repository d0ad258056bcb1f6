"""What one plan of a wave costs."""

from __future__ import annotations

from math import ceil

import numpy as np

from routing.wave.large import shelf_of
from routing.wave.problem import Choice, Wave


def cost_of(wave: Wave, order: int, choice: Choice) -> float:
    """In minor units, as ``Wave`` counts, what leaving a current plan costs included."""
    first, end = wave.reach_start[order : order + 2].tolist()
    pair = {int(wave.reach_node[r]): r for r in range(first, end)}
    missing = sum(int(wave.quantity[line]) for line in wave.lines_of(order))
    total = 0.0
    for node, content in choice:
        r = pair[node]
        total += parcel_minor(wave, r, dict(content)) + float(wave.parcel_price_minor[r])
        for line, units in content:
            total += units * float(wave.bid_price_minor[shelf_of(wave, int(wave.sku[line]), node)])
            if order in wave.felt:
                total += units * float(wave.felt[order][line - wave.line_start[order], r - first])
        missing -= sum(units for _, units in content)
    moved = order in wave.current and choice != wave.current[order]
    return total + missing * wave.unfilled_penalty_minor + moved * int(wave.move_minor[order])


def parcel_minor(wave: Wave, pair: int, content: dict[int, int]) -> int:
    """What is paid for one parcel of this order from this node."""
    card, node = int(wave.card[pair]), int(wave.reach_node[pair])
    steps = slice(int(wave.cards.start[card]), int(wave.cards.start[card + 1]))
    step = int(np.searchsorted(wave.cards.up_to_g[steps], billable_g(wave, content)))
    units = sum(
        count * int(wave.unit_cost_minor[shelf_of(wave, int(wave.sku[line]), node)])
        for line, count in content.items()
    )
    return int(wave.cards.minor[steps][step]) + int(wave.fixed_minor[pair]) + units


def billable_g(wave: Wave, content: dict[int, int]) -> int:
    """max(actual weight, volume / divisor) in whole grams."""
    weight = sum(units * int(wave.unit_weight_g[line]) for line, units in content.items())
    if wave.divisor_mm3_per_g > 0:
        volume = sum(units * int(wave.unit_volume_mm3[line]) for line, units in content.items())
        weight = max(weight, ceil(volume / wave.divisor_mm3_per_g))
    return weight
