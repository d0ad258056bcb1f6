"""Jobs that need not wait for their next turn: queued in the transaction that gave them something to do.

PostgreSQL tells every worker of a new job when the transaction commits, in whichever process it runs.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

RESOURCE = "resource_orders"
BRINGS_STOCK = frozenset(
    {
        "stock.moved",
        "stock.counted",
        "stock.safety_set",
        "stock.fenced",
        "stock.unblocked",
        "inbound.announced",
        "inbound.received",
        "inbound.inspected",
        "transfer.received",
        "transfer.inspected",
        "transfer.cancelled",
        "order.cancelled",
        "order.changed",
        "node.changed",
        "network.changed",
        "return.inspected",
        "stop.inspected",
        "shipment.inspected",
        "import.stock",
    }
)
"""Events after which stock or capacity may be there that was not before."""

# The queue keeps one waiting job of a name at a time only by a unique index, at which transactions would wait
# for each other; without it two at the same moment may both queue one, and the second finds nothing to do.
_WAKE = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', name, 0, name, NULL, '{"timestamp": 0}', NULL)::procrastinate_job_to_defer_v1])
    FROM (SELECT CAST(:task AS text) AS name) AS task
    WHERE (EXISTS (SELECT FROM resourcing WHERE resolved_at IS NULL)
            OR EXISTS (SELECT FROM sku WHERE backordered > 0))
        AND NOT EXISTS (
            SELECT FROM procrastinate_jobs WHERE task_name = name AND status = 'todo' AND NOT args ? 'left')
    """
)

# One that waits to begin anew tries what was left too, and first, as that was not tried the longest.
_GO_ON = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', name, 0, name, NULL, jsonb_build_object('timestamp', 0, 'left', CAST(:left AS int)),
            NULL)::procrastinate_job_to_defer_v1])
    FROM (SELECT CAST(:task AS text) AS name) AS task
    WHERE NOT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = name AND status = 'todo')
    """
)


def wake(conn: Connection, types: Iterable[str]) -> None:
    """Queue re-sourcing for right after the commit, when some event may have brought what orders wait for."""
    if not BRINGS_STOCK.isdisjoint(types):
        conn.execute(_WAKE, {"task": RESOURCE})


def go_on(conn: Connection, left: int) -> None:
    """Queue another turn of re-sourcing, for the ``left`` orders that this one did not come to."""
    conn.execute(_GO_ON, {"task": RESOURCE, "left": left})
