"""When and how goods get from the nodes that have some to the customer: `routing.promise_reach`, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from routing.calendar import DAY_S, DAYS
from routing.compiled import compiled
from routing.delivery import DELIVERY_DAYS
from routing.eligibility import BIT, Reason
from routing.express.arrays import REACH, SHIP_ROW, Asked, Records, World
from routing.geo import great_circles_into
from routing.lanes import NO_LANE
from routing.problem import UNLIMITED, Floats, Ints

INACTIVE = BIT[Reason.INACTIVE]
NOT_OFFERED = BIT[Reason.METHOD_NOT_OFFERED]
LANELESS = BIT[Reason.NO_LANE]
CLOSED = BIT[Reason.CLOSED]
FULL = BIT[Reason.NODE_CAPACITY_EXHAUSTED]
NO_STOCK = BIT[Reason.INSUFFICIENT_STOCK]
TOO_HEAVY = BIT[Reason.TOO_HEAVY]


class View(NamedTuple):
    """The M nodes that have any of the basket, and what is true of them whatever the method.

    ``picked`` [P, 3]: by profile the day an order may leave, capacity aside, then the instant and day when
    it is picked.
    """

    nodes: Ints  # [M]
    stock: Ints  # [L, M]
    bid: Floats  # [L, M]
    distance_m: Floats  # [N]
    nearest: int
    picked: Ints


class Reach(NamedTuple):
    """As ``routing.promise_reach.Reach``."""

    at: Records  # [M]
    line_bits: Ints  # [L, M]


@compiled
def look(world: World, asked: Asked) -> View:
    """The nodes that have any of it."""
    stock, abroad_m, question = asked.stock, asked.abroad_m, asked.question[0]
    L, N = stock.shape
    nodes = np.empty(N, np.int64)
    distance_m = np.empty(N)
    great_circles_into(question.lat, question.lon, world.points, distance_m)
    M = nearest = 0
    for n in range(N):
        if distance_m[n] + abroad_m[n] < distance_m[nearest] + abroad_m[nearest]:
            nearest = n
        for k in range(L):
            if stock[k, n] > 0:
                nodes[M] = n
                M += 1
                break
    nodes = nodes[:M].copy()
    held = np.empty((L, M), np.int64)
    for k in range(L):
        for m in range(M):
            held[k, m] = max(stock[k, nodes[m]], 0)
    P = world.day.shape[0]
    picked = np.empty((P, 3), np.int64)
    for p in range(P):
        picked[p, 0] = first_day(world.day[p], question.at, question.horizon)
        picked[p, 1], picked[p, 2] = ready(world.day[p], question.at)
    bid = bids(world.weights[0].breadth_minor, asked.line, held, nodes, asked.breadth)
    return View(nodes, held, bid, distance_m, nearest, picked)


@compiled
def bids(parcel_minor: float, line: Records, held: Ints, nodes: Ints, breadth: Floats) -> Floats:
    """``routing.breadth.breadth_bids`` at the nodes that have any of it."""
    L, M = held.shape
    bid = np.zeros((L, M))
    if parcel_minor <= 0:
        return bid
    for k in range(L):
        total = 0
        for m in range(M):
            total += held[k, m]
        least = np.inf
        for m in range(M):
            bid[k, m] = parcel_minor * breadth[nodes[m]] * (1 - held[k, m] / max(1, total))
            if held[k, m] > 0:
                least = min(least, bid[k, m])
        for m in range(M):
            bid[k, m] = max(bid[k, m] - least, 0.0) / line[k].quantity if held[k, m] > 0 else 0.0
    return bid


@compiled
def first_day(day: Records, at: int, horizon: int) -> int:
    """The first day [D] of a profile within the horizon that an order at ``at`` may leave; DAYS where
    none.
    """
    for d in range(min(horizon, DAYS)):
        if at < day[d].latest:
            return d
    return DAYS


@compiled
def ready(day: Records, at: int) -> tuple[int, int]:
    """(instant, day) when a profile [D] has worked its lead since ``at``; day DAYS = not within the
    tables.
    """
    need = day[0].lead_s
    for d in range(DAYS):
        if day[d].opens >= at:
            break
        need += min(at - day[d].opens, day[d].closes - day[d].opens)
    for d in range(DAYS):
        if day[d].closes > at and day[d].closes > day[d].opens and day[d].worked_after >= need:
            return day[d].opens + max(need - day[d].worked, 0), d
    return day[DAYS - 1].opens + max(need - day[DAYS - 1].worked, 0), DAYS


@compiled
def start_by(day: Records, lead_s: int, done: int) -> int:
    """``routing.calendar.start_by`` of a profile [D]."""
    if lead_s == 0:
        return done
    spare = -lead_s
    for d in range(DAYS):
        spare += min(max(done - day[d].opens, 0), day[d].closes - day[d].opens)
    if spare < 0:
        return int(day[0].opens)
    last = 0
    while last < DAYS - 1 and day[last].worked_after <= spare:
        last += 1
    return int(day[last].opens + spare - day[last].worked)


@compiled
def day_of(day: Records, moment: int) -> int:
    """The first day [D] that closes no sooner than ``moment``, the last one where none does."""
    for d in range(DAYS):
        if day[d].closes >= moment:
            return d
    return DAYS - 1


@compiled
def arrival(delivery: Records, delivers: Ints, ship_at: int, transit_days: int) -> tuple[int, int, int]:
    """(from, to, day) of ``routing.delivery.arrivals``, by the days [D + 1] of a time zone."""
    last = delivery.size - 1
    left = min(max((ship_at - delivery[0].midnight) // DAY_S, 0), last - 1)
    while left > 0 and delivery[left].midnight >= ship_at:
        left -= 1
    while left < last - 1 and delivery[left + 1].midnight < ship_at:
        left += 1
    if transit_days == 0 and ship_at < delivery[left].closes:
        place = delivery[left].past
    else:
        place = delivery[left + 1].past + max(transit_days, 1) - 1
    day = delivers[min(place, delivers.size - 1)]
    opens = max(delivery[day].opens, ship_at)
    return opens, max(delivery[day].closes, opens), day


@compiled
def empty_reach(L: int, M: int) -> Reach:
    """Room for a reach over M nodes."""
    return Reach(np.zeros(M, REACH), np.zeros((L, M), np.int64))


@compiled
def line_bits(carries_g: Ints, line: Records, stock: Ints, reach: Reach) -> None:
    """What is against each line at each node."""
    for k in range(line.size):
        for m in range(stock.shape[1]):
            bits = 0 if stock[k, m] > 0 else NO_STOCK
            if line[k].billable_g > carries_g[reach.at[m].card]:
                bits |= TOO_HEAVY
            reach.line_bits[k, m] = bits


@compiled
def lanes_to(lanes: Records, shared: Ints, own: Ints, distance_m: Floats) -> Ints:
    """[N] ``routing.lanes.first_lanes`` of rows for any node and rows for one, both ascending."""
    none = lanes.size
    lane = np.full(distance_m.size, none)
    for n in range(distance_m.size):
        for row in shared:
            if distance_m[n] <= lanes[row].reach_m:
                lane[n] = row
                break
    for row in own:
        n = lanes[row].node
        if row < lane[n] and distance_m[n] <= lanes[row].reach_m:
            lane[n] = row
    for n in range(lane.size):
        if lane[n] == none:
            lane[n] = NO_LANE
    return lane


@compiled
def shipping_day(
    day: Records, horizon: int, at: int, first: int, limit: int, rooms: Ints
) -> tuple[int, int, bool]:
    """(day, room, full) as of ``routing.promise_ask.Ask.first_days``; ``rooms`` [D], or empty = ``limit``
    every day.
    """
    for d in range(first, min(horizon, DAYS)):
        if at < day[d].latest:
            room = rooms[d] if rooms.size else limit
            if room == UNLIMITED or room > 0:
                return d, room, False
    full = first < DAYS
    return DAYS, 0 if full else limit, full


@compiled
def transit(world: World, asked: Asked, view: View, lane: Ints, distance_m: Floats, zone: int) -> Reach:
    """A reach of what goes over ``lane`` [N]."""
    nodes, lanes, days, question = world.node, world.lane, world.day, asked.question[0]
    reach = empty_reach(asked.line.size, view.nodes.size)
    no_rooms = np.empty(0, np.int64)
    for m in range(view.nodes.size):
        n = view.nodes[m]
        node, one = nodes[n], reach.at[m]
        day = days[node.profile]
        rooms = world.rooms[SHIP_ROW, n] if world.rooms.size else no_rooms
        first, limit = view.picked[node.profile, 0], world.limit[SHIP_ROW, n]
        leaves, one.room, full = shipping_day(day, question.horizon, question.at, first, limit, rooms)
        one.day = min(leaves, DAYS - 1)
        one.ship_at, one.order_by = day[one.day].closes, day[one.day].latest
        known = lane[n] != NO_LANE
        transit_days = lanes[lane[n]].transit_days if lanes.size else 0
        one.from_at, one.arrive_at, on = arrival(
            world.delivery[zone], world.delivers, one.ship_at, transit_days
        )
        bits = (0 if node.active else INACTIVE) | (0 if world.offers[SHIP_ROW, n] else NOT_OFFERED)
        bits |= 0 if known else LANELESS
        if (leaves >= DAYS and not full) or on >= DELIVERY_DAYS:
            bits |= CLOSED
        one.bits = bits | (FULL if full else 0)
        one.card = lanes[lane[n]].card if known else world.carries_g.size - 1
        one.fixed_minor = node.fixed_minor
        rate = lanes[lane[n]].co2_g_per_kg_km if lanes.size else 0.0
        one.co2_g_per_kg = rate * distance_m[n] / 1000 if rate > 0 else 0.0
    return reach


@compiled
def ship_reach(world: World, asked: Asked, view: View) -> Reach:
    """Parcels to an address."""
    lane = lanes_to(world.lane, asked.ship_shared, asked.ship_own, view.distance_m)
    reach = transit(world, asked, view, lane, view.distance_m, world.node[view.nearest].zone)
    line_bits(world.carries_g, asked.line, view.stock, reach)
    return reach
