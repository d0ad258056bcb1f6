"""What a retailer says about a network, as plain values. ``routing.network.build_network`` turns it into
arrays.

Weights in grams, lengths in metres or kilometres as named, money in minor units, wall-clock times without a
zone (each node has its own), weekdays 0 (Monday) to 6 (Sunday).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

SHIP, PICKUP, COURIER = "ship", "pickup", "courier"
METHODS = (SHIP, PICKUP, COURIER)
ANY_NODE = "*"
EVERY_DAY = frozenset(range(7))
WORKING_WEEK = frozenset(range(5))
ALL_DAY = (time(0), time(0))

Hours = tuple[time, time]
"""Opens and closes, wall clock; closing at 00:00 is the end of that day."""


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """Opening hours of a week (index 0 = Monday, None = closed), minus public holidays and named dates.

    ``holidays`` switches on the public holidays of the node's own country and subdivision; ``special`` has
    the last word on its dates (None = closed).
    """

    name: str
    week: tuple[Hours | None, ...] = (ALL_DAY,) * 7
    holidays: bool = False
    special: Mapping[date, Hours | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A site that hands out stock.

    ``limits``: parcels (ship, courier) or orders (pickup) a day by method; absent = unlimited.
    ``pick_lead_minutes`` counts opening time only. ``ship_cutoff``: an order placed before it leaves the
    same day, when picked by closing time; None = closing time. ``refuses``: SKU flags (``hazmat``,
    ``cold``, ``ship_alone`` ...) it cannot handle. ``reject_probability``: chance that a unit promised here
    cannot be sent, as the retailer sees it; what is learned starts from it and then stands for it.
    """

    id: str
    lat: float
    lon: float
    country: str
    timezone: str
    name: str = ""
    kind: str = "warehouse"
    postcode: str = ""
    subdivision: str | None = None
    active: bool = True
    methods: frozenset[str] = frozenset({SHIP})
    calendar: str | None = None
    fixed_minor: int = 0
    pick_minor: int = 0
    limits: Mapping[str, int] = field(default_factory=dict)
    pick_lead_minutes: int = 0
    ship_cutoff: time | None = None
    ships_on: frozenset[int] = EVERY_DAY
    refuses: frozenset[str] = frozenset()
    reject_probability: float = 0.0
    courier_radius_m: int = 0
    courier_minor: int = 0
    courier_minutes: int = 60


@dataclass(frozen=True, slots=True)
class TariffSpec:
    """Weight up to g → minor units, ascending; a heavier parcel is not carried."""

    name: str
    steps: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class LaneSpec:
    """One row of the lane table; the first row that fits wins, None fits anything.

    ``to_node`` makes it a transfer lane: it fits only goods for that store (ship-to-store).
    ``transit_days`` are delivery days of the destination; 0 = the same day. ``co2_g_per_kg_km`` feeds the
    CO₂ price of the policy.
    """

    tariff: str
    transit_days: int
    node: str = ANY_NODE
    country: str | None = None
    postcode_prefix: str | None = None
    up_to_km: float | None = None
    to_node: str | None = None
    method: str = SHIP
    refuses: frozenset[str] = frozenset()
    co2_g_per_kg_km: float = 0.0


@dataclass(frozen=True, slots=True)
class DeliverySpec:
    """When carriers deliver in a country; a country without a row gets the defaults here."""

    country: str
    subdivision: str | None = None
    weekdays: frozenset[int] = WORKING_WEEK
    holidays: bool = True
    closed: frozenset[date] = frozenset()
    hours: Hours = (time(8), time(20))


@dataclass(frozen=True, slots=True)
class SlotSpec:
    """A courier window, every week on ``weekdays``, in the node's wall clock.

    It closes for orders ``order_before_minutes`` before it starts; ``capacity`` is parcels per node and
    occurrence (None = unlimited).
    """

    id: str
    starts: time
    ends: time
    node: str = ANY_NODE
    weekdays: frozenset[int] = EVERY_DAY
    order_before_minutes: int = 60
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class ChanceSpec:
    """What was learned of a node: the chance that it cannot send a unit of some goods (`routing.on_shelf`).

    ``goods``: as ``routing.on_shelf.goods_of`` names them. It stands for the node's ``reject_probability``.
    """

    node: str
    goods: str
    fails: float


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    version: int
    currency: str
    nodes: tuple[NodeSpec, ...]
    tariffs: tuple[TariffSpec, ...] = ()
    lanes: tuple[LaneSpec, ...] = ()
    calendars: tuple[CalendarSpec, ...] = ()
    slots: tuple[SlotSpec, ...] = ()
    deliveries: tuple[DeliverySpec, ...] = ()
    dimensional_divisor_mm3_per_g: float = 0.0
    chances: tuple[ChanceSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkFault:
    """One thing wrong with a spec: ``pointer`` is a JSON pointer into it, ``code`` a stable name."""

    pointer: str
    code: str
    detail: str


class NetworkRefused(Exception):
    """A spec that cannot become a network; carries every fault found."""

    def __init__(self, faults: tuple[NetworkFault, ...]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults[:5]))
        self.faults = faults
