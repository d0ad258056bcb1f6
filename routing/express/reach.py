"""When and how goods get from the nodes that have some to the customer: `routing.promise_reach`, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from routing.calendar import DAY_S, DAYS
from routing.compiled import compiled
from routing.delivery import DELIVERY_DAYS
from routing.eligibility import BIT, Reason
from routing.express.arrays import REACH, SHIP_ROW, Asked, Records, World
from routing.express.worth import ahead, bids
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
REMEMBERED, HALF_HOUR_S = 61, 1800  # parcels leave at few instants, so each is asked about once


class Sight(NamedTuple):
    """What is true whatever the method: metres [N], the nearest node, and ``picked`` [P, 3]: by profile the
    day an order may leave, capacity aside, then the instant and day when it is picked.
    """

    distance_m: Floats
    nearest: int
    picked: Ints


class View(NamedTuple):
    """M nodes that have any of the basket, all of them or those that matter. ``rejection``: what a unit is
    felt to cost for the chance that it cannot be sent.
    """

    nodes: Ints  # [M], ascending
    stock: Ints  # [L, M]
    rejection: Floats  # [L, M]
    bid: Floats  # [L, M]


class Reach(NamedTuple):
    """As ``routing.promise_reach.Reach``, of the nodes of a view."""

    of: View
    at: Records  # [M]
    line_bits: Ints  # [L, M]


@compiled
def look(world: World, asked: Asked) -> Sight:
    """Distances, and when orders are picked."""
    question, abroad_m = asked.question[0], asked.abroad_m
    distance_m = np.empty(world.node.size)
    great_circles_into(question.lat, question.lon, world.points, distance_m)
    nearest = 0
    for n in range(distance_m.size):
        if distance_m[n] + abroad_m[n] < distance_m[nearest] + abroad_m[nearest]:
            nearest = n
    P = world.day.shape[0]
    picked = np.empty((P, 3), np.int64)
    for p in range(P):
        picked[p, 0] = first_day(world.day[p], question.at, question.horizon)
        picked[p, 1], picked[p, 2] = ready(world.day[p], question.at)
    return Sight(distance_m, nearest, picked)


@compiled
def holding(world: World, asked: Asked) -> View:
    """The nodes that have any of it."""
    shelf, L, N = asked.shelf, asked.line.size, world.node.size
    held, some = np.zeros((L, N), np.int64), np.zeros(N, np.bool_)
    for k in range(L):
        for i in range(asked.line[k].begin, asked.line[k].end):
            n = shelf.column[shelf.place[i]]
            if n >= 0 and shelf.units[i] > 0:
                held[k, n], some[n] = shelf.units[i], True
    nodes = np.flatnonzero(some)
    stock, rejection = np.empty((L, nodes.size), np.int64), np.empty((L, nodes.size))
    fails, resource_minor = world.fails, world.weights[0].resource_minor
    for k in range(L):
        goods = asked.line[k].goods
        for m in range(nodes.size):
            stock[k, m] = held[k, nodes[m]]
            rejection[k, m] = resource_minor * fails[goods, nodes[m]]
    bid = bids(world.weights[0].breadth_minor, asked.line, stock, nodes, asked.breadth)
    if asked.worth.shape[0]:
        ahead(world, asked.worth, stock, nodes, bid)
    return View(nodes, stock, rejection, bid)


@compiled
def narrowed(view: View, places: Ints) -> View:
    """Only the nodes at these ascending places of a view."""
    L, A = view.stock.shape[0], places.size
    stock, rejection, bid = np.empty((L, A), np.int64), np.empty((L, A)), np.empty((L, A))
    for k in range(L):
        for a in range(A):
            stock[k, a], bid[k, a] = view.stock[k, places[a]], view.bid[k, places[a]]
            rejection[k, a] = view.rejection[k, places[a]]
    return View(view.nodes[places], stock, rejection, bid)


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
def empty_reach(view: View) -> Reach:
    """Room for a reach over the nodes of a view."""
    return Reach(view, np.zeros(view.nodes.size, REACH), np.zeros(view.stock.shape, np.int64))


@compiled
def line_bits(world: World, line: Records, reach: Reach) -> None:
    """What is against each line at each node."""
    at, stock, found, card = reach.at, reach.of.stock, reach.line_bits, world.card
    for k in range(line.size):
        billable_g = line[k].billable_g
        for m in range(at.size):
            bits = 0 if stock[k, m] > 0 else NO_STOCK
            if billable_g > card[at[m].card].carries_g:
                bits |= TOO_HEAVY
            found[k, m] = bits


@compiled
def lanes_to(lanes: Records, shared: Ints, own: Ints, distance_m: Floats) -> Ints:
    """[N] ``routing.lanes.first_lanes`` of rows for any node and rows for one, both ascending."""
    rows, reach_m, F, farthest_m = np.empty_like(shared), np.empty(shared.size), 0, -np.inf
    for row in shared:  # one that reaches no farther than those before it is never the first
        if lanes[row].reach_m > farthest_m:
            farthest_m = lanes[row].reach_m
            rows[F], reach_m[F] = row, farthest_m
            F += 1
    none = lanes.size
    lane = np.empty(distance_m.size, np.int64)
    for n in range(distance_m.size):
        f = 0
        while f < F and not distance_m[n] <= reach_m[f]:
            f += 1
        lane[n] = rows[f] if f < F else none
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
def transit(
    world: World, asked: Asked, sight: Sight, view: View, lane: Ints, distance_m: Floats, zone: int
) -> Reach:
    """A reach of what goes over ``lane`` [N]; ``distance_m`` [N]."""
    lanes, question, reach = world.lane, asked.question[0], empty_reach(view)
    known, counted = np.full((REMEMBERED, 5), -1), world.rooms.size > 0
    nodes, at, network, picked, limit = view.nodes, reach.at, world.node, sight.picked, world.limit[SHIP_ROW]
    offers, day_minor, days = world.offers[SHIP_ROW], asked.day_minor, world.day
    nothing = np.empty(0, np.int64)
    for m in range(nodes.size):
        n, one = nodes[m], at[m]
        node = network[n]
        leaves, one.room, full = picked[node.profile, 0], limit[n], False
        if counted or one.room == 0:  # else every day has room, and the profile's first will do
            rooms = world.rooms[SHIP_ROW, n] if counted else nothing
            leaves, one.room, full = shipping_day(
                days[node.profile], question.horizon, question.at, leaves, one.room, rooms
            )
        one.day = min(leaves, DAYS - 1)
        one.day_minor = day_minor[n, one.day] if day_minor.size else 0.0
        day = days[node.profile, one.day]
        one.ship_at, one.order_by = day.closes, day.latest
        has_lane = lane[n] != NO_LANE
        transit_days = lanes[lane[n]].transit_days if lanes.size else 0
        memo = (one.ship_at // HALF_HOUR_S + transit_days * 7) % REMEMBERED
        if known[memo, 0] != one.ship_at or known[memo, 1] != transit_days:
            known[memo, 0], known[memo, 1] = one.ship_at, transit_days
            known[memo, 2], known[memo, 3], known[memo, 4] = arrival(
                world.delivery[zone], world.delivers, one.ship_at, transit_days
            )
        one.from_at, one.arrive_at = known[memo, 2], known[memo, 3]
        bits = (0 if node.active else INACTIVE) | (0 if offers[n] else NOT_OFFERED)
        bits |= 0 if has_lane else LANELESS
        if (leaves >= DAYS and not full) or known[memo, 4] >= DELIVERY_DAYS:
            bits |= CLOSED
        one.bits = bits | (FULL if full else 0)
        one.card = lanes[lane[n]].card if has_lane else world.card.size - 1
        one.fixed_minor = node.fixed_minor
        rate = lanes[lane[n]].co2_g_per_kg_km if lanes.size else 0.0
        one.co2_g_per_kg = rate * distance_m[n] / 1000 if rate > 0 else 0.0
    return reach


@compiled
def ship_reach(world: World, asked: Asked, sight: Sight, view: View) -> Reach:
    """Parcels to an address."""
    lane = lanes_to(world.lane, asked.ship_shared, asked.ship_own, sight.distance_m)
    zone = world.node[sight.nearest].zone
    reach = transit(world, asked, sight, view, lane, sight.distance_m, zone)
    line_bits(world, asked.line, reach)
    return reach
