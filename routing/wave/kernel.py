"""The exact engine run over all orders of a wave at given prices, compiled.

An order's tables are laid out once: *pieces* (as in ``routing.kernel``), *edges* (a node it may be served
from), *cells* (a piece that node holds) with the shared rows they draw on, and the tariffs of every bundle
by card. Per round only the prices change: ``g`` and ``f`` of ``routing.kernel`` are filled anew, and a search
guided by ``f`` reads back the best plan, or every plan within a budget.

``f`` may use a shelf twice beyond its stock. The search counts plans again and drops such ones, so what it
returns holds; where the best plan had to be dropped the search goes on for the best that holds, and the value
is exact unless it ran out of steps, and then a bound.

Rows are shelves, then nodes (capacity in parcels). Money is in 2⁻¹⁶ of a minor unit.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.kernel import INFINITE, strides
from routing.problem import Ints
from routing.wave.columns import (
    CELL_MOST,
    CELL_PIECE,
    CELL_UNIT,
    CELL_USES,
    EDGE_CELLS,
    EDGE_FIXED,
    EDGE_ROW,
    EDGE_TARIFF,
    ORDER_EDGES,
    ORDER_PIECES,
    OUT_HEAD,
    OUT_ORDER,
    OUT_PARCELS,
    PIECE_PENALTY,
    PIECE_QUANTITY,
    PIECE_UNFILLED,
    USE_PAIR,
    USE_PHASE,
    USE_ROW,
    USE_UNITS,
)
from routing.wave.partition import fill, pack
from routing.wave.search import WANTS, search


@compiled
def options(
    o: int, order: Ints, edge: Ints, cell: Ints, use: Ints, tariff: Ints, price: Ints, left: Ints,
    stride: Ints, M: int, g: Ints, entry: Ints,
) -> int:  # fmt: skip
    """List every parcel the order's nodes can send within ``left`` in ``entry`` [3, ·] (edge, bundle, felt
    cost), fill ``g``; returns how many.
    """
    for t in range(M):
        g[t] = INFINITE
    count = 0
    for e in range(order[o, ORDER_EDGES], order[o + 1, ORDER_EDGES]):
        row = edge[e, EDGE_ROW]
        if left[row] <= 0:
            continue
        entry[1, count] = 0
        entry[2, count] = edge[e, EDGE_FIXED] + price[row]
        size = 1
        for c in range(edge[e, EDGE_CELLS], edge[e + 1, EDGE_CELLS]):
            most = cell[c, CELL_MOST]
            unit = cell[c, CELL_UNIT]
            first, end = cell[c, CELL_USES], cell[c + 1, CELL_USES]
            for u in range(first, end):
                units = use[u, USE_UNITS]
                most = min(most, left[use[u, USE_ROW]] // units)
                unit += units * price[use[u, USE_ROW]]
            step = stride[cell[c, CELL_PIECE]]
            for j in range(1, most + 1):
                felt = unit
                for u in range(first, end):
                    units, phase = use[u, USE_UNITS], use[u, USE_PHASE]
                    halves = (j * units + phase) // 2 - ((j - 1) * units + phase) // 2
                    felt += halves * price[use[u, USE_PAIR]]
                for i in range(count + (j - 1) * size, count + j * size):
                    entry[1, i + size] = entry[1, i] + step
                    entry[2, i + size] = entry[2, i] + felt
            size *= 1 + max(0, most)
        base = edge[e, EDGE_TARIFF]
        kept = count
        for i in range(count + 1, count + size):
            t = entry[1, i]
            felt = entry[2, i] + tariff[base + t]
            if felt < INFINITE:
                g[t] = min(g[t], felt)
                entry[0, kept] = e
                entry[1, kept] = t
                entry[2, kept] = felt
                kept += 1
        count = kept
    return count


@compiled
def near(count: int, slack: int, g: Ints, entry: Ints) -> int:
    """Keep the parcels within ``slack`` of the cheapest of their kind."""
    kept = 0
    for i in range(count):
        if entry[2, i] - g[entry[1, i]] <= slack:
            for j in range(3):
                entry[j, kept] = entry[j, i]
            kept += 1
    return kept


@compiled
def price_orders(
    todo: Ints, order: Ints, piece: Ints, edge: Ints, cell: Ints, use: Ints, tariff: Ints, price: Ints,
    left: Ints, commit: bool, held: Ints, at: Ints, worth: Ints, budget: Ints, most: int, states: int,
    entries: int, value: Ints, out: Ints,
) -> tuple[int, int]:  # fmt: skip
    """Price the orders ``todo`` one after another; plans go to ``out`` one behind the other.

    ``commit``: each plan is taken out of ``left`` before the next order is priced, and what the order holds,
    a plan written at ``held[at[i]:]`` (−1: none), is given back before it is, and taken again where the new
    one does not cost less than ``worth[i]``. ``most`` 1: the best plan of each order; more: up to so many of
    felt cost within ``budget`` [len(todo)]. ``value`` [O]: the least felt cost, INFINITE without a plan; made
    negative − 1 where ``most`` cut the list of plans short. Returns how many orders were done before ``out``
    was full, and where in ``out`` the last plan ends.
    """
    scratch, entry = np.empty((4, states), np.int64), np.empty((3, entries + 1), np.int64)
    end = 0
    for i in range(todo.size):
        o = todo[i]
        units = 0
        for k in range(order[o, ORDER_PIECES], order[o + 1, ORDER_PIECES]):
            units += piece[k, PIECE_QUANTITY]
        if end + most * (OUT_HEAD + 2 * units) > out.size:
            return i, end
        returns = commit and at[i] >= 0
        if returns:
            take(at[i], -1, order, piece, edge, cell, use, left, held)
        begin = end
        end, best, steps = plans_of(
            o, units, order, piece, edge, cell, use, tariff, price, left, budget[i], most, scratch, entry,
            value, out, begin,
        )  # fmt: skip
        if returns and (end == begin or best >= worth[i]):
            end = begin
            take(at[i], 1, order, piece, edge, cell, use, left, held)
        elif commit and end > begin:
            take(begin, 1, order, piece, edge, cell, use, left, out)
        if most > 1 and steps == 0 and value[o] < INFINITE:
            value[o] = -1 - value[o]
    return todo.size, end


@compiled
def plans_of(
    o: int, units: int, order: Ints, piece: Ints, edge: Ints, cell: Ints, use: Ints, tariff: Ints,
    price: Ints, left: Ints, budget: int, most: int, scratch: Ints, entry: Ints, value: Ints, out: Ints,
    begin: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Write plans of one order to ``out[begin:]`` and its least felt cost, or a bound on it, to ``value``.
    Returns where the last plan ends, the felt cost of the best, and 0 where the search was cut short.
    """
    first, stop = order[o, ORDER_PIECES], order[o + 1, ORDER_PIECES]
    quantity = piece[first:stop, PIECE_QUANTITY].copy()
    penalty = piece[first:stop, PIECE_PENALTY].copy()
    unfilled = piece[first:stop, PIECE_UNFILLED].copy()
    stride = np.empty(stop - first + 1, np.int64)
    M = strides(quantity, stride)
    g, f, parts, packed = scratch[0], scratch[1], scratch[2], scratch[3]
    stack, wants = np.empty((4, units + 1), np.int64), np.empty((2, WANTS * (units + 1)), np.int64)
    within, guard = 0, 0
    while True:
        count = options(o, order, edge, cell, use, tariff, price, left, stride, M, g, entry)
        if guard == 0:
            guard = pack(quantity, stride, packed)
            value[o] = fill(penalty, quantity, stride, packed, guard, g, f, parts)
            if value[o] >= INFINITE:
                return begin, INFINITE, 1
            if most > 1:
                within = budget - value[o]
        end, best, steps = search(
            o, near(count, within, g, entry), min(f[M - 1] + within, INFINITE), most == 1, order, edge,
            cell, use, price, left, quantity, penalty, unfilled, stride, packed, guard, f, entry, stack,
            wants, out, begin, most,
        )  # fmt: skip
        if most > 1 or end > begin or within >= INFINITE:
            break
        within = f[M - 1] >> 5 if within == 0 else INFINITE  # all so far overuse a shelf: look further
    if most == 1 and steps > 0:
        value[o] = best
    return end, best, steps


@compiled
def take(
    at: int, sign: int, order: Ints, piece: Ints, edge: Ints, cell: Ints, use: Ints, left: Ints, out: Ints
) -> None:
    """Take the plan written at ``out[at:]`` out of ``left`` ``sign`` times."""
    o = out[at + OUT_ORDER]
    first = order[o, ORDER_PIECES]
    for p in range(out[at + OUT_PARCELS]):
        e, t = out[at + OUT_HEAD + 2 * p], out[at + OUT_HEAD + 2 * p + 1]
        left[edge[e, EDGE_ROW]] -= sign
        for c in range(edge[e, EDGE_CELLS], edge[e + 1, EDGE_CELLS]):
            size = 1
            for k in range(cell[c, CELL_PIECE]):
                size *= piece[first + k, PIECE_QUANTITY] + 1
            digit = (t // size) % (piece[first + cell[c, CELL_PIECE], PIECE_QUANTITY] + 1)
            for u in range(cell[c, CELL_USES], cell[c + 1, CELL_USES]):
                left[use[u, USE_ROW]] -= sign * digit * use[u, USE_UNITS]
