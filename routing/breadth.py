"""Prices for units at nodes of breadth: there a later order may find all it wants in one parcel.

A node that has much of the range completes baskets; one that has little seldom does. So a line that either
could send is better sent by the narrow one, as far as that costs less than what is saved later. Where another
node that has the line is as broad, it will complete those baskets too, and nothing is saved. These prices
look at the stock that is there and at nothing else: no forecast, no past.
"""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.network import Network
from routing.policy import Policy
from routing.problem import Floats, Ints
from routing.promise_values import Prices


def breadth_prices(
    network: Network, policy: Policy, quantity: Ints, available: Ints, breadth: Floats
) -> Prices:
    """Bid prices of the lines ``quantity`` [L] at nodes with ``available`` [L, N] and ``breadth`` [N]."""
    if policy.breadth_weight <= 0:
        return Prices()
    parcel_minor = policy.breadth_weight * network.opening_minor
    return Prices(bid_minor=breadth_bids(parcel_minor, quantity, available, breadth))


def breadth_bids(parcel_minor: float, quantity: Ints, available: Ints, breadth: Floats) -> Floats:
    """[L, N] minor units a unit, as ``spare_broad`` lays them out."""
    bid, nodes = np.zeros(available.shape), np.arange(available.shape[1])
    # copies: what cannot be written to, or lies otherwise, is another type to the compiler
    held, wanted = np.array(available, np.int64, order="C"), np.array(quantity, np.int64)
    spare_broad(bid, float(parcel_minor), np.array(breadth, np.float64), nodes, held, wanted)
    return bid


@compiled
def spare_broad(
    bid: Floats, parcel_minor: float, breadth: Floats, nodes: Ints, available: Ints, quantity: Ints
) -> None:
    """Add to ``bid`` [L, n] minor units a unit: a line is felt to cost ``parcel_minor`` at a node that has
    all of the range and little of what there is of the SKU, where no other that has the line has much of the
    range; less where any of these is less so. ``breadth`` [N], of which ``nodes`` [n] are some.

    Only differences decide, so the least of the nodes that have the line is taken off: what one node alone
    has is free.
    """
    ask = np.empty(nodes.size)
    for line in range(quantity.size):
        total, first, second = 0, 0.0, 0.0
        for j in range(nodes.size):
            if available[line, j] > 0:
                total += available[line, j]
                second = max(second, min(first, breadth[nodes[j]]))
                first = max(first, breadth[nodes[j]])
        least = np.inf
        for j in range(nodes.size):
            if available[line, j] > 0:
                own = breadth[nodes[j]]
                other = second if own == first else first
                ask[j] = parcel_minor * own * (1 - other) * (1 - available[line, j] / total)
                least = min(least, ask[j])
        for j in range(nodes.size):
            if available[line, j] > 0:
                bid[line, j] += (ask[j] - least) / quantity[line]
