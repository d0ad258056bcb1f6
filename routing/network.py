"""A network as arrays, built once per version and never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, time

import numpy as np
from numpy.typing import NDArray

from routing.calendar import DayTables, Profile, day_tables, first_day, public_holidays
from routing.delivery import DeliveryTable, delivery_table
from routing.geo import great_circles_m, points, within_m
from routing.lanes import EVERY, Lanes, compile_lanes, first_lanes, fitting_rows, plain_postcode
from routing.memo import Memo
from routing.network_faults import faults_of
from routing.network_spec import (
    METHODS,
    SHIP,
    CalendarSpec,
    DeliverySpec,
    LaneSpec,
    NetworkFault,
    NetworkRefused,
    NetworkSpec,
    NodeSpec,
    SlotSpec,
    TariffSpec,
)
from routing.on_shelf import PLAIN
from routing.problem import UNLIMITED, Bools, Floats, Ints, RateCards
from routing.tariff import compile_cards, greatest_weight_g, select_cards

__all__ = [
    "CalendarSpec",
    "DeliverySpec",
    "LaneSpec",
    "Network",
    "NetworkFault",
    "NetworkRefused",
    "NetworkSpec",
    "NodeSpec",
    "SlotSpec",
    "TariffSpec",
    "build_network",
]

REMEMBERED, LAYOUTS = 2048, 64


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """N nodes. ``offers`` and ``limit`` have one row per method, in the order of ``METHODS``.

    ``memo`` remembers answers of pure functions of this network alone: day tables by first day, delivery
    tables by country and zone, lane rows by destination, lanes to a store. ``layouts`` is for the few that
    take longer to make than a promise may take.
    """

    spec: NetworkSpec
    digest: str
    node_ids: tuple[str, ...]
    names: NDArray[np.object_]  # [N] the same
    index: Mapping[str, int]
    lat: Floats
    lon: Floats
    points: Floats  # [3, N] on a ball of radius 1
    active: Bools
    offers: Bools  # [3, N]
    limit: Ints  # [3, N] a day, UNLIMITED where none
    fixed_minor: Ints
    pick_minor: Ints
    goods: Mapping[str, int]  # row of ``fails``, where learned; all others are as plain ones, which are first
    fails: Floats  # [G, N] chance that a unit cannot be sent
    courier_radius_m: Ints
    courier_minor: Ints
    courier_s: Ints
    refuses: Mapping[str, Bools]  # flag → [N]
    profiles: tuple[Profile, ...]
    profile: Ints  # [N]
    lead_s: Ints  # [N]
    cards: RateCards
    carries_g: Ints  # [T] heaviest parcel per card
    lanes: Lanes
    deliveries: Mapping[str, DeliverySpec]
    memo: Memo = field(default_factory=lambda: Memo(REMEMBERED))
    layouts: Memo = field(default_factory=lambda: Memo(LAYOUTS))

    @property
    def version(self) -> int:
        return self.spec.version

    @property
    def currency(self) -> str:
        return self.spec.currency

    @property
    def opening_minor(self) -> int:
        """What the cheapest parcel of the network costs beside its units: handling and the least tariff."""
        return self.memo.get(("opening",), lambda: _opening_minor(self.spec))

    def tables(self, at: int) -> DayTables:
        """Day tables that serve the instant ``at``."""
        first = first_day(at)
        return self.memo.get(("days", first), lambda: day_tables(self.profiles, first))

    def delivery(self, country: str, timezone: str, at: int) -> DeliveryTable:
        """Delivery days of a destination, from ``at`` on."""
        first = first_day(at)
        spec = self.deliveries.get(country) or _usual_delivery(country)
        key = ("delivery", country, timezone, first)
        return self.memo.get(key, lambda: delivery_table(spec, timezone, first))

    def distances_m(self, lat: float | None, lon: float | None) -> Floats:
        """[N] great-circle distances, all unknown (nan) without coordinates."""
        if lat is None or lon is None:
            return np.full(len(self.node_ids), np.nan)
        return great_circles_m(lat, lon, self.points)

    def within(self, lat: float, lon: float, distance_m: Floats, radius_m: Ints | int) -> Bools:
        """[N] which nodes have a point within their radius; ``distance_m`` as of ``distances_m``."""
        return within_m(lat, lon, self.lat, self.lon, distance_m, radius_m)

    def lanes_to(self, method: str, country: str, postcode: str, distance_m: Floats) -> Ints:
        """[N] lane row per node to an address, NO_LANE where there is none."""
        return first_lanes(self.lanes, self.rows_to(method, country, postcode), distance_m)

    def rows_to(self, method: str, country: str, postcode: str) -> Ints:
        """Ascending rows of lanes that fit an address; only as much of the postcode as lanes ask for
        decides.
        """
        prefix = plain_postcode(postcode)[: self.lanes.prefix_lengths[-1] if self.lanes.prefix_lengths else 0]
        key = ("rows", method, country, prefix)
        return self.memo.get(key, lambda: fitting_rows(self.lanes, method, country, prefix, EVERY))

    def lanes_to_store(self, store: int) -> tuple[Ints, Floats]:
        """([N] lane row per node to a store, [N] distances in metres)."""
        return self.memo.get(("store", store), lambda: self._lanes_to_store(store))

    def _lanes_to_store(self, store: int) -> tuple[Ints, Floats]:
        node = self.spec.nodes[store]
        distance_m = self.distances_m(node.lat, node.lon)
        rows = fitting_rows(self.lanes, SHIP, node.country, node.postcode, store)
        return first_lanes(self.lanes, rows, distance_m), distance_m

    def cards_of(self, chosen: tuple[int, ...]) -> RateCards:
        """Only the cards ``chosen``."""
        return self.memo.get(("cards", chosen), lambda: select_cards(self.cards, chosen))

    def timezone_at(self, country: str, distance_m: Floats) -> str:
        """That of the nearest node, of the same country where there is one; UTC without nodes."""
        if not self.node_ids:
            return "UTC"
        nearest = int(np.argmin(np.nan_to_num(distance_m) + self.abroad_m(country)))
        return self.spec.nodes[nearest].timezone

    def abroad_m(self, country: str) -> Floats:
        """[N] what puts nodes of other countries behind all of this one."""
        return self.layouts.get(
            ("abroad", country),
            lambda: np.array([0.0 if node.country == country else 1e9 for node in self.spec.nodes]),
        )


def build_network(spec: NetworkSpec) -> Network:
    """Check a spec and lay it out. Raises ``NetworkRefused`` with every fault found."""
    faults = faults_of(spec)
    if faults:
        raise NetworkRefused(faults)
    index = {node.id: n for n, node in enumerate(spec.nodes)}
    cards = compile_cards(spec.tariffs)
    profiles, profile = _profiles(spec)
    flags = sorted({flag for node in spec.nodes for flag in node.refuses})
    goods, fails = _fails(spec, index)
    return Network(
        spec=spec,
        digest=hashlib.sha256(_canonical(spec).encode()).hexdigest(),
        node_ids=tuple(index),
        names=np.array(tuple(index), dtype=np.object_),
        index=index,
        lat=_floats(spec, "lat"),
        lon=_floats(spec, "lon"),
        points=points(_floats(spec, "lat"), _floats(spec, "lon")),
        active=np.array([node.active for node in spec.nodes], dtype=np.bool_),
        offers=np.array([[m in node.methods for node in spec.nodes] for m in METHODS], dtype=np.bool_),
        limit=_limits(spec),
        fixed_minor=_ints(spec, "fixed_minor"),
        pick_minor=_ints(spec, "pick_minor"),
        goods=goods,
        fails=fails,
        courier_radius_m=_ints(spec, "courier_radius_m"),
        courier_minor=_ints(spec, "courier_minor"),
        courier_s=_ints(spec, "courier_minutes") * 60,
        refuses={flag: np.array([flag in node.refuses for node in spec.nodes]) for flag in flags},
        profiles=profiles,
        profile=profile,
        lead_s=_ints(spec, "pick_lead_minutes") * 60,
        cards=cards,
        carries_g=greatest_weight_g(cards),
        lanes=compile_lanes(spec.lanes, index, {name: t for t, name in enumerate(cards.names)}),
        deliveries={delivery.country: delivery for delivery in spec.deliveries},
    )


def _fails(spec: NetworkSpec, index: Mapping[str, int]) -> tuple[Mapping[str, int], Floats]:
    """By goods what was learned of each node, else what the retailer says of it."""
    goods = {PLAIN: 0}
    for chance in spec.chances:
        goods.setdefault(chance.goods, len(goods))
    fails = np.tile(_floats(spec, "reject_probability"), (len(goods), 1))
    for chance in spec.chances:
        if chance.node in index:
            fails[goods[chance.goods], index[chance.node]] = chance.fails
    return goods, fails


def _profiles(spec: NetworkSpec) -> tuple[tuple[Profile, ...], Ints]:
    calendars = {calendar.name: calendar for calendar in spec.calendars}
    found: dict[Profile, int] = {}
    rows = [found.setdefault(_profile(node, calendars), len(found)) for node in spec.nodes]
    return tuple(found), np.array(rows, dtype=np.int64)


def _profile(node: NodeSpec, calendars: Mapping[str, CalendarSpec]) -> Profile:
    calendar = CalendarSpec("") if node.calendar is None else calendars[node.calendar]
    return Profile(
        timezone=node.timezone,
        calendar=calendar,
        holidays_of=(node.country, node.subdivision) if calendar.holidays else None,
        cutoff=node.ship_cutoff,
        lead_s=node.pick_lead_minutes * 60,
        ships_on=node.ships_on,
    )


def _usual_delivery(country: str) -> DeliverySpec:
    """Working days without public holidays, these only where they are known."""
    try:
        public_holidays(country, None, 1970)
    except NotImplementedError:
        return DeliverySpec(country, holidays=False)
    return DeliverySpec(country)


def _opening_minor(spec: NetworkSpec) -> int:
    handling = min((node.fixed_minor for node in spec.nodes if node.active), default=0)
    steps = (minor for tariff in spec.tariffs for _, minor in tariff.steps)
    return handling + min(steps, default=0)


def _ints(spec: NetworkSpec, name: str) -> Ints:
    return np.array([getattr(node, name) for node in spec.nodes], dtype=np.int64)


def _floats(spec: NetworkSpec, name: str) -> Floats:
    return np.array([getattr(node, name) for node in spec.nodes], dtype=np.float64)


def _limits(spec: NetworkSpec) -> Ints:
    rows = [[node.limits.get(method, UNLIMITED) for node in spec.nodes] for method in METHODS]
    return np.array(rows, dtype=np.int64)


def _canonical(value: object) -> str:
    """A spec as text that does not depend on the order of sets and mappings, nor on the process."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = (f"{f.name}={_canonical(getattr(value, f.name))}" for f in fields(value))
        return f"{type(value).__name__}({','.join(parts)})"
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{_canonical(k)}:{_canonical(v)}" for k, v in value.items())) + "}"
    if isinstance(value, frozenset):
        return "{" + ",".join(sorted(_canonical(part) for part in value)) + "}"
    if isinstance(value, tuple):
        return "[" + ",".join(_canonical(part) for part in value) + "]"
    if isinstance(value, date | time):
        return value.isoformat()
    return repr(value)
