"""How the background fares, in a few small questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

_EVENTS = text(
    """
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float
    FROM outbox WHERE seq IS NULL
    """
)
_JOBS = text(
    """
    SELECT task_name, count(*) FROM procrastinate_jobs
    WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp()) GROUP BY task_name
    """
)
_WORKERS = text(
    """
    SELECT count(*) FILTER (WHERE last_heartbeat > clock_timestamp() - interval '30 seconds'),
        coalesce(extract(epoch FROM clock_timestamp() - max(last_heartbeat)), 'Infinity')::float
    FROM procrastinate_workers
    """
)


@dataclass(frozen=True, slots=True)
class Pulse:
    """``events``: written and not numbered, the oldest since so many seconds. ``jobs``: due, by name.
    ``workers``: heard of in the last half minute; the last one so many seconds ago (infinite: never).
    """

    events: int
    oldest_event_s: float
    jobs: Mapping[str, int]
    workers: int
    heartbeat_s: float


def pulse_of(conn: Connection) -> Pulse:
    """What waits, and who works."""
    events, oldest = conn.execute(_EVENTS).one()
    jobs = {str(name): int(due) for name, due in conn.execute(_JOBS)}
    workers, heartbeat = conn.execute(_WORKERS).one()
    return Pulse(events, max(0.0, oldest), jobs, workers, heartbeat)
