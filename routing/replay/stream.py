"""What is replayed: the network that does not change, the orders by time, the days, and stock that comes in.

N nodes, S SKUs, O orders, K order lines, D destinations. Money in minor units, weights in grams, volumes in
cubic millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.problem import Floats, Ints, RateCards

NO_CARD = -1
SLACK_DAYS = 160
"""Days that the tables go on after the last order."""
CO2_G_PER_KG_KM = 0.062
"""Grams of CO₂ to carry a kilogram a kilometre by road: 62 g a tonne-kilometre (Cefic and ECTA, 2011)."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Nodes, SKUs and prices."""

    currency: str
    node_ids: tuple[str, ...]
    fixed_minor: Ints  # [N] per parcel
    pick_minor: Ints  # [N] per unit
    cards: RateCards
    sku_ids: tuple[str, ...]
    weight_g: Ints  # [S]
    volume_mm3: Ints  # [S] 0 where unknown
    divisor_mm3_per_g: float  # 0: actual weight only
    unfilled_penalty_minor: int  # per unit
    parcel_minor: float  # what the policy feels for each parcel beside its cost
    breadth_weight: float  # as in routing.policy
    on_hand: Ints  # [S, N] opening stock that may be sold
    most_orders: Ints  # [N] orders a day, UNLIMITED where none
    late_day_minor: float = 0.0  # felt per parcel and day until it arrives
    co2_g_per_kg_km: float = CO2_G_PER_KG_KM

    @property
    def opening_minor(self) -> int:
        """What the cheapest parcel costs beside its units; the last card is the one that is free."""
        carried = self.cards.minor[: self.cards.start[-2]]
        return int(self.fixed_minor.min() + (carried.min() if carried.size else 0))


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """When parcels leave and arrive, in days since the stream's first; P profiles of nodes, H days, C
    countries.

    ``past`` and ``on`` are delivery days as in ``routing.delivery``.
    """

    profile: Ints  # [N]
    placed: Ints  # [O]
    leave: Ints  # [O, P] day a parcel leaves a node of the profile
    next_ship: Ints  # [P, H + 1] the next day after
    transit: Ints  # [D, N] delivery days
    land: Ints  # [D] country of the destination
    past: Ints  # [C, H + 2]
    on: Ints  # [C, …]


def plain_days(placed_at: NDArray[np.datetime64], nodes: int, destinations: int, more_days: int = 0) -> Days:
    """Everything leaves on the day of the order and arrives on the next, weekends and holidays included.
    ``more_days``: for orders still to come, so long after the last.
    """
    day = placed_at.astype("datetime64[D]").astype(np.int64)
    placed = day - (day.min() if len(day) else 0)
    horizon = int(placed.max(initial=0)) + more_days + SLACK_DAYS  # of the last, wherever it stands
    return Days(
        profile=np.zeros(nodes, np.int64),
        placed=placed,
        leave=placed[:, None].copy(),
        next_ship=np.arange(1, horizon + 2, dtype=np.int64)[None, :],
        transit=np.ones((destinations, nodes), np.int64),
        land=np.zeros(destinations, np.int64),
        past=np.arange(horizon + 2, dtype=np.int64)[None, :],
        on=np.arange(horizon + 1, dtype=np.int64)[None, :],
    )


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """Stock that comes in, by instant."""

    at: NDArray[np.datetime64]  # [R], ascending
    node: Ints
    sku: Ints
    quantity: Ints

    def until(self, instant: np.datetime64) -> Arrivals:
        """What comes no later."""
        rows = slice(0, int((self.at <= instant).sum()))
        return Arrivals(self.at[rows], self.node[rows], self.sku[rows], self.quantity[rows])


def no_arrivals() -> Arrivals:
    nothing = np.zeros(0, np.int64)
    return Arrivals(np.zeros(0, "datetime64[us]"), nothing, nothing, nothing)


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Orders by instant. An order names a SKU once: repeated lines are added up before."""

    order_ids: tuple[str, ...]
    placed_at: NDArray[np.datetime64]  # [O], ascending
    start: Ints  # [O + 1] order o owns lines start[o]:start[o + 1]
    sku: Ints  # [K]
    quantity: Ints  # [K] ≥ 1
    destination: Ints  # [O]
    km: Floats  # [D, N]
    card: Ints  # [D, N] rate card of a parcel from the node, NO_CARD where no lane goes
    days: Days
    arrivals: Arrivals
    unit_minor: Ints | None = None  # [D, N] instead of the ground's ``pick_minor``

    def part(self, first: int, last: int) -> Stream:
        """Orders ``first`` to ``last`` only, and what arrives until the last of them."""
        lines = slice(int(self.start[first]), int(self.start[last]))
        until = self.placed_at[last - 1] if last > first else np.datetime64("NaT")
        return replace(
            self,
            order_ids=self.order_ids[first:last],
            placed_at=self.placed_at[first:last],
            start=self.start[first : last + 1] - self.start[first],
            sku=self.sku[lines],
            quantity=self.quantity[lines],
            destination=self.destination[first:last],
            days=replace(self.days, placed=self.days.placed[first:last], leave=self.days.leave[first:last]),
            arrivals=self.arrivals.until(until),
        )
