"""Fulfilment orders as a node's people see them: what is due, when it must leave, how much work it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oms.fulfilment.job import AT_THE_NODE, Fulfilment
from oms.fulfilment.lifecycle import FULFILMENT
from oms.store.fulfilments import fulfilment_of, jobs_of
from oms.store.node_queue import Row, page


def shown(conn: Connection, id: str) -> dict[str, Any]:
    """One fulfilment order; it exists."""
    job = fulfilment_of(conn, id)
    assert job is not None, "who asks has looked"
    return _document(job)


def queue(
    conn: Connection,
    node: str,
    states: Sequence[str],
    after: tuple[datetime, str] | None,
    limit: int,
    at: datetime,
    minutes: Callable[[int], float],
) -> list[dict[str, Any]]:
    """A node's fulfilment orders, those that must leave first before the others; one more than ``limit``
    where there are more.
    """
    rows = page(conn, node, states, after, limit + 1)
    jobs = jobs_of(conn, [row.id for row in rows])
    return [_document(jobs[row.id]) | _queued(row, jobs[row.id], at, minutes) for row in rows]


def _queued(row: Row, job: Fulfilment, at: datetime, minutes: Callable[[int], float]) -> dict[str, Any]:
    work = minutes(len(job.lines))
    slack = (job.ship_at - at).total_seconds() / 60 - work
    ahead = job.state in AT_THE_NODE
    return {
        "promise_to": row.promise_to,
        "minutes": work,
        "risk": "none" if not ahead else "late" if slack < 0 else "tight" if slack < work else "none",
    }


def _document(job: Fulfilment) -> dict[str, Any]:
    return {
        "id": job.id,
        "order_id": job.order_id,
        "node": job.node,
        "to_node": job.to_node,
        "method": job.method,
        "state": job.state.value,
        "version": job.version,
        "on_hold": job.on_hold,
        "reason": job.reason,
        "replaces": job.replaces,
        "pick_list_id": job.pick_list_id,
        "must_leave_by": job.ship_at,
        "arrive_at": job.arrive_at,
        "offer_expires_at": job.offer_expires_at,
        "units": job.wanted,
        "lines": [
            {
                "line_id": line.line_id,
                "sku": line.sku,
                "parcel": line.parcel,
                "quantity": line.quantity,
                "wanted": line.wanted,
                "cancelled": line.cancelled,
                "picked": line.picked,
                "short": line.short,
                "put_back": line.put_back,
            }
            for line in job.lines
        ],
        "instants": dict(job.instants),
        "possible": [event.value for event in FULFILMENT.possible(job.state)],
    }
