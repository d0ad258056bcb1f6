"""Jobs that stay marked as running although nobody runs them: their lock would keep the next of their name
from ever running.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

# Periodic jobs come again by themselves, and jobs of webhooks are queued anew while something is due. A
# worker that lives may have failed to write down that a job ended; and one that does go on for so long comes
# to no harm when another begins beside it, for every job allows for several workers at it.
_FORGET = text(
    """
    DELETE FROM procrastinate_jobs AS job
    WHERE status = 'doing' AND (
      NOT EXISTS (
        SELECT FROM procrastinate_workers AS worker
        WHERE worker.id = job.worker_id AND worker.last_heartbeat > now() - interval '60 seconds')
      OR EXISTS (
        SELECT FROM procrastinate_events AS event
        WHERE event.job_id = job.id AND event.type = 'started' AND event.at < now() - interval '10 minutes'))
    """
)


def forget_lost(conn: Connection) -> int:
    """Delete jobs of workers that have not been heard of for a minute, and those that began ten minutes ago;
    return how many.
    """
    return conn.execute(_FORGET).rowcount
