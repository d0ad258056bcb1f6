"""How a promise already given can be kept from shelves, for whoever chooses among its plans.

A wave chooses for many orders at once: it needs each one's problem, the days on which a node may send for it,
and what a plan of that problem would mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from routing.calendar import ship_days
from routing.network import Network
from routing.network_spec import COURIER, METHODS, SHIP
from routing.plan import Plan
from routing.policy import Policy
from routing.problem import UNLIMITED, Ints, Problem
from routing.promise_ask import Ask, ask, seconds
from routing.promise_courier import courier_reaches
from routing.promise_methods import impossible, reaches
from routing.promise_option import option_of
from routing.promise_reach import Reach, eligible
from routing.promise_solve import Felt, Solved, build_problem, felt, sooner_than
from routing.promise_values import CHEAPEST, Basket, Capacity, Option, Prices, Promised, Stock
from routing.rooms import rooms_left

NO_PRICES = Prices()


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """How a promise can be kept from shelves: the problem of its parcels, in which each leaves on the first
    day with room, and the options of its plans. ``ends``: the instant by which all must be there.
    """

    ask: Ask
    reach: Reach
    weights: Felt
    problem: Problem
    ends: int

    def option(self, plan: Plan) -> Option:
        """What this plan of the problem would mean."""
        solved = Solved(self.ask, self.reach, self.weights, self.problem, plan)
        return replace(option_of(solved), tags=(CHEAPEST,))

    def rooms(self) -> Iterator[tuple[str, date, int]]:
        """(node, day, parcels that may still leave on it) of the nodes that somebody counts, for every day on
        which one may leave for this order: none that is too late arrives before it leaves, so perhaps some
        more, never fewer.
        """
        columns = self._limited()
        names, dates = self.ask.network.names[self.ask.nodes[columns]], self.ask.tables.dates
        if self.reach.bucket != SHIP:
            for name, day, room in zip(names, self.reach.day[columns], self.reach.room[columns], strict=True):
                yield str(name), dates[day], int(room)
            return
        profile = self.ask.network.profile[self.ask.nodes[columns]]
        may = ship_days(self.ask.tables, profile, np.full(len(profile), self.ask.at))
        may[:, self.ask.horizon() :] = False
        may &= self.ask.tables.closes[profile] <= self.ends
        left = rooms_left(self.ask.network, self.ask.capacity.free, dates[0])
        room = left.by_method[METHODS.index(SHIP), self.ask.nodes[columns]]
        for n, day in np.argwhere(may & (room > 0)).tolist():
            yield str(names[n]), dates[day], int(room[n, day])

    def _limited(self) -> Ints:
        """Columns of the ask whose node sends only so many parcels a day for this order."""
        counted = np.flatnonzero(self.problem.capacity_parcels != UNLIMITED).tolist()
        index = [self.ask.network.index[self.problem.node_ids[n]] for n in counted]
        return np.searchsorted(self.ask.nodes, index).astype(np.int64)


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
    """The way ``routing.promise.keep`` takes with the stock at hand; None where there is none."""
    asked = replace(basket, pickup_node=promised.pickup_node)
    now = ask(network, asked, replace(stock, incoming=()), capacity, policy, prices, at)
    if impossible(now, promised.method) is not None or not reaches(now, promised.method):
        return None
    for reach in allowed(now, promised):
        usable, weights = eligible(reach), felt(now, reach)
        columns = np.flatnonzero((usable & (now.stock > 0)).any(axis=0))
        if len(columns):
            problem = build_problem(now, reach, weights, usable, columns)
            return Way(now, reach, weights, problem, seconds(promised.window_to))
    return None


def allowed(view: Ask, promised: Promised) -> list[Reach]:
    """The reaches that keep a promise; the grace of an on-demand courier was for the way to here."""
    ends, place = seconds(promised.window_to), view.basket.destination
    view = replace(view, policy=replace(view.policy, courier_grace_minutes=0))
    if promised.method == COURIER and promised.slot is not None and place is not None:
        found = courier_reaches(view, place, (promised.slot, ends))
    else:
        found = reaches(view, promised.method)
    return [sooner_than(reach, ends + 1) for reach in found]
