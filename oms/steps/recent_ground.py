"""A market as the replay lab plays it: its latest orders, and its shelves as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import Any

import numpy as np
from sqlalchemy import Connection

from inventory.catalogue import Catalogue
from oms.bootstrap import Runtime
from oms.memory.network_load import Loaded
from oms.orders.quote import Whereabouts
from oms.steps.recent_days import limits, rooms_by_day, with_hours
from oms.store.bid_prices import lines_of, recent_orders
from routing.lanes import NO_LANE
from routing.network import Network
from routing.network_spec import METHODS, SHIP
from routing.problem import UNLIMITED, Bools, Floats, Ints
from routing.promise_ask import seconds
from routing.replay.laying import DaysAhead
from routing.replay.rehearsal import alone
from routing.replay.stream import NO_CARD, Ground, Stream, no_arrivals, plain_days

MOST_ORDERS = 4_000
MOST_CELLS = 2_000_000
"""SKUs × nodes of the market that prices are solved for: those most asked for, the others have none. A solve
takes some 200 bytes a cell.
"""
BLOCK = 1_000
"""SKUs whose shelves are read together, at the nodes of all markets."""
METRES = 1000.0
SHIP_AT = METHODS.index(SHIP)


@dataclass(frozen=True, slots=True, eq=False)
class Recent:
    """``since``: when the oldest of the orders was placed; ``ahead``: what nodes may still send, None where
    none is limited; ``alone_minor`` [O]: what each would cost on full shelves (``rehearsal.alone``).
    """

    ground: Ground
    stream: Stream
    since: datetime
    ahead: DaysAhead | None
    alone_minor: Floats


@dataclass(frozen=True, slots=True)
class _Placed:
    id: str
    at: datetime
    place: int
    units: Mapping[str, int]


def recent(
    runtime: Runtime, conn: Connection, market: str, since: datetime, until: datetime
) -> Recent | None:
    """The market's orders since then and what those of its nodes have that have any, what comes in ``until``
    then included; None where there is nothing to learn from, or nothing to price.
    """
    loaded, catalogue = runtime.networks.current, runtime.pool.catalogue
    places: dict[Whereabouts | str, int] = {}
    rows = recent_orders(conn, market, since, MOST_ORDERS)[::-1]
    orders, skus, nodes = _wanted(runtime, conn, market, rows, places)
    index = {sku: place for place, sku in enumerate(skus)}
    on_hand = _on_hand(runtime, catalogue, loaded.network, skus, nodes, until)
    has: Bools = np.asarray((on_hand > 0).any(axis=0))
    if not orders or not has.any():
        return None
    stream = _stream(loaded.network, orders, index, list(places), nodes, until)
    costs = alone(_ground(loaded, catalogue, skus, nodes, on_hand), stream)
    nodes, on_hand, stream = nodes[has], np.ascontiguousarray(on_hand[:, has]), _at(stream, has)
    ground = _ground(loaded, catalogue, skus, nodes, on_hand)
    most = limits(loaded.network, nodes)
    if (most == UNLIMITED).all():
        return Recent(ground, stream, orders[0].at, None, costs)
    now = runtime.clock.now()
    counter = _collected(loaded.network, orders, list(places), nodes, now)
    stream = replace(stream, days=with_hours(stream, loaded.network, nodes, seconds(now)))
    room = rooms_by_day(loaded.network, nodes, runtime.pool.capacity_free(), stream, seconds(now))
    ahead = DaysAhead(_naive(now), _naive(until), np.where(room == UNLIMITED, UNLIMITED, room + counter))
    most = np.where(most == UNLIMITED, UNLIMITED, most + counter[:, 0])
    return Recent(replace(ground, most_orders=most), stream, orders[0].at, ahead, costs)


def alone_minor(runtime: Runtime, conn: Connection, market: str, rows: Sequence[Any]) -> dict[str, float]:
    """By order, ``rows`` oldest first: what it would cost on full shelves of the market's nodes. Those that
    go nobody knows where are left out.
    """
    loaded, catalogue = runtime.networks.current, runtime.pool.catalogue
    places: dict[Whereabouts | str, int] = {}
    orders, skus, nodes = _wanted(runtime, conn, market, rows, places)
    if not orders or not len(nodes):
        return {}
    index = {sku: place for place, sku in enumerate(skus)}
    stream = _stream(loaded.network, orders, index, list(places), nodes, orders[-1].at)
    nothing = np.zeros((len(skus), len(nodes)), np.int64)
    costs = alone(_ground(loaded, catalogue, skus, nodes, nothing), stream)
    return {id: cost for id, cost in zip(stream.order_ids, costs.tolist(), strict=True) if not isnan(cost)}


def _wanted(
    runtime: Runtime, conn: Connection, market: str, rows: Sequence[Any], places: dict[Whereabouts | str, int]
) -> tuple[list[_Placed], list[str], Ints]:
    """Orders, the SKUs of them that are looked at, and the market's nodes."""
    catalogue, network = runtime.pool.catalogue, runtime.networks.current.network
    orders = _orders(runtime, conn, rows, places)
    nodes = _nodes(catalogue, network, market)
    skus = _most_wanted(catalogue, orders, MOST_CELLS // max(1, len(nodes)))
    known = set(skus)
    return [one for one in orders if not known.isdisjoint(one.units)], skus, nodes


def _orders(
    runtime: Runtime, conn: Connection, rows: Sequence[Any], places: dict[Whereabouts | str, int]
) -> list[_Placed]:
    """Without those that go nobody knows where. ``places`` is filled: points, and stores."""
    units: dict[str, dict[str, int]] = {row.id: {} for row in rows}
    for order, sku, quantity in lines_of(conn, list(units)):
        units[order][sku] = quantity
    found = []
    locate = runtime.places.current.locate
    for row in rows:
        to: Whereabouts | str | None = row.pickup_node
        if to is None and row.country is not None:
            to = locate(Whereabouts(row.country, row.postcode, row.city, row.lat, row.lon))
        if to is not None and units[row.id]:
            place = places.setdefault(to, len(places))
            found.append(_Placed(row.id, row.placed_at, place, units[row.id]))
    return found


def _most_wanted(catalogue: Catalogue, orders: Sequence[_Placed], most: int) -> list[str]:
    wanted: dict[str, int] = {}
    for one in orders:
        for sku, quantity in one.units.items():
            wanted[sku] = wanted.get(sku, 0) + quantity
    known = [sku for sku in sorted(wanted) if catalogue.skus.get(sku) is not None]
    return sorted(sorted(known, key=lambda sku: -wanted[sku])[:most])


def _nodes(catalogue: Catalogue, network: Network, market: str) -> Ints:
    """Places in the network of the nodes of a market."""
    found = [
        network.index[id]
        for id, node in catalogue.nodes.items()
        if node.market == market and id in network.index
    ]
    return np.array(sorted(found), np.int64)


def _on_hand(
    runtime: Runtime, catalogue: Catalogue, network: Network, skus: list[str], nodes: Ints, until: datetime
) -> Ints:
    """[S, n] what is free and what comes in time, at these nodes."""
    at = {network.node_ids[node]: n for n, node in enumerate(nodes.tolist())}
    there = np.array([catalogue.index[id] for id in at], np.int64)
    found = np.zeros((len(skus), len(nodes)), np.int64)
    for first in range(0, len(skus), BLOCK):
        block = slice(first, first + BLOCK)
        found[block] = runtime.pool.view(skus[block], "").available[:, there]
    for line, arriving in enumerate(runtime.pool.incoming(skus)):
        for one in arriving:
            if one.at <= until and one.node in at:
                found[line, at[one.node]] += one.quantity
    return found


def _ground(loaded: Loaded, catalogue: Catalogue, skus: list[str], nodes: Ints, on_hand: Ints) -> Ground:
    goods = [catalogue.skus[sku] for sku in skus]
    network, policy = loaded.network, loaded.policy
    return Ground(
        currency=network.currency,
        node_ids=tuple(network.node_ids[node] for node in nodes.tolist()),
        fixed_minor=network.fixed_minor[nodes],
        pick_minor=network.pick_minor[nodes],
        cards=network.cards,
        sku_ids=tuple(skus),
        weight_g=np.array([sku.weight_g for sku in goods], np.int64),
        volume_mm3=np.array([sku.length_mm * sku.width_mm * sku.height_mm for sku in goods], np.int64),
        divisor_mm3_per_g=network.spec.dimensional_divisor_mm3_per_g,
        unfilled_penalty_minor=policy.unfilled_penalty_minor,
        parcel_minor=policy.parcel_minor,
        breadth_weight=policy.breadth_weight,
        on_hand=on_hand,
        most_orders=np.full(len(nodes), UNLIMITED, np.int64),
        late_day_minor=policy.late_day_minor,
    )


def _collected(
    network: Network,
    orders: Sequence[_Placed],
    places: Sequence[Whereabouts | str],
    nodes: Ints,
    now: datetime,
) -> Ints:
    """[n, 1] orders a day that are collected at these nodes: no parcels, but the lab sends them as such."""
    to = [places[one.place] for one in orders]
    stores = [network.index[store] for store in to if isinstance(store, str) and store in network.index]
    days = max(1.0, (now - orders[0].at) / timedelta(days=1))
    count = np.bincount(np.array(stores, np.int64), minlength=len(network.node_ids))[nodes]
    return np.rint(count / days).astype(np.int64)[:, None]


def _naive(at: datetime) -> np.datetime64:
    return np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us")


def _stream(
    network: Network,
    orders: Sequence[_Placed],
    index: Mapping[str, int],
    places: Sequence[Whereabouts | str],
    nodes: Ints,
    until: datetime,
) -> Stream:
    """With days enough for orders that come ``until`` then."""
    lines = [
        (o, index[sku], quantity)
        for o, one in enumerate(orders)
        for sku, quantity in sorted(one.units.items())
        if sku in index
    ]
    placed_at = np.array([one.at.replace(tzinfo=None) for one in orders], "datetime64[us]")
    km, card, transit = _reach(network, places, nodes)
    days = plain_days(placed_at, len(nodes), len(places), max(0, (until - orders[-1].at).days))
    return Stream(
        order_ids=tuple(one.id for one in orders),
        placed_at=placed_at,
        start=np.searchsorted([o for o, _, _ in lines], np.arange(len(orders) + 1)).astype(np.int64),
        sku=np.array([sku for _, sku, _ in lines], np.int64),
        quantity=np.array([quantity for _, _, quantity in lines], np.int64),
        destination=np.array([one.place for one in orders], np.int64),
        km=km,
        card=card,
        days=replace(days, transit=transit),
        arrivals=no_arrivals(),
    )


def _at(stream: Stream, there: Bools) -> Stream:
    """With the nodes ``there`` [n] only."""
    days = replace(
        stream.days, profile=stream.days.profile[there], transit=_columns(stream.days.transit, there)
    )
    return replace(stream, km=_columns(stream.km, there), card=_columns(stream.card, there), days=days)


def _columns(table: Any, there: Bools) -> Any:
    return np.ascontiguousarray(table[:, there])


def _reach(network: Network, places: Sequence[Whereabouts | str], nodes: Ints) -> tuple[Floats, Ints, Ints]:
    """Kilometres, rate card and transit days [D, n] from these nodes to a point, or to a store's counter, for
    which the store itself pays no transport.
    """
    shape = (len(places), len(nodes))
    ships = (network.active & network.offers[SHIP_AT] & (network.limit[SHIP_AT] != 0))[nodes]
    km, card, transit = np.zeros(shape), np.full(shape, NO_CARD), np.zeros(shape, np.int64)
    for d, to in enumerate(places):
        store = network.index.get(to) if isinstance(to, str) else None
        if isinstance(to, Whereabouts):
            metres = network.distances_m(to.lat, to.lon)
            rows = network.lanes_to(SHIP, to.country, to.postcode, metres)
        elif store is not None:
            rows, metres = network.lanes_to_store(store)
        else:
            continue
        rows = rows[nodes]
        goes = (rows != NO_LANE) & ships
        km[d] = metres[nodes] / METRES
        card[d, goes] = network.lanes.card[rows[goes]]
        transit[d, goes] = network.lanes.transit_days[rows[goes]]
        if store is not None:
            card[d, nodes == store], transit[d, nodes == store] = len(network.cards.names) - 1, 0
    return km, card, transit
