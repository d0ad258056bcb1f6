"""Read orders: one, a page of them, and the decisions behind one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from oms.actors import Actor
from oms.adapters.signer import BadToken
from oms.bootstrap import Runtime
from oms.orders.order import Order
from oms.refusals import Code, Fault, not_found, refuse
from oms.steps.new_orders import order_token
from oms.steps.recording import ORDER
from oms.store.orders import load_order
from oms.store.pickups import pickups_of
from oms.store.shipments import shipments_of_order
from oms.usecases.decisions import decisions_explained
from oms.usecases.pickups import shown
from oms.views import orders as views
from oms.views.offers import node_visible
from oms.views.pickups import with_code
from oms.views.shipments import shipment_view


def read_order(
    runtime: Runtime, actor: Actor, order_id: str, token: str | None
) -> tuple[int, dict[str, Any]]:
    """(version, the order). Personal data for the back office, or with the token its customer was given.

    Raises Refused not_found, also for an order of another's channel.
    """
    personal = actor.trusted or _opens(runtime, order_id, token)
    with runtime.engine.connect() as conn:
        found = views.whole(conn, order_id, order_token(runtime, order_id), actor, personal)
    if found is None or not actor.may_channel(found[0].channel):
        raise not_found("order")
    found[1].update(_on_its_way(runtime, actor, found[0], personal))
    if not personal:
        # The token is what makes its holder the customer: it is not for whoever knows an order's number.
        found[1]["order_token"] = ""
        found[1]["customer_id"] = None
        found[1]["payments"] = [one | {"card": None, "reference": None} for one in found[1]["payments"]]
    return found[0].version, found[1]


def _on_its_way(runtime: Runtime, actor: Actor, order: Order, personal: bool) -> dict[str, Any]:
    """Its parcels and pickups; what opens a pickup, or finds a parcel at its carrier, is the customer's."""
    with runtime.engine.connect() as conn:
        shipments = [shipment_view(one) for one in shipments_of_order(conn, order.id)]
        waiting = pickups_of(conn, order.id)
        pickups = [shown(conn, one) for one in waiting]
    for shipment in shipments:
        for end in ("node", "return_node"):
            seen = shipment[end] is not None and node_visible(shipment[end], order.promise.pickup_node, actor)
            shipment[end] = shipment[end] if seen else None
        shipment["tracking_reference"] = shipment["tracking_reference"] if personal else ""
    if personal:
        pickups = [
            with_code(one, pickup, runtime.signer) for one, pickup in zip(pickups, waiting, strict=True)
        ]
    else:
        pickups = [one | {"name": None} for one in pickups]
    return {"shipments": shipments, "pickups": pickups}


def list_orders(
    runtime: Runtime, actor: Actor, after: Sequence[str] | None, limit: int, status: str | None
) -> list[dict[str, Any]]:
    """Orders by when they were placed, newest first; one more than ``limit`` when there are more."""
    key: tuple[datetime, str] | None = None
    if after is not None:
        try:
            key = (datetime.fromisoformat(after[0]), after[1])
        except ValueError as error:
            fault = Fault("query/cursor", "bad_cursor", "Not a cursor of this list")
            raise refuse(Code.MALFORMED, "The cursor is not one of this list", fault) from error
    with runtime.reads.connect() as conn:
        return views.page(conn, actor, key, limit, status)


def decisions(runtime: Runtime, actor: Actor, order_id: str) -> dict[str, Any]:
    """Every decision for the order and the reservation it came from, explained. Raises Refused not_found."""
    with runtime.engine.connect() as conn:
        order = load_order(conn, order_id)
        if order is None or not actor.may_channel(order.channel):
            raise not_found("order")
        references = [order_id, order.quote_ref] if order.quote_ref else [order_id]
        return {"order_id": order_id, "decisions": decisions_explained(conn, references)}


def _opens(runtime: Runtime, order_id: str, token: str | None) -> bool:
    if token is None:
        return False
    try:
        return bool(runtime.signer.read(ORDER, token) == order_id)
    except BadToken:
        return False
