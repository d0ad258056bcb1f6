"""One order, compiled: what there is for it, which parcels the rule makes of it, and what follows."""

from __future__ import annotations

import numpy as np

from routing.breadth import spare_broad
from routing.compiled import compiled
from routing.kernel import SCALE
from routing.problem import Floats, Ints
from routing.replay.blocks import left_over, overdrawn, restore, take_apart
from routing.replay.boxes import box_up, load, tariff_minor
from routing.replay.exact import NEEDS_NODES, NEEDS_ROOM, by_kernel, one_by_one, steps, unpack
from routing.replay.facility import floor_minor, open_nodes, tangents
from routing.replay.places import (
    ARRIVES,
    BREADTH_MINOR,
    BY_COST,
    DAY,
    DIVISOR,
    EXACT_STEPS,
    GRAMS,
    LARGE,
    NODE,
    ORDER,
    PARCELS,
    PENALTY,
    REJECT_RATE,
    RELAXED,
    ROUNDS,
    RULE,
    SEED,
    TAKEN,
    TAKES,
    TRANSPORT,
)
from routing.replay.rules import units_by
from routing.replay.turn import arrival, missing

SHARES = (4, 1, 8)
"""Parts of an order's weight at which the rate cards are replaced by a line that touches them."""


@compiled
def decide(
    say: Ints, felt: Floats, skus: Ints, asked: Ints, w: Ints, v: Ints, rows: Ints, wanted: Ints,
    nodes: Ints, available: Ints, unit_minor: Ints, card: Ints, fixed: Ints, price: Floats, km: Floats,
    rank: Ints, bids: Floats, breadth: Floats, start: Ints, up_to_g: Ints, minor: Ints, limit_g: Ints,
    scratch: Ints, out: Ints, box_node: Ints, box_units: Ints,
) -> tuple[int, float]:  # fmt: skip
    """(parcels or what is needed first, felt cost or a floor of it) of the units ``wanted`` of ``rows``."""
    if rows.size == 0:
        return 0, 0.0
    if say[RULE] != BY_COST:
        units = units_by(say[RULE], available, asked, km, rank)
        return box_up(units, card, limit_g, w, v, felt[DIVISOR], box_node, box_units), 0.0
    unit, bid = felt_units(felt, skus, asked, nodes, available, unit_minor, bids, breadth)
    large = steps(wanted, nodes.size) > say[EXACT_STEPS]
    members, count, stay, floor = one_by_one(rows, skus.size), 0, 0, 0.0
    rounds, chance = 1, np.full(1, skus[0] + 1)
    if large:
        say[LARGE] += 1
        count, floor = by_opening(
            say, felt, rows, wanted, w, v, available, unit, bid, card, fixed, price,
            start, up_to_g, minor, limit_g, box_node, box_units,
        )  # fmt: skip
        rounds = say[ROUNDS] if count > 0 and say[RELAXED] == 0 else 0
    there, pile, kept_node, kept_units = available, wanted, box_node, box_units
    for _ in range(rounds):
        if large:
            stay, members = take_apart(count, box_node, box_units, chance)
            there, pile = left_over(available, stay, box_node, box_units), np.ones(len(members), np.int64)
            kept_node, kept_units = box_node.copy(), box_units.copy()
        found, inner = by_kernel(
            members, pile, w, v, there, unit, bid, card, fixed, price, say[PENALTY],
            start, up_to_g, minor, felt[DIVISOR], scratch, out,
        )  # fmt: skip
        if found == NEEDS_ROOM or (found <= NEEDS_NODES and not large and say[RELAXED] == 0):
            return found, 0.0
        again = unpack(out, members, pile, box_node, box_units, stay)
        if not large:
            return again, inner / SCALE
        if overdrawn(available, again, box_node, box_units):
            restore(kept_node, kept_units, box_node, box_units)
        else:
            count = again
    return count, floor


@compiled
def felt_units(
    felt: Floats, skus: Ints, asked: Ints, nodes: Ints, available: Ints, unit_minor: Ints, bids: Floats,
    breadth: Floats,
) -> tuple[Ints, Floats]:  # fmt: skip
    """[L, n] what a unit costs and what it is felt to cost beside."""
    L, n = available.shape
    unit, bid = np.empty((L, n), np.int64), np.empty((L, n))
    for line in range(L):
        for j in range(n):
            unit[line, j] = unit_minor[nodes[j]]
            bid[line, j] = bids[skus[line], nodes[j]]
    if felt[BREADTH_MINOR] > 0:
        spare_broad(bid, felt[BREADTH_MINOR], breadth, nodes, available, asked)
    return unit, bid


@compiled
def by_opening(
    say: Ints, felt: Floats, rows: Ints, wanted: Ints, w: Ints, v: Ints, available: Ints, unit: Ints,
    bid: Floats, card: Ints, fixed: Ints, price: Floats, start: Ints, up_to_g: Ints, minor: Ints,
    limit_g: Ints, box_node: Ints, box_units: Ints,
) -> tuple[int, float]:  # fmt: skip
    """An order beyond the exact kernel: parcels by local search, and where relaxed a floor of its cost."""
    K, n = rows.size, card.size
    own_w, own_v = w[rows], v[rows]
    total, penalty = max(1, (wanted * own_w).sum()), float(say[PENALTY])
    base, slope, dues = np.empty(n), np.empty(n), fixed + price
    cash, adds, there = np.empty((K, n)), np.empty((K, n)), available[rows]
    for k in range(K):
        for j in range(n):
            cash[k, j] = unit[rows[k], j] + bid[rows[k], j]
    units, placed = np.zeros((K, n), np.int64), np.zeros((w.size, n), np.int64)
    value, trial = -1.0, np.zeros((K, n), np.int64)
    for i in range(len(SHARES) if say[RELAXED] > 0 else 1):
        tangents(card, total // SHARES[i], total, start, up_to_g, minor, base, slope)
        for k in range(K):
            adds[k] = cash[k] + slope * own_w[k]
        if say[RELAXED] > 0:
            floor = floor_minor(wanted, there, adds, dues + base, penalty, trial)
            if floor > value:
                value, units, trial = floor, trial, units
    if say[RELAXED] == 0:
        open_nodes(
            wanted, there, adds, own_w, own_v, dues, cash, card, limit_g, penalty,
            start, up_to_g, minor, felt[DIVISOR], units,
        )  # fmt: skip
    for k in range(K):
        placed[rows[k]] = units[k]
    return box_up(placed, card, limit_g, w, v, felt[DIVISOR], box_node, box_units), value


@compiled
def lost_unit(
    say: Ints, felt: Floats, order: int, skus: Ints, nodes: Ints, count: int, box_node: Ints, box_units: Ints
) -> tuple[int, int]:
    """(line, node) of a unit that is not on its shelf, −1 where all are."""
    if felt[REJECT_RATE] > 0:
        for b in range(count):
            node = nodes[box_node[b]]
            for line in range(skus.size):
                if box_units[b, line] > 0 and missing(say[SEED], order, skus[line], node, felt[REJECT_RATE]):
                    return line, node
    return -1, -1


@compiled
def send(
    order: int, skus: Ints, w: Ints, v: Ints, nodes: Ints, day: Ints, box_node: Ints, box_units: Ints,
    count: int, card: Ints, transit: Ints, past: Ints, on: Ints, start: Ints, up_to_g: Ints, minor: Ints,
    say: Ints, felt: Floats, left: Ints, used: Ints, parcels: Ints, takes: Ints,
) -> None:  # fmt: skip
    """Take the units off the shelves and write the parcels down; an order counts once at a node."""
    for b in range(count):
        j = box_node[b]
        node = nodes[j]
        again = False
        for earlier in range(b):
            again |= box_node[earlier] == j
        if not again:
            used[node, day[j]] += 1
        for line in range(skus.size):
            if box_units[b, line] > 0:
                left[skus[line], node] -= box_units[b, line]
                takes[say[TAKES], 0] = line
                takes[say[TAKES], 1] = box_units[b, line]
                say[TAKES] += 1
        grams = load(box_units[b], w, v, felt[DIVISOR])
        row = parcels[say[PARCELS]]
        row[ORDER], row[NODE], row[DAY], row[GRAMS] = order, node, day[j], grams
        row[ARRIVES] = arrival(day[j], transit[node], past, on)
        row[TRANSPORT] = tariff_minor(card[j], grams, start, up_to_g, minor)
        row[TAKEN] = say[TAKES]
        say[PARCELS] += 1
