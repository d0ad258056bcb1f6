"""The smallest set of nodes that has a whole order, in the manner of a set-cover order manager.

One node, else a pair, else a triple that together hold every unit wanted; among equals the least mean
distance. Where no three suffice: node by node, the one that completes most lines, then most units, then the
nearest.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.problem import Floats, Ints

NONE = -1


@compiled
def covers(available: Ints, wanted: Ints, a: int, b: int, c: int) -> bool:
    """Whether nodes a, b, c (NONE: absent) hold ``wanted`` [L] together."""
    for line in range(wanted.size):
        held = available[line, a]
        if b >= 0:
            held += available[line, b]
        if c >= 0:
            held += available[line, c]
        if held < wanted[line]:
            return False
    return True


@compiled
def rarest(available: Ints, wanted: Ints, holders: Ints, a: int, b: int) -> int:
    """Of the lines that nodes a and b (NONE: absent) do not hold together, the one that fewest nodes hold
    any of; NONE where they hold all.
    """
    found = NONE
    for line in range(wanted.size):
        held = 0
        if a >= 0:
            held += available[line, a]
        if b >= 0:
            held += available[line, b]
        if held < wanted[line] and (found == NONE or holders[line] < holders[found]):
            found = line
    return found


@compiled
def smallest_cover(available: Ints, wanted: Ints, km: Floats) -> Ints:
    """Up to three nodes that hold ``wanted`` [L] together, NONE-padded; all NONE where no three do.

    Whatever covers an order has a node that holds some of its rarest line, one that holds some of the rarest
    line which that one lacks, and so on: only these are tried.
    """
    N = km.size
    holders = (available > 0).sum(axis=1)
    best, nearest = np.full(3, NONE, np.int64), np.inf
    first = rarest(available, wanted, holders, NONE, NONE)
    for size in range(1, 4):
        for a in range(N):
            if (first >= 0 and available[first, a] == 0) or km[a] / size >= nearest:
                continue
            second = rarest(available, wanted, holders, a, NONE) if size > 1 else NONE
            for b in range(N if size > 1 else 1):
                if size > 1 and (b == a or available[second, b] == 0):
                    continue
                third = rarest(available, wanted, holders, a, b) if size > 2 else NONE
                for c in range(N if size > 2 else 1):
                    if size > 2 and (c in (a, b) or available[third, c] == 0):
                        continue
                    nodes = (a, b if size > 1 else NONE, c if size > 2 else NONE)
                    mean = _mean_km(nodes, size, km)
                    if mean < nearest and covers(available, wanted, nodes[0], nodes[1], nodes[2]):
                        nearest = mean
                        best[0], best[1], best[2] = nodes
        if best[0] >= 0:
            break
    return best


@compiled
def _mean_km(nodes: tuple[int, int, int], size: int, km: Floats) -> float:
    total = 0.0
    for i in range(size):
        total += km[nodes[i]]
    return total / size


@compiled
def take_from(available: Ints, wanted: Ints, nodes: Ints, km: Floats) -> Ints:
    """Units [L, N] from these nodes: a line whole from the nearest that has it all, else nearest first."""
    L, N = available.shape
    units = np.zeros((L, N), np.int64)
    ranked = nodes[np.argsort(km[nodes], kind="mergesort")]
    for line in range(L):
        left = wanted[line]
        for node in ranked:
            if left > 0 and available[line, node] >= left:
                units[line, node] += left
                left = 0
        for node in ranked:
            taken = min(left, available[line, node])
            units[line, node] += taken
            left -= taken
    return units


@compiled
def greedy_cover(available: Ints, wanted: Ints, km: Floats) -> Ints:
    """Units [L, N]: node by node, most lines completed, then most units, then the nearest."""
    L, N = available.shape
    left = wanted.copy()
    units = np.zeros((L, N), np.int64)
    while True:
        best, best_lines, best_units = NONE, 0, 0
        for node in range(N):
            lines = 0
            held = 0
            for line in range(L):
                if left[line] > 0:
                    taken = min(left[line], available[line, node] - units[line, node])
                    held += taken
                    lines += taken == left[line]
            better = lines > best_lines or (lines == best_lines and held > best_units)
            nearer = lines == best_lines and held == best_units and held > 0 and km[node] < km[best]
            if better or nearer:
                best, best_lines, best_units = node, lines, held
        if best_units == 0:
            return units
        for line in range(L):
            taken = min(left[line], available[line, best] - units[line, best])
            units[line, best] += taken
            left[line] -= taken
