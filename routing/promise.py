"""Promises for a basket: which ways it can reach the customer, when, for how much, and the plan behind each.

``offer(network, basket, stock, capacity, policy, at, methods=METHODS, prices=NO_PRICES) -> Offer``
``keep(network, basket, stock, capacity, policy, at, promised, prices=NO_PRICES) -> Option | Unavailable``
"""

from __future__ import annotations

from routing.promise_values import (
    CHEAPEST,
    EVERY_LINE,
    FASTEST,
    FEWEST_PARCELS,
    Basket,
    BasketLine,
    Capacity,
    CapacityHold,
    CostToServe,
    Destination,
    Incoming,
    IncomingUse,
    Offer,
    Option,
    Prices,
    Promised,
    PromisedParcel,
    Stock,
    Unavailable,
)

__all__ = [
    "CHEAPEST",
    "EVERY_LINE",
    "FASTEST",
    "FEWEST_PARCELS",
    "Basket",
    "BasketLine",
    "Capacity",
    "CapacityHold",
    "CostToServe",
    "Destination",
    "Incoming",
    "IncomingUse",
    "Offer",
    "Option",
    "Prices",
    "Promised",
    "PromisedParcel",
    "Stock",
    "Unavailable",
]
