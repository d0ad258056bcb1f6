"""The cheapest node for every bundle: the part of the kernel that grows with nodes.

Nodes are sorted by rate card into groups padded to whole vectors, so that inside a group the tariff is one
number and eight nodes are priced at a time; the first few pieces of quantity 1 give sixteen bundles per pass.
Where stock is thin it is cheaper to list each node's own bundles; ``cheapest`` measures which of the two is
less work.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.kernel import INFINITE, unit_felt
from routing.problem import Floats, Ints

LANES = 8
LOW = 4  # pieces of quantity 1 at the front that are priced together


@compiled
def arrange(card: Ints, begin: Ints, place: Ints) -> int:
    """Give every node a column, nodes of one card side by side; ``begin[c]`` are padded group starts. Returns
    width.
    """
    begin[:] = 0
    for n in range(card.size):
        begin[np.uint64(card[n]) + np.uint64(1)] += 1
    for i in range(begin.size - 1):
        begin[i + 1] = begin[i] + (begin[i + 1] + LANES - 1) // LANES * LANES
    for n in range(card.size):
        c = np.uint64(card[n])
        place[n] = begin[c]
        begin[c] += 1
    for last in range(begin.size - 2, -1, -1):
        begin[last + 1] = (begin[last] + LANES - 1) // LANES * LANES
    begin[0] = 0
    return int(begin[begin.size - 1])


@compiled
def price_rows(
    quantity: Ints,
    available: Ints,
    unit_cost: Ints,
    bid: Floats,
    fixed: Ints,
    parcel_price: Floats,
    capacity: Ints,
    place: Ints,
    width: int,
    rows: Ints,
) -> None:
    """Felt costs by column: row 0 a parcel, then one row per unit (the j-th of piece k, infinite where fewer
    than j are available), at the end a row of infinities."""
    N = capacity.size
    units = 0
    for k in range(quantity.size):
        units += quantity[k]
    rows[: width * (units + 2)] = INFINITE
    price = np.empty(N, np.int64)
    for n in range(N):
        price[n] = unit_felt(fixed[n], parcel_price[n]) if capacity[n] != 0 else INFINITE
    for n in range(N):
        rows[np.uint64(place[n])] = price[n]
    row = width
    for k in range(quantity.size):
        for j in range(1, quantity[k] + 1):
            for n in range(N):
                price[n] = unit_felt(unit_cost[k, n], bid[k, n]) if available[k, n] >= j else INFINITE
            for n in range(N):
                rows[np.uint64(row + place[n])] = price[n]
            row += width


@compiled
def sixteen(
    start: Ints,
    W: Ints,
    w: int,
    rows: Ints,
    r0: int,
    r1: int,
    r2: int,
    r3: int,
    tariff: Ints,
    t: int,
    M: int,
    size: int,
    g: Ints,
) -> None:
    """Price the 16 bundles (or the first ``size``) that differ in the first four pieces, on top of
    ``W[w:]``.
    """
    for c in range(start.size - 1):
        b0 = b1 = b2 = b3 = b4 = b5 = b6 = b7 = b8 = b9 = b10 = b11 = b12 = b13 = b14 = b15 = INFINITE
        for i in range(np.uint64(start[c]), np.uint64(start[c + 1])):
            p0 = W[np.uint64(w) + i]
            p1 = p0 + rows[np.uint64(r0) + i]
            u1 = rows[np.uint64(r1) + i]
            p2 = p0 + u1
            p3 = p1 + u1
            u2 = rows[np.uint64(r2) + i]
            u3 = rows[np.uint64(r3) + i]
            u23 = u2 + u3
            b0 = min(b0, p0)
            b1 = min(b1, p1)
            b2 = min(b2, p2)
            b3 = min(b3, p3)
            b4 = min(b4, p0 + u2)
            b5 = min(b5, p1 + u2)
            b6 = min(b6, p2 + u2)
            b7 = min(b7, p3 + u2)
            b8 = min(b8, p0 + u3)
            b9 = min(b9, p1 + u3)
            b10 = min(b10, p2 + u3)
            b11 = min(b11, p3 + u3)
            b12 = min(b12, p0 + u23)
            b13 = min(b13, p1 + u23)
            b14 = min(b14, p2 + u23)
            b15 = min(b15, p3 + u23)
        best = (b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15)
        for j in range(size):
            if best[j] < INFINITE:
                g[t + j] = min(g[t + j], tariff[c * M + t + j] + best[j])


@compiled
def one(start: Ints, W: Ints, w: int, tariff: Ints, t: int, M: int, g: Ints) -> None:
    """Price one bundle whose costs apart from the tariff are ``W[w:]``."""
    for c in range(start.size - 1):
        best = INFINITE
        for i in range(np.uint64(start[c]), np.uint64(start[c + 1])):
            best = min(best, W[np.uint64(w) + i])
        if best < INFINITE:
            g[t] = min(g[t], tariff[c * M + t] + best)


@compiled
def add_row(width: int, from_row: Ints, a: int, rows: Ints, r: int, into: Ints, b: int) -> int:
    """``into[b:] = from_row[a:] + rows[r:]``; returns the least of it."""
    least = INFINITE
    for i in range(np.uint64(width)):
        v = min(from_row[np.uint64(a) + i] + rows[np.uint64(r) + i], INFINITE)
        into[np.uint64(b) + i] = v
        least = min(least, v)
    return least


@compiled
def _row_starts(quantity: Ints, width: int, low: int) -> tuple[Ints, Ints]:
    """Where the first unit of each piece stands in ``rows``; and of the low pieces, missing ones at the
    infinities.
    """
    K = quantity.size
    first = np.empty(K + 1, np.int64)
    first[0] = width
    for k in range(K):
        first[k + 1] = first[k] + quantity[k] * width
    lows = np.full(LOW, first[K], np.int64)
    for k in range(low):
        lows[k] = first[k]
    return first, lows


@compiled
def dense(
    quantity: Ints, stride: Ints, low: int, begin: Ints, rows: Ints, W: Ints, tariff: Ints, g: Ints
) -> None:
    """Walk the states of all pieces but the first ``low`` like an odometer, keeping one row of sums per
    digit.
    """
    K = quantity.size
    M = stride[K]
    width = begin[begin.size - 1]
    first, lows = _row_starts(quantity, width, low)
    depth = K - low  # digit d counts piece K - 1 - d
    digit = np.zeros(depth + 1, np.int64)
    for c in range(width):
        W[c] = rows[c]
    holds = np.zeros(depth + 1, np.int64)  # which row of W holds the sums down to this depth
    state = 0
    while True:
        if low > 0:
            sixteen(
                begin, W, holds[depth] * width, rows, lows[0], lows[1], lows[2], lows[3],
                tariff, state, M, 1 << low, g,
            )  # fmt: skip
        elif state > 0:
            one(begin, W, holds[depth] * width, tariff, state, M, g)
        d = depth - 1
        while d >= 0:
            k = K - 1 - d
            if digit[d] == quantity[k]:
                state -= digit[d] * stride[k]
                digit[d] = 0
                d -= 1
                continue
            source = holds[d] if digit[d] == 0 else d + 1
            least = add_row(width, W, source * width, rows, first[k] + digit[d] * width, W, (d + 1) * width)
            state += stride[k]
            digit[d] += 1
            if least < INFINITE:
                break
            state -= digit[d] * stride[k]  # nobody holds that many: nor anything on top of it
            digit[d] = 0
            d -= 1
        if d < 0:
            return
        for e in range(d + 1, depth + 1):
            holds[e] = d + 1


@compiled
def sparse(
    quantity: Ints,
    stride: Ints,
    available: Ints,
    unit_cost: Ints,
    bid: Floats,
    card: Ints,
    fixed: Ints,
    parcel_price: Floats,
    capacity: Ints,
    tariff: Ints,
    g: Ints,
    parts: Ints,
    sums: Ints,
) -> None:
    """Node by node over the bundles it holds."""
    K = quantity.size
    M = stride[K]
    for n in range(card.size):
        if capacity[n] == 0:
            continue
        parts[0] = 0
        sums[0] = unit_felt(fixed[n], parcel_price[n])
        count = 1
        for k in range(K):
            most = min(quantity[k], available[k, n])
            if most <= 0:
                continue
            unit = unit_felt(unit_cost[k, n], bid[k, n])
            for i in range(most * count):
                parts[count + i] = parts[i] + stride[k]
                sums[count + i] = sums[i] + unit
            count *= most + 1
        row = card[n] * M
        for i in range(1, count):
            t = parts[i]
            g[t] = min(g[t], tariff[row + t] + sums[i])


@compiled
def own_bundles(quantity: Ints, available: Ints) -> int:
    """How many bundles the nodes hold, each counted by itself."""
    N = available.shape[1]
    count = np.ones(N, np.int64)
    for k in range(quantity.size):
        for n in range(np.uint64(N)):
            count[n] *= 1 + max(0, min(quantity[k], available[k, n]))
    return int(count.sum())
