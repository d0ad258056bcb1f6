"""Shipments to rows and back. Their order's row is the lock for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from oms.fulfilment.lifecycle import FulfilmentState
from oms.shipments.lifecycle import ShipmentEvent, ShipmentState
from oms.shipments.shipment import Parcel, Shipment, ShipmentLine
from oms.shipments.tracking import Fact, Result
from oms.store.order_tables import fulfilment_order
from oms.store.shipment_tables import shipment, shipment_event, shipment_line

_MEASURES = ("weight_g", "length_mm", "width_mm", "height_mm", "carrier", "tracking_reference")
_CHANGING = ("state", "carrier", "tracking_reference", "manifest_id", "return_node", "instants")


def insert_shipments(conn: Connection, values: Sequence[Shipment]) -> None:
    """Write new shipments with what is in them."""
    if values:
        conn.execute(insert(shipment), [_row(value) for value in values])
        conn.execute(insert(shipment_line), [row for value in values for row in _line_rows(value)])


def save_shipments(conn: Connection, values: Sequence[Shipment]) -> None:
    """Write what may change of shipments that exist: state, label, manifest, and what is in them."""
    if not values:
        return
    head = update(shipment).where(shipment.c.id == bindparam("b_id"))
    rows = [{"b_id": value.id} | {f"b_{name}": _row(value)[name] for name in _CHANGING} for value in values]
    conn.execute(head.values({name: bindparam(f"b_{name}") for name in _CHANGING}), rows)
    stale = [value for value in values if value.state is not ShipmentState.CANCELLED]
    if stale:
        conn.execute(delete(shipment_line).where(shipment_line.c.shipment_id.in_([one.id for one in stale])))
        conn.execute(insert(shipment_line), [row for value in stale for row in _line_rows(value)])


def shipments_of(conn: Connection, fulfilment_orders: Collection[str]) -> dict[str, tuple[Shipment, ...]]:
    """The shipments of each fulfilment order, in the order they were packed."""
    found: dict[str, list[Shipment]] = {id: [] for id in fulfilment_orders}
    for one in _read(conn, shipment.c.fulfilment_order_id.in_(list(fulfilment_orders))):
        found[one.fulfilment_order_id].append(one)
    return {id: tuple(some) for id, some in found.items()}


def shipments_of_order(conn: Connection, order_id: str) -> Sequence[Shipment]:
    """All shipments of an order."""
    return _read(conn, shipment.c.order_id == order_id)


def shipment_of(conn: Connection, id: str) -> Shipment | None:
    """One shipment. Lock its order first, then read."""
    return next(iter(_read(conn, shipment.c.id == id)), None)


def order_of_shipment(conn: Connection, id: str) -> str | None:
    """The order a shipment belongs to."""
    return conn.scalar(select(shipment.c.order_id).where(shipment.c.id == id))


def shipments_to_inspect(conn: Connection, node: str, most: int) -> list[Shipment]:
    """What carriers brought back to the node and has units without a disposition, so many at most."""
    waits = (
        select(shipment.c.id)
        .join(shipment_line, shipment_line.c.shipment_id == shipment.c.id)
        .where(shipment.c.return_node == node, shipment_line.c.inspected < shipment_line.c.quantity)
        .distinct()
        .order_by(shipment.c.id)
        .limit(most)
    )
    return _read(conn, shipment.c.id.in_(waits))


def facts_of(conn: Connection, id: str) -> list[Fact]:
    """What was said of a shipment and taken for true."""
    rows = conn.execute(select(shipment_event).where(shipment_event.c.shipment_id == id))
    return [Fact(row.id, ShipmentEvent(row.kind), row.occurred_at, row.note) for row in rows]


def add_facts(
    conn: Connection, id: str, facts: Iterable[tuple[Fact, Result]], at: datetime, actor: str
) -> None:
    """Keep what was said, with what became of it when it was heard."""
    rows = [
        {
            "shipment_id": id,
            "id": fact.id,
            "kind": fact.kind.value,
            "occurred_at": fact.occurred_at,
            "received_at": at,
            "note": fact.note,
            "actor": actor,
            "result": result.value,
        }
        for fact, result in facts
    ]
    if rows:
        conn.execute(insert(shipment_event), rows)


def ready_for_carrier(conn: Connection, node: str, carrier: str | None, most: int) -> list[str]:
    """Fulfilment orders that a carrier can take from a node, those that leave first ahead; ``carrier``: only
    with a parcel labelled for him.
    """
    rows = select(fulfilment_order.c.id).where(
        fulfilment_order.c.node == node,
        fulfilment_order.c.state == FulfilmentState.READY_FOR_CARRIER.value,
        ~fulfilment_order.c.on_hold,
    )
    if carrier is not None:
        his = select(shipment.c.fulfilment_order_id).where(shipment.c.carrier == carrier)
        rows = rows.where(fulfilment_order.c.id.in_(his))
    ordered = rows.order_by(fulfilment_order.c.ship_at, fulfilment_order.c.id)
    return list(conn.scalars(ordered.limit(most)))


def _read(conn: Connection, which: Any) -> list[Shipment]:
    heads = select(shipment).where(which).order_by(shipment.c.fulfilment_order_id, shipment.c.no)
    rows = conn.execute(heads).all()
    lines: dict[str, list[ShipmentLine]] = defaultdict(list)
    inside = shipment_line.c.shipment_id.in_([row.id for row in rows])
    for part in conn.execute(select(shipment_line).where(inside).order_by(shipment_line.c.line_id)):
        lines[part.shipment_id].append(ShipmentLine(part.line_id, part.sku, part.quantity, part.inspected))
    return [_value(row, lines) for row in rows]


def _row(value: Shipment) -> dict[str, Any]:
    return {
        "id": value.id,
        "order_id": value.order_id,
        "fulfilment_order_id": value.fulfilment_order_id,
        "no": value.no,
        "node": value.node,
        "state": value.state.value,
        **{name: getattr(value.parcel, name) for name in _MEASURES},
        "manifest_id": value.manifest_id,
        "return_node": value.return_node,
        "created_at": value.created_at,
        "instants": {state: at.isoformat() for state, at in value.instants.items()},
    }


def _line_rows(value: Shipment) -> list[dict[str, Any]]:
    return [
        {
            "shipment_id": value.id,
            "order_id": value.order_id,
            "line_id": line.line_id,
            "sku": line.sku,
            "quantity": line.quantity,
            "inspected": line.inspected,
        }
        for line in value.parcel.lines
    ]


def _value(row: Any, lines: Mapping[str, list[ShipmentLine]]) -> Shipment:
    return Shipment(
        order_id=row.order_id,
        fulfilment_order_id=row.fulfilment_order_id,
        no=row.no,
        node=row.node,
        state=ShipmentState(row.state),
        parcel=Parcel(tuple(lines.get(row.id, ())), **{name: getattr(row, name) for name in _MEASURES}),
        created_at=row.created_at,
        manifest_id=row.manifest_id,
        return_node=row.return_node,
        instants={state: datetime.fromisoformat(at) for state, at in row.instants.items()},
    )
