"""Fulfilment orders to rows and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from oms.orders.fulfilment import Fulfilment, FulfilmentLine
from oms.orders.lifecycle import FulfilmentState
from oms.store.order_tables import fulfilment_line, fulfilment_order


def insert_fulfilments(conn: Connection, values: Sequence[Fulfilment]) -> None:
    """Write new fulfilment orders with their lines."""
    if not values:
        return
    conn.execute(insert(fulfilment_order), [_row(value) for value in values])
    conn.execute(
        insert(fulfilment_line),
        [
            {
                "fulfilment_order_id": value.id,
                "order_id": value.order_id,
                "line_id": line.line_id,
                "parcel": line.parcel,
                "sku": line.sku,
                "quantity": line.quantity,
                "cancelled": line.cancelled,
            }
            for value in values
            for line in value.lines
        ],
    )


def fulfilments_of(conn: Connection, order_id: str) -> tuple[Fulfilment, ...]:
    """All of an order's, replaced and cancelled ones included, in the order they were made."""
    heads = conn.execute(
        select(fulfilment_order)
        .where(fulfilment_order.c.order_id == order_id)
        .order_by(fulfilment_order.c.no)
    ).all()
    rows = conn.execute(
        select(fulfilment_line)
        .where(fulfilment_line.c.order_id == order_id)
        .order_by(fulfilment_line.c.parcel, fulfilment_line.c.line_id)
    ).all()
    return tuple(_value(head, [row for row in rows if row.fulfilment_order_id == head.id]) for head in heads)


def save_fulfilments(conn: Connection, values: Iterable[Fulfilment]) -> None:
    """Write the state and the cancelled units of fulfilment orders that exist, as their next version."""
    values = list(values)
    if not values:
        return
    head = (
        update(fulfilment_order)
        .where(fulfilment_order.c.id == bindparam("b_id"))
        .values(state=bindparam("b_state"), version=fulfilment_order.c.version + 1)
    )
    conn.execute(head, [{"b_id": value.id, "b_state": value.state.value} for value in values])
    line = (
        update(fulfilment_line)
        .where(
            fulfilment_line.c.fulfilment_order_id == bindparam("b_id"),
            fulfilment_line.c.line_id == bindparam("b_line"),
            fulfilment_line.c.parcel == bindparam("b_parcel"),
        )
        .values(cancelled=bindparam("b_cancelled"))
    )
    rows = [
        {"b_id": value.id, "b_line": part.line_id, "b_parcel": part.parcel, "b_cancelled": part.cancelled}
        for value in values
        for part in value.lines
    ]
    conn.execute(line, rows)


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
        lines=tuple(FulfilmentLine(r.line_id, r.parcel, r.sku, r.quantity, r.cancelled) for r in lines),
    )
