"""Reading plans back out of the kernel's tables: the best one, or every one within a budget, compiled.

Depth first over what is left of the order, in the order in which ``f`` was filled, cut off where what is
spent plus ``f`` of the rest passes the budget. Here, and not in ``f``, every shelf is counted: a plan that
takes more than is left is never written.
"""

from __future__ import annotations

from routing.compiled import compiled
from routing.kernel import INFINITE
from routing.problem import Ints
from routing.wave.columns import (
    CELL_PIECE,
    CELL_USES,
    EDGE_CELLS,
    EDGE_ROW,
    ORDER_TIED,
    OUT_HEAD,
    OUT_ORDER,
    OUT_PARCELS,
    USE_PAIR,
    USE_PHASE,
    USE_ROW,
    USE_UNITS,
)

STEPS = 100_000
WANTS = 64  # rows that one unit of a piece may draw on, and one for its parcel


@compiled
def holds(
    o: int, last: int, taken: Ints, order: Ints, edge: Ints, cell: Ints, use: Ints, left: Ints,
    quantity: Ints, stride: Ints, entry: Ints, wants: Ints,
) -> bool:  # fmt: skip
    """Whether the last of the parcels ``taken[:last + 1]`` (−1: a unit unfilled) keeps within ``left`` on top
    of the others, which do.
    """
    alone = order[o, ORDER_TIED] == 0
    for d in range(last):
        alone = alone and (taken[d] < 0 or entry[0, taken[d]] != entry[0, taken[last]])
    if alone:
        return True
    count = 0
    for d in range(last + 1):
        if taken[d] < 0:
            continue
        e = entry[0, taken[d]]
        count = _want(edge[e, EDGE_ROW], 1, count, wants)
        for c in range(edge[e, EDGE_CELLS], edge[e + 1, EDGE_CELLS]):
            k = cell[c, CELL_PIECE]
            digit = (entry[1, taken[d]] // stride[k]) % (quantity[k] + 1)
            if digit > 0:
                for u in range(cell[c, CELL_USES], cell[c + 1, CELL_USES]):
                    count = _want(use[u, USE_ROW], digit * use[u, USE_UNITS], count, wants)
    kept = True
    for i in range(count):
        kept = kept and wants[1, i] <= left[wants[0, i]]
    return kept


@compiled
def _want(row: int, units: int, count: int, wants: Ints) -> int:
    for i in range(count):
        if wants[0, i] == row:
            wants[1, i] += units
            return count
    wants[0, count] = row
    wants[1, count] = units
    return count + 1


@compiled
def joined(
    last: int, taken: Ints, edge: Ints, cell: Ints, use: Ints, price: Ints, quantity: Ints, stride: Ints,
    entry: Ints,
) -> int:  # fmt: skip
    """What the last of the parcels ``taken[:last + 1]`` costs more for units that others take of its shelves:
    each was charged for its own pairs only.
    """
    e, cost = entry[0, taken[last]], 0
    twice = False
    for d in range(last):
        twice = twice or (taken[d] >= 0 and entry[0, taken[d]] == e)
    if not twice:
        return 0
    for c in range(edge[e, EDGE_CELLS], edge[e + 1, EDGE_CELLS]):
        k = cell[c, CELL_PIECE]
        own, others = (entry[1, taken[last]] // stride[k]) % (quantity[k] + 1), 0
        for d in range(last):
            if taken[d] >= 0 and entry[0, taken[d]] == e:
                others += (entry[1, taken[d]] // stride[k]) % (quantity[k] + 1)
        if own > 0 and others > 0:
            for u in range(cell[c, CELL_USES], cell[c + 1, CELL_USES]):
                units, phase = use[u, USE_UNITS], use[u, USE_PHASE]
                pairs = ((own + others) * units + phase) // 2
                pairs -= (own * units + phase) // 2 + (others * units + phase) // 2
                cost += pairs * price[use[u, USE_PAIR]]
    return cost


@compiled
def search(
    o: int, count: int, budget: int, best_only: bool, order: Ints, edge: Ints, cell: Ints, use: Ints,
    price: Ints, left: Ints, quantity: Ints, penalty: Ints, unfilled: Ints, stride: Ints, packed: Ints,
    guard: int, f: Ints, entry: Ints, stack: Ints, wants: Ints, out: Ints, at: int, most: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Write the plans of felt cost ≤ ``budget`` to ``out[at:]``; with ``best_only`` one best of them. Returns
    where it stopped writing, the cost of the best and the steps left: 0 when there may be more.
    """
    K = quantity.size
    state, turn, spent, taken = stack[0], stack[1], stack[2], stack[3]
    depth = 0
    state[0], turn[0], spent[0] = stride[K] - 1, 0, 0
    best, found, end, steps = INFINITE, 0, at, STEPS
    while depth >= 0 and steps > 0:
        S = state[depth]
        if S == 0:
            if _left_out(depth, taken, state, unfilled, stride):
                end = _write(o, depth, taken, entry, out, at if best_only else end)
                best = min(best, spent[depth])
                found += 1
                if best_only:
                    budget = best - 1
                elif found == most:
                    return end, best, 0
            depth -= 1
            continue
        k = K - 1
        while stride[k] > S:
            k -= 1
        i = _next(turn[depth], count, S, stride[k], budget - spent[depth], packed, guard, f, entry)
        steps -= i - turn[depth] + 1
        turn[depth] = i + 1
        if i > count:
            depth -= 1
            continue
        cost = penalty[k] if i == count else entry[2, i]
        rest = S - stride[k] if i == count else S - entry[1, i]
        if i < count or (unfilled[k] > 0 and spent[depth] + cost + f[rest] <= budget):
            taken[depth] = -1 if i == count else i
            if i < count:
                if not holds(o, depth, taken, order, edge, cell, use, left, quantity, stride, entry, wants):
                    continue
                cost += joined(depth, taken, edge, cell, use, price, quantity, stride, entry)
                if spent[depth] + cost + f[rest] > budget:
                    continue
            depth += 1
            state[depth], turn[depth], spent[depth] = rest, 0, spent[depth - 1] + cost
    return end, best, max(steps, 0)


@compiled
def _next(
    i: int, count: int, S: int, top: int, budget: int, packed: Ints, guard: int, f: Ints, entry: Ints
) -> int:
    """The first parcel from i on that is a part of S, has its top piece and leads to a plan within budget."""
    while i < count:
        t = entry[1, i]
        part = top <= t <= S and ((packed[S] | guard) - packed[t]) & guard == guard
        if part and entry[2, i] + f[S - t] <= budget:
            break
        i += 1
    return i


@compiled
def _left_out(depth: int, taken: Ints, state: Ints, unfilled: Ints, stride: Ints) -> bool:
    """Whether no piece has more units unfilled than it may."""
    for k in range(unfilled.size):
        count = 0
        for d in range(depth):
            if taken[d] < 0 and state[d] - state[d + 1] == stride[k]:
                count += 1
        if count > unfilled[k]:
            return False
    return True


@compiled
def _write(o: int, depth: int, taken: Ints, entry: Ints, out: Ints, at: int) -> int:
    """One plan to ``out[at:]``; returns where it ends."""
    end = at + OUT_HEAD
    for d in range(depth):
        if taken[d] >= 0:
            out[end] = entry[0, taken[d]]
            out[end + 1] = entry[1, taken[d]]
            end += 2
    out[at + OUT_ORDER] = o
    out[at + OUT_PARCELS] = (end - at - OUT_HEAD) // 2
    return end
