"""A pick list as its picker sees it: the tasks along the walk, the totes and what to do with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, exists, select, tuple_

from inventory.store.catalogue_tables import sku
from inventory.substitutes import substitutes_of
from oms.bootstrap import Runtime
from oms.fulfilment.kits import kept_together
from oms.picking.lifecycle import TaskState
from oms.picking.task import PickList
from oms.picking.tote import Advice, advice
from oms.store.fulfilments import fulfilment_of
from oms.store.order_tables import fulfilment_line, fulfilment_order, order_line
from oms.store.orders import load_order
from oms.store.pick_lists import load_list
from oms.store.picking_tables import pick_task

SERIAL_TRACKED = "serial_tracked"
"""The flag of SKUs whose units are told apart."""

_LINE = (
    (pick_task.c.fulfilment_order_id == fulfilment_line.c.fulfilment_order_id)
    & (pick_task.c.line_id == fulfilment_line.c.line_id)
    & (pick_task.c.parcel == fulfilment_line.c.parcel)
)
_MISSING = exists().where(order_line.c.order_id == pick_task.c.order_id, order_line.c.unrouted > 0)
_WALK = (
    select(
        pick_task,
        (fulfilment_line.c.quantity - fulfilment_line.c.cancelled - fulfilment_line.c.short).label("wanted"),
        fulfilment_line.c.picked,
        fulfilment_line.c.put_back,
        fulfilment_order.c.state.label("job_state"),
        fulfilment_order.c.method,
        fulfilment_order.c.ship_at,
        fulfilment_order.c.on_hold,
        sku.c.name,
        sku.c.barcodes,
        sku.c.flags,
        _MISSING.label("missing"),
    )
    .join(fulfilment_line, _LINE)
    .join(fulfilment_order, fulfilment_order.c.id == pick_task.c.fulfilment_order_id)
    .join(sku, sku.c.id == pick_task.c.sku)
    .order_by(pick_task.c.no)
)


def whole(runtime: Runtime, conn: Connection, list_id: str) -> dict[str, Any]:
    """The list with its tasks and totes; it exists."""
    found = load_list(conn, list_id)
    assert found is not None, "asked for a list that is there"
    rows = conn.execute(_WALK.where(pick_task.c.pick_list_id == list_id)).all()
    instead = substitutes_of(conn, {row.sku for row in rows if row.state == TaskState.OPEN.value})
    totes = {row.tote: row for row in reversed(rows)}
    return headed(found) | {
        "tasks": [_task(row, instead) for row in rows],
        "totes": [_tote(runtime, conn, totes[name], rows) for name in sorted(totes, key=_by_letter)],
    }


def headed(found: PickList) -> dict[str, Any]:
    """The list without its tasks."""
    return {
        "id": found.id,
        "node": found.node,
        "state": found.state.value,
        "method": found.method,
        "created_at": found.created_at,
        "claimed_by": found.claimed_by or None,
        "claimed_at": found.claimed_at,
        "ended_at": found.ended_at,
    }


def put_backs(conn: Connection, node: str, after: Sequence[Any] | None, limit: int) -> list[dict[str, Any]]:
    """Units in totes at the node that nobody wants any more, by fulfilment order."""
    key = (fulfilment_line.c.fulfilment_order_id, fulfilment_line.c.line_id, fulfilment_line.c.parcel)
    rows = (
        select(fulfilment_line, sku.c.name, sku.c.barcodes, fulfilment_order.c.state)
        .join(fulfilment_order, fulfilment_order.c.id == fulfilment_line.c.fulfilment_order_id)
        .join(sku, sku.c.id == fulfilment_line.c.sku)
        .where(fulfilment_order.c.node == node, fulfilment_line.c.put_back > 0)
    )
    if after is not None:
        rows = rows.where(tuple_(*key) > tuple_(*after))
    return [
        {
            "fulfilment_order": row.fulfilment_order_id,
            "state": row.state,
            "line": row.line_id,
            "parcel": row.parcel,
            "sku": row.sku,
            "name": row.name,
            "barcodes": row.barcodes,
            "quantity": row.put_back,
        }
        for row in conn.execute(rows.order_by(*key).limit(limit))
    ]


def advised(runtime: Runtime, conn: Connection, order_id: str, job_id: str) -> Advice:
    """What to do with what lies in the tote of a fulfilment order."""
    order, job = load_order(conn, order_id), fulfilment_of(conn, job_id)
    assert order is not None and job is not None, "a task is for both"
    return advice(order, job, kept_together(runtime.pool.catalogue, order))


def _task(row: Row[Any], instead: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    going_on = row.state == TaskState.OPEN.value
    return {
        "no": row.no,
        "state": row.state,
        "bin": row.bin,
        "sku": row.sku,
        "name": row.name,
        "barcodes": row.barcodes,
        "serials": SERIAL_TRACKED in row.flags,
        "tote": row.tote,
        "order": row.order_id,
        "fulfilment_order": row.fulfilment_order_id,
        "line": row.line_id,
        "parcel": row.parcel,
        "wanted": row.wanted,
        "picked": row.picked,
        "to_pick": row.wanted - row.picked if going_on else 0,
        "short": row.short,
        "substituted": row.substituted,
        "put_back": row.put_back,
        "reason": row.reason,
        "instead_of": row.instead_of,
        "substitutes": list(instead.get(row.sku, ())),
    }


def _tote(runtime: Runtime, conn: Connection, row: Row[Any], rows: Collection[Row[Any]]) -> dict[str, Any]:
    mine = [one for one in rows if one.tote == row.tote]
    troubled = row.missing or any(one.put_back or one.short for one in mine)
    do = advised(runtime, conn, row.order_id, row.fulfilment_order_id) if troubled else Advice.CONTINUE
    return {
        "tote": row.tote,
        "order": row.order_id,
        "fulfilment_order": row.fulfilment_order_id,
        "state": row.job_state,
        "method": row.method,
        "ship_at": row.ship_at,
        "on_hold": row.on_hold,
        "do": do.value,
    }


def _by_letter(tote: str) -> tuple[int, str]:
    return len(tote), tote
