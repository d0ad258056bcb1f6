"""The rules in use elsewhere, compiled: from what nodes have to units [L, n], each in a few lines.

They look at distance, order of nodes and stock, none at what a parcel costs. ``km`` [n], ``rank`` [n] (the
smaller, the sooner). What a rule cannot place stays unfilled.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.problem import Floats, Ints
from routing.replay.cover import greedy_cover, smallest_cover, take_from

NEAREST, PRIORITY, HIGHEST_STOCK, FEWEST_PARCELS, RANKED, PENALTY_SCORE, RULE_CASCADE = range(7)

LACKING_KM = 250.0
"""Kilometres that a line which a node lacks counts in ``penalty_score``."""
LAST_UNIT_KM = 50.0
"""Kilometres that taking a node's last unit of a line counts there."""
NEAR_KM = 150.0
"""How far the first rule of ``rule_cascade`` looks."""


@compiled
def units_by(rule: int, available: Ints, quantity: Ints, km: Floats, rank: Ints) -> Ints:
    """Units [L, n] by the rule of that number."""
    if rule == NEAREST:
        return nearest(available, quantity, km)
    if rule == PRIORITY:
        return in_turn(available, quantity, np.argsort(rank, kind="mergesort"))
    if rule == HIGHEST_STOCK:
        return highest_stock(available, quantity)
    if rule == FEWEST_PARCELS:
        return fewest(available, quantity, km)
    if rule == RANKED:
        return in_turn(available, quantity, ranking(available, quantity, km))
    if rule == PENALTY_SCORE:
        return penalty_score(available, quantity, km)
    return rule_cascade(available, quantity, km)


@compiled
def nearest(available: Ints, quantity: Ints, km: Floats) -> Ints:
    """Each line on its own, whole, from the nearest node that has all of it; unfilled where none has."""
    L, n = available.shape
    units = np.zeros((L, n), np.int64)
    for line in range(L):
        best = -1
        for j in range(n):
            if available[line, j] >= quantity[line] and (best < 0 or km[j] < km[best]):
                best = j
        if best >= 0:
            units[line, best] = quantity[line]
    return units


@compiled
def in_turn(available: Ints, quantity: Ints, turn: Ints) -> Ints:
    """Each line takes what there is from the nodes in turn."""
    L, n = available.shape
    units = np.zeros((L, n), np.int64)
    for line in range(L):
        left = quantity[line]
        for j in turn:
            units[line, j] = min(left, available[line, j])
            left -= units[line, j]
    return units


@compiled
def highest_stock(available: Ints, quantity: Ints) -> Ints:
    """Each line on its own from the nodes that have the most of it."""
    L, n = available.shape
    units = np.zeros((L, n), np.int64)
    for line in range(L):
        left = quantity[line]
        for j in np.argsort(-available[line], kind="mergesort"):
            units[line, j] = min(left, available[line, j])
            left -= units[line, j]
    return units


@compiled
def fewest(available: Ints, quantity: Ints, km: Floats) -> Ints:
    """One, two or three nodes that have the order together, of least mean distance; else greedily."""
    wanted = np.zeros_like(quantity)
    for line in range(quantity.size):
        wanted[line] = min(quantity[line], available[line].sum())
    chosen = smallest_cover(available, wanted, km)
    if chosen[0] < 0:
        return greedy_cover(available, wanted, km)
    return take_from(available, wanted, chosen[chosen >= 0], km)


@compiled
def ranking(available: Ints, quantity: Ints, km: Floats) -> Ints:
    """Nodes by rules one after the other: has the whole order, has more lines whole, is nearer."""
    L, n = available.shape
    score = np.zeros(n)
    furthest = km.max() + 1.0
    for j in range(n):
        whole = 0
        for line in range(L):
            whole += available[line, j] >= quantity[line]
        score[j] = (L - whole) * furthest + km[j]
    return np.argsort(score, kind="mergesort")


@compiled
def penalty_score(available: Ints, quantity: Ints, km: Floats) -> Ints:
    """The node of least penalty takes all it has, then the next for the rest: distance, lines that it
    lacks, last units taken.
    """
    L, n = available.shape
    units = np.zeros((L, n), np.int64)
    left = quantity.copy()
    while True:
        best, least = -1, np.inf
        for j in range(n):
            score, useful = km[j], False
            for line in range(L):
                if left[line] > 0:
                    spare = available[line, j] - units[line, j]
                    useful |= spare > 0
                    score += LACKING_KM * (spare < left[line]) + LAST_UNIT_KM * (0 < spare <= left[line])
            if useful and score < least:
                best, least = j, score
        if best < 0:
            return units
        for line in range(L):
            taken = min(left[line], available[line, best] - units[line, best])
            units[line, best] += taken
            left[line] -= taken


@compiled
def rule_cascade(available: Ints, quantity: Ints, km: Floats) -> Ints:
    """The first rule that matches: one node nearby that has the whole order; one node anywhere, the one with
    most left; else what nodes have, from the nearest on.
    """
    L, n = available.shape
    near, stocked, spare = -1, -1, -1
    for j in range(n):
        left, whole = 0, True
        for line in range(L):
            whole &= available[line, j] >= quantity[line]
            left += available[line, j] - quantity[line]
        if whole and km[j] <= NEAR_KM and (near < 0 or km[j] < km[near]):
            near = j
        if whole and left > spare:
            stocked, spare = j, left
    one = near if near >= 0 else stocked
    if one < 0:
        return in_turn(available, quantity, np.argsort(km, kind="mergesort"))
    units = np.zeros((L, n), np.int64)
    for line in range(L):
        units[line, one] = quantity[line]
    return units
