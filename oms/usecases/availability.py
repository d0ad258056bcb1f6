"""What can be had, out of memory: in all, by method, by date, and for those who may see it by node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inventory import availability as goods
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.memory.network_load import Loaded
from oms.refusals import Code, Fault, refuse
from routing.calendar import ready, to_datetime
from routing.network_spec import COURIER, METHODS, PICKUP

MOST_CELLS = 10_000

Units = NDArray[np.int64]
Reach = dict[str, NDArray[np.bool_]]  # method → [C] nodes, catalogue order


@dataclass(frozen=True, slots=True)
class Ask:
    """``near`` (lat, lon) bounds pickup and courier; ``nodes``: how many per SKU, None for totals only."""

    skus: tuple[str, ...]
    channel: str
    methods: tuple[str, ...]
    near: tuple[float, float] | None = None
    nodes: int | None = None


def availability(runtime: Runtime, actor: Actor, ask: Ask) -> dict[str, Any]:
    """One item per SKU asked, in order. Raises Refused: forbidden, unknown_sku, too_large."""
    actor.require_channel(ask.channel)
    if ask.nodes is not None and len(ask.skus) * ask.nodes > MOST_CELLS:
        fault = Fault("/skus", Code.TOO_LARGE, f"At most {MOST_CELLS} SKU × node cells a call")
        raise refuse(Code.TOO_LARGE, "Too much detail for one call", fault)
    now = runtime.clock.now()
    found = goods.availability(runtime.pool, ask.skus, ask.channel, now.date())
    if found.unknown:
        unknown = set(found.unknown)
        faults = [
            Fault(f"/skus/{place}", Code.UNKNOWN_SKU, "No such SKU")
            for place, sku in enumerate(ask.skus)
            if sku in unknown
        ]
        raise refuse(Code.UNKNOWN_SKU, "Some SKUs are unknown", *faults[:100])
    map_ = _Map(runtime.networks.current, found.catalogue.order, int(now.timestamp()), ask)
    items = [_item(actor, ask, map_, item) for item in found.items]
    return {"as_of": found.as_of, "version": found.version, "items": items}


class _Map:
    """Per node, in catalogue order: whether a method reaches, how far it is, when it could hand out."""

    def __init__(self, loaded: Loaded, order: tuple[str, ...], at: int, ask: Ask) -> None:
        network = loaded.network
        self.order = order
        self.columns = np.array([network.index.get(node, -1) for node in order], dtype=np.int64)
        self.network = network
        self.at = at
        lat, lon = ask.near or (None, None)
        distance_m = network.distances_m(lat, lon)
        self.distance_m = self._spread(distance_m, np.nan)
        radius: dict[str, Units | int] = {
            PICKUP: loaded.policy.pickup_radius_m,
            COURIER: network.courier_radius_m,
        }
        self.reach: Reach = {}
        for method in ask.methods:
            offers = network.offers[METHODS.index(method)] & network.active
            if ask.near is not None and method in radius:
                offers = offers & network.within(*ask.near, distance_m, radius[method])
            self.reach[method] = self._spread(offers, False)

    def ready_at(self, nodes: Sequence[int]) -> list[Any]:
        """When units on the shelf could be handed out at the counter; None where nothing is collected."""
        network, columns = self.network, self.columns[list(nodes)]
        inside = np.maximum(columns, 0)
        tables = network.tables(self.at)
        moment, day = ready(
            tables, network.profile[inside], network.lead_s[inside], np.full(len(inside), self.at)
        )
        collects = network.offers[METHODS.index(PICKUP)][inside] & (columns >= 0) & (day < len(tables.dates))
        return [to_datetime(int(m)) if ok else None for m, ok in zip(moment, collects, strict=True)]

    def _spread(self, by_network: NDArray[Any], otherwise: Any) -> NDArray[Any]:
        if not len(by_network):
            return np.full(len(self.columns), otherwise)
        return np.where(self.columns >= 0, by_network[np.maximum(self.columns, 0)], otherwise)


def _item(actor: Actor, ask: Ask, map_: _Map, found: goods.Availability) -> dict[str, Any]:
    by_node = found.by_node
    item: dict[str, Any] = {
        "sku": found.sku,
        "available": found.total,
        "methods": {method: bool((by_node[reach] > 0).any()) for method, reach in map_.reach.items()},
        "future": [{"date": one.date.isoformat(), "quantity": one.quantity} for one in found.future],
        "backorder": found.backorder,
        "nodes": None,
    }
    if ask.nodes is not None and (actor.sees("node_stock") or actor.nodes is not None):
        item["nodes"] = _nodes(actor, ask.nodes, map_, by_node)
    return item


def _nodes(actor: Actor, most: int, map_: _Map, by_node: Units) -> list[dict[str, Any]]:
    """The nearest nodes that have any, else those with most of it; a staff key sees its own."""
    found = [int(i) for i in np.flatnonzero(by_node) if actor.may_node(map_.order[i])]
    near = not np.isnan(map_.distance_m).all()
    found.sort(key=lambda i: (map_.distance_m[i] if near else -by_node[i], map_.order[i]))
    found = found[:most]
    return [
        {
            "node": map_.order[i],
            "available": int(by_node[i]),
            "distance_m": None if np.isnan(map_.distance_m[i]) else round(float(map_.distance_m[i])),
            "pickup_ready_at": at,
        }
        for i, at in zip(found, map_.ready_at(found) if found else [], strict=True)
    ]
