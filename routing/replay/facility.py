"""Orders beyond the exact kernel, compiled: which nodes to open, by local search; and a floor for any plan.

Given open nodes, a line goes where it adds least; so a plan is a set of open nodes, and the search adds,
exchanges and closes nodes until no such step helps, judged by the true rate cards. The floor comes from the
dual of the location problem in which every rate card is replaced by a line below it (dual ascent after
Erlenkotter 1978): prices of lines such that no node, for what they offer it, is worth opening.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.problem import Floats, Ints
from routing.replay.boxes import tariff_minor
from routing.replay.turn import billable

NEVER = -1
EVEN = 1e-6
"""Minor units below which a price has nothing left to rise by."""


@compiled
def tangents(
    card: Ints, at_g: int, total_g: int, start: Ints, up_to_g: Ints, minor: Ints, base: Floats, slope: Floats
) -> None:
    """Fill ``base`` and ``slope`` [n] of the line that is highest at a parcel of ``at_g`` among those
    that lie below the node's card for all parcels of at most ``total_g``.
    """
    for j in range(card.size):
        base[j] = -1.0
        for earlier in range(j):
            if card[earlier] == card[j]:
                base[j], slope[j] = base[earlier], slope[earlier]
                break
        if base[j] < 0:
            base[j], slope[j] = tangent(start[card[j]], start[card[j] + 1], at_g, total_g, up_to_g, minor)


@compiled
def tangent(first: int, end: int, at_g: int, total_g: int, up_to_g: Ints, minor: Ints) -> tuple[float, float]:
    """(base ≥ 0, slope ≥ 0) for one card: the edge over ``at_g`` of the hull below its corners."""
    last = first
    while last < end - 1 and up_to_g[last] < total_g:
        last += 1
    heavy = min(up_to_g[last], total_g)
    at = max(min(at_g, heavy - 1), up_to_g[first])
    best, slope = np.inf, 0.0
    for i in range(first, last + 1):
        if up_to_g[i] > at:
            break
        for k in range(last, i, -1):
            x = min(up_to_g[k], heavy)
            if x <= at:
                break
            b = (minor[k] - minor[i]) / (x - up_to_g[i])
            if minor[i] + b * (at - up_to_g[i]) < best:
                best, slope = minor[i] + b * (at - up_to_g[i]), b
    slope = max(0.0, slope)
    base = np.inf
    for i in range(first, last + 1):
        base = min(base, minor[i] - slope * min(up_to_g[i], heavy))
    if base < 0:  # a card that falls: its least price is below it too
        return float(minor[first : last + 1].min()), 0.0
    return base, slope


@compiled
def fill(
    opened: Ints, count: int, quantity: Ints, available: Ints, unit: Floats, weight_g: Ints,
    volume_mm3: Ints, open_minor: Floats, cash: Floats, card: Ints, limit_g: Ints, penalty: float,
    start: Ints, up_to_g: Ints, minor: Ints, divisor: float, units: Ints,
) -> float:  # fmt: skip
    """Fill ``units`` [L, n] from the open nodes, each line where ``unit`` [L, n] is least, and count what
    that is felt to cost: ``cash`` [L, n] a unit, ``open_minor`` [n] a parcel, the cards, the penalty.
    """
    total = 0.0
    grams, cubic = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for line in range(quantity.size):
        left = quantity[line]
        for i in range(count):
            units[line, opened[i]] = 0
        while left > 0:
            best = NEVER
            for i in range(count):
                j = opened[i]
                if available[line, j] > units[line, j] and (
                    best == NEVER or unit[line, j] < unit[line, opened[best]]
                ):
                    best = i
            if best == NEVER or unit[line, opened[best]] >= penalty:
                total += left * penalty
                break
            j = opened[best]
            taken = min(left, available[line, j] - units[line, j])
            units[line, j] += taken
            left -= taken
            total += taken * cash[line, j]
            grams[best] += taken * weight_g[line]
            cubic[best] += taken * volume_mm3[line]
    for i in range(count):
        total += parcels_minor(
            billable(grams[i], cubic[i], divisor), opened[i], open_minor, card, limit_g, start, up_to_g, minor
        )
    return total


@compiled
def parcels_minor(
    grams: int, j: int, open_minor: Floats, card: Ints, limit_g: Ints, start: Ints, up_to_g: Ints, minor: Ints
) -> float:
    """What sending so many grams from node j costs apart from its units, in as few parcels as carry it."""
    if grams == 0:
        return 0.0
    limit = limit_g[card[j]]
    boxes = (grams + limit - 1) // limit
    each = tariff_minor(card[j], (grams + boxes - 1) // boxes, start, up_to_g, minor)
    return float(boxes * (each + open_minor[j]))


@compiled
def open_nodes(
    quantity: Ints, available: Ints, unit: Floats, weight_g: Ints, volume_mm3: Ints, open_minor: Floats,
    cash: Floats, card: Ints, limit_g: Ints, penalty: float,
    start: Ints, up_to_g: Ints, minor: Ints, divisor: float, units: Ints,
) -> None:  # fmt: skip
    """Units [L, n] of a good plan: nodes are added as long as one helps, then any step is taken that does."""
    n = card.size
    opened = np.empty(n + 1, np.int64)
    is_open = np.zeros(n, np.bool_)
    trial = np.zeros_like(units)
    best_opened = np.empty(n + 1, np.int64)
    count, adding = 0, True
    least = penalty * quantity.sum()
    while True:
        found, found_count = least - 1e-6, NEVER
        for place in range(count if adding else 0, count + 1):  # of a node to give up, the last: of none
            for j in range(-1 if place < count else 0, n):  # −1: nothing instead
                if j >= 0 and is_open[j]:
                    continue
                size = _exchanged(opened, count, place, j, best_opened)
                cost = fill(
                    best_opened, size, quantity, available, unit, weight_g, volume_mm3, open_minor, cash,
                    card, limit_g, penalty, start, up_to_g, minor, divisor, trial,
                )  # fmt: skip
                if cost < found:
                    found, found_count, found_place, found_j = cost, size, place, j
        if found_count == NEVER and adding:
            adding = False
            continue
        if found_count == NEVER:
            break
        least = found
        if found_place < count:
            is_open[opened[found_place]] = False
            opened[found_place] = opened[count - 1]
            count -= 1
        if found_j >= 0:
            is_open[found_j] = True
            opened[count] = found_j
            count += 1
    fill(
        opened, count, quantity, available, unit, weight_g, volume_mm3, open_minor, cash, card, limit_g,
        penalty, start, up_to_g, minor, divisor, units,
    )  # fmt: skip
    _move_lines(
        opened, count, available, weight_g, volume_mm3, open_minor, cash, card, limit_g,
        start, up_to_g, minor, divisor, units,
    )  # fmt: skip


@compiled
def _exchanged(opened: Ints, count: int, place: int, j: int, into: Ints) -> int:
    """Fill ``into``: the open nodes, j (−1: none) for the one at ``place`` (``count``: of none); how many."""
    for i in range(count):
        into[i] = opened[i]
    if place < count:
        into[place] = into[count - 1]
        count -= 1
    if j >= 0:
        into[count] = j
        count += 1
    return count


@compiled
def _move_lines(
    opened: Ints, count: int, available: Ints, weight_g: Ints, volume_mm3: Ints, open_minor: Floats,
    cash: Floats, card: Ints, limit_g: Ints, start: Ints, up_to_g: Ints, minor: Ints, divisor: float,
    units: Ints,
) -> None:  # fmt: skip
    """Move single lines between open nodes as long as the weight steps make that cheaper."""
    grams, cubic = np.zeros(card.size, np.int64), np.zeros(card.size, np.int64)
    for i in range(count):
        for line in range(weight_g.size):
            grams[opened[i]] += units[line, opened[i]] * weight_g[line]
            cubic[opened[i]] += units[line, opened[i]] * volume_mm3[line]
    moved, rounds = True, 0
    while moved and rounds < 4:
        moved = False
        rounds += 1
        for line in range(weight_g.size):
            for a in opened[:count]:
                q = units[line, a]
                if q == 0:
                    continue
                for b in opened[:count]:
                    if b == a or available[line, b] - units[line, b] < q:
                        continue
                    g, v = q * weight_g[line], q * volume_mm3[line]
                    change = q * (cash[line, b] - cash[line, a])
                    for j, sign in ((a, -1), (b, 1)):
                        then = billable(grams[j] + sign * g, cubic[j] + sign * v, divisor)
                        now = billable(grams[j], cubic[j], divisor)
                        change += parcels_minor(then, j, open_minor, card, limit_g, start, up_to_g, minor)
                        change -= parcels_minor(now, j, open_minor, card, limit_g, start, up_to_g, minor)
                    if change < -1e-6:
                        units[line, a] -= q
                        units[line, b] += q
                        grams[a] -= g
                        grams[b] += g
                        cubic[a] -= v
                        cubic[b] += v
                        moved = True
                        break


@compiled
def floor_minor(
    quantity: Ints, available: Ints, unit: Floats, open_minor: Floats, penalty: float, units: Ints
) -> float:
    """No plan is felt to cost less: ``unit`` [L, n] is what a unit adds at least, ``open_minor`` [n] what a
    parcel costs at least beside. Fills ``units`` [L, n] with what nodes that are worth opening would send.
    """
    L, n = available.shape
    value = np.empty(L)
    slack = open_minor.copy()
    for line in range(L):
        value[line] = penalty
        for j in range(n):
            if available[line, j] > 0:
                value[line] = min(value[line], unit[line, j])
    raised = True
    while raised:
        raised = False
        for line in range(L):
            if value[line] >= penalty:
                continue
            step = _room(line, value[line], quantity, available, unit, slack, penalty)
            if step <= EVEN:
                continue
            for j in range(n):
                if available[line, j] > 0 and unit[line, j] <= value[line]:
                    slack[j] -= step * quantity[line]
            value[line] += step
            raised = True
    total = 0.0
    for line in range(L):
        total += value[line] * quantity[line]
        best = NEVER
        for j in range(n):
            units[line, j] = 0
            opened = slack[j] <= 2 * EVEN * quantity[line] and unit[line, j] <= value[line]
            if available[line, j] > 0 and opened and (best == NEVER or unit[line, j] < unit[line, best]):
                best = j
        if best != NEVER and value[line] < penalty:
            units[line, best] = min(quantity[line], available[line, best])
    return total


@compiled
def _room(
    line: int, value: float, quantity: Ints, available: Ints, unit: Floats, slack: Floats, penalty: float
) -> float:
    """How far the price of a line may rise before a node is paid for, or another one comes into question."""
    room, level = np.inf, penalty
    for j in range(slack.size):
        if available[line, j] > 0:
            if unit[line, j] <= value:
                room = min(room, slack[j] / quantity[line])
            else:
                level = min(level, unit[line, j])
    return float(min(room, level - value))
