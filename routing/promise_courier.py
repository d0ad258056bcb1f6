"""Courier deliveries: the next slots that nodes within reach can still keep, or on demand without slots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from routing.calendar import DAYS, closing, instant, ready, start_by
from routing.eligibility import BIT, Reason
from routing.lanes import NO_LANE
from routing.network_spec import ANY_NODE, COURIER, METHODS, SlotSpec
from routing.problem import UNLIMITED, Ints
from routing.promise_ask import Ask
from routing.promise_reach import Reach, base_bits, line_bits
from routing.promise_values import Destination

SLOT_DAYS = 8
"""Slots of this many days from today on are offered."""

QUARTER_S = 900


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A slot on one day; nodes in other time zones may begin it at another instant."""

    starts: int
    ends: int
    slot: SlotSpec


Wanted = tuple[str, int]
"""(slot id, instant it ends): one occurrence, whose order-before time no longer matters."""


def courier_reaches(ask: Ask, destination: Destination, only: Wanted | None = None) -> list[Reach]:
    """One reach per slot still open to some node, soonest first; one with reasons where there is none."""
    base = _base(ask, destination)
    ready_at, day = _ready(ask)
    if only is None and not ask.network.spec.slots:
        return [_on_demand(ask, base, ready_at, day)]
    found: dict[Occurrence, dict[int, int]] = {}
    for m in np.flatnonzero(base.node_bits == 0).tolist():
        for occurrence, index in _open_slots(ask, int(ask.nodes[m]), int(ready_at[m]), only):
            found.setdefault(occurrence, {})[m] = index
    soonest = sorted(found, key=lambda o: (o.starts, o.ends, o.slot.id))
    reaches = [_in_slot(ask, base, occurrence, found[occurrence]) for occurrence in soonest]
    open_ones = [reach for reach in reaches if (reach.node_bits == 0).any()][: ask.policy.courier_slots]
    if open_ones or reaches:
        return open_ones or reaches[:1]
    return [_without(base, Reason.SLOT_CLOSED)]


def slot_start(ask: Ask, node: int, day: int, slot: SlotSpec) -> tuple[int, int]:
    """(starts, ends) of a slot on a day of the tables, in the node's time zone."""
    zone_name = ask.network.spec.nodes[node].timezone

    def make() -> tuple[int, int]:
        zone, date = ZoneInfo(zone_name), ask.tables.dates[day]
        return instant(zone, date, slot.starts), closing(zone, date, slot.ends)

    return ask.network.memo.get(("slot", slot.id, ask.tables.dates[day], zone_name), make)


def slot_bucket(slot: SlotSpec) -> str:
    return f"{COURIER}:{slot.id}"


def slot_room(ask: Ask, node: int, day: int, slot: SlotSpec) -> int:
    """Parcels a node can still send in a slot on a day, UNLIMITED where nobody counts."""
    limit = UNLIMITED if slot.capacity is None else slot.capacity
    return ask.room(node, day, slot_bucket(slot), limit)


def _base(ask: Ask, destination: Destination) -> Reach:
    """What holds for every slot: reach, lanes, tariff."""
    network, nodes = ask.network, ask.nodes
    distance_m = ask.distance_m[nodes]
    bits = base_bits(ask, COURIER)
    if destination.lat is None or destination.lon is None:
        bits |= BIT[Reason.NO_LOCATION]
    else:
        point = destination.lat, destination.lon
        near = network.within(*point, ask.distance_m, network.courier_radius_m)
        bits |= np.where(near[nodes], 0, BIT[Reason.NO_NODE_IN_RADIUS])
    card = np.full(len(nodes), len(network.cards.names) - 1)
    lane = np.full(len(nodes), NO_LANE)
    rate = np.zeros(len(nodes))
    if COURIER in network.lanes.methods:
        lane = network.lanes_to(COURIER, destination.country, destination.postcode, ask.distance_m)[nodes]
        bits |= np.where(lane == NO_LANE, BIT[Reason.NO_LANE], 0)
        card = np.where(lane == NO_LANE, card, network.lanes.card[lane])
        rate = network.lanes.co2_g_per_kg_km[lane] * np.nan_to_num(distance_m) / 1000
    nothing = np.zeros(len(nodes), dtype=np.int64)
    return Reach(
        method=COURIER,
        bucket=COURIER,
        node_bits=bits,
        line_bits=line_bits(ask, card, lane),
        card=card,
        fixed_minor=network.fixed_minor[nodes] + network.courier_minor[nodes],
        co2_g_per_kg=rate,
        room=nothing,
        ship_at=nothing,
        from_at=nothing,
        arrive_at=nothing,
        order_by=nothing,
        day=nothing,
    )


def _ready(ask: Ask) -> tuple[Ints, Ints]:
    """(instant, day) [M] when each node has picked an order; day DAYS = not within the tables."""
    rows, at, back = ask.rows()
    lead = np.array([profile.lead_s for profile in ask.network.profiles], dtype=np.int64)
    profile = ask.network.profile[ask.nodes] if ask.delayed else np.arange(len(lead))
    ready_at, day = ready(ask.tables, rows, lead[profile], at)
    return ready_at[back], day[back]


def _open_slots(ask: Ask, node: int, ready_at: int, only: Wanted | None) -> list[tuple[Occurrence, int]]:
    """(slot, day) of a node that still takes the order and that it can be ready for."""
    row, spec = ask.network.profile[node], ask.network.spec
    found: list[tuple[Occurrence, int]] = []
    vacant = 0
    today = int(np.searchsorted(ask.tables.closes[row], ask.at, side="right"))
    for day in range(today, min(today + SLOT_DAYS, ask.horizon(), DAYS)):
        if ask.tables.closes[row, day] == ask.tables.opens[row, day]:
            continue
        for slot in spec.slots:
            if slot.node not in (ANY_NODE, spec.nodes[node].id):
                continue
            if ask.tables.dates[day].weekday() not in slot.weekdays:
                continue
            starts, ends = slot_start(ask, node, day, slot)
            in_time = ask.at < starts - slot.order_before_minutes * 60
            if ready_at <= starts and (in_time if only is None else only == (slot.id, ends)):
                found.append((Occurrence(starts, ends, slot), day))
                vacant += slot_room(ask, node, day, slot) != 0
        if vacant >= ask.policy.courier_slots:
            break
    return found


def _in_slot(ask: Ask, base: Reach, occurrence: Occurrence, days: dict[int, int]) -> Reach:
    size, slot = len(ask.nodes), occurrence.slot
    bucket = slot_bucket(slot)
    bits = base.node_bits | BIT[Reason.SLOT_CLOSED]
    room, day = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    order_by = np.full(size, occurrence.starts - slot.order_before_minutes * 60)
    for m, index in days.items():
        node = int(ask.nodes[m])
        row, lead = int(ask.network.profile[node]), int(ask.network.lead_s[node])
        bits[m] &= ~BIT[Reason.SLOT_CLOSED]
        day[m], room[m] = index, slot_room(ask, node, index, slot)
        order_by[m] = min(order_by[m], start_by(ask.tables, row, lead, occurrence.starts))
        if room[m] == 0:
            bits[m] |= BIT[Reason.NODE_CAPACITY_EXHAUSTED]
    starts, ends = np.full(size, occurrence.starts), np.full(size, occurrence.ends)
    return _timed(base, bits, bucket, room, starts, starts, ends, order_by, day, slot.id)


def _on_demand(ask: Ask, base: Reach, ready_at: Ints, day: Ints) -> Reach:
    """Without slots: as soon as it is picked and driven, with some grace, to the next quarter of an hour."""
    network, nodes = ask.network, ask.nodes
    limits = network.limit[METHODS.index(COURIER)][nodes]
    bits, room, order_by = base.node_bits.copy(), limits.copy(), ready_at.copy()
    day, ready_at = day.copy(), ready_at.copy()
    grace = timedelta(minutes=ask.policy.courier_grace_minutes) // timedelta(seconds=1)
    for m in np.flatnonzero(bits == 0).tolist():
        first = day[m]
        full = False
        row = network.profile[nodes[m]]
        while day[m] < ask.horizon():
            open_day = ask.tables.closes[row, day[m]] > ask.tables.opens[row, day[m]]
            room[m] = ask.room(int(nodes[m]), int(day[m]), COURIER, int(limits[m])) if open_day else 0
            if room[m] != 0:
                break
            full |= bool(open_day)
            day[m] += 1
        if day[m] >= ask.horizon():
            bits[m] |= BIT[Reason.NODE_CAPACITY_EXHAUSTED if full else Reason.CLOSED]
        elif day[m] > first:
            ready_at[m] = ask.tables.opens[row, day[m]]
    drive = network.courier_s[nodes]
    arrive_at = -(-(ready_at + drive + grace) // QUARTER_S) * QUARTER_S
    for m in np.flatnonzero(bits == 0).tolist():
        row, lead = int(network.profile[nodes[m]]), int(network.lead_s[nodes[m]])
        done = min(int(arrive_at[m] - drive[m]), int(ask.tables.closes[row, day[m]]))
        order_by[m] = start_by(ask.tables, row, lead, done)
    day = np.minimum(day, DAYS - 1)
    return _timed(base, bits, COURIER, room, ready_at, ready_at + drive, arrive_at, order_by, day, None)


def _without(base: Reach, reason: Reason) -> Reach:
    nothing = base.day
    bits = base.node_bits | BIT[reason]
    return _timed(base, bits, COURIER, nothing, nothing, nothing, nothing, nothing, nothing, None)


def _timed(
    base: Reach,
    bits: Ints,
    bucket: str,
    room: Ints,
    ship_at: Ints,
    from_at: Ints,
    arrive_at: Ints,
    order_by: Ints,
    day: Ints,
    slot: str | None,
) -> Reach:
    return Reach(
        base.method, bucket, bits, base.line_bits, base.card, base.fixed_minor, base.co2_g_per_kg,
        room, ship_at, from_at, arrive_at, order_by, day, None, slot,
    )  # fmt: skip
