"""Returns to rows and back. Statements only; what may happen is decided in ``oms.returns``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from oms.returns.lifecycle import ANNOUNCED, Disposition, Release, ReturnState
from oms.returns.values import Disposed, Return, ReturnLine
from oms.store.order_tables import order, order_line
from oms.store.return_tables import return_, return_disposition, return_line

_LINE = (
    "no",
    "sku",
    "quantity",
    "order_id",
    "line_id",
    "sold_line",
    "reason",
    "note",
    "condition",
    "received",
    "inspected",
    "refundable",
    "breaches",
)


def insert_return(conn: Connection, value: Return) -> bool:
    """Write a new return with its lines; False when there is one of this id."""
    made = insert(return_).values(_row(value)).on_conflict_do_nothing().returning(return_.c.id)
    if conn.scalar(made) is None:
        return False
    _insert_lines(conn, value.id, value.lines)
    return True


def save_return(conn: Connection, before: Return, after: Return) -> Return:
    """Write what changed between the two, lines included, as the next version; return it as written."""
    after = replace(after, version=before.version + 1)
    conn.execute(update(return_).where(return_.c.id == after.id).values(_row(after)))
    known = {line.no: line for line in before.lines}
    changed = [line for line in after.lines if line.no in known and line != known[line.no]]
    if changed:
        counted = ("received", "inspected", "refundable")
        statement = (
            update(return_line)
            .where(return_line.c.return_id == after.id, return_line.c.no == bindparam("b_no"))
            .values({name: bindparam(f"b_{name}") for name in counted})
        )
        rows = [{f"b_{name}": getattr(line, name) for name in ("no", *counted)} for line in changed]
        conn.execute(statement, rows)
    _insert_lines(conn, after.id, [line for line in after.lines if line.no not in known])
    return after


def load_return(conn: Connection, id: str, *, lock: bool = False) -> Return | None:
    """The return with its lines; with ``lock`` its row stays ours until the commit. Its orders are locked
    before it.
    """
    statement = select(return_).where(return_.c.id == id)
    row = conn.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        return None
    return _values(conn, [row])[0]


def exchange_order_of(conn: Connection, id: str) -> str | None:
    """The order that the return is exchanged for."""
    return conn.scalar(select(order.c.id).where(order.c.exchange_of == id))


def claimed(conn: Connection, order_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """Delivered units of (order, picked line) that are not to be returned once more: those announced and
    still with the customer, and those that came back. True only under the locks of the orders.
    """
    announced = return_.c.state.in_([state.value for state in ANNOUNCED])
    units = func.sum(case((announced, return_line.c.quantity), else_=return_line.c.received))
    rows = conn.execute(
        select(return_line.c.order_id, return_line.c.line_id, units)
        .join(return_, return_.c.id == return_line.c.return_id)
        .where(return_line.c.order_id.in_(order_ids))
        .group_by(return_line.c.order_id, return_line.c.line_id)
    )
    return {(order_id, line_id): int(total) for order_id, line_id, total in rows}


def orders_to_return(
    conn: Connection,
    customers: Collection[str],
    sku: str | None,
    channels: Collection[str] | None,
    after: Sequence[Any] | None,
    most: int,
) -> list[str]:
    """Orders of these customers of which units were delivered, the latest first; ``sku``: that sold it, or a
    kit it is part of.
    """
    of_it = select(order_line.c.order_id).where(order_line.c.order_id == order.c.id)
    rows = select(order.c.id).where(
        order.c.customer_id.in_(customers), of_it.where(order_line.c.delivered > 0).exists()
    )
    if sku is not None:
        rows = rows.where(of_it.where(order_line.c.sku == sku).exists())
    if channels is not None:
        rows = rows.where(order.c.channel.in_(channels))
    if after is not None:
        rows = rows.where(tuple_(order.c.placed_at, order.c.id) < tuple_(*after))
    return list(conn.scalars(rows.order_by(order.c.placed_at.desc(), order.c.id.desc()).limit(most)))


def insert_dispositions(
    conn: Connection, id: str, at: datetime, actor: str, values: Sequence[Disposed]
) -> None:
    """Write what became of units."""
    rows = [
        {
            "return_id": id,
            "line_no": one.line_no,
            "no": one.no,
            "disposition": one.disposition.value,
            "quantity": one.quantity,
            "condition": one.condition,
            "to_node": one.to_node,
            "transfer": one.transfer,
            "at": at,
            "actor": actor,
        }
        for one in values
    ]
    if rows:
        conn.execute(insert(return_disposition), rows)


def dispositions_of(conn: Connection, id: str) -> list[Disposed]:
    """What became of the units of a return, line by line."""
    table = return_disposition
    rows = select(table).where(table.c.return_id == id).order_by(table.c.line_no, table.c.no)
    return [
        Disposed(
            row.line_no,
            row.no,
            Disposition(row.disposition),
            row.quantity,
            row.condition,
            row.to_node,
            row.transfer,
        )
        for row in conn.execute(rows)
    ]


def page_of_returns(
    conn: Connection,
    *,
    nodes: Collection[str] | None,
    state: str | None = None,
    customer_id: str | None = None,
    order_id: str | None = None,
    after: Sequence[Any] | None = None,
    most: int = 51,
) -> list[Return]:
    """Returns by when they were asked for, the newest first. ``nodes``: only those expected or received
    there.
    """
    rows = select(return_).order_by(return_.c.requested_at.desc(), return_.c.id.desc()).limit(most)
    if nodes is not None:
        rows = rows.where(return_.c.node.in_(nodes))
    if state is not None:
        rows = rows.where(return_.c.state == state)
    if customer_id is not None:
        rows = rows.where(return_.c.customer_id == customer_id)
    if order_id is not None:
        mine = select(return_line.c.return_id).where(return_line.c.order_id == order_id)
        swapped = select(order.c.exchange_of).where(order.c.id == order_id, order.c.exchange_of.is_not(None))
        rows = rows.where(or_(return_.c.id.in_(mine), return_.c.id.in_(swapped)))
    if after is not None:
        rows = rows.where(tuple_(return_.c.requested_at, return_.c.id) < tuple_(*after))
    return _values(conn, conn.execute(rows).all())


def _values(conn: Connection, heads: Sequence[Row[Any]]) -> list[Return]:
    lines: dict[str, list[ReturnLine]] = {row.id: [] for row in heads}
    found = select(return_line).where(return_line.c.return_id.in_(lines))
    for row in conn.execute(found.order_by(return_line.c.return_id, return_line.c.no)) if heads else ():
        values = {name: getattr(row, name) for name in _LINE} | {"breaches": tuple(row.breaches)}
        lines[row.return_id].append(ReturnLine(**values))
    return [_value(row, lines[row.id]) for row in heads]


def _insert_lines(conn: Connection, id: str, lines: Sequence[ReturnLine]) -> None:
    if lines:
        rows = [{"return_id": id} | {name: getattr(line, name) for name in _LINE} for line in lines]
        conn.execute(insert(return_line), rows)


def _row(value: Return) -> dict[str, Any]:
    return {
        "id": value.id,
        "version": value.version,
        "state": value.state.value,
        "method": value.method,
        "channel": value.channel,
        "node": value.node,
        "customer_id": value.customer_id,
        "requested_at": value.requested_at,
        "actor": value.actor,
        "breaches": list(value.breaches),
        "exception": value.exception,
        "reason": value.reason,
        "release": value.release.value if value.release else None,
        "credit_minor": value.credit_minor,
        "instants": {state: at.isoformat() for state, at in value.instants.items()},
    }


def _value(row: Row[Any], lines: Iterable[ReturnLine]) -> Return:
    return Return(
        id=row.id,
        version=row.version,
        state=ReturnState(row.state),
        method=row.method,
        channel=row.channel,
        requested_at=row.requested_at,
        actor=row.actor,
        lines=tuple(lines),
        node=row.node,
        customer_id=row.customer_id,
        breaches=tuple(row.breaches),
        exception=row.exception,
        reason=row.reason,
        release=Release(row.release) if row.release else None,
        credit_minor=row.credit_minor,
        instants={state: datetime.fromisoformat(at) for state, at in row.instants.items()},
    )
