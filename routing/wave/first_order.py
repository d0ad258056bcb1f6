"""The linear master over known columns, solved to some accuracy by a primal-dual method, compiled.

    min Σ cost · x   with the columns of one order summing to 1, and rows within their limits

Primal-dual hybrid gradient (Chambolle and Pock 2011) with diagonal step sizes (Pock and Chambolle 2011): a
step of x against its felt cost, projected onto each order's simplex; a step of the prices along the overdraft
of 2x⁺ − x. The averages of all iterates are the answer, and where the next call starts (restarts: Applegate
et al. 2021). No factorisation, and a start from what the last round knew: what makes a wave's master cheap.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.problem import Floats, Ints


@compiled
def project(x: Floats, a: int, b: int, sorted_: Floats) -> None:
    """Move ``x[a:b]`` to the nearest point that is ≥ 0 and sums to 1."""
    for i in range(b - a):
        v, j = x[a + i], i
        while j > 0 and sorted_[j - 1] < v:
            sorted_[j] = sorted_[j - 1]
            j -= 1
        sorted_[j] = v
    total, shift = 0.0, 0.0
    for i in range(b - a):
        total += sorted_[i]
        if sorted_[i] > (total - 1.0) / (i + 1):
            shift = (total - 1.0) / (i + 1)
    for i in range(a, b):
        x[i] = max(0.0, x[i] - shift)


@compiled
def descend(
    start: Ints, cost: Floats, uses: Ints, row: Ints, units: Floats, limit: Floats, weight: float,
    rounds: int, x: Floats, price: Floats,
) -> None:  # fmt: skip
    """``rounds`` steps from ``x`` [C] and ``price`` [R]; both become their averages over them.

    Columns of order o are ``start[o]:start[o + 1]``, what column c draws ``uses[c]:uses[c + 1]`` in ``row``
    and ``units``. ``weight``: how far prices move in money where x moves by one.
    """
    C, R = cost.size, price.size
    step, height = np.zeros(C), np.zeros(R)
    for c in range(C):
        for u in range(uses[c], uses[c + 1]):
            height[row[u]] += units[u]
            step[c] += units[u]
    drawn, after, sorted_ = np.empty(R), np.empty(C), np.empty(C)
    sum_x, sum_price = np.zeros(C), np.zeros(R)
    for _ in range(rounds):
        drawn[:] = 0.0
        for o in range(start.size - 1):
            a, b = start[o], start[o + 1]
            widest = 1.0
            for c in range(a, b):
                widest = max(widest, step[c])
            for c in range(a, b):
                felt = cost[c]
                for u in range(uses[c], uses[c + 1]):
                    felt += units[u] * price[row[u]]
                after[c] = x[c] - felt / (weight * widest)
            project(after, a, b, sorted_)
            for c in range(a, b):
                ahead = 2 * after[c] - x[c]
                if ahead != 0.0:
                    for u in range(uses[c], uses[c + 1]):
                        drawn[row[u]] += units[u] * ahead
                x[c] = after[c]
                sum_x[c] += after[c]
        for r in range(R):
            if height[r] > 0.0:
                price[r] = max(0.0, price[r] + weight * (drawn[r] - limit[r]) / height[r])
            sum_price[r] += price[r]
    for c in range(C):
        x[c] = sum_x[c] / rounds
    for r in range(R):
        price[r] = sum_price[r] / rounds
