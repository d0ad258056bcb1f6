"""Prices that look ahead, as an order feels them: what a unit, and room on a node's day, are worth to orders
to come, more at one node than at another.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from routing.network import Network
from routing.policy import Policy
from routing.problem import Floats, Ints
from routing.promise_values import DayPrices, Prices

MOST_PARCELS = 10
"""No unit is felt to be worth more than so many of the cheapest parcels."""


def most_minor(network: Network, policy: Policy) -> float:
    """The most that a unit is felt to be worth to orders to come: none stays unfilled for that."""
    return min(MOST_PARCELS * network.opening_minor, policy.unfilled_penalty_minor / 2)


def ahead_prices(network: Network, policy: Policy, prices: Prices, worth: Floats, available: Ints) -> Prices:
    """``prices`` with what units are ``worth`` [L, N] to orders to come, at nodes with ``available`` [L, N]
    of them.

    Only differences decide, so the least of the nodes that have the line is taken off: what one node alone
    has is free, and nobody goes without for somebody who may come.
    """
    felt = policy.lookahead_weight * above_least(worth, available)
    felt = np.ascontiguousarray(np.minimum(felt, most_minor(network, policy)))
    return replace(prices, bid_minor=felt if prices.bid_minor is None else prices.bid_minor + felt)


def day_prices(network: Network, policy: Policy, first: date, worth: Floats) -> DayPrices:
    """What the policy feels of what room on nodes' days from ``first`` on is ``worth`` [N, D]."""
    felt = np.minimum(policy.lookahead_weight * worth, most_minor(network, policy))
    return DayPrices(first, np.ascontiguousarray(felt))


def above_least(worth: Floats, available: Ints) -> Floats:
    """[L, N] how much more a unit is worth than where it is worth least; 0 where there is none."""
    least = np.where(available > 0, worth, np.inf).min(axis=1, initial=np.inf)
    above: Floats = worth - np.where(np.isfinite(least), least, 0.0)[:, None]
    return np.where(available > 0, np.maximum(above, 0.0), 0.0)


def days_above_least(days: Floats) -> Floats:
    """[N, H] how much more room for an order is worth than at the node where it is worth least that day. So
    nobody goes without because all nodes are busy.
    """
    above: Floats = days - days.min(axis=0, initial=np.inf)
    return np.ascontiguousarray(above)
