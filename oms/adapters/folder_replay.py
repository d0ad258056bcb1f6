"""A folder's words as the arrays the replay lab plays."""

from __future__ import annotations

import math

import numpy as np

from oms.adapters.folder_replay_days import days_of
from oms.adapters.folder_values import ANY_NODE, Folder, FolderFault, FolderRefused, Ints, positions_of
from routing.geo import great_circle_m
from routing.lanes import EVERY, NO_LANE, Lanes, compile_lanes, first_lanes, fitting_rows
from routing.network_spec import SHIP, LaneSpec, TariffSpec
from routing.policy import Policy
from routing.problem import Floats
from routing.replay.stream import NO_CARD, Arrivals, Ground, Stream
from routing.tariff import compile_cards

METRES = 1000.0


def replay_of(folder: Folder) -> tuple[Ground, Stream]:
    """Every order as a delivery to its coordinates; FolderRefused where an order has none."""
    placed = ~np.isnan(folder.orders.lat)
    if not placed.all():
        row = int(np.flatnonzero(~placed)[0])
        detail = f"order {folder.orders.id[row]} has no coordinates"
        raise FolderRefused((FolderFault("orders", row + 2, "lat", "no_place", detail),))
    return _ground(folder), _stream(folder)


def _tariff_specs(folder: Folder) -> tuple[TariffSpec, ...]:
    steps: dict[str, list[tuple[int, int]]] = {}
    tariffs = folder.tariffs
    for name, grams, minor in zip(tariffs.name, tariffs.up_to_g, tariffs.minor, strict=True):
        steps.setdefault(name, []).append((int(grams), int(minor)))
    return tuple(TariffSpec(name, tuple(card)) for name, card in steps.items())


def _ground(folder: Folder) -> Ground:
    nodes, skus, stock = folder.nodes, folder.skus, folder.stock
    on_hand = np.zeros((len(skus.id), len(nodes.id)), dtype=np.int64)
    rows = positions_of(stock.sku, skus.id), positions_of(stock.node, nodes.id)
    on_hand[rows] = np.maximum(stock.on_hand - stock.safety_stock, 0)
    return Ground(
        currency=folder.network.currency,
        node_ids=tuple(nodes.id),
        fixed_minor=nodes.fixed_minor,
        pick_minor=nodes.pick_minor,
        cards=compile_cards(_tariff_specs(folder)),
        sku_ids=tuple(skus.id),
        weight_g=skus.weight_g,
        volume_mm3=skus.length_mm * skus.width_mm * skus.height_mm,
        divisor_mm3_per_g=folder.network.dimensional_divisor_mm3_per_g,
        unfilled_penalty_minor=folder.network.unfilled_penalty_minor,
        parcel_minor=float(folder.network.policy.get("parcel_minor", 0)),
        breadth_weight=float(folder.network.policy.get("breadth_weight", Policy().breadth_weight)),
        on_hand=on_hand,
        most_orders=nodes.daily_order_capacity,
        late_day_minor=float(folder.network.policy.get("late_day_minor", 0)),
    )


def _stream(folder: Folder) -> Stream:
    orders = folder.orders
    by_time = np.argsort(orders.placed_at, kind="stable")
    start, sku, quantity = _lines_by_order(folder, by_time)
    places: dict[tuple[float, float, str, str], int] = {}
    destination = [
        places.setdefault((orders.lat[o], orders.lon[o], orders.country[o], orders.postcode[o]), len(places))
        for o in by_time
    ]
    km, card, transit = _reach(folder, list(places))
    placed_at = orders.placed_at[by_time]
    return Stream(
        order_ids=tuple(orders.id[by_time]),
        placed_at=placed_at,
        start=start,
        sku=sku,
        quantity=quantity,
        destination=np.array(destination, dtype=np.int64),
        km=km,
        card=card,
        days=days_of(folder, placed_at, transit, [country for _, _, country, _ in places]),
        arrivals=_arrivals(folder),
    )


def _arrivals(folder: Folder) -> Arrivals:
    coming = folder.replenishments
    by_time = np.argsort(coming.at, kind="stable")
    return Arrivals(
        at=coming.at[by_time],
        node=positions_of(coming.node, folder.nodes.id)[by_time],
        sku=positions_of(coming.sku, folder.skus.id)[by_time],
        quantity=coming.quantity[by_time],
    )


def _lines_by_order(folder: Folder, by_time: Ints) -> tuple[Ints, Ints, Ints]:
    """Start [O + 1], SKU and quantity [K] in time order; lines of one SKU are added up."""
    lines, count = folder.lines, len(folder.skus.id)
    turn = np.empty(len(by_time), dtype=np.int64)
    turn[by_time] = np.arange(len(by_time))
    key = turn[positions_of(lines.order, folder.orders.id)] * count + positions_of(lines.sku, folder.skus.id)
    pairs, where = np.unique(key, return_inverse=True)
    quantity = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(quantity, where, lines.quantity)
    start = np.searchsorted(pairs, np.arange(len(by_time) + 1) * count)
    return start.astype(np.int64), pairs % count, quantity


def _lanes(folder: Folder) -> Lanes:
    lanes = folder.lanes
    specs = [
        LaneSpec(
            tariff=lanes.tariff[row],
            transit_days=int(lanes.transit_days[row]),
            node=ANY_NODE if lanes.node[row] == ANY_NODE else lanes.node[row],
            country=lanes.country[row] or None,
            postcode_prefix=lanes.postcode_prefix[row] or None,
            up_to_km=None if math.isinf(lanes.up_to_km[row]) else float(lanes.up_to_km[row]),
        )
        for row in range(len(lanes.node))
    ]
    index = {node: place for place, node in enumerate(folder.nodes.id)}
    cards = {tariff.name: place for place, tariff in enumerate(_tariff_specs(folder))}
    return compile_lanes(specs, index, cards)


def _reach(folder: Folder, places: list[tuple[float, float, str, str]]) -> tuple[Floats, Ints, Ints]:
    """Kilometres, rate card and transit days [D, N] from every node that ships; the first lane that fits
    wins.
    """
    lanes = _lanes(folder)
    ships = np.array([SHIP in methods for methods in folder.nodes.methods], dtype=np.bool_)
    km = np.zeros((len(places), len(ships)), dtype=np.float64)
    card = np.full((len(places), len(ships)), NO_CARD, dtype=np.int64)
    transit = np.zeros((len(places), len(ships)), dtype=np.int64)
    for place, (lat, lon, country, postcode) in enumerate(places):
        metres = great_circle_m(lat, lon, folder.nodes.lat, folder.nodes.lon)
        rows = first_lanes(lanes, fitting_rows(lanes, SHIP, country, postcode, EVERY), metres)
        km[place] = metres / METRES
        card[place] = np.where((rows == NO_LANE) | ~ships, NO_CARD, lanes.card[rows])
        transit[place] = lanes.transit_days[rows]
    return km, card, transit
