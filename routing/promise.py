"""Promises for a basket: which ways it can reach the customer, when, for how much, and the plan behind each.

Each method becomes one or more *reaches* (an address, a store, a courier slot); the exact kernel answers
each for least cost, earliest arrival and fewest parcels; what another option of the same place beats is
dropped. Where the stock at hand does not suffice, or units on their way would be sooner, the same is asked
for each date at which stock comes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from routing.eligibility import Reason, reason_text
from routing.network import Network
from routing.network_spec import COURIER, METHODS
from routing.plan import Plan
from routing.policy import Policy
from routing.problem import Problem
from routing.promise_ask import Ask, ask, later, seconds
from routing.promise_blocking import refusals
from routing.promise_courier import courier_reaches
from routing.promise_methods import impossible, method_options, nowhere, reaches
from routing.promise_option import option_of, rank
from routing.promise_reach import Reach, eligible
from routing.promise_solve import Felt, Solved, build_problem, cheapest, felt, sooner_than
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
    "Way",
    "best",
    "keep",
    "offer",
    "way_kept",
]

NO_PRICES = Prices()


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
        for reach in _allowed(view, promised):
            solved = cheapest(view, reach)
            if solved is not None and not solved.missing:
                return replace(option_of(solved), tags=(CHEAPEST,))
            if refusal is None:
                refusal = refusals(view, reach, solved)[0]
    return refusal or Unavailable(promised.method, Reason.SLOT_CLOSED, reason_text(Reason.SLOT_CLOSED))


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """How a promise can be kept from shelves: the problem of its parcels, and the options of its plans.
    ``days`` [N]: the day of whose capacity a parcel from a node of the problem takes.
    """

    ask: Ask
    reach: Reach
    weights: Felt
    problem: Problem

    def option(self, plan: Plan) -> Option:
        """What this plan of the problem would mean."""
        solved = Solved(self.ask, self.reach, self.weights, self.problem, plan)
        return replace(option_of(solved), tags=(CHEAPEST,))

    @property
    def days(self) -> tuple[date, ...]:
        columns = np.searchsorted(
            self.ask.nodes, [self.ask.network.index[node] for node in self.problem.node_ids]
        )
        return tuple(self.ask.tables.dates[day] for day in self.reach.day[columns].tolist())


def way_kept(
    network: Network,
    basket: Basket,
    stock: Stock,
    capacity: Capacity,
    policy: Policy,
    at: datetime,
    promised: Promised,
    prices: Prices = NO_PRICES,
) -> Way | None:
    """The way ``keep`` takes with the stock at hand, for whoever chooses among its plans; None where there
    is none.
    """
    asked = replace(basket, pickup_node=promised.pickup_node)
    now = ask(network, asked, replace(stock, incoming=()), capacity, policy, prices, at)
    if impossible(now, promised.method) is not None or not reaches(now, promised.method):
        return None
    for reach in _allowed(now, promised):
        usable, weights = eligible(reach), felt(now, reach)
        columns = np.flatnonzero((usable & (now.stock > 0)).any(axis=0))
        if len(columns):
            return Way(now, reach, weights, build_problem(now, reach, weights, usable, columns))
    return None


def _allowed(view: Ask, promised: Promised) -> list[Reach]:
    """The reaches that keep a promise; the grace of an on-demand courier was for the way to here."""
    ends, place = seconds(promised.window_to), view.basket.destination
    view = replace(view, policy=replace(view.policy, courier_grace_minutes=0))
    if promised.method == COURIER and promised.slot is not None and place is not None:
        found = courier_reaches(view, place, (promised.slot, ends))
    else:
        found = reaches(view, promised.method)
    return [sooner_than(reach, ends + 1) for reach in found]
