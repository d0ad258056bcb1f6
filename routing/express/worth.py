"""What units are felt to be worth where they lie: ``routing.breadth`` and ``routing.ahead``, compiled."""

from __future__ import annotations

import numpy as np

from routing.breadth import spare_broad
from routing.compiled import compiled
from routing.express.arrays import Records, World
from routing.problem import Floats, Ints


@compiled
def bids(parcel_minor: float, line: Records, held: Ints, nodes: Ints, breadth: Floats) -> Floats:
    """As ``routing.breadth`` says, at the nodes that have any of it."""
    bid = np.zeros(held.shape)
    if parcel_minor > 0:
        quantity = np.empty(line.size, np.int64)
        for k in range(line.size):
            quantity[k] = line[k].quantity
        spare_broad(bid, parcel_minor, breadth, nodes, held, quantity)
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
