"""What units are felt to be worth where they lie: ``routing.breadth`` and ``routing.ahead``, compiled."""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.express.arrays import Records, World
from routing.problem import Floats, Ints


@compiled
def bids(parcel_minor: float, line: Records, held: Ints, nodes: Ints, breadth: Floats) -> Floats:
    """``routing.breadth.breadth_bids`` at the nodes that have any of it."""
    L, M = held.shape
    bid = np.zeros((L, M))
    if parcel_minor <= 0:
        return bid
    for k in range(L):
        total, first, second = 0, 0.0, 0.0
        for m in range(M):
            if held[k, m] > 0:
                total += held[k, m]
                second = max(second, min(first, breadth[nodes[m]]))
                first = max(first, breadth[nodes[m]])
        least = np.inf
        for m in range(M):
            if held[k, m] > 0:
                own = breadth[nodes[m]]
                other = second if own == first else first
                bid[k, m] = parcel_minor * own * (1 - other) * (1 - held[k, m] / total)
                least = min(least, bid[k, m])
        for m in range(M):
            if held[k, m] > 0:
                bid[k, m] = max(bid[k, m] - least, 0.0) / line[k].quantity
    return bid


@compiled
def ahead(world: World, worth: Floats, held: Ints, nodes: Ints, bid: Floats) -> None:
    """Add what ``routing.ahead.ahead_prices`` adds at the nodes that have any of it."""
    weights, L, M = world.weights[0], held.shape[0], held.shape[1]
    for k in range(L):
        least = np.inf
        for m in range(M):
            if held[k, m] > 0:
                least = min(least, worth[k, nodes[m]])
        for m in range(M):
            if held[k, m] > 0:
                above = weights.ahead_weight * max(worth[k, nodes[m]] - least, 0.0)
                bid[k, m] += min(above, weights.ahead_most_minor)
