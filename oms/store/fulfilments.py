"""Fulfilment orders to rows and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from oms.fulfilment.job import Fulfilment, FulfilmentLine
from oms.fulfilment.lifecycle import FulfilmentState
from oms.store.order_tables import fulfilment_line, fulfilment_order
from oms.store.rows import insert_rows


def insert_fulfilments(conn: Connection, values: Sequence[Fulfilment]) -> None:
    """Write new fulfilment orders with their lines."""
    insert_rows(conn, fulfilment_order, [_row(value) for value in values])
    insert_rows(conn, fulfilment_line, [_line_row(value, line) for value in values for line in value.lines])


def fulfilments_of(conn: Connection, order_id: str) -> tuple[Fulfilment, ...]:
    """All of an order's, replaced and cancelled ones included, in the order they were made."""
    return tuple(fulfilments_where(conn, fulfilment_order.c.order_id == order_id))


def fulfilments_where(conn: Connection, condition: ColumnElement[bool]) -> list[Fulfilment]:
    """Those the condition on ``fulfilment_order`` holds for, by order and number."""
    ordered = select(fulfilment_order).where(condition)
    heads = conn.execute(ordered.order_by(fulfilment_order.c.order_id, fulfilment_order.c.no)).all()
    rows: dict[str, list[Any]] = {head.id: [] for head in heads}
    lines = select(fulfilment_line).where(fulfilment_line.c.fulfilment_order_id.in_(list(rows)))
    for row in conn.execute(lines.order_by(fulfilment_line.c.parcel, fulfilment_line.c.line_id)):
        rows[row.fulfilment_order_id].append(row)
    return [_value(head, rows[head.id]) for head in heads]


def fulfilment_of(conn: Connection, id: str) -> Fulfilment | None:
    """One fulfilment order. Its order's row is the lock for it: lock that first, then read."""
    head = conn.execute(select(fulfilment_order).where(fulfilment_order.c.id == id)).first()
    if head is None:
        return None
    rows = select(fulfilment_line).where(fulfilment_line.c.fulfilment_order_id == id)
    ordered = rows.order_by(fulfilment_line.c.parcel, fulfilment_line.c.line_id)
    return _value(head, conn.execute(ordered).all())


def order_id_of(conn: Connection, id: str) -> str | None:
    """The order a fulfilment order belongs to."""
    return conn.scalar(select(fulfilment_order.c.order_id).where(fulfilment_order.c.id == id))


def save_fulfilments(conn: Connection, values: Iterable[Fulfilment]) -> None:
    """Write what may change of fulfilment orders that exist, as their next version."""
    values = list(values)
    if not values:
        return
    changing = [name for name in _row(values[0]) if name not in _FIXED]
    head = (
        update(fulfilment_order)
        .where(fulfilment_order.c.id == bindparam("b_id"))
        .values(
            {name: bindparam(f"b_{name}") for name in changing} | {"version": fulfilment_order.c.version + 1}
        )
    )
    heads = [{"b_id": value.id} | {f"b_{name}": _row(value)[name] for name in changing} for value in values]
    conn.execute(head, heads)
    line = (
        update(fulfilment_line)
        .where(
            fulfilment_line.c.fulfilment_order_id == bindparam("b_id"),
            fulfilment_line.c.line_id == bindparam("b_line"),
            fulfilment_line.c.parcel == bindparam("b_parcel"),
        )
        .values({name: bindparam(f"b_{name}") for name in _COUNTED})
    )
    rows = [
        {"b_id": value.id, "b_line": part.line_id, "b_parcel": part.parcel}
        | {f"b_{name}": getattr(part, name) for name in _COUNTED}
        for value in values
        for part in value.lines
    ]
    conn.execute(line, rows)


_COUNTED = ("cancelled", "picked", "short", "put_back", "collected")
_FIXED = ("id", "order_id", "no", "node", "method", "created_at", "replaces", "version", "to_node")


def _row(value: Fulfilment) -> dict[str, Any]:
    return {
        "id": value.id,
        "order_id": value.order_id,
        "no": value.no,
        "node": value.node,
        "method": value.method,
        "state": value.state.value,
        "group_id": value.group_id,
        "ship_at": value.ship_at,
        "arrive_at": value.arrive_at,
        "created_at": value.created_at,
        "cost_minor": value.cost_minor,
        "replaces": value.replaces,
        "version": value.version,
        "to_node": value.to_node,
        "on_hold": value.on_hold,
        "reason": value.reason,
        "release_at": value.release_at,
        "offer_expires_at": value.offer_expires_at,
        "pick_list_id": value.pick_list_id,
        "instants": {state: at.isoformat() for state, at in value.instants.items()},
    }


def _line_row(value: Fulfilment, line: FulfilmentLine) -> dict[str, Any]:
    return {
        "fulfilment_order_id": value.id,
        "order_id": value.order_id,
        "line_id": line.line_id,
        "parcel": line.parcel,
        "sku": line.sku,
        "quantity": line.quantity,
        **{name: getattr(line, name) for name in _COUNTED},
    }


def _value(head: Any, lines: Iterable[Any]) -> Fulfilment:
    return Fulfilment(
        order_id=head.order_id,
        no=head.no,
        node=head.node,
        method=head.method,
        state=FulfilmentState(head.state),
        group_id=head.group_id,
        ship_at=head.ship_at,
        arrive_at=head.arrive_at,
        created_at=head.created_at,
        cost_minor=head.cost_minor,
        replaces=head.replaces,
        version=head.version,
        to_node=head.to_node,
        on_hold=head.on_hold,
        reason=head.reason,
        release_at=head.release_at,
        offer_expires_at=head.offer_expires_at,
        pick_list_id=head.pick_list_id,
        instants={state: datetime.fromisoformat(at) for state, at in head.instants.items()},
        lines=tuple(
            FulfilmentLine(
                r.line_id, r.parcel, r.sku, r.quantity, **{name: getattr(r, name) for name in _COUNTED}
            )
            for r in lines
        ),
    )


def jobs_of(conn: Connection, ids: Sequence[str]) -> dict[str, Fulfilment]:
    """Fulfilment orders by id, of whichever orders."""
    if not ids:
        return {}
    heads = conn.execute(select(fulfilment_order).where(fulfilment_order.c.id.in_(ids))).all()
    found = select(fulfilment_line).where(fulfilment_line.c.fulfilment_order_id.in_(ids))
    rows: dict[str, list[Any]] = {}
    for row in conn.execute(found.order_by(fulfilment_line.c.parcel, fulfilment_line.c.line_id)):
        rows.setdefault(row.fulfilment_order_id, []).append(row)
    return {head.id: _value(head, rows.get(head.id, ())) for head in heads}
