"""Jobs that need not wait for their next turn: queued in the transaction that gave them something to do.

PostgreSQL tells every worker of a new job when the transaction commits, in whichever process it runs.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from oms.store.outbox import Event

RESOURCE = "resource_orders"
BRINGS_STOCK = frozenset(
    {
        # More is on shelves or on its way, or less of it is kept from being sold.
        "stock.moved",
        "stock.counted",
        "stock.safety_set",
        "stock.fenced",
        "stock.unblocked",
        "import.stock",
        "inbound.announced",
        "inbound.received",
        "inbound.inspected",
        "transfer.shipped",
        "transfer.received",
        "transfer.inspected",
        "transfer.cancelled",
        "return.inspected",
        "stop.inspected",
        "shipment.inspected",
        # Somebody needs less of it: units, and what a node can do on a day.
        "reservation.voided",
        "reservation.expired",
        "reservation.freed",
        "order.cancelled",
        "order.changed",
        "order.moved",
        "order.resourced",  # the node that could not send it has the day to itself again
        "fulfilment.rejected",
        "fulfilment.expired",
        "task.short",
        "task.substituted",
        "pickup.collected",  # the rest may have been refused
        "pickup.refused",
        "pickup.expired",
        # Another network, or other things for sale.
        "node.changed",
        "network.changed",
        "import.network",
        "sku.changed",
        "import.skus",
    }
)
"""Events after which stock or capacity may be there that was not before; `reservation.made` is one too where
it replaces another. All others leave what is free as it is or make it less, or come with one of these: what
comes back is inspected first, and a fulfilment order is cancelled because its order was cancelled, changed or
moved. Of what happens with every order (`order.placed`, `fulfilment.handed_over`) none is here.
"""

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


def wake(conn: Connection, events: Iterable[Event]) -> None:
    """Queue re-sourcing for right after the commit, when some event may have brought what orders wait for."""
    if any(_brings_stock(event) for event in events):
        conn.execute(_WAKE, {"task": RESOURCE})


def _brings_stock(event: Event) -> bool:
    return event.type in BRINGS_STOCK or (event.type == "reservation.made" and "replaces" in event.data)


def go_on(conn: Connection, left: int) -> None:
    """Queue another turn of re-sourcing, for the ``left`` orders that this one did not come to."""
    conn.execute(_GO_ON, {"task": RESOURCE, "left": left})
