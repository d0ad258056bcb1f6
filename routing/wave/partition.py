"""The first programme of ``routing.kernel`` where most bundles are at no node, as in a wave of scarce stock.

Only bundles that some node holds are tried, and only states that such bundles lead to from the whole order
are filled. Where nodes hold most of what is wanted the programme over all parts is less work, and is used.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.kernel import INFINITE, partition, partition_singles
from routing.problem import Ints


@compiled
def pack(quantity: Ints, stride: Ints, packed: Ints) -> int:
    """``packed[T]``: counts as bit fields, one bit to spare each; returns the spare bits. T is a part of S
    where ``(packed[S] | spare) − packed[T]`` keeps all of them.
    """
    packed[0] = 0
    spare, bit = 0, 1
    for k in range(quantity.size):
        for i in range(stride[k], stride[k + 1]):
            packed[i] = packed[i - stride[k]] + bit
        width = 1
        while width <= quantity[k]:
            width *= 2
        spare += bit * width
        bit *= 2 * width
    return spare


@compiled
def fill(
    penalty: Ints, quantity: Ints, stride: Ints, packed: Ints, spare: int, g: Ints, f: Ints, held: Ints
) -> int:
    """Fill ``f`` for the whole order and all states a plan of it can pass; returns f of the whole order."""
    K = quantity.size
    M = stride[K]
    start = np.empty(K + 1, np.int64)
    start[0] = 0
    listed, pairs = 0, 4
    for k in range(K):
        start[k + 1] = start[k]
        for t in range(stride[k], stride[k + 1]):
            if g[t] < INFINITE:
                held[start[k + 1]] = t
                start[k + 1] += 1
        listed += (start[k + 1] - start[k]) * (stride[k + 1] - stride[k])
        pairs = pairs * (quantity[k] + 1) * (quantity[k] + 2) // 2
    if M == 1 << K and listed > pairs // 4:
        partition_singles(penalty, g, f)
    elif listed > pairs:
        partition(penalty, stride, g, f, held)
    else:
        _mark(penalty, stride, packed, spare, start, held, f)
        _fill(penalty, stride, packed, spare, start, held, g, f)
    return int(f[M - 1])


@compiled
def _mark(penalty: Ints, stride: Ints, packed: Ints, spare: int, start: Ints, held: Ints, f: Ints) -> None:
    """Set ``f`` to 0 where a plan of the whole order can pass, INFINITE elsewhere."""
    K = penalty.size
    f[: stride[K]] = INFINITE
    f[stride[K] - 1] = 0
    for k in range(K - 1, -1, -1):
        for S in range(stride[k + 1] - 1, stride[k] - 1, -1):
            if f[S] == 0:
                whole = packed[S] | spare
                if penalty[k] < INFINITE:
                    f[S - stride[k]] = 0
                for i in range(start[k], start[k + 1]):
                    if (whole - packed[held[i]]) & spare == spare:
                        f[S - held[i]] = 0


@compiled
def _fill(
    penalty: Ints, stride: Ints, packed: Ints, spare: int, start: Ints, held: Ints, g: Ints, f: Ints
) -> None:
    f[0] = 0
    for k in range(penalty.size):
        for S in range(stride[k], stride[k + 1]):
            if f[S] == 0:
                whole = packed[S] | spare
                best = penalty[k] + f[S - stride[k]]
                for i in range(start[k], start[k + 1]):
                    t = held[i]
                    if (whole - packed[t]) & spare == spare:
                        best = min(best, g[t] + f[S - t])
                f[S] = min(best, INFINITE)
