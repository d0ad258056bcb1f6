"""Jobs whose worker was killed: they stay marked as running, and their lock would keep the next of their name
from ever running.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

# Periodic jobs come again by themselves, and jobs of webhooks are queued anew while something is due.
_FORGET = text(
    """
    DELETE FROM procrastinate_jobs AS job
    WHERE status = 'doing' AND NOT EXISTS (
      SELECT FROM procrastinate_workers AS worker
      WHERE worker.id = job.worker_id AND worker.last_heartbeat > now() - interval '60 seconds')
    """
)


def forget_lost(conn: Connection) -> int:
    """Delete jobs of workers that have not been heard of for a minute; return how many."""
    return conn.execute(_FORGET).rowcount
