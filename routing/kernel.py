"""The exact per-order engine: a dynamic programme over what is left of one order, compiled.

A *piece* is a kind of unit the order wants ``quantity`` of (one line, or one kit kept whole). A *state* is
how many of each piece, packed into one number in mixed radix: ``state = Σ count[k] · stride[k]``. A *bundle*
is the state one parcel carries. With K pieces, N nodes, C rate cards and M = Π (quantity + 1) states:

    tariff[c, T]   what card c asks for bundle T, infinite when it is too heavy
    g[T]           cheapest parcel over all nodes that hold T (``kernel_parcels``)
    f[S] = min over T ≤ S with a unit of the top piece of S:  g[T] + f[S − T],  or one unit unfilled

``f`` may use one node twice beyond its stock or capacity; ``choose_nodes`` finds out, and ``kernel_nodes``
decides. Minima are taken without remembering who attained them, which keeps the loops straight enough for
vector instructions; the few winners are looked up again at the end.

Money inside is counted in 2⁻¹⁶ of a minor unit, so that sums are exact and their order does not matter.
Amounts up to 2⁴⁰ minor units in one plan fit.
"""

from __future__ import annotations

import math

import numpy as np

from routing.compiled import compiled
from routing.problem import Bools, Floats, Ints

SHIFT = 16
SCALE = float(1 << SHIFT)
INFINITE = 1 << 57  # sixteen of them still add up without overflow


@compiled
def strides(quantity: Ints, stride: Ints) -> int:
    """Fill ``stride[K + 1]`` and return M, the number of states."""
    stride[0] = 1
    for k in range(quantity.size):
        stride[k + 1] = stride[k] * (quantity[k] + 1)
    return int(stride[quantity.size])


@compiled
def weigh(
    quantity: Ints,
    weight_g: Ints,
    volume_mm3: Ints,
    alone: Bools,
    divisor: float,
    stride: Ints,
    billable: Ints,
    volume: Ints,
) -> None:
    """``billable[T]`` in grams for every bundle; −1 where a ship-alone unit would have company."""
    billable[0] = 0
    volume[0] = 0
    M = stride[quantity.size]
    for k in range(quantity.size):
        size = stride[k]
        for j in range(1, quantity[k] + 1):
            for i in range(size):
                billable[j * size + i] = billable[i] + j * weight_g[k]
                volume[j * size + i] = volume[i] + j * volume_mm3[k]
    if divisor > 0:
        for t in range(M):
            billable[t] = max(billable[t], math.ceil(volume[t] / divisor))
    for k in range(quantity.size):
        if alone[k]:
            size = stride[k]
            for t in range(M):
                if t != size and (t // size) % (quantity[k] + 1) > 0:
                    billable[t] = -1


@compiled
def _same_steps(start: Ints, up_to_g: Ints, a: int, b: int) -> bool:
    same = start[a + 1] - start[a] == start[b + 1] - start[b]
    for i in range(start[a + 1] - start[a]):
        same = same and up_to_g[start[a] + i] == up_to_g[start[b] + i]
        if not same:
            break
    return bool(same)


@compiled
def rate(
    start: Ints, up_to_g: Ints, minor: Ints, begin: Ints, billable: Ints, M: int, step: Ints, tariff: Ints
) -> None:
    """Fill ``tariff[c · M + T]`` for cards that some node uses (``begin``: where the nodes of a card start).

    Cards of one carrier usually share their steps, so these are looked up once.
    """
    known = -1
    for c in range(start.size - 1):
        if begin[c] == begin[c + 1]:
            continue
        first = start[c]
        count = start[c + 1] - first
        if known < 0 or not _same_steps(start, up_to_g, known, c):
            for t in range(M):
                low, high = 0, count
                while low < high:
                    middle = (low + high) >> 1
                    if up_to_g[first + middle] < billable[t]:
                        low = middle + 1
                    else:
                        high = middle
                step[t] = count if billable[t] < 0 else low
        known = c
        for t in range(M):
            tariff[c * M + t] = minor[first + step[t]] << SHIFT if step[t] < count else INFINITE


@compiled
def below(state: int, stride: Ints, K: int, parts: Ints) -> int:
    """List every state ≤ ``state`` in ``parts``, ascending; returns how many."""
    parts[0] = 0
    count = 1
    for k in range(K):
        digit = (state // stride[k]) % (stride[k + 1] // stride[k])
        for j in range(1, digit + 1):
            for i in range(count):
                parts[j * count + i] = parts[i] + j * stride[k]
        count *= digit + 1
    return count


@compiled
def partition(penalty: Ints, stride: Ints, g: Ints, f: Ints, parts: Ints) -> None:
    """Fill ``f[S]``, the least cost of sending S in any number of parcels or leaving units of it unfilled."""
    f[0] = 0
    for k in range(penalty.size):
        size = stride[k]
        for rest in range(size):
            count = below(rest, stride, k, parts)
            for d in range(1, stride[k + 1] // size):
                state = d * size + rest
                best = penalty[k] + f[state - size]
                for j in range(1, d + 1):
                    top = np.uint64(j * size)
                    left = np.uint64(state - j * size)
                    for i in range(np.uint64(count)):
                        part = np.uint64(parts[i])
                        best = min(best, g[top + part] + f[left - part])
                f[state] = min(best, INFINITE)


@compiled
def partition_singles(penalty: Ints, g: Ints, f: Ints) -> None:
    """``partition`` where every quantity is 1: states are bit sets, and the parts of one are counted down."""
    f[0] = 0
    for k in range(penalty.size):
        top = np.uint64(1 << k)
        for rest in range(top):
            best = penalty[k] + f[rest]
            part = np.uint64(rest)
            while True:
                best = min(best, g[top | part] + f[rest ^ part])
                if part == 0:
                    break
                part = np.uint64((part - np.uint64(1)) & rest)
            f[top | rest] = min(best, INFINITE)


@compiled
def trace(penalty: Ints, stride: Ints, g: Ints, f: Ints, state: int, parts: Ints, bundles: Ints) -> int:
    """Read the bundles of one best partition of ``state`` out of f, the largest first; returns how many.

    Units that are in no bundle are unfilled.
    """
    count = 0
    while state > 0:
        k = penalty.size - 1
        while stride[k] > state:
            k -= 1
        size = stride[k]
        below_count = below(state % size, stride, k, parts)
        taken = 0
        for j in range(state // size, 0, -1):
            for i in range(below_count - 1, -1, -1):
                t = j * size + parts[i]
                if taken == 0 and g[t] < INFINITE and g[t] + f[state - t] == f[state]:
                    taken = t
        if taken > 0:
            bundles[count] = taken
            count += 1
            state -= taken
        else:
            state -= size
    return count


@compiled
def unit_felt(unit_cost: int, bid: float) -> int:
    """Felt cost of one unit in inner money."""
    return (unit_cost << SHIFT) + math.floor(bid * SCALE + 0.5)


@compiled
def parcel_felt(
    n: int,
    bundle: int,
    stride: Ints,
    available: Ints,
    unit_cost: Ints,
    bid: Floats,
    fixed: Ints,
    parcel_price: Floats,
    capacity: Ints,
) -> int:
    """Felt cost of one parcel from node n apart from its tariff; infinite where n lacks a unit of it."""
    if capacity[n] == 0:
        return INFINITE
    total = unit_felt(fixed[n], parcel_price[n])
    for k in range(available.shape[0]):
        if bundle >= stride[k]:
            count = (bundle // stride[k]) % (stride[k + 1] // stride[k])
            if count > available[k, n]:
                return INFINITE
            if count > 0:
                total += count * unit_felt(unit_cost[k, n], bid[k, n])
    return total
