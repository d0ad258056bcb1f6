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
from oms.refusals import Code, Fault, refuse
from routing.calendar import ready, to_datetime
from routing.network_spec import METHODS, PICKUP
from routing.reaching import offering, reaching

MOST_CELLS = 10_000

Units = NDArray[np.int64]
PLACE = {method: place for place, method in enumerate(METHODS)}


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
    map_ = _Map(runtime, found.catalogue.order, int(now.timestamp()), ask)
    reached = map_.reached(found.units)
    items = [_item(actor, ask, map_, item, ways) for item, ways in zip(found.items, reached, strict=True)]
    return {"as_of": found.as_of, "version": found.version, "items": items}


def totals(
    runtime: Runtime, actor: Actor, skus: Sequence[str], channel: str, methods: Sequence[str]
) -> bytes | None:
    """What most ask, totals of SKUs that are for sale and no kits, as JSON: the answer of `availability` from
    what is remembered. None for anything else. Raises Refused: forbidden.
    """
    actor.require_channel(channel)
    state = runtime.pool.state
    known = runtime.networks.totals(state.catalogue.order)
    today = runtime.clock.now().date()
    return known.of(state, skus, channel, tuple(dict.fromkeys(methods)), today)


def _future(found: Sequence[goods.Future]) -> list[dict[str, Any]]:
    return [{"date": one.date.isoformat(), "quantity": one.quantity} for one in found]


class _Map:
    """Per node, in catalogue order: whether a method reaches, how far it is, when it could hand out."""

    def __init__(self, runtime: Runtime, order: tuple[str, ...], at: int, ask: Ask) -> None:
        loaded = runtime.networks.current
        self.network = loaded.network
        self.nodes = runtime.networks.aligned(self.network, order)
        self.order = order
        self.at = at
        self.ask = ask
        self.pickup_radius_m = loaded.policy.pickup_radius_m
        self.methods = tuple(dict.fromkeys(ask.methods))

    def reached(self, units: Units) -> list[dict[str, bool]]:
        """Per item of ``units`` [item, C] the methods by which some node that has any of it reaches."""
        near = self.ask.near
        offers = self.nodes.offers
        if near is not None:
            offers = self.nodes.spread(offering(self.network, self.pickup_radius_m, near), False)
        ways = reaching(units, offers).tolist()
        return [{method: way[PLACE[method]] for method in self.methods} for way in ways]

    def distance_m(self) -> NDArray[np.float64]:
        """[C] from the customer, nan where unknown."""
        return self.nodes.spread(self.network.distances_m(*(self.ask.near or (None, None))), np.nan)

    def ready_at(self, nodes: Sequence[int]) -> list[Any]:
        """When units on the shelf could be handed out at the counter; None where nothing is collected."""
        network, columns = self.network, self.nodes.to_network[list(nodes)]
        inside = np.maximum(columns, 0)
        tables = network.tables(self.at)
        moment, day = ready(
            tables, network.profile[inside], network.lead_s[inside], np.full(len(inside), self.at)
        )
        collects = network.offers[METHODS.index(PICKUP)][inside] & (columns >= 0) & (day < len(tables.dates))
        return [to_datetime(int(m)) if ok else None for m, ok in zip(moment, collects, strict=True)]


def _item(
    actor: Actor, ask: Ask, map_: _Map, found: goods.Availability, ways: dict[str, bool]
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "sku": found.sku,
        "available": found.total,
        "methods": ways,
        "future": _future(found.future),
        "backorder": found.backorder,
        "nodes": None,
    }
    if ask.nodes is not None and (actor.sees("node_stock") or actor.nodes is not None):
        item["nodes"] = _nodes(actor, ask.nodes, map_, found.by_node)
    return item


def _nodes(actor: Actor, most: int, map_: _Map, by_node: Units) -> list[dict[str, Any]]:
    """The nearest nodes that have any, else those with most of it; a staff key sees its own."""
    found = [int(i) for i in np.flatnonzero(by_node) if actor.may_node(map_.order[i])]
    distance_m = map_.distance_m()
    near = not np.isnan(distance_m).all()
    found.sort(key=lambda i: (distance_m[i] if near else -by_node[i], map_.order[i]))
    found = found[:most]
    return [
        {
            "node": map_.order[i],
            "available": int(by_node[i]),
            "distance_m": None if np.isnan(distance_m[i]) else round(float(distance_m[i])),
            "pickup_ready_at": at,
        }
        for i, at in zip(found, map_.ready_at(found) if found else [], strict=True)
    ]
