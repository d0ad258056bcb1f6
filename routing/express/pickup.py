"""Collection at a store: `routing.promise_reach.pickup_reach` and the choice of stores, compiled."""

from __future__ import annotations

import numpy as np

from routing.calendar import DAYS
from routing.compiled import compiled
from routing.eligibility import BIT, Reason
from routing.express.arrays import PICKUP_ROW, Asked, Records, World
from routing.express.reach import (
    CLOSED,
    FULL,
    INACTIVE,
    NOT_OFFERED,
    Reach,
    Sight,
    View,
    day_of,
    line_bits,
    narrowed,
    ready,
    start_by,
    transit,
)
from routing.lanes import NO_LANE
from routing.problem import UNLIMITED, Bools, Floats, Ints

BLOCKED = BIT[Reason.NODE_BLOCKED]
REMEMBERED, MINUTE_S = 61, 60  # goods come at few instants, so each is asked about once


@compiled
def stores(world: World, asked: Asked, sight: Sight, view: View, near: Bools) -> Ints:
    """The nearest stores that have all of it on the shelf, or the nearest at all; ``near`` [N]."""
    line, weights = asked.line, world.weights[0]
    some, nodes, stock, network, offers = False, view.nodes, view.stock, world.node, world.offers
    whole = np.zeros(near.size, np.bool_)
    for n in range(near.size):
        near[n] = near[n] and network[n].active and offers[PICKUP_ROW, n]
    for m in range(nodes.size):
        has_all = near[nodes[m]]
        for k in range(line.size):
            has_all = has_all and stock[k, m] >= line[k].quantity
        whole[nodes[m]] = has_all
        some = some or has_all
    if some:
        return nearest(whole, sight.distance_m, weights.pickup_stores)
    return nearest(near, sight.distance_m, weights.fed_stores)


@compiled
def nearest(among: Bools, distance_m: Floats, most: int) -> Ints:
    """At most so many of the nodes, by distance, the first in order among equals."""
    chosen = np.empty(most, np.int64)
    count = 0
    for n in range(among.size):
        if not among[n]:
            continue
        place = count
        while place > 0 and distance_m[n] < distance_m[chosen[place - 1]]:
            place -= 1
        if place >= most:
            continue
        count = min(count + 1, most)
        for i in range(count - 1, place, -1):
            chosen[i] = chosen[i - 1]
        chosen[place] = n
    return chosen[:count]


@compiled
def pickup_reach(world: World, asked: Asked, sight: Sight, view: View, store: int) -> Reach:
    """Collection at a store: from its own shelf, or brought there by others over lanes to the store."""
    node, at = world.node[store], asked.question[0].at
    day, rooms = world.day[node.profile], np.empty(0, np.int64)
    if world.rooms.size:
        rooms = world.rooms[PICKUP_ROW, store]
    lane = world.store_lane[node.store]
    reach = transit(world, asked, sight, view, lane, world.store_m[node.store], node.zone)
    known, nodes, ways = np.full((REMEMBERED, 3), -1), view.nodes, reach.at
    for m in range(nodes.size):
        n, one = nodes[m], ways[m]
        begin = at if n == store else one.arrive_at
        place = begin // MINUTE_S % REMEMBERED
        if known[place, 0] != begin:
            known[place, 0] = begin
            known[place, 1], known[place, 2] = at_counter(day, world.limit[PICKUP_ROW, store], rooms, begin)
        ready_at = known[place, 1]
        if lane[n] != NO_LANE and world.lane[lane[n]].transfer:
            one.bits &= ~NOT_OFFERED
        if n == store:
            one.bits &= INACTIVE | BLOCKED
            one.card, one.room = world.card.size - 1, UNLIMITED
            one.co2_g_per_kg = one.day_minor = 0.0
            one.ship_at = ready_at
            one.order_by = start_by(day, node.lead_s, day[day_of(day, ready_at)].closes)
        elif not world.weights[0].ship_to_store:
            one.bits |= NOT_OFFERED
        one.bits |= known[place, 2]
        one.from_at = one.arrive_at = ready_at
    line_bits(world, asked.line, reach)
    return reach


@compiled
def own_shelf(world: World, asked: Asked, view: View, store: int) -> View:
    """What matters for a collection: the store alone where no plan can do better than its own shelf.

    Others bring goods later, each in a parcel that costs no less than the least there is; all of it from the
    shelf is one parcel without a tariff. Where that is cheaper by more than rounding, and splitting it or
    leaving units out is dearer, it is the only best plan, the soonest and the one of fewest parcels.
    """
    weights, node, line = world.weights[0], world.node[store], asked.line
    m = np.searchsorted(view.nodes, store)
    if m == view.nodes.size or view.nodes[m] != store or not node.active:
        return view
    own_minor, units = float(node.fixed_minor), 0
    for k in range(line.size):
        if view.stock[k, m] < line[k].quantity or line[k].billable_g > world.card[-1].carries_g:
            return view
        felt_minor = view.rejection[k, m] + view.bid[k, m]
        own_minor += line[k].quantity * (node.pick_minor + felt_minor)
        units += line[k].quantity
    others_minor = weights.least_parcel_minor + units * weights.least_pick_minor
    latest_minor = own_minor + weights.parcel_minor + weights.late_day_minor * DAYS
    if own_minor + 1 >= others_minor or latest_minor + 1 >= weights.penalty_minor:
        return view
    if weights.parcel_minor + node.fixed_minor < 1 or not node_ready(world, asked, store):
        return view
    return narrowed(view, np.array([m]))


@compiled
def node_ready(world: World, asked: Asked, store: int) -> bool:
    """Whether what is on a store's shelf can be collected at all."""
    rooms = np.empty(0, np.int64)
    if world.rooms.size:
        rooms = world.rooms[PICKUP_ROW, store]
    day, limit = world.day[world.node[store].profile], world.limit[PICKUP_ROW, store]
    return bool(at_counter(day, limit, rooms, asked.question[0].at)[1] == 0)


@compiled
def at_counter(day: Records, limit: int, rooms: Ints, begin: int) -> tuple[int, int]:
    """(instant, bits) when goods that are at a store [D] at ``begin`` can be collected. A day that is full
    passes the collection on to the next opening; ``rooms`` [D], or empty = ``limit`` every day.
    """
    ready_at, first = ready(day, begin)
    full = False
    for d in range(first, DAYS):
        if day[d].closes == day[d].opens:
            continue
        if (rooms[d] if rooms.size else limit) != 0:
            return (day[d].opens if d > first else ready_at), 0
        full = True
    return ready_at, FULL if full else CLOSED
