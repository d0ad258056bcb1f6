"""A return as it is answered and shown."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from oms.money.refunds import Refund
from oms.returns.goodwill import Goodwill
from oms.returns.values import Disposed, Return, ReturnLine
from oms.store.goodwill import goodwill_of
from oms.store.payments import refunds_of
from oms.store.returns import dispositions_of, exchange_order_of


def shown(conn: Connection, back: Return) -> dict[str, Any]:
    """The return with what became of each unit, what is owed for it, and its exchange."""
    swapped = exchange_order_of(conn, back.id)
    refunds = [one for order_id in back.order_ids for one in refunds_of(conn, order_id)]
    release = back.release.value if back.release else None
    return row(back) | {
        "breaches": list(back.breaches),
        "exception": back.exception,
        "instants": dict(back.instants),
        "lines": [_line(line) for line in back.lines],
        "dispositions": [_disposed(one) for one in dispositions_of(conn, back.id)],
        "goodwill": [_goodwill(one) for one in goodwill_of(conn, back.id)],
        "refunds": [_refund(one) for one in refunds if one.return_id == back.id],
        "exchange": {"order": swapped, "release": release, "credit_minor": back.credit_minor}
        if swapped
        else None,
    }


def _line(line: ReturnLine) -> dict[str, Any]:
    same = ("no", "sku", "quantity", "received", "inspected", "refundable", "reason", "note", "condition")
    found = {"order": line.order_id, "line": line.sold_line, "came": line.came}
    return {name: getattr(line, name) for name in same} | found | {"breaches": list(line.breaches)}


def _disposed(one: Disposed) -> dict[str, Any]:
    return {
        "no": one.line_no,
        "disposition": one.disposition.value,
        "quantity": one.quantity,
        "condition": one.condition,
        "to_node": one.to_node,
        "transfer": one.transfer,
    }


def _refund(refund: Refund) -> dict[str, Any]:
    return {
        "id": refund.id,
        "order": refund.order_id,
        "amount_minor": refund.amount_minor,
        "state": refund.state.value,
        "reference": refund.reference,
    }


def _goodwill(one: Goodwill) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("at", "method", "amount_minor", "reference", "reason")}


def row(back: Return) -> dict[str, Any]:
    """The return as one of many."""
    return {
        "id": back.id,
        "version": back.version,
        "state": back.state.value,
        "method": back.method,
        "channel": back.channel,
        "node": back.node,
        "orders": list(back.order_ids),
        "requested_at": back.requested_at,
        "reason": back.reason,
    }
