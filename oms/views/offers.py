"""Options, parcels and promises as they are shown; what a storefront may not see is left out here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from oms.actors import Actor
from oms.orders.quote import QuotedOption, QuotedParcel, Share
from routing.promise import Option, Unavailable


def option_shown(quoted: QuotedOption, option: Option, currency: str, actor: Actor) -> dict[str, Any]:
    """One option of an offer: the promise to everybody, its cost and nodes to those who may see them."""
    return {
        "option_id": quoted.id,
        "method": quoted.method,
        "window": None if quoted.waits else {"from": quoted.window_from, "to": quoted.window_to},
        "order_before": quoted.order_before,
        "customer_price": {"amount_minor": quoted.price_minor, "currency": currency},
        "pickup_node": quoted.pickup_node,
        "slot": quoted.slot,
        "cost_to_serve": asdict(option.cost_to_serve) if actor.sees("cost") and not quoted.waits else None,
        "parcels": [parcel_shown(parcel, quoted.pickup_node, actor) for parcel in quoted.parcels],
        "unfilled": shares_shown(quoted.unfilled),
        "backordered": shares_shown(quoted.backordered),
        "optimality_gap": option.plan.gap,
        "tags": list(quoted.tags),
    }


def parcel_shown(parcel: QuotedParcel, pickup_node: str | None, actor: Actor) -> dict[str, Any]:
    """A parcel; its node only to those who may see which nodes ship."""
    return {
        "node": parcel.node if node_visible(parcel.node, pickup_node, actor) else None,
        "lines": shares_shown(parcel.shares),
        "ship_at": parcel.ship_at,
        "arrive_at": parcel.arrive_at,
    }


def shares_shown(shares: Iterable[Share]) -> list[dict[str, Any]]:
    return [{"id": share.line, "sku": share.sku, "quantity": share.quantity} for share in shares]


def node_visible(node: str, pickup_node: str | None, actor: Actor) -> bool:
    """The store one collects at is no secret, nor is one's own node."""
    own = actor.nodes is not None and node in actor.nodes
    return node == pickup_node or own or actor.sees("node_stock")


def unavailable_shown(found: Iterable[Unavailable], sold_line: Mapping[str, str]) -> list[dict[str, Any]]:
    """Why methods cannot be had, each reason once (slots and stores share them); lines are those as sold."""
    reasons = dict.fromkeys(
        (
            one.method,
            one.code,
            one.detail,
            tuple(dict.fromkeys(sold_line.get(line, line) for line in one.lines)),
        )
        for one in found
    )
    return [
        {"method": method, "code": code, "detail": detail, "lines": list(lines)}
        for method, code, detail, lines in reasons
    ]
