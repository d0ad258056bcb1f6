"""Compiled promises as they are shown: the same words as `oms.views.offers`, straight from what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from oms.actors import Actor
from oms.refusals import Code
from oms.views.offers import node_visible
from routing.calendar import to_datetime
from routing.express.offer import Sent, Way, Ways
from routing.promise import CostToServe

COSTS = tuple(term.name for term in fields(CostToServe))
PAID = 3  # of them, in whole minor units; the others are felt
Lines = Sequence[tuple[str, str]]
"""Id and SKU of the lines as sold."""


def way_shown(option_id: str, way: Way, lines: Lines, currency: str, actor: Actor) -> dict[str, Any]:
    """One option of an offer: the promise to everybody, its cost and nodes to those who may see them."""
    return {
        "option_id": option_id,
        "method": way.method,
        "window": {"from": to_datetime(way.opens), "to": to_datetime(way.ends)},
        "order_before": to_datetime(way.order_by),
        "customer_price": {"amount_minor": way.price_minor, "currency": currency},
        "pickup_node": way.store,
        "slot": way.slot,
        "cost_to_serve": _costs(way) if actor.sees("cost") else None,
        "parcels": [_parcel(sent, way.store, lines, actor) for sent in way.parcels],
        "unfilled": [],
        "backordered": [],
        "optimality_gap": 0.0,
        "tags": way.tags,
    }


def _costs(way: Way) -> dict[str, Any]:
    return {
        name: int(minor) if place < PAID else minor
        for place, (name, minor) in enumerate(zip(COSTS, way.cost, strict=True))
    }


def _parcel(sent: Sent, store: str | None, lines: Lines, actor: Actor) -> dict[str, Any]:
    return {
        "node": sent.node if node_visible(sent.node, store, actor) else None,
        "lines": [
            {"id": id, "sku": sku, "quantity": units}
            for (id, sku), units in zip(lines, sent.units, strict=True)
            if units
        ],
        "ship_at": to_datetime(sent.ship_at),
        "arrive_at": to_datetime(sent.arrive_at),
    }


def lacking_shown(ways: Ways, lines: Lines) -> list[dict[str, Any]]:
    """Why methods cannot be had, each reason once; last what options left out lack that nothing else
    explains.
    """
    explained = {(no.method, k) for no in ways.refusals for k in no.lines}
    found = {(no.method, no.code, no.detail, no.lines): None for no in ways.refusals}
    for way in ways.options:
        lacking = tuple(k for k, units in enumerate(way.unfilled) if units)
        if way.missing and not explained.issuperset((way.method, k) for k in lacking):
            found[way.method, Code.INSUFFICIENT_STOCK, "Not all of it is there", lacking] = None
    return [
        {"method": method, "code": code, "detail": detail, "lines": [lines[k][0] for k in ks]}
        for method, code, detail, ks in found
    ]
