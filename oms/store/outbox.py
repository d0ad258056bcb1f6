"""Events as rows: written by the commit they tell of, numbered afterwards, read by cursor.

Commits become visible in another order than their ids were given out, so ids are no cursor: a reader would
skip the late one. One publisher at a time gives what it sees a dense sequence; only that is exposed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text

from oms.store.foundation_tables import outbox
from oms.store.rows import insert_rows
from oms.store.versions import bump

PUBLISH_AT_ONCE = 10_000


@dataclass(frozen=True)
class Event:
    """`type` such as `order.placed`; `subject` and `subject_id` name the thing; `data` holds ids, no personal
    data. `channel` is the one the change came through; `occurred_at` when it happened, where that was not
    when it was heard of (`at`)."""

    type: str
    subject: str
    subject_id: str
    data: Mapping[str, Any]
    at: datetime
    actor: str
    channel: str = ""
    reason: str = ""
    occurred_at: datetime | None = None


@dataclass(frozen=True)
class Published:
    """An event with its place in the sequence."""

    seq: int
    event: Event


def append(conn: Connection, events: Sequence[Event]) -> None:
    """Write events in the transaction of the change they tell of."""
    insert_rows(
        conn,
        outbox,
        [
            {
                "at": event.at,
                "type": event.type,
                "subject": event.subject,
                "subject_id": event.subject_id,
                "actor": event.actor,
                "channel": event.channel,
                "reason": event.reason,
                "occurred_at": event.occurred_at,
                "data": dict(event.data),
            }
            for event in events
        ],
    )


_NUMBER = text(
    """
    WITH waiting AS (
      SELECT id, at, row_number() OVER (ORDER BY id) AS place
      FROM (SELECT id, at FROM outbox WHERE seq IS NULL ORDER BY id LIMIT :most) AS first
    )
    UPDATE outbox SET seq = :base + waiting.place FROM waiting
    WHERE outbox.id = waiting.id AND outbox.at = waiting.at
    """
)
_WAITING = text(
    "SELECT count(*) FROM (SELECT FROM outbox WHERE seq IS NULL ORDER BY id LIMIT :most) AS first"
)


def publish(conn: Connection) -> int:
    """Number what is visible and unnumbered; return how many. 0 also when another process is at it."""
    # The lock comes before the look, in its own statement: what the last publisher committed must be seen.
    if not conn.scalar(text("SELECT pg_try_advisory_xact_lock(hashtext('anyshelf publisher'))")):
        return 0
    # What commits between counting and numbering only adds to what waits, so the count stays reachable.
    waiting = conn.scalar(_WAITING, {"most": PUBLISH_AT_ONCE}) or 0
    if waiting == 0:
        return 0
    base = bump(conn, "events", waiting) - waiting
    done = conn.execute(_NUMBER, {"most": waiting, "base": base}).rowcount
    assert done == waiting, "the sequence must be dense"
    return waiting


def read(conn: Connection, after: int, limit: int, types: Sequence[str] = ()) -> list[Published]:
    """Published events with a sequence number above `after`, in sequence."""
    wanted = select(outbox).where(outbox.c.seq > after).order_by(outbox.c.seq).limit(limit)
    if types:
        wanted = wanted.where(outbox.c.type.in_(types))
    return [Published(row.seq, _event(row)) for row in conn.execute(wanted)]


def with_seq(conn: Connection, seqs: Sequence[int]) -> dict[int, Published]:
    """Those of these events that are still kept."""
    rows = conn.execute(select(outbox).where(outbox.c.seq.in_(seqs)))
    return {row.seq: Published(row.seq, _event(row)) for row in rows}


def _event(row: Row[Any]) -> Event:
    return Event(
        row.type,
        row.subject,
        row.subject_id,
        row.data,
        row.at,
        row.actor,
        row.channel,
        row.reason,
        row.occurred_at,
    )


def last(conn: Connection) -> int:
    """The highest sequence number given so far, 0 at the beginning."""
    return conn.scalar(text("SELECT number FROM version WHERE name = 'events'")) or 0


def gone(conn: Connection) -> int:
    """The highest sequence number of an event that was let go, 0 while all are there."""
    return conn.scalar(text("SELECT number FROM version WHERE name = 'events_gone'")) or 0
