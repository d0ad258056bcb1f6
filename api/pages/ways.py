"""How an order comes, as its customer may change it, and every "no" in his words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from fastapi import Response

from api.pages.changing import ADDRESS, confirmed, destination, preview
from api.pages.desk import Desk
from api.pages.render import metres
from oms.refusals import Code, Refusal
from routing.geo import geodesic_m
from routing.network_spec import NodeSpec

CHANGES = ("address", "method")
"""Quantities and prices are for the shop to change."""
STORES_MOST = 50
UNLISTED = {"X-Robots-Tag": "noindex"}
NEW_LOOK = "Nothing was changed. Please look again at what the change would mean"
MOVED_ON = "Your order has moved on meanwhile."
SAID_NO: Mapping[Code, str] = {
    Code.QUOTE_EXPIRED: f"The offer has run out. {NEW_LOOK}",
    Code.VERSION_CONFLICT: f"{MOVED_ON} {NEW_LOOK}",
    Code.QUOTE_MISMATCH: f"{MOVED_ON} {NEW_LOOK}",
    Code.UNKNOWN_QUOTE: f"The offer cannot be read. {NEW_LOOK}",
    Code.UNKNOWN_OPTION: f"The offer cannot be read. {NEW_LOOK}",
    Code.NO_FEASIBLE_PLAN: "It can no longer come that way. Nothing was changed",
    Code.INSUFFICIENT_STOCK: "Not all of it is there any more to come that way. Nothing was changed",
    Code.NODE_CAPACITY_EXHAUSTED: "There is no room left to do it that way. Nothing was changed",
    Code.UNLOCATABLE_DESTINATION: "We do not find this place. Please check the postcode and the city",
}
WHY_NOT: Mapping[str, str] = {
    "no_node_in_radius": "this address is out of reach",
    "no_lane": "nothing goes to this address",
    "no_location": "we do not know where this address is",
    "insufficient_stock": "not all of it is there",
    "kit_not_whole": "not all of it is there",
    "slot_closed": "no time is free",
    "node_capacity_exhausted": "no day is free",
    "method_not_offered": "where your goods are, that is not offered",
}


def actions(desk: Desk, order: Mapping[str, Any], zone: str) -> dict[str, Callable[[], object]]:
    """By the ``do`` of a form."""
    id = order["id"]

    def shown(kind: str, body: Mapping[str, Any]) -> Response:
        more = {"order": order, "zone": zone, "why_not": WHY_NOT}
        page = preview(desk, id, kind, body, "track_change.html", **more)
        page.headers.update(UNLISTED)
        return page

    return {
        "address": lambda: shown("address", {"destination": _where(desk, order)}),
        "method": lambda: shown("method", _method(desk, order)),
        "confirm": lambda: confirmed(desk, id, CHANGES),
    }


def ways(desk: Desk, order: Mapping[str, Any]) -> dict[str, Any]:
    """What can be chosen: ``methods`` that any node offers, and ``stores`` to collect at, the nearest first,
    as (id, name).
    """
    nodes = [node for node in desk.running.networks.current.spec.nodes if node.active]
    offered = {method for node in nodes for method in node.methods}
    methods = [method for method in ("ship", "courier", "pickup") if method in offered]
    return {"methods": methods, "stores": _stores(nodes, order)}


def plain(refusal: Refusal, names: Mapping[str, str]) -> Refusal:
    """The "no" in a customer's words; what is too late is told with what is still possible. ``names``: of the
    order's lines.
    """
    still = refusal.extra.get("possible")
    if still is not None:
        return replace(refusal, detail=f"It is too late for that. {_still(still, names)}", faults=())
    said = SAID_NO.get(refusal.code)
    return refusal if said is None else replace(refusal, detail=said, faults=())


def _still(possible: Mapping[str, Any], names: Mapping[str, str]) -> str:
    def listed(lines: list[dict[str, Any]]) -> str:
        return ", ".join(f"{line['quantity']} × {names.get(line['id'], line['id'])}" for line in lines)

    ways = ["change where and how it comes"] if possible["change"] else []
    ways += [f"cancel {listed(possible['cancel'])}"] if possible["cancel"] else []
    ways += [f"send back {listed(possible['return'])}"] if possible["return"] else []
    if not ways:
        return "It is on its way: once you have it, you can ask to send it back"
    return f"You can still {', or '.join(ways)}"


def _where(desk: Desk, order: Mapping[str, Any]) -> dict[str, Any]:
    """The address of the form. Where only the name differs, it is the same place on the map."""
    said, known = destination(desk), order["destination"] or {}
    if known and all((known.get(name) or None) == said[name] for name in ADDRESS if name != "name"):
        return said | {"lat": known["lat"], "lon": known["lon"]}
    return said


def _method(desk: Desk, order: Mapping[str, Any]) -> dict[str, Any]:
    method = desk.form.text("method")
    if method == "pickup":
        return {"method": method, "pickup_node": desk.form.some("pickup_node")}
    return {"method": method, "destination": _where(desk, order)}


def _stores(nodes: list[NodeSpec], order: Mapping[str, Any]) -> list[tuple[str, str]]:
    stores = [node for node in nodes if "pickup" in node.methods]
    where = order["destination"] or {}
    lat, lon = where.get("lat"), where.get("lon")
    if lat is None or lon is None:
        return sorted(((node.id, node.name or node.id) for node in stores), key=lambda store: store[1])
    apart = sorted((geodesic_m(node.lat, node.lon, lat, lon), node.id, node.name) for node in stores)
    return [(id, f"{name or id}, {metres(away)} away") for away, id, name in apart[:STORES_MOST]]
