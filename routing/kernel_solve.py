"""One call from the arrays of an order to its parcels: ``solve`` runs the first programme and picks the
nodes.

All working memory is carved from one ``scratch`` array that the caller keeps and reuses; ``layout`` says
where.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.kernel import INFINITE, partition, partition_singles, rate, strides, trace, weigh
from routing.kernel_parcels import LANES, LOW, arrange, dense, own_bundles, price_rows, sparse
from routing.problem import Bools, Floats, Ints

TOO_SMALL = -1  # the scratch array: out[0] then says how long it must be
SETTLED = 0
OVERUSED = 1  # some node is used beyond its stock or capacity: the cost is a bound only
DENSE_SPEED = 8  # bundles the dense way prices while the sparse way prices one
SMALL_STATES = 32  # up to here counting the work costs more than it saves


@compiled
def layout(K: int, N: int, C: int, units: int, M: int) -> Ints:
    """Offsets in ``scratch`` of stride, begin, place, rows, sums, tariff, g, f, billable, parts, spare,
    end.
    """
    width = N + C * LANES
    sizes = (K + 1, C + 1, N, width * (units + 2), width * (K + 2), C * M, M, M, M, M, M)
    at = np.empty(len(sizes) + 1, np.int64)
    at[0] = 0
    for i in range(len(sizes)):
        at[i + 1] = at[i] + sizes[i]
    return at


@compiled
def holds_too(
    n: int,
    count: int,
    out: Ints,
    bundle: Ints,
    stride: Ints,
    available: Ints,
    capacity: Ints,
    use: Ints,
    shared: Ints,
) -> bool:
    """Whether node n can send ``bundle`` (counts per piece) on top of the first ``count`` parcels in
    ``out``.
    """
    K = available.shape[0]
    parcels = 1
    total = bundle.copy()
    for i in range(count):
        if out[2 + 2 * i] == n:
            parcels += 1
            for k in range(K):
                total[k] += (out[3 + 2 * i] // stride[k]) % (stride[k + 1] // stride[k])
    if capacity[n] >= 0 and parcels > capacity[n]:
        return False
    for k in range(K):
        if total[k] > available[k, n]:
            return False
    for s in range(use.shape[0]):
        wanted = 0
        for k in range(K):
            wanted += use[s, k] * total[k]
        if wanted > shared[s, n]:
            return False
    return True


@compiled
def sum_rows(bundle: Ints, quantity: Ints, rows: Ints, width: int, sums: Ints) -> None:
    """``sums[column]``: what a parcel with these counts costs there apart from its tariff."""
    for i in range(np.uint64(width)):
        sums[i] = rows[i]
    row = width
    for k in range(bundle.size):
        count = bundle[k]
        if count > 0:
            at = row + (count - 1) * width
            for i in range(np.uint64(width)):
                unit = rows[np.uint64(at) + i]
                sums[i] = min(sums[i] + count * unit, INFINITE) if unit < INFINITE else INFINITE
        row += quantity[k] * width


@compiled
def choose_nodes(
    count: int,
    bundles: Ints,
    quantity: Ints,
    stride: Ints,
    begin: Ints,
    place: Ints,
    rows: Ints,
    sums: Ints,
    tariff: Ints,
    g: Ints,
    available: Ints,
    card: Ints,
    capacity: Ints,
    use: Ints,
    shared: Ints,
    out: Ints,
) -> int:
    """Write (node, bundle) pairs of ``count`` bundles to ``out[2:]``, each at a cheapest node, among equals
    one that still has the stock. Returns SETTLED or OVERUSED."""
    K = quantity.size
    M = stride[K]
    width = begin[begin.size - 1]
    verdict = SETTLED
    counts = np.empty(K, np.int64)
    out[0] = count
    for b in range(count):
        for k in range(K):
            counts[k] = (bundles[b] // stride[k]) % (quantity[k] + 1)
        sum_rows(counts, quantity, rows, width, sums)
        chosen = -1
        fits = False
        for n in range(card.size):
            if sums[np.uint64(place[n])] + tariff[card[n] * M + bundles[b]] == g[bundles[b]]:
                fits = holds_too(n, b, out, counts, stride, available, capacity, use, shared)
                if fits or chosen < 0:
                    chosen = n
                if fits:
                    break
        out[2 + 2 * b] = chosen
        out[3 + 2 * b] = bundles[b]
        if not fits:
            verdict = OVERUSED
    return verdict


@compiled
def solve(
    quantity: Ints, weight_g: Ints, volume_mm3: Ints, alone: Bools, penalty: Ints,
    available: Ints, unit_cost: Ints, bid: Floats,
    card: Ints, fixed: Ints, parcel_price: Floats, capacity: Ints,
    start: Ints, up_to_g: Ints, minor: Ints, divisor: float,
    use: Ints, shared: Ints, scratch: Ints, out: Ints,
) -> int:  # fmt: skip
    """Felt cost of the order in inner money (INFINITE: no plan) under the first programme.

    K pieces of quantity 1 first, then the others; ``penalty`` [K] inner money per unfilled unit; ``use`` [G,
    K] and ``shared`` [G, N]: how much of each SKU that several pieces draw on one unit takes, and how much a
    node has.
    ``out``: [0] number of parcels, [1] SETTLED, OVERUSED or TOO_SMALL, then (node, bundle) pairs.
    """
    K, N = available.shape
    stride = np.empty(K + 1, np.int64)
    M = strides(quantity, stride)
    at = layout(K, N, start.size - 1, int(quantity.sum()), M)
    out[0] = 0
    out[1] = SETTLED
    if scratch.size < at[-1]:
        out[0] = at[-1]
        out[1] = TOO_SMALL
        return INFINITE
    for k in range(K + 1):
        scratch[k] = stride[k]
    begin, place = scratch[at[1] : at[2]], scratch[at[2] : at[3]]
    rows, sums = scratch[at[3] : at[4]], scratch[at[4] : at[5]]
    tariff, g, f = scratch[at[5] : at[6]], scratch[at[6] : at[7]], scratch[at[7] : at[8]]
    parts, spare = scratch[at[9] : at[10]], scratch[at[10] : at[11]]
    weigh(quantity, weight_g, volume_mm3, alone, divisor, stride, scratch[at[8] : at[9]], parts)
    width = arrange(card, begin, place)
    rate(start, up_to_g, minor, begin, scratch[at[8] : at[9]], M, spare, tariff)
    price_rows(quantity, available, unit_cost, bid, fixed, parcel_price, capacity, place, width, rows)
    _cheapest(
        quantity, stride, available, unit_cost, bid, card, fixed, parcel_price, capacity,
        begin, rows, sums, tariff, g, parts, spare,
    )  # fmt: skip
    if M == 1 << K:
        partition_singles(penalty, g, f)
    else:
        partition(penalty, stride, g, f, parts)
    if f[M - 1] < INFINITE:
        count = trace(penalty, stride, g, f, M - 1, parts, spare)
        out[1] = choose_nodes(
            count, spare, quantity, stride, begin, place, rows, sums, tariff, g,
            available, card, capacity, use, shared, out,
        )  # fmt: skip
    return int(f[M - 1])


@compiled
def _cheapest(
    quantity: Ints, stride: Ints, available: Ints, unit_cost: Ints, bid: Floats, card: Ints, fixed: Ints,
    parcel_price: Floats, capacity: Ints, begin: Ints, rows: Ints, sums: Ints, tariff: Ints, g: Ints,
    parts: Ints, spare: Ints,
) -> None:  # fmt: skip
    """Fill ``g`` in whichever way is less work: all bundles eight nodes at a time, or each node's own."""
    M = stride[-1]
    g[:] = INFINITE
    low = 0
    while low < min(quantity.size, LOW) and quantity[low] == 1:
        low += 1
    if M <= SMALL_STATES or begin[-1] * M < DENSE_SPEED * own_bundles(quantity, available):
        dense(quantity, stride, low, begin, rows, sums, tariff, g)
    else:
        sparse(
            quantity, stride, available, unit_cost, bid, card, fixed, parcel_price, capacity,
            tariff, g, parts, spare,
        )  # fmt: skip
