"""Payments and refunds to rows and back; written under the lock of their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from oms.money.ledger import Payment, PaymentKind
from oms.money.refunds import Refund, RefundState
from oms.store.money_tables import payment, refund
from oms.store.rows import insert_rows

_FIELDS = (
    "method",
    "amount_minor",
    "at",
    "reference",
    "terminal",
    "acquirer",
    "card",
    "actor",
    "channel",
    "refund_id",
)


def insert_payments(conn: Connection, of_orders: Mapping[str, Sequence[Payment]]) -> None:
    """Write the first facts of new orders, by order."""
    rows = [_payment_row(id, no, one) for id, facts in of_orders.items() for no, one in enumerate(facts, 1)]
    insert_rows(conn, payment, rows)


def add_payments(conn: Connection, order_id: str, payments: Sequence[Payment]) -> None:
    """Write facts after those that are there already."""
    before = select(func.coalesce(func.max(payment.c.no), 0)).where(payment.c.order_id == order_id)
    first = (conn.scalar(before) or 0) + 1
    insert_rows(conn, payment, [_payment_row(order_id, no, one) for no, one in enumerate(payments, first)])


def _payment_row(order_id: str, no: int, one: Payment) -> dict[str, Any]:
    fields = {name: getattr(one, name) for name in _FIELDS}
    return {"order_id": order_id, "no": no, "kind": one.kind.value, **fields}


def payments_of(conn: Connection, order_id: str) -> list[Payment]:
    """Every fact recorded for an order, in the order they were recorded."""
    rows = conn.execute(select(payment).where(payment.c.order_id == order_id).order_by(payment.c.no))
    return [Payment(kind=PaymentKind(r.kind), **{name: getattr(r, name) for name in _FIELDS}) for r in rows]


def insert_refund(conn: Connection, value: Refund) -> None:
    """Write a refund that is due."""
    conn.execute(insert(refund).values(_row(value)))


def save_refund(conn: Connection, value: Refund) -> None:
    """Write what became of it."""
    conn.execute(update(refund).where(refund.c.id == value.id).values(_row(value)))


def refunds_of(conn: Connection, order_id: str) -> list[Refund]:
    """All refunds of an order, the oldest first."""
    rows = select(refund).where(refund.c.order_id == order_id).order_by(refund.c.at, refund.c.id)
    return [_refund(row) for row in conn.execute(rows)]


def refund_of(conn: Connection, id: str) -> Refund | None:
    """One refund; the lock for it is its order's."""
    row = conn.execute(select(refund).where(refund.c.id == id)).first()
    return None if row is None else _refund(row)


def page_of_refunds(
    conn: Connection, states: Sequence[str], after: Sequence[Any] | None, limit: int
) -> list[Refund]:
    """Refunds by when they fell due, the oldest first."""
    rows = select(refund).order_by(refund.c.at, refund.c.id).limit(limit)
    if states:
        rows = rows.where(refund.c.state.in_(states))
    if after is not None:
        rows = rows.where(tuple_(refund.c.at, refund.c.id) > tuple_(*after))
    return [_refund(row) for row in conn.execute(rows)]


def _row(value: Refund) -> dict[str, Any]:
    return {
        "id": value.id,
        "order_id": value.order_id,
        "return_id": value.return_id,
        "amount_minor": value.amount_minor,
        "cause": value.cause,
        "state": value.state.value,
        "at": value.at,
        "reference": value.reference,
        "instants": {state: at.isoformat() for state, at in value.instants.items()},
    }


def _refund(row: Row[Any]) -> Refund:
    return Refund(
        row.id,
        row.order_id,
        row.amount_minor,
        row.cause,
        RefundState(row.state),
        row.at,
        row.return_id,
        row.reference,
        {state: datetime.fromisoformat(at) for state, at in row.instants.items()},
    )
