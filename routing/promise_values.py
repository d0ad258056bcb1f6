"""The values of a promise: what is asked, what is in stock, what is offered. Instants are UTC, money
minor units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from routing.eligibility import Blocking, Eligibility, Exclusion
from routing.plan import Plan, Take, Unfilled
from routing.problem import Problem

CHEAPEST, FASTEST, FEWEST_PARCELS = "cheapest", "fastest", "fewest_parcels"
EVERY_LINE = "*"


@dataclass(frozen=True, slots=True)
class BasketLine:
    """``flags``: SKU flags (``ship_alone``, ``hazmat``, ``cold`` ...); ``category`` of the SKU, "" where
    none; lines with one ``kit`` leave together, whole.
    """

    id: str
    sku: str
    quantity: int
    unit_weight_g: int
    unit_volume_mm3: int = 0
    flags: frozenset[str] = frozenset()
    kit: str | None = None
    unit_price_minor: int = 0
    category: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """``timezone`` None: that of the nearest node, of the same country if there is one."""

    country: str
    postcode: str = ""
    lat: float | None = None
    lon: float | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Basket:
    lines: tuple[BasketLine, ...]
    destination: Destination | None = None
    pickup_node: str | None = None
    channel: str = "web"
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """Units of a line's SKU that can be promised from ``at`` on; ``reference`` names the inbound."""

    line: str
    node: str
    at: datetime
    quantity: int
    reference: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Stock:
    """``available`` [L, N] in ``network.node_ids`` order; ``blocked``: (line id or ``*``, node id) not to
    be used.
    """

    available: NDArray[np.int64]
    incoming: tuple[Incoming, ...] = ()
    blocked: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Capacity:
    """What is still free per (node, day in its own calendar, bucket); absent = the node's or the slot's
    limit.

    Bucket: ``ship``, ``pickup``, ``courier`` or ``courier:<slot id>``.
    """

    free: Mapping[tuple[str, date, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class DayPrices:
    """``minor`` [N, D]: what room for a parcel is worth by node and day of shipping, from the day ``first``
    on; 0 on all other days.
    """

    first: date
    minor: NDArray[np.float64]

    def of(self, nodes: NDArray[np.int64], first: date, day: NDArray[np.int64]) -> NDArray[np.float64]:
        """[M] at each of ``nodes`` on its ``day``, counted from ``first``."""
        place, last = day + (first - self.first).days, self.minor.shape[1] - 1
        found: NDArray[np.float64] = self.minor[nodes, np.clip(place, 0, last)]
        return np.where((place >= 0) & (place <= last), found, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Opportunity costs: per unit ``bid_minor`` [L, N], and per parcel those of ``days``; None = 0."""

    bid_minor: NDArray[np.float64] | None = None
    days: DayPrices | None = None


@dataclass(frozen=True, slots=True)
class CapacityHold:
    node: str
    date: date
    bucket: str
    quantity: int


@dataclass(frozen=True, slots=True)
class IncomingUse:
    line: str
    reference: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PromisedParcel:
    """``ship_at``: leaves the node, or is ready at the counter of the store that has it on its own shelf.

    ``incoming`` lists the units among ``takes`` that are still on their way to the node.
    """

    node: str
    takes: tuple[Take, ...]
    ship_at: datetime
    arrive_at: datetime
    cost_minor: int
    incoming: tuple[IncomingUse, ...] = ()


@dataclass(frozen=True, slots=True)
class CostToServe:
    """Paid: transport, fixed and picking. Felt: the rest, which the objective adds. Penalties of unfilled
    apart.
    """

    transport_minor: int
    fixed_minor: int
    pick_minor: int
    lateness_minor: float = 0.0
    parcel_minor: float = 0.0
    co2_minor: float = 0.0
    rejection_minor: float = 0.0
    opportunity_minor: float = 0.0

    @property
    def cost_minor(self) -> int:
        return self.transport_minor + self.fixed_minor + self.pick_minor

    @property
    def felt_minor(self) -> float:
        return (
            self.lateness_minor
            + self.parcel_minor
            + self.co2_minor
            + self.rejection_minor
            + self.opportunity_minor
        )


@dataclass(frozen=True, slots=True)
class Option:
    """One promise that can be kept, with the plan that keeps it.

    Ship and courier: everything arrives within the window. Pickup: everything is ready for collection
    within it. ``order_before``: the latest instant (exclusive) at which the same plan still keeps it.
    ``unfilled`` is not empty only where no whole plan exists for the method.
    """

    method: str
    tags: tuple[str, ...]
    window_from: datetime
    window_to: datetime
    order_before: datetime
    customer_price_minor: int
    cost_to_serve: CostToServe
    parcels: tuple[PromisedParcel, ...]
    unfilled: tuple[Unfilled, ...]
    holds: tuple[CapacityHold, ...]
    pickup_node: str | None
    slot: str | None
    problem: Problem = field(compare=False)
    plan: Plan
    eligibility: Eligibility = field(compare=False)

    @property
    def exclusions(self) -> tuple[Exclusion, ...]:
        """Of every node, also those that never came into the problem; made when asked for."""
        return self.eligibility.exclusions()


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Why a method, or some lines of it, cannot be had; ``blocking`` names per line what would have to
    change.
    """

    method: str
    code: str
    detail: str
    lines: tuple[str, ...] = ()
    blocking: tuple[Blocking, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    options: tuple[Option, ...]
    unavailable: tuple[Unavailable, ...]


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise already given."""

    method: str
    window_to: datetime
    slot: str | None = None
    pickup_node: str | None = None
