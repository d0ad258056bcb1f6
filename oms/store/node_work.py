"""Statements on the nodes an order avoids, on orders no plan fits, and on questions to customers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from oms.store.node_work_tables import excluded_node, promise_change, unroutable

EVERY_LINE = "*"


@dataclass(frozen=True, slots=True)
class PromiseChange:
    """A later promise that the customer was asked about; ``answer`` None: not answered yet."""

    order_id: str
    no: int
    at: datetime
    old_to: datetime
    new_from: datetime
    new_to: datetime
    answer: str | None = None
    answered_at: datetime | None = None


def exclude(
    conn: Connection, order_id: str, node: str, reason: str, at: datetime, lines: Iterable[str] = ()
) -> None:
    """From now on the order avoids the node, or only for some of its lines."""
    rows = [
        {"order_id": order_id, "node": node, "line_id": line, "reason": reason, "at": at}
        for line in tuple(lines) or (EVERY_LINE,)
    ]
    conn.execute(insert(excluded_node).on_conflict_do_nothing(), rows)


def excluded(conn: Connection, order_id: str) -> frozenset[tuple[str, str]]:
    """(line or ``*``, node) that the order avoids."""
    return excluded_of(conn, [order_id]).get(order_id, frozenset())


def excluded_of(conn: Connection, order_ids: Sequence[str]) -> dict[str, frozenset[tuple[str, str]]]:
    """The same of several orders: by order, those that avoid any."""
    rows = conn.execute(select(excluded_node).where(excluded_node.c.order_id.in_(order_ids)))
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row.order_id, set()).add((row.line_id, row.node))
    return {id: frozenset(nodes) for id, nodes in found.items()}


def readmit(conn: Connection, order_id: str, node: str) -> None:
    """The order may go to the node again."""
    conn.execute(delete(excluded_node).filter_by(order_id=order_id, node=node))


def note_unroutable(conn: Connection, order_id: str, code: str, lines: Sequence[str], at: datetime) -> bool:
    """No plan fits the order, for this reason; whether that is news."""
    before = conn.execute(select(unroutable).filter_by(order_id=order_id)).first()
    row = {"order_id": order_id, "code": code, "lines": list(lines), "since": at, "tried_at": at}
    same = before is not None and (before.code, before.lines) == (code, list(lines))
    changed = {"tried_at": at} if same else {name: row[name] for name in row if name != "order_id"}
    conn.execute(
        insert(unroutable).values(row).on_conflict_do_update(index_elements=["order_id"], set_=changed)
    )
    return not same


def forget_unroutable(conn: Connection, order_id: str) -> None:
    """A plan was found, or nothing waits any more."""
    conn.execute(delete(unroutable).where(unroutable.c.order_id == order_id))


def unroutable_of(conn: Connection, order_id: str) -> dict[str, Any] | None:
    """Why no plan fits the order (``code``), for which ``lines``, ``since`` when, and when it was tried last;
    None also for one that was tried in vain without a reason to tell (``oms.store.waiting``).
    """
    told = select(unroutable).where(unroutable.c.order_id == order_id, unroutable.c.code != "")
    row = conn.execute(told).mappings().first()
    return None if row is None else dict(row)


def ask_customer(
    conn: Connection, order_id: str, at: datetime, old_to: datetime, new_from: datetime, new_to: datetime
) -> int:
    """Keep a later promise until the customer answers; an older question is superseded. Its number."""
    _answer(conn, order_id, "superseded", at)
    last = conn.scalar(select(func.max(promise_change.c.no)).where(promise_change.c.order_id == order_id))
    values = PromiseChange(order_id, (last or 0) + 1, at, old_to, new_from, new_to)
    names = ("order_id", "no", "at", "old_to", "new_from", "new_to")
    conn.execute(insert(promise_change).values({name: getattr(values, name) for name in names}))
    return values.no


def question_of(conn: Connection, order_id: str) -> PromiseChange | None:
    """The later promise the customer has not answered yet. The order's row is the lock for it."""
    open_one = select(promise_change).where(
        promise_change.c.order_id == order_id, promise_change.c.answer.is_(None)
    )
    row = conn.execute(open_one).first()
    return None if row is None else PromiseChange(*row)


def first_promise(conn: Connection, order_id: str) -> datetime | None:
    """What was promised before the questions that follow the last accepted one; None without a question."""
    accepted = select(func.max(promise_change.c.no)).where(
        promise_change.c.order_id == order_id, promise_change.c.answer.in_(("accepted", "declined"))
    )
    since = conn.scalar(accepted) or 0
    return conn.scalar(
        select(promise_change.c.old_to)
        .where(promise_change.c.order_id == order_id, promise_change.c.no > since)
        .order_by(promise_change.c.no)
        .limit(1)
    )


def answer_question(conn: Connection, order_id: str, accepted: bool, at: datetime) -> None:
    """The customer's answer to the open question."""
    _answer(conn, order_id, "accepted" if accepted else "declined", at)


def _answer(conn: Connection, order_id: str, answer: str, at: datetime) -> None:
    conn.execute(
        update(promise_change)
        .where(promise_change.c.order_id == order_id, promise_change.c.answer.is_(None))
        .values(answer=answer, answered_at=at)
    )
