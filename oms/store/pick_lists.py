"""Pick lists and their tasks to rows and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, tuple_, update

from inventory.store.catalogue_tables import node, sku
from inventory.store.tables import position
from oms.fulfilment.job import Fulfilment, FulfilmentLine
from oms.fulfilment.lifecycle import FulfilmentState
from oms.picking.lifecycle import ListState, TaskState
from oms.picking.task import PickList, PickTask
from oms.store.fulfilments import fulfilments_where
from oms.store.order_tables import fulfilment_line, fulfilment_order, order
from oms.store.picking_tables import pick_list, pick_serial, pick_task

TO_PICK = (FulfilmentState.ACCEPTED.value, FulfilmentState.PICKING.value)
_TASK = tuple(field.name for field in fields(PickTask))


def orders_due(conn: Connection, node_id: str, method: str | None, most: int) -> list[str]:
    """Orders with work at the node that is on no list, those of the most urgent work first."""
    job = fulfilment_order.c
    found = _due(node_id, method).with_only_columns(job.order_id, func.min(job.ship_at).label("first"))
    rows = conn.execute(found.group_by(job.order_id).order_by("first", job.order_id).limit(most))
    return [row.order_id for row in rows]


def lock_idle(conn: Connection, order_ids: Iterable[str]) -> list[str]:
    """Of these orders those nobody is busy with and nothing holds, ours until the commit. Never waits."""
    free = select(order.c.id).where(order.c.id.in_(list(order_ids)), func.cardinality(order.c.holds) == 0)
    return list(conn.scalars(free.order_by(order.c.id).with_for_update(skip_locked=True)))


def due_of(conn: Connection, order_ids: Sequence[str], node_id: str, method: str | None) -> list[Fulfilment]:
    """The fulfilment orders of locked orders that may go on a list now."""
    due = _due(node_id, method).where(fulfilment_order.c.order_id.in_(order_ids))
    return fulfilments_where(conn, fulfilment_order.c.id.in_(due.with_only_columns(fulfilment_order.c.id)))


def bins_at(conn: Connection, node_id: str, skus: Iterable[str]) -> dict[str, str]:
    """SKU → bin at the node, where it has one."""
    joined = position.join(sku, sku.c.no == position.c.sku_no).join(node, node.c.no == position.c.node_no)
    wanted = select(sku.c.id, position.c.bin).select_from(joined)
    rows = conn.execute(wanted.where(node.c.id == node_id, sku.c.id.in_(set(skus))))
    return {row.id: row.bin for row in rows}


def insert_list(conn: Connection, value: PickList) -> None:
    """Write a new list and put its fulfilment orders on it. Their orders are locked."""
    conn.execute(insert(pick_list).values({"id": value.id, "node": value.node} | _changing(value)))
    add_tasks(conn, value.id, value.tasks)
    put_on = update(fulfilment_order).values(pick_list_id=value.id)
    conn.execute(put_on.where(fulfilment_order.c.id.in_({task.fulfilment_order_id for task in value.tasks})))


def take_off(conn: Connection, list_id: str) -> None:
    """The fulfilment orders of a list are on none any more."""
    off = update(fulfilment_order).where(fulfilment_order.c.pick_list_id == list_id)
    conn.execute(off.values(pick_list_id=None))


def add_tasks(conn: Connection, list_id: str, tasks: Iterable[PickTask]) -> None:
    """Write new tasks."""
    rows = [{"pick_list_id": list_id} | _task_row(task) for task in tasks]
    if rows:
        conn.execute(insert(pick_task), rows)


def save_tasks(conn: Connection, list_id: str, tasks: Iterable[PickTask]) -> None:
    """Write what became of tasks."""
    names = ("state", "short", "substituted", "reason")
    mine = (pick_task.c.pick_list_id == list_id, pick_task.c.no == bindparam("b_no"))
    rows = [{f"b_{name}": value for name, value in _task_row(task).items()} for task in tasks]
    rows = [{name: row[name] for name in ("b_no", *(f"b_{name}" for name in names))} for row in rows]
    if rows:
        conn.execute(
            update(pick_task).where(*mine).values({name: bindparam(f"b_{name}") for name in names}), rows
        )


def load_list(conn: Connection, list_id: str, lock: bool = False) -> PickList | None:
    """The list with its tasks; with ``lock`` its row stays ours until the commit, and the tasks are read
    after that.
    """
    wanted = select(pick_list).where(pick_list.c.id == list_id)
    row = conn.execute(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        return None
    tasks = conn.execute(
        select(pick_task).where(pick_task.c.pick_list_id == list_id).order_by(pick_task.c.no)
    )
    return _list(row, tuple(_task(task) for task in tasks))


def save_list(conn: Connection, value: PickList) -> None:
    """Write where a locked list stands; its tasks are written by ``save_tasks``."""
    conn.execute(update(pick_list).where(pick_list.c.id == value.id).values(_changing(value)))


def lists_at(
    conn: Connection,
    nodes: Iterable[str] | None,
    state: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[PickList]:
    """Lists without their tasks, the oldest first."""
    wanted = select(pick_list).order_by(pick_list.c.created_at, pick_list.c.id).limit(limit)
    if nodes is not None:
        wanted = wanted.where(pick_list.c.node.in_(list(nodes)))
    if state is not None:
        wanted = wanted.where(pick_list.c.state == state)
    if after is not None:
        wanted = wanted.where(tuple_(pick_list.c.created_at, pick_list.c.id) > tuple_(*after))
    return [_list(row, ()) for row in conn.execute(wanted)]


def open_tasks(conn: Connection, jobs: Iterable[Fulfilment]) -> dict[str, list[PickTask]]:
    """List → its open tasks for these fulfilment orders."""
    listed = [job.id for job in jobs if job.pick_list_id is not None]
    found: dict[str, list[PickTask]] = {}
    if listed:
        still = (pick_task.c.fulfilment_order_id.in_(listed), pick_task.c.state == TaskState.OPEN.value)
        ordered = select(pick_task).where(*still).order_by(pick_task.c.pick_list_id, pick_task.c.no)
        for row in conn.execute(ordered):
            found.setdefault(row.pick_list_id, []).append(_task(row))
    return found


def insert_line(conn: Connection, job: Fulfilment, line: FulfilmentLine) -> None:
    """Write a line that the fulfilment order got after it was made."""
    row = asdict(line) | {"fulfilment_order_id": job.id, "order_id": job.order_id}
    conn.execute(insert(fulfilment_line).values(row))


def serials_of(conn: Connection, job_id: str, line_id: str) -> set[str]:
    """The serial numbers picked for a line and not put back."""
    mine = (pick_serial.c.fulfilment_order_id == job_id, pick_serial.c.line_id == line_id)
    return set(conn.scalars(select(pick_serial.c.serial).where(*mine)))


def keep_serials(
    conn: Connection, at: datetime, job_id: str, line: FulfilmentLine, serials: Iterable[str]
) -> None:
    """Write the serial numbers of units just picked."""
    unit = {"fulfilment_order_id": job_id, "line_id": line.line_id, "parcel": line.parcel}
    rows = [{**unit, "serial": serial, "at": at} for serial in serials]
    if rows:
        conn.execute(insert(pick_serial), rows)


def drop_serials(conn: Connection, job_id: str, line_id: str, serials: Iterable[str]) -> None:
    """Forget the serial numbers of units put back."""
    mine = (pick_serial.c.fulfilment_order_id == job_id, pick_serial.c.line_id == line_id)
    conn.execute(delete(pick_serial).where(*mine, pick_serial.c.serial.in_(list(serials))))


def _due(node_id: str, method: str | None) -> Any:
    job = fulfilment_order.c
    due = select(fulfilment_order).where(
        job.node == node_id, job.state.in_(TO_PICK), job.pick_list_id.is_(None), ~job.on_hold
    )
    return due if method is None else due.where(job.method == method)


def _changing(value: PickList) -> dict[str, Any]:
    return {
        "state": value.state.value,
        "method": value.method,
        "created_at": value.created_at,
        "claimed_by": value.claimed_by,
        "claimed_at": value.claimed_at,
        "ended_at": value.ended_at,
    }


def _list(row: Row[Any], tasks: tuple[PickTask, ...]) -> PickList:
    return PickList(
        id=row.id,
        node=row.node,
        state=ListState(row.state),
        created_at=row.created_at,
        tasks=tasks,
        method=row.method,
        claimed_by=row.claimed_by,
        claimed_at=row.claimed_at,
        ended_at=row.ended_at,
    )


def _task_row(task: PickTask) -> dict[str, Any]:
    return asdict(task) | {"state": task.state.value}


def _task(row: Row[Any]) -> PickTask:
    return replace(PickTask(*(getattr(row, name) for name in _TASK)), state=TaskState(row.state))
