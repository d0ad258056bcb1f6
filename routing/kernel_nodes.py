"""The node-by-node programme, for the few nodes that the first programme would use beyond their stock or
capacity.

    f_n[S] = min over T ≤ S of  f_{n−1}[S − T] + B_n[T]

where ``B_n[T]`` is the least cost of boxing T inside node n: in any number of parcels it may still send, T
within what it holds (SKUs shared by several pieces included). All other nodes stay pooled in ``f_0``, the
first programme without the nodes treated here; so the value is exact as soon as its plan overuses no pooled
node.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.kernel import INFINITE, below, parcel_felt
from routing.problem import Floats, Ints


@compiled
def parcel_costs(
    n: int,
    stride: Ints,
    tariff: Ints,
    available: Ints,
    unit_cost: Ints,
    bid: Floats,
    card: Ints,
    fixed: Ints,
    parcel_price: Floats,
    capacity: Ints,
    use: Ints,
    shared: Ints,
    c: Ints,
) -> None:
    """``c[T]``: cost of T as one parcel from node n; infinite where n cannot hold or carry it."""
    M = stride[-1]
    c[0] = INFINITE
    for t in range(1, M):
        apart = parcel_felt(n, t, stride, available, unit_cost, bid, fixed, parcel_price, capacity)
        c[t] = min(INFINITE, apart + tariff[card[n] * M + t])
        if c[t] < INFINITE and not shares(n, t, stride, use, shared):
            c[t] = INFINITE


@compiled
def shares(n: int, bundle: int, stride: Ints, use: Ints, shared: Ints) -> bool:
    """Whether node n has enough of every SKU that several pieces draw on."""
    for s in range(use.shape[0]):
        wanted = 0
        for k in range(use.shape[1]):
            wanted += use[s, k] * ((bundle // stride[k]) % (stride[k + 1] // stride[k]))
        if wanted > shared[s, n]:
            return False
    return True


@compiled
def stocked(n: int, bundle: int, stride: Ints, available: Ints) -> bool:
    for k in range(available.shape[0]):
        if (bundle // stride[k]) % (stride[k + 1] // stride[k]) > available[k, n]:
            return False
    return True


@compiled
def box(
    n: int,
    stride: Ints,
    available: Ints,
    capacity: int,
    use: Ints,
    shared: Ints,
    c: Ints,
    parts: Ints,
    B: Ints,
) -> int:
    """Fill ``B[p, T]``, the least cost of T in at most p parcels from node n, row after row; returns the last
    p.

    Rows stop where one more parcel no longer helps, so an unlimited node costs as many rows as parcels are
    worth it.
    """
    K = stride.size - 1
    M = stride[K]
    allowed = np.empty(M, np.bool_)
    for t in range(M):
        allowed[t] = stocked(n, t, stride, available) and shares(n, t, stride, use, shared)
    B[0, :] = INFINITE
    B[0, 0] = 0
    for p in range(1, B.shape[0]):
        if 0 <= capacity < p:
            return p - 1
        better = False
        B[p, 0] = 0
        for s in range(1, M):
            best = B[p - 1, s]
            if allowed[s]:
                for i in range(1, below(s, stride, K, parts)):
                    best = min(best, c[parts[i]] + B[p - 1, s - parts[i]])
            better = better or best < B[p - 1, s]
            B[p, s] = best
        if not better:
            return p - 1
    return len(B) - 1


@compiled
def add_node(stride: Ints, before: Ints, b: Ints, parts: Ints, after: Ints) -> None:
    """``after[S] = min over T ≤ S of before[S − T] + b[T]``."""
    K = stride.size - 1
    for s in range(stride[K]):
        best = before[s]
        for i in range(1, below(s, stride, K, parts)):
            best = min(best, before[s - parts[i]] + b[parts[i]])
        after[s] = best


@compiled
def share_of(state: int, stride: Ints, before: Ints, b: Ints, after: Ints, parts: Ints, forced: bool) -> int:
    """The T that node n takes of ``state`` in a best plan, the largest among equals. ``forced``: at least one
    unit, and −1 where none is possible."""
    K = stride.size - 1
    count = below(state, stride, K, parts)
    best = INFINITE if forced else after[state]
    chosen = -1
    for i in range(count - 1, 0 if forced else -1, -1):
        v = before[state - parts[i]] + b[parts[i]]
        if v < best or (chosen < 0 and v == best and v < INFINITE):
            best = v
            chosen = parts[i]
    return chosen


@compiled
def unbox(total: int, rows: int, stride: Ints, c: Ints, B: Ints, parts: Ints, bundles: Ints) -> int:
    """Read the parcels of ``B[rows, total]`` back; returns how many."""
    K = stride.size - 1
    found = 0
    p = rows
    while total > 0:
        while p > 0 and B[p - 1, total] == B[p, total]:
            p -= 1
        for i in range(below(total, stride, K, parts) - 1, 0, -1):
            if c[parts[i]] + B[p - 1, total - parts[i]] == B[p, total] and c[parts[i]] < INFINITE:
                bundles[found] = parts[i]
                found += 1
                total -= parts[i]
                break
        p -= 1
    return found
