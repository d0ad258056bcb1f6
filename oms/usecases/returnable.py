"""A counter without a receipt: what a customer bought and may still bring back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.orders.order import Line, Order
from oms.returns.announcing import Room, Wish
from oms.returns.policy import breaches
from oms.store.orders import load_order
from oms.store.people import find_customers
from oms.store.returns import claimed, orders_to_return
from oms.usecases.customers import Wanted
from oms.usecases.return_claims import claim_of
from oms.usecases.return_reading import instant_key

CUSTOMERS_MOST = 20


def list_returnable(
    runtime: Runtime, actor: Actor, wanted: Wanted, sku: str | None, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Orders of the customers who fit, with delivered units that no return holds yet, the latest first; one
    more than ``limit`` when there are more. ``sku``: only orders that sold it. Names no person.
    """
    with runtime.engine.connect() as conn:
        found = find_customers(conn, wanted.email, wanted.phone, wanted.card, "", CUSTOMERS_MOST)
        ids = orders_to_return(
            conn, [one.id for one in found], sku, actor.channels, instant_key(after), limit + 1
        )
        orders = {id: load_order(conn, id) for id in ids}
        room = Room({id: order for id, order in orders.items() if order}, claimed(conn, ids))
        return [_shown(runtime, conn, room, order) for order in room.orders.values()]


def returnable_of(runtime: Runtime, id: str) -> list[dict[str, Any]]:
    """Lines of one order as sold with units that are with the customer and that no return holds yet."""
    with runtime.engine.connect() as conn:
        order = load_order(conn, id)
        return _lines(runtime, conn, Room({id: order}, claimed(conn, [id])), order) if order else []


def _shown(runtime: Runtime, conn: Connection, room: Room, order: Order) -> dict[str, Any]:
    return {
        "order": order.id,
        "channel": order.channel,
        "placed_at": order.placed_at,
        "lines": _lines(runtime, conn, room, order),
    }


def _lines(runtime: Runtime, conn: Connection, room: Room, order: Order) -> list[dict[str, Any]]:
    lines = [(line, _left(room, order, line)) for line in order.sold_lines]
    return [_line(runtime, conn, order, line, units) for line, units in lines if units]


def _line(runtime: Runtime, conn: Connection, order: Order, line: Line, units: int) -> dict[str, Any]:
    claim = claim_of(runtime, conn, order, Wish(1, order.id, line.id))
    sku = runtime.pool.catalogue.skus.get(line.sku)
    return {
        "line": line.id,
        "sku": line.sku,
        "name": sku.name if sku else "",
        "returnable": units,
        "breaches": list(breaches(runtime.networks.current.returns, claim, runtime.clock.now())),
    }


def _left(room: Room, order: Order, line: Line) -> int:
    parts = order.components(line.id)
    return min(room.left((order.id, part.id)) // (part.per_kit or 1) for part in parts)
