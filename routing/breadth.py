"""Prices for units at nodes of breadth: there a later order may find all it wants in one parcel.

A node that has much of the range completes baskets; one that has little seldom does. So a line that either
could send is better sent by the narrow one, as far as that costs less than what is saved later. Where another
node that has the line is as broad, it will complete those baskets too, and nothing is saved. These prices
look at the stock that is there and at nothing else: no forecast, no past.
"""

from __future__ import annotations

import numpy as np

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
    """[L, N] minor units a unit: a line is felt to cost ``parcel_minor`` at a node that has all of the range
    and little of what there is of the SKU, where no other that has the line has much of the range; less where
    any of these is less so.

    Only differences decide, so the least of the nodes that have the line is taken off: what one node alone
    has is free.
    """
    held = np.maximum(available, 0)
    share = held / np.maximum(1, held.sum(axis=1))[:, None]
    broad = np.where(held > 0, breadth, 0.0)
    line_minor = parcel_minor * breadth * (1 - broadest_other(broad)) * (1 - share)
    least = np.where(held > 0, line_minor, np.inf).min(axis=1, initial=np.inf)
    above = np.maximum(line_minor - np.where(np.isfinite(least), least, 0.0)[:, None], 0.0)
    return np.ascontiguousarray(np.where(held > 0, above, 0.0) / quantity[:, None])


def broadest_other(broad: Floats) -> Floats:
    """[L, N] the greatest of each row but the place's own."""
    if broad.shape[1] < 2:
        return np.zeros_like(broad)
    second, first = np.partition(broad, [-2, -1], axis=1)[:, -2:].T
    other: Floats = np.where(broad == first[:, None], second[:, None], first[:, None])
    return other
