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
def smallest_cover(available: Ints, wanted: Ints, km: Floats) -> Ints:
    """Up to three nodes that hold ``wanted`` [L] together, NONE-padded; all NONE where no three do."""
    N = km.size
    best = np.full(3, NONE, np.int64)
    nearest = np.inf
    for a in range(N):
        if km[a] < nearest and covers(available, wanted, a, NONE, NONE):
            nearest = km[a]
            best[0] = a
    if best[0] >= 0:
        return best
    for a in range(N):
        for b in range(a + 1, N):
            mean = (km[a] + km[b]) / 2
            if mean < nearest and covers(available, wanted, a, b, NONE):
                nearest = mean
                best[0], best[1] = a, b
    if best[0] >= 0:
        return best
    for a in range(N):
        for b in range(a + 1, N):
            for c in range(b + 1, N):
                mean = (km[a] + km[b] + km[c]) / 3
                if mean < nearest and covers(available, wanted, a, b, c):
                    nearest = mean
                    best[0], best[1], best[2] = a, b, c
    return best


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
