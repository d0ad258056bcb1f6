"""How goods get from each node to the customer by one method: when, at what tariff, and what stands against
it.

Ship, pickup at a store and one courier slot are the same question with other arrays, a ``Reach``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routing.calendar import DAYS, ready, start_by
from routing.delivery import DELIVERY_DAYS, arrivals
from routing.eligibility import BIT, Reason
from routing.lanes import NO_LANE
from routing.network_spec import METHODS, PICKUP, SHIP
from routing.problem import UNLIMITED, Bools, Floats, Ints
from routing.promise_ask import Ask
from routing.promise_values import EVERY_LINE, Destination


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """M nodes of an ask. Instants in seconds; where ``node_bits`` is not 0 the others mean nothing.

    ``ship_at``: leaves the node; ``from_at`` to ``arrive_at``: when it reaches the customer (pickup: ready
    at ``arrive_at``); ``order_by``: the latest instant to order for it (exclusive); ``day``: index of the
    node's own day on which ``bucket`` is used, ``room`` what is left of it. ``store``: where it is picked up.
    """

    method: str
    bucket: str
    node_bits: Ints
    line_bits: Ints  # [L, M]
    card: Ints
    fixed_minor: Ints
    co2_g_per_kg: Floats
    room: Ints
    ship_at: Ints
    from_at: Ints
    arrive_at: Ints
    order_by: Ints
    day: Ints
    store: int | None = None
    slot: str | None = None


def base_bits(ask: Ask, method: str) -> Ints:
    """[M] what is against a node whatever the destination."""
    network, nodes = ask.network, ask.nodes
    bits = np.where(network.active[nodes], 0, BIT[Reason.INACTIVE])
    offers = network.offers[METHODS.index(method)][nodes]
    bits |= np.where(offers, 0, BIT[Reason.METHOD_NOT_OFFERED])
    for line, node in ask.whole.blocked:
        if line == EVERY_LINE and node in network.index:
            bits[nodes == network.index[node]] |= BIT[Reason.NODE_BLOCKED]
    return bits.astype(np.int64)


def line_bits(ask: Ask, card: Ints, lane: Ints) -> Ints:
    """[L, M] what is against a line at a node. ``lane`` NO_LANE = goes without one."""
    network, lines = ask.network, ask.lines
    bits = np.where(ask.stock > 0, 0, BIT[Reason.INSUFFICIENT_STOCK])
    heavy = lines.billable_g[:, None] > network.carries_g[card][None, :]
    bits |= np.where(heavy, BIT[Reason.TOO_HEAVY], 0)
    for flag, carrying in lines.carrying.items():
        refused = np.zeros(len(ask.nodes), dtype=np.bool_)
        if flag in network.refuses:
            refused |= network.refuses[flag][ask.nodes]
        if flag in network.lanes.refuses:
            refused |= (lane != NO_LANE) & network.lanes.refuses[flag][lane]
        reason = Reason.SHIP_ALONE if flag == "ship_alone" else Reason.FLAG_REFUSED
        bits |= np.where(carrying[:, None] & refused[None, :], BIT[reason], 0)
    for line, node in ask.whole.blocked:
        if line in lines.ids and node in network.index:
            place = lines.ids.index(line)
            bits[place, ask.nodes == network.index[node]] |= BIT[Reason.NODE_BLOCKED]
    return _kit_bits(ask, bits.astype(np.int64), card)


def _kit_bits(ask: Ask, bits: Ints, card: Ints) -> Ints:
    """A kit kept together needs every part, whole, at the node, and a tariff that carries all of it."""
    for group in range(int(ask.lines.group.max(initial=-1)) + 1):
        parts = ask.lines.group == group
        short = (ask.stock[parts] < ask.lines.quantity[parts, None]) | (bits[parts] != 0)
        weight = int((ask.lines.billable_g[parts] * ask.lines.quantity[parts]).sum())
        heavy = weight > ask.network.carries_g[card]
        bits[parts] |= np.where(short.any(axis=0), BIT[Reason.KIT_NOT_WHOLE], 0)
        bits[parts] |= np.where(heavy, BIT[Reason.TOO_HEAVY], 0)
    return bits


@dataclass(frozen=True, slots=True, eq=False)
class _Transit:
    """Lanes of the nodes of an ask and what goes over them."""

    bits: Ints
    lane: Ints
    card: Ints
    room: Ints
    day: Ints
    ship_at: Ints
    from_at: Ints
    arrive_at: Ints
    order_by: Ints
    co2_g_per_kg: Floats


def ship_reach(ask: Ask, destination: Destination) -> Reach:
    """Parcels to an address."""
    network = ask.network
    lane = network.lanes_to(SHIP, destination.country, destination.postcode, ask.distance_m)[ask.nodes]
    zone = destination.timezone or network.timezone_at(destination.country, ask.distance_m)
    transit = _transit(ask, lane, ask.distance_m[ask.nodes], (destination.country, zone))
    return Reach(
        method=SHIP,
        bucket=SHIP,
        node_bits=base_bits(ask, SHIP) | transit.bits,
        line_bits=line_bits(ask, transit.card, lane),
        card=transit.card,
        fixed_minor=network.fixed_minor[ask.nodes],
        co2_g_per_kg=transit.co2_g_per_kg,
        room=transit.room,
        ship_at=transit.ship_at,
        from_at=transit.from_at,
        arrive_at=transit.arrive_at,
        order_by=transit.order_by,
        day=transit.day,
    )


def _transit(ask: Ask, lane: Ints, distance_m: Floats, to: tuple[str, str]) -> _Transit:
    network, lanes = ask.network, ask.network.lanes
    day, room, full = ask.first_days()
    inside = np.minimum(day, DAYS - 1)
    profile = network.profile[ask.nodes]
    ship_at = ask.tables.closes[profile, inside]
    known = lane != NO_LANE
    free_card = np.full(len(lane), len(network.cards.names) - 1)
    days, card, rate = np.zeros(len(lane), np.int64), free_card, np.zeros(len(lane))
    if len(lanes.card):
        days = lanes.transit_days[lane]
        card = np.where(known, lanes.card[lane], free_card)
        rate = lanes.co2_g_per_kg_km[lane] * np.nan_to_num(distance_m) / 1000
    from_at, arrive_at, arrival = arrivals(network.delivery(*to, ask.at), ship_at, days)
    closed = (day >= DAYS) & ~full | (arrival >= DELIVERY_DAYS)
    bits = np.where(known, 0, BIT[Reason.NO_LANE])
    bits |= np.where(closed, BIT[Reason.CLOSED], 0) | np.where(full, BIT[Reason.NODE_CAPACITY_EXHAUSTED], 0)
    order_by = ask.tables.latest[profile, inside]
    return _Transit(
        bits.astype(np.int64), lane, card, room, inside, ship_at, from_at, arrive_at, order_by, rate
    )


def pickup_reach(ask: Ask, store: int) -> Reach:
    """Collection at a store: from its own shelf, or brought there by others over lanes to the store."""
    network = ask.network
    node = network.spec.nodes[store]
    lane, distance_m = network.lanes_to_store(store)
    lane = lane[ask.nodes]
    transit = _transit(ask, lane, distance_m[ask.nodes], (node.country, node.timezone))
    own = ask.nodes == store
    bits = base_bits(ask, SHIP) | transit.bits
    transfer = (lane != NO_LANE) & network.lanes.transfer[lane] if len(network.lanes.card) else ~own & False
    bits &= ~np.where(transfer, BIT[Reason.METHOD_NOT_OFFERED], 0)
    bits |= np.where(own | ask.policy.ship_to_store, 0, BIT[Reason.METHOD_NOT_OFFERED])
    bits[own] &= BIT[Reason.INACTIVE] | BIT[Reason.NODE_BLOCKED]
    begin = np.where(own, ask.since, transit.arrive_at)
    ready_at, ready_bits = _ready_at_store(ask, store, begin)
    bits |= ready_bits
    card = np.where(own, len(network.cards.names) - 1, transit.card)
    return Reach(
        method=PICKUP,
        bucket=SHIP,
        node_bits=bits,
        line_bits=line_bits(ask, card, np.where(own, NO_LANE, lane)),
        card=card,
        fixed_minor=network.fixed_minor[ask.nodes],
        co2_g_per_kg=np.where(own, 0.0, transit.co2_g_per_kg),
        room=np.where(own, UNLIMITED, transit.room),
        ship_at=np.where(own, ready_at, transit.ship_at),
        from_at=ready_at,
        arrive_at=ready_at,
        order_by=np.where(own, _last_order(ask, store, ready_at[own]), transit.order_by),
        day=transit.day,
        store=store,
    )


def _last_order(ask: Ask, store: int, ready_at: Ints) -> int:
    """Until when to order for the store to have it picked on the day of ``ready_at`` [0 or 1]."""
    if not len(ready_at):
        return 0
    row = int(ask.network.profile[store])
    closes = ask.tables.closes[row]
    day = min(int(np.searchsorted(closes, ready_at[0])), DAYS - 1)
    return start_by(ask.tables, row, int(ask.network.lead_s[store]), int(closes[day]))


def _ready_at_store(ask: Ask, store: int, begin: Ints) -> tuple[Ints, Ints]:
    """(instant [M], bits [M]) when goods that are there at ``begin`` can be collected.

    The store counts orders a day: a day that is full passes the collection on to the next opening.
    """
    network, tables = ask.network, ask.tables
    moments, back = np.unique(begin, return_inverse=True)
    row = int(network.profile[store])
    rows = np.full(len(moments), row)
    lead = np.full(len(moments), network.lead_s[store])
    ready_at, day = ready(tables, rows, lead, moments)
    bits = np.zeros(len(moments), dtype=np.int64)
    limit = int(network.limit[METHODS.index(PICKUP)][store])
    for u, first in enumerate(day.tolist()):
        later, full = _day_with_room(ask, store, first, limit)
        if later >= DAYS:
            bits[u] = BIT[Reason.NODE_CAPACITY_EXHAUSTED if full else Reason.CLOSED]
        elif later > first:
            ready_at[u] = tables.opens[row, later]
    return ready_at[back], bits[back]


def _day_with_room(ask: Ask, store: int, first: int, limit: int) -> tuple[int, bool]:
    row, full = ask.network.profile[store], False
    for day in range(first, DAYS):
        if ask.tables.closes[row, day] == ask.tables.opens[row, day]:
            continue
        if ask.room(store, day, PICKUP, limit) != 0:
            return day, full
        full = True
    return DAYS, full


def eligible(reach: Reach) -> Bools:
    """[L, M] which node may serve which line."""
    mask: Bools = (reach.line_bits | reach.node_bits) == 0
    return mask
