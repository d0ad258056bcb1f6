"""Courier deliveries: `routing.promise_courier`, compiled."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from routing.calendar import DAYS
from routing.compiled import compiled
from routing.eligibility import BIT, Reason
from routing.express.arrays import COURIER_ROW, Asked, Records, World
from routing.express.reach import (
    CLOSED,
    FULL,
    INACTIVE,
    LANELESS,
    NOT_OFFERED,
    Reach,
    Sight,
    View,
    empty_reach,
    lanes_to,
    line_bits,
    narrowed,
    start_by,
)
from routing.lanes import EVERY, NO_LANE
from routing.problem import Bools, Ints
from routing.promise_courier import QUARTER_S, SLOT_DAYS

OUT_OF_REACH = BIT[Reason.NO_NODE_IN_RADIUS]
SLOT_CLOSED = BIT[Reason.SLOT_CLOSED]


class Found(NamedTuple):
    """F slots open to some node, soonest first: ``when`` [F, 3] starts, ends, slot; ``day`` [F, A] the day of
    each ``able`` [A] node (by its place in the view), -1 where it does not serve the slot.
    """

    when: Ints
    day: Ints
    able: Ints


@compiled
def nothing_open() -> Found:
    """No slot at all."""
    return Found(np.empty((0, 3), np.int64), np.empty((0, 0), np.int64), np.empty(0, np.int64))


@compiled
def courier_base(world: World, asked: Asked, sight: Sight, view: View, near: Bools) -> Reach:
    """What holds for every slot: reach, lanes, tariff. ``near`` [N]: within the node's radius."""
    nodes, lanes, by_lane = world.node, world.lane, asked.question[0].courier_by_lane
    reach = empty_reach(view)
    lane = np.full(near.size, NO_LANE)
    if by_lane:
        lane = lanes_to(lanes, asked.courier_shared, asked.courier_own, sight.distance_m)
    places, ways, offers, free = view.nodes, reach.at, world.offers[COURIER_ROW], world.card.size - 1
    for m in range(places.size):
        n, one = places[m], ways[m]
        node = nodes[n]
        bits = (0 if node.active else INACTIVE) | (0 if offers[n] else NOT_OFFERED)
        if not near[n]:
            bits |= OUT_OF_REACH
        one.card = free
        if by_lane and lane[n] == NO_LANE:
            bits |= LANELESS
        elif by_lane:
            one.card = lanes[lane[n]].card
            rate = lanes[lane[n]].co2_g_per_kg_km
            one.co2_g_per_kg = rate * sight.distance_m[n] / 1000 if rate > 0 else 0.0
        one.bits = bits
        one.fixed_minor = node.fixed_minor + node.courier_minor
    line_bits(world, asked.line, reach)
    return reach


@compiled
def without(base: Reach) -> Reach:
    """No slot is open to any node."""
    reach = Reach(base.of, base.at.copy(), base.line_bits)
    for m in range(reach.at.size):
        reach.at[m].bits |= SLOT_CLOSED
    return reach


@compiled
def among(base: Reach, able: Ints) -> Reach:
    """Only the nodes at these places of a reach."""
    bits = np.empty((base.line_bits.shape[0], able.size), np.int64)
    for k in range(bits.shape[0]):
        for a in range(able.size):
            bits[k, a] = base.line_bits[k, able[a]]
    return Reach(narrowed(base.of, able), base.at[able], bits)


@compiled
def slot_room(world: World, n: int, day: int, s: int) -> int:
    """Parcels a node can still send in a slot on a day, UNLIMITED where nobody counts."""
    return int(world.slot_rooms[s, n, day] if world.slot_rooms.size else world.slot[s].capacity)


@compiled
def open_slots(world: World, asked: Asked, sight: Sight, base: Reach) -> Found:
    """The slots that nodes within reach still take the order for, and can be ready for."""
    question, weights = asked.question[0], world.weights[0]
    able = np.flatnonzero(base.at["bits"] == 0)
    when, day_of = np.empty((16, 3), np.int64), np.full((16, able.size), -1)
    found = 0
    for a in range(able.size):
        n = base.of.nodes[able[a]]
        p, zone, vacant = world.node[n].profile, world.node[n].zone, 0
        days = world.day[p]
        today = 0
        while today < DAYS and days[today].closes <= question.at:
            today += 1
        for day in range(today, min(today + SLOT_DAYS, question.horizon, DAYS)):
            if days[day].closes == days[day].opens:
                continue
            for s in range(world.slot.size):
                starts, ends = world.slot_times[zone, day, s, 0], world.slot_times[zone, day, s, 1]
                if not takes(world.slot[s], n, days[day].weekday, starts, question.at, sight.picked[p, 1]):
                    continue
                f = 0
                while f < found and (when[f, 0] != starts or when[f, 1] != ends or when[f, 2] != s):
                    f += 1
                if f == when.shape[0]:
                    when = np.concatenate((when, np.empty_like(when)))
                    day_of = np.concatenate((day_of, np.full_like(day_of, -1)))
                when[f, 0], when[f, 1], when[f, 2] = starts, ends, s
                found = max(found, f + 1)
                day_of[f, a] = day
                vacant += slot_room(world, n, day, s) != 0
            if vacant >= weights.courier_slots:
                break
    order = sooner_first(world.slot, when[:found])
    return Found(when[order], day_of[order], able)


@compiled
def takes(slot: Any, n: int, weekday: int, starts: int, at: int, ready_at: int) -> bool:
    """Whether the node serves the slot that day, may still be asked, and can be ready."""
    if slot.node != EVERY and slot.node != n:
        return False
    if not slot.weekdays >> weekday & 1:
        return False
    return bool(ready_at <= starts and at < starts - slot.cut_s)


@compiled
def sooner_first(slot: Records, when: Ints) -> Ints:
    """The order by start, end and name of the slot."""
    order = np.empty(when.shape[0], np.int64)
    for f in range(when.shape[0]):
        place = f
        while place > 0 and sooner(slot, when[f], when[order[place - 1]]):
            order[place] = order[place - 1]
            place -= 1
        order[place] = f
    return order


@compiled
def sooner(slot: Records, one: Ints, other: Ints) -> bool:
    """Whether one slot comes before the other."""
    if one[0] != other[0]:
        return bool(one[0] < other[0])
    if one[1] != other[1]:
        return bool(one[1] < other[1])
    return bool(slot[one[2]].rank < slot[other[2]].rank)


@compiled
def in_slot(world: World, base: Reach, found: Found, f: int) -> Reach:
    """The reach of one slot; ``found.able`` are places in the view of ``base``."""
    reach = Reach(base.of, base.at.copy(), base.line_bits)
    starts, ends, s = found.when[f, 0], found.when[f, 1], found.when[f, 2]
    last = starts - world.slot[s].cut_s
    for m in range(reach.at.size):
        one = reach.at[m]
        one.bits |= SLOT_CLOSED
        one.ship_at = one.from_at = starts
        one.arrive_at, one.order_by = ends, last
    for a in range(found.able.size):
        day = found.day[f, a]
        if day < 0:
            continue
        one = reach.at[found.able[a]]
        n = base.of.nodes[found.able[a]]
        node = world.node[n]
        one.bits &= ~SLOT_CLOSED
        one.day, one.room = day, slot_room(world, n, day, s)
        one.order_by = min(last, start_by(world.day[node.profile], node.lead_s, starts))
        if one.room == 0:
            one.bits |= FULL
    return reach


@compiled
def on_demand(world: World, asked: Asked, sight: Sight, base: Reach) -> Reach:
    """Without slots: as soon as it is picked and driven, with some grace, to the next quarter of an hour."""
    reach = Reach(base.of, base.at.copy(), base.line_bits)
    horizon, grace_s = asked.question[0].horizon, world.weights[0].grace_s
    for m in range(reach.at.size):
        n, one = base.of.nodes[m], reach.at[m]
        node, limit = world.node[n], world.limit[COURIER_ROW, n]
        days, works = world.day[node.profile], one.bits == 0
        ready_at, first = sight.picked[node.profile, 1], sight.picked[node.profile, 2]
        day, room, full = first, limit, False
        while works and day < horizon:
            is_open = days[day].closes > days[day].opens
            room = (world.rooms[COURIER_ROW, n, day] if world.rooms.size else limit) if is_open else 0
            if room != 0:
                break
            full = full or is_open
            day += 1
        if works and day >= horizon:
            one.bits |= FULL if full else CLOSED
        elif works and day > first:
            ready_at = days[day].opens
        ends = -(-(ready_at + node.courier_s + grace_s) // QUARTER_S) * QUARTER_S
        one.ship_at, one.from_at, one.arrive_at = ready_at, ready_at + node.courier_s, ends
        one.room, one.day = room, min(day, DAYS - 1)
        if one.bits == 0:
            done = min(ends - node.courier_s, days[day].closes)
            one.order_by = start_by(days, node.lead_s, done)
    return reach
