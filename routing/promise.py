"""Promises for a basket: which ways it can reach the customer, when, for how much, and the plan behind each.

Each method becomes one or more *reaches* (an address, a store, a courier slot); the exact kernel answers
each for least cost, earliest arrival and fewest parcels; what another option of the same place beats is
dropped. Where the stock at hand does not suffice, or units on their way would be sooner, the same is asked
for each date at which stock comes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from routing.eligibility import Reason, reason_text
from routing.network import Network
from routing.network_spec import METHODS
from routing.policy import Policy
from routing.promise_ask import ask, later
from routing.promise_blocking import refusals
from routing.promise_methods import impossible, method_options, nowhere, reaches
from routing.promise_option import option_of, rank
from routing.promise_solve import cheapest
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
from routing.promise_way import NO_PRICES, Way, allowed, way_kept

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
    "Way",
    "best",
    "keep",
    "offer",
    "way_kept",
]


def offer(
    network: Network,
    basket: Basket,
    stock: Stock,
    capacity: Capacity,
    policy: Policy,
    at: datetime,
    methods: Sequence[str] = METHODS,
    prices: Prices = NO_PRICES,
    cheapest_only: bool = False,
) -> Offer:
    """All promises for a basket at an instant, and why there are no others.

    Options that leave units unfilled appear only where a method cannot fill the basket now; ``unavailable``
    says what is missing and why. Without ``pickup_node`` the nearest stores are offered, those with all of it
    on their own shelf first, at most ``policy.pickup_stores``. Tags are per method; ``best`` is over all.
    ``cheapest_only`` saves the plans for fastest and fewest parcels, for callers that choose nothing.
    """
    assert basket.lines, "a basket has lines"
    now = ask(network, basket, stock, capacity, policy, prices, at)
    options: list[Option] = []
    refused: list[Unavailable] = []
    for method in methods:
        found, missing = method_options(now, method, cheapest_only)
        options += found
        refused += missing
    return Offer(tuple(options), tuple(refused))


def best(options: Iterable[Option], tag: str) -> Option | None:
    """The best option with a tag over all methods; one that leaves units unfilled only where all do."""
    tagged = [option for option in options if tag in option.tags]
    return min(tagged, key=lambda option: rank(option, tag), default=None)


def keep(
    network: Network,
    basket: Basket,
    stock: Stock,
    capacity: Capacity,
    policy: Policy,
    at: datetime,
    promised: Promised,
    prices: Prices = NO_PRICES,
) -> Option | Unavailable:
    """The cheapest whole plan that keeps a promise already given: same method, store and slot, no later.

    Nodes may differ from those of the promise. Incoming units count where they are in time. What the order
    itself holds (stock, capacity, slot) must be free in ``stock`` and ``capacity``; the order-before time of
    its slot has been met already.
    """
    asked = replace(basket, pickup_node=promised.pickup_node)
    now = ask(network, asked, stock, capacity, policy, prices, at)
    refusal = impossible(now, promised.method)
    if refusal is not None:
        return refusal
    if not reaches(now, promised.method):
        return nowhere(now, promised.method)
    for view in (now, *later(now)):
        for reach in allowed(view, promised):
            solved = cheapest(view, reach)
            if solved is not None and not solved.missing:
                return replace(option_of(solved), tags=(CHEAPEST,))
            if refusal is None:
                refusal = refusals(view, reach, solved)[0]
    return refusal or Unavailable(promised.method, Reason.SLOT_CLOSED, reason_text(Reason.SLOT_CLOSED))
