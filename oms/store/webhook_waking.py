"""One queued job per endpoint that has something to send, of which any worker in any process takes one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from oms.store import webhook_deliveries

QUEUE = "webhooks"
TASK = "deliver_webhook"

_ONE_AT_A_TIME = text("SELECT pg_try_advisory_xact_lock(hashtext('anyshelf webhooks'))")

# The queueing lock keeps it at one waiting job; that none is there is looked at under the lock above, so that
# the unique index behind it never refuses. A job under way holds no lock: one that was killed blocks nobody.
_QUEUE = text(
    """
    SELECT procrastinate_defer_jobs_v1(array_agg(
      ROW(:queue, :task, 0, NULL, 'webhook:' || due.id, jsonb_build_object('webhook_id', due.id), NULL)
        ::procrastinate_job_to_defer_v1))
    FROM unnest(CAST(:ids AS text[])) AS due(id)
    WHERE NOT EXISTS (
      SELECT FROM procrastinate_jobs WHERE queueing_lock = 'webhook:' || due.id AND status = 'todo')
    HAVING count(*) > 0
    """
)


def plan_and_wake(conn: Connection, at: datetime) -> bool:
    """Plan deliveries of what was published, and queue a job for every endpoint that is due one. Whether
    there may be more to plan; False also when another process is at it.
    """
    if not conn.scalar(_ONE_AT_A_TIME):
        return False
    behind = webhook_deliveries.plan(conn, at)
    _queue(conn, webhook_deliveries.due(conn, at))
    return behind > 0


def _queue(conn: Connection, webhook_ids: Sequence[str]) -> None:
    if webhook_ids:
        conn.execute(_QUEUE, {"queue": QUEUE, "task": TASK, "ids": list(webhook_ids)})
