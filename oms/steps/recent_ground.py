"""A market as the replay lab plays it: its latest orders, and its shelves as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from inventory.catalogue import Catalogue
from oms.bootstrap import Runtime
from oms.memory.network_load import Loaded
from oms.orders.quote import Whereabouts
from oms.store.bid_prices import lines_of, recent_orders
from routing.lanes import NO_LANE
from routing.network import Network
from routing.network_spec import METHODS, SHIP
from routing.policy import Policy
from routing.problem import UNLIMITED, Floats, Ints
from routing.replay.stream import NO_CARD, Ground, Stream, no_arrivals, plain_days

MOST_ORDERS = 4_000
MOST_CELLS = 10_000_000
"""SKUs × nodes that prices are solved for: those most asked for, the others have none."""
METRES = 1000.0
SHIP_AT = METHODS.index(SHIP)


@dataclass(frozen=True, slots=True, eq=False)
class Recent:
    """``since``: when the oldest of the orders was placed."""

    ground: Ground
    stream: Stream
    since: datetime


@dataclass(frozen=True, slots=True)
class _Placed:
    id: str
    at: datetime
    place: int
    units: Mapping[str, int]


def recent(
    runtime: Runtime, conn: Connection, market: str, since: datetime, until: datetime
) -> Recent | None:
    """The market's orders since then and what its nodes have, what comes in ``until`` then included; None
    where there is nothing to learn from.
    """
    loaded, catalogue = runtime.networks.current, runtime.pool.catalogue
    places: dict[Whereabouts | str, int] = {}
    orders = _orders(runtime, conn, market, since, places)
    skus = _most_wanted(catalogue, orders, MOST_CELLS // max(1, len(loaded.network.node_ids)))
    index = {sku: place for place, sku in enumerate(skus)}
    orders = [one for one in orders if any(sku in index for sku in one.units)]
    if not orders:
        return None
    on_hand = _on_hand(runtime, catalogue, loaded, skus, market, until)
    ground = _ground(loaded.network, loaded.policy, catalogue, skus, on_hand)
    return Recent(ground, _stream(loaded.network, orders, index, list(places)), orders[0].at)


def _orders(
    runtime: Runtime, conn: Connection, market: str, since: datetime, places: dict[Whereabouts | str, int]
) -> list[_Placed]:
    """Oldest first, without those that go nobody knows where. ``places`` is filled: points, and stores."""
    rows = recent_orders(conn, market, since, MOST_ORDERS)[::-1]
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


def _on_hand(
    runtime: Runtime, catalogue: Catalogue, loaded: Loaded, skus: list[str], market: str, until: datetime
) -> Ints:
    """[S, N] what is free and what comes in time, at nodes of the market."""
    stock = runtime.pool.view(skus, "").available
    for line, arriving in enumerate(runtime.pool.incoming(skus)):
        for one in arriving:
            if one.at <= until and one.node in catalogue.index:
                stock[line, catalogue.index[one.node]] += one.quantity
    of_market = np.array([node.market == market for node in catalogue.nodes.values()], np.bool_)
    aligned = runtime.networks.aligned(loaded.network, catalogue.order)
    return np.ascontiguousarray(aligned.gathered(stock * of_market))


def _ground(network: Network, policy: Policy, catalogue: Catalogue, skus: list[str], on_hand: Ints) -> Ground:
    goods = [catalogue.skus[sku] for sku in skus]
    return Ground(
        currency=network.currency,
        node_ids=network.node_ids,
        fixed_minor=network.fixed_minor,
        pick_minor=network.pick_minor,
        cards=network.cards,
        sku_ids=tuple(skus),
        weight_g=np.array([sku.weight_g for sku in goods], np.int64),
        volume_mm3=np.array([sku.length_mm * sku.width_mm * sku.height_mm for sku in goods], np.int64),
        divisor_mm3_per_g=network.spec.dimensional_divisor_mm3_per_g,
        unfilled_penalty_minor=policy.unfilled_penalty_minor,
        parcel_minor=policy.parcel_minor,
        breadth_weight=policy.breadth_weight,
        on_hand=on_hand,
        most_orders=np.full(len(network.node_ids), UNLIMITED, np.int64),
        late_day_minor=policy.late_day_minor,
    )


def _stream(
    network: Network, orders: Sequence[_Placed], index: Mapping[str, int], places: Sequence[Whereabouts | str]
) -> Stream:
    lines = [
        (o, index[sku], quantity)
        for o, one in enumerate(orders)
        for sku, quantity in sorted(one.units.items())
        if sku in index
    ]
    placed_at = np.array([one.at.replace(tzinfo=None) for one in orders], "datetime64[us]")
    km, card, transit = _reach(network, places)
    days = plain_days(placed_at, len(network.node_ids), len(places))
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


def _reach(network: Network, places: Sequence[Whereabouts | str]) -> tuple[Floats, Ints, Ints]:
    """Kilometres, rate card and transit days [D, N] from every node to a point, or to a store's counter, for
    which the store itself pays no transport.
    """
    shape, ships = (len(places), len(network.node_ids)), network.active & network.offers[SHIP_AT]
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
        goes = (rows != NO_LANE) & ships
        km[d] = metres / METRES
        card[d, goes] = network.lanes.card[rows[goes]]
        transit[d, goes] = network.lanes.transit_days[rows[goes]]
        if store is not None:
            card[d, store], transit[d, store] = len(network.cards.names) - 1, 0
    return km, card, transit
