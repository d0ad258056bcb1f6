"""Network, policy, capacity and basket laid out for the compiled promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from routing.ahead import most_minor
from routing.calendar import DAYS, DayTables, closing, first_day, instant
from routing.express.arrays import CARD, DAY, DELIVERY, LANE, NODE, SLOT, WEIGHTS, Records, World
from routing.lanes import EVERY
from routing.network import Network
from routing.network_spec import ANY_NODE, METHODS, PICKUP
from routing.policy import Policy
from routing.problem import Floats, Ints
from routing.rooms import Free, rooms_left, slot_capacity

MOST_STORE_LANES = 4_000_000
NO_ROOMS: Ints = np.zeros((0, 0, 0), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """What follows from a network alone. ``country`` None: pickups in several countries, or too many of
    them.
    """

    node: Records
    offers: Ints
    latlon: Floats
    store_lane: Ints
    store_m: Floats
    lane: Records
    card: Records
    zones: tuple[str, ...]
    country: str | None


def atlas(network: Network) -> Atlas:
    """The network's arrays; a moment's work, once per network."""
    return network.layouts.get(("express",), lambda: _atlas(network))


def _atlas(network: Network) -> Atlas:
    spec = network.spec
    zones = tuple(sorted({node.timezone for node in spec.nodes}))
    handing_out = np.flatnonzero(network.offers[METHODS.index(PICKUP)])
    countries = {spec.nodes[n].country for n in handing_out.tolist()}
    few = len(handing_out) * len(spec.nodes) <= MOST_STORE_LANES and len(countries) <= 1
    handing_out = handing_out if few else handing_out[:0]
    lanes = [network.lanes_to_store(n) for n in handing_out.tolist()]
    shape = (len(lanes), len(spec.nodes))
    node = np.zeros(len(spec.nodes), NODE)
    node["zone"] = [zones.index(one.timezone) for one in spec.nodes]
    node["store"] = -1
    node["store"][handing_out] = np.arange(len(handing_out))
    for name in ("active", "profile", "lead_s", "fixed_minor", "pick_minor", "courier_minor", "courier_s"):
        node[name] = getattr(network, name)
    return Atlas(
        node=node,
        offers=network.offers.astype(np.int64),
        latlon=np.array([network.lat, network.lon]),
        store_lane=np.array([lane for lane, _ in lanes], dtype=np.int64).reshape(shape),
        store_m=np.array([distance for _, distance in lanes], dtype=np.float64).reshape(shape),
        lane=_lanes(network),
        card=_cards(network),
        zones=zones,
        country=next(iter(countries), "") if few else None,
    )


def _lanes(network: Network) -> Records:
    rows = np.zeros(len(network.lanes.card), LANE)
    for name in LANE.names or ():
        rows[name] = getattr(network.lanes, name)
    return rows


def _cards(network: Network) -> Records:
    rows, start = np.zeros(len(network.carries_g), CARD), network.cards.start
    rows["carries_g"] = network.carries_g
    steps = [network.cards.minor[a:b] for a, b in pairwise(start.tolist())]
    rows["least_minor"] = [one.min() for one in steps]
    rows["most_minor"] = [one.max() for one in steps]
    return rows


def days(network: Network, tables: DayTables) -> Records:
    """Opening hours [P, D] around an instant."""

    def make() -> Records:
        rows = np.zeros(tables.opens.shape, DAY)
        rows["opens"], rows["closes"], rows["latest"] = tables.opens, tables.closes, tables.latest
        rows["worked"], rows["worked_after"] = tables.worked[:, :-1], tables.worked[:, 1:]
        rows["lead_s"] = np.array([profile.lead_s for profile in network.profiles])[:, None]
        rows["weekday"] = [day.weekday() for day in tables.dates]
        return rows

    return network.layouts.get(("express days", tables.dates[0]), make)


def delivery(network: Network, country: str, at: int) -> tuple[Records, Ints]:
    """Days of a country around an instant [Z, D + 1], in every time zone of the network, and which
    deliver.
    """

    def make() -> tuple[Records, Ints]:
        tables = [network.delivery(country, zone, at) for zone in atlas(network).zones]
        rows = np.zeros((len(tables), len(tables[0].midnight)), DELIVERY)
        for name in DELIVERY.names or ():
            rows[name] = [getattr(table, name) for table in tables]
        return rows, tables[0].on

    return network.layouts.get(("express delivery", country, first_day(at)), make)


def slots(network: Network, tables: DayTables) -> tuple[Records, Ints]:
    """Courier slots [S], and when they start and end [Z, D, S, 2] around an instant."""
    return network.layouts.get(("express slots", tables.dates[0]), lambda: _slots(network, tables.dates))


def _slots(network: Network, dates: Sequence[date]) -> tuple[Records, Ints]:
    found = network.spec.slots
    names = sorted({slot.id for slot in found})
    rows = np.zeros(len(found), SLOT)
    rows["node"] = [EVERY if s.node == ANY_NODE else network.index[s.node] for s in found]
    rows["weekdays"] = [sum(1 << day for day in s.weekdays) for s in found]
    rows["cut_s"] = [s.order_before_minutes * 60 for s in found]
    rows["capacity"] = slot_capacity(network)
    rows["rank"] = [names.index(s.id) for s in found]
    zones = [ZoneInfo(zone) for zone in atlas(network).zones]
    times = [
        [[(instant(zone, day, s.starts), closing(zone, day, s.ends)) for s in found] for day in dates]
        for zone in zones
    ]
    return rows, np.array(times, dtype=np.int64).reshape(len(zones), DAYS, len(found), 2)


def weights(network: Network, policy: Policy) -> Records:
    """The policy's numbers [1]."""
    rows = np.zeros(1, WEIGHTS)
    for name in ("late_day_minor", "parcel_minor", "co2_minor_per_kg", "resource_minor"):
        rows[name] = getattr(policy, name)
    for name in ("ship_to_store", "pickup_stores", "fed_stores", "courier_slots"):
        rows[name] = getattr(policy, name)
    rows["penalty_minor"] = policy.unfilled_penalty_minor
    rows["grace_s"] = policy.courier_grace_minutes * 60
    rows["breadth_minor"] = policy.breadth_weight * network.opening_minor
    rows["ahead_weight"] = policy.lookahead_weight
    rows["ahead_most_minor"] = most_minor(network, policy)
    rows["divisor_mm3_per_g"] = network.spec.dimensional_divisor_mm3_per_g
    rows["least_parcel_minor"] = network.opening_minor
    rows["least_pick_minor"] = network.pick_minor.min() if len(network.pick_minor) else 0
    return rows


def world(network: Network, policy: Policy, country: str, now: int, free: Free) -> World | None:
    """All of it for one destination country, instant and state of capacity; None where there are too many
    slots to lay it out.
    """
    here, tables = atlas(network), network.tables(now)
    stays = ("express world", policy, country, tables.dates[0])

    def make() -> World:
        delivers, courier = delivery(network, country, now), slots(network, tables)
        radius_m = np.array([np.full(len(here.node), policy.pickup_radius_m), network.courier_radius_m])
        return World(
            here.node, network.fails, here.offers, network.limit, network.points, here.latlon, radius_m,
            here.store_lane, here.store_m, here.lane, here.card, network.cards.start, network.cards.up_to_g,
            network.cards.minor, days(network, tables), *delivers, *courier, NO_ROOMS, NO_ROOMS,
            weights(network, policy),
        )  # fmt: skip

    lasting = network.layouts.get(stays, make)
    if not free:
        return lasting
    left = rooms_left(network, free, tables.dates[0])
    return None if left.by_slot is None else lasting._replace(rooms=left.by_method, slot_rooms=left.by_slot)


def rows_to(network: Network, method: str, country: str, postcode: str) -> tuple[Ints, Ints]:
    """Lane rows that fit an address: those of any node, those of one; both ascending."""
    rows = network.rows_to(method, country, postcode)
    if not network.lanes.of_one_node:
        return rows, rows[:0]
    shared = network.lanes.node[rows] == EVERY
    return rows[shared], rows[~shared]
