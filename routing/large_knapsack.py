"""The cheapest parcel of a node at given prices of units: a knapsack with a step tariff, solved exactly.

A unit is worth its price less what it costs at the node. For every weight step the parcel worth most that it
carries is searched depth first, units by worth per gram, behind the bound that lets the last unit be a
fraction. A search that passes ``PACK_STEPS`` ends in that bound instead, so what is reported never lies above
the truth. Stock shared between pieces is left out, which only lowers it.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.problem import Bools, Floats, Ints

PACK_STEPS = 1_500
EPSILON = 1e-7
ROUNDING = 1 + 1e-12  # what volume / divisor rounds off must not exclude a parcel


@compiled
def fraction(i: int, room: float, worth: Floats, load: Floats, amount: Ints) -> float:
    """The most that the pieces from ``i`` on, sorted by worth per load, can add within ``room``."""
    total = 0.0
    room = max(0.0, room)
    while i < worth.size and worth[i] > 0:
        need = amount[i] * load[i]
        if need > room:
            return float(total + worth[i] * room / load[i])
        room -= need
        total += amount[i] * worth[i]
        i += 1
    return total


@compiled
def fits(amount: int, weight: float, volume: float, room: float, space: float) -> int:
    """How many units of this weight and volume fit, at most ``amount``."""
    if weight > 0:
        amount = min(amount, int(max(0.0, room) // weight))
    if volume > 0:
        amount = min(amount, int(max(0.0, space) // volume))
    return amount


@compiled
def pack(
    worth: Floats,
    load: Floats,
    weight: Floats,
    volume: Floats,
    amount: Ints,
    room: float,
    space: float,
    least: float,
    best_counts: Ints,
) -> tuple[float, bool]:
    """The most worth within ``room`` grams and ``space``, if above ``least``, with its counts; and whether
    the search came to its end.
    """
    m = worth.size
    counts = np.zeros(m, np.int64)
    best, total, held, filled, loaded = least, 0.0, 0.0, 0.0, 0.0
    i, steps = 0, 0
    while True:
        while i < m and total + fraction(i, room - loaded, worth, load, amount) > best + EPSILON:
            c = fits(amount[i], weight[i], volume[i], room - held, space - filled) if worth[i] > 0 else 0
            counts[i] = c
            total += c * worth[i]
            held += c * weight[i]
            filled += c * volume[i]
            loaded += c * load[i]
            i += 1
        if i == m and total > best + EPSILON:
            best = total
            for j in range(m):
                best_counts[j] = counts[j]
        i -= 1
        while i >= 0 and counts[i] == 0:
            i -= 1
        steps += 1
        if i < 0 or steps > PACK_STEPS:
            return best, i < 0
        counts[i] -= 1
        total -= worth[i]
        held -= weight[i]
        filled -= volume[i]
        loaded -= load[i]
        i += 1


@compiled
def undercut(
    worth: Floats,
    load: Floats,
    weight: Floats,
    volume: Floats,
    amount: Ints,
    up_to_g: Ints,
    minor: Ints,
    divisor: float,
    counts: Ints,
) -> tuple[float, float]:
    """The least (tariff − worth) of a parcel: a value never above it, and what ``counts`` attains."""
    S = up_to_g.size
    bound = np.empty(S)
    for s in range(S):
        bound[s] = minor[s] - fraction(0, float(up_to_g[s]), worth, load, amount)
    trial = np.zeros(worth.size, np.int64)
    value, attained = np.inf, np.inf
    for step in np.argsort(bound):
        if bound[step] >= min(value, attained):
            break
        space = up_to_g[step] * divisor * ROUNDING if divisor > 0 else np.inf
        least = max(0.0, minor[step] - attained)
        found, complete = pack(worth, load, weight, volume, amount, float(up_to_g[step]), space, least, trial)
        if not complete:
            value = min(value, bound[step])
        if found > least:
            attained = minor[step] - found
            for i in range(trial.size):
                counts[i] = trial[i]
    return min(value, attained), attained


@compiled
def undercuts(
    price: Floats,
    quantity: Ints,
    weight_g: Ints,
    volume_mm3: Ints,
    load: Floats,
    alone: Bools,
    available: Ints,
    unit_cost: Ints,
    bid: Floats,
    opening: Floats,
    card: Ints,
    capacity: Ints,
    start: Ints,
    up_to_g: Ints,
    minor: Ints,
    divisor: float,
    value: Floats,
    attained: Floats,
    content: Ints,
) -> None:
    """Per node the parcel with the least (cost − Σ price): ``value[n]`` never above it, and what
    ``content[n, K]`` attains; both infinite where nothing can be worth its price.
    """
    for n in range(value.size):
        value[n] = attained[n] = np.inf
        content[n, :] = 0
        if capacity[n] == 0:
            continue
        worth = price - unit_cost[:, n] - bid[:, n]
        first, end = start[card[n]], start[card[n] + 1]
        steps, tariff = up_to_g[first:end], minor[first:end]
        value[n], lone = lone_unit(worth, weight_g, alone, available[:, n], steps, tariff)
        attained[n] = value[n]
        if lone >= 0:
            content[n, lone] = 1
        order = by_worth(worth, load, alone, available[:, n])
        counts = np.zeros(order.size, np.int64)
        least, found = undercut(
            worth[order], load[order], weight_g[order].astype(np.float64),
            volume_mm3[order].astype(np.float64), np.minimum(quantity, available[:, n])[order],
            steps, tariff, divisor, counts,
        )  # fmt: skip
        value[n] = min(value[n], least) + opening[n]
        if found < attained[n]:
            attained[n] = found
            content[n, :] = 0
            for i in range(order.size):
                content[n, order[i]] = counts[i]
        attained[n] += opening[n]


@compiled
def by_worth(worth: Floats, load: Floats, alone: Bools, available: Ints) -> Ints:
    """Pieces that may share a parcel and are worth something here, by worth per load."""
    kept = np.flatnonzero((worth > 0) & (available > 0) & ~alone)
    return kept[np.argsort(-worth[kept] / np.maximum(load[kept], 1e-3), kind="mergesort")]


@compiled
def lone_unit(
    worth: Floats, weight_g: Ints, alone: Bools, available: Ints, up_to_g: Ints, minor: Ints
) -> tuple[float, int]:
    """Least (tariff − worth) of a unit that ships alone, by actual weight, and its piece."""
    value, lone = np.inf, -1
    for k in range(worth.size):
        if alone[k] and available[k] > 0 and worth[k] > 0:
            for s in range(up_to_g.size):
                if weight_g[k] <= up_to_g[s] and minor[s] - worth[k] < value:
                    value, lone = minor[s] - worth[k], k
    return value, lone
