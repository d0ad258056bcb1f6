"""Reading what happened, in the order of the sequence."""

from typing import Any

from sqlalchemy import Connection

from oms.refusals import Code, refuse
from oms.store import outbox
from oms.store.outbox import Published

__all__ = ["Published", "Tail", "document", "last_event", "read_events", "require_kept"]


class Tail:
    """The end of the sequence as this process knows it, so that waiting for events asks the database
    nothing."""

    def __init__(self) -> None:
        self.seq = 0

    def reload(self, conn: Connection) -> None:
        """A hook for the refresher, under the counter `events`."""
        self.seq = outbox.last(conn)


def last_event(conn: Connection) -> int:
    """The end of the sequence: every event up to it can be read."""
    return outbox.last(conn)


def require_kept(conn: Connection, after: int) -> None:
    """Refuse ``events_gone`` when events above the cursor were let go."""
    gone = outbox.gone(conn)
    if after < gone:
        raise refuse(
            Code.EVENTS_GONE,
            "Events after this cursor are kept no longer; read the present state and go on from there",
            continue_after=gone,
        )


def read_events(conn: Connection, after: int, limit: int, types: tuple[str, ...] = ()) -> list[Published]:
    """Published events above `after`, at most `limit`; `types` keeps those only. Raises Refused events_gone
    where some that a reader has not seen were let go; 0 asks for what there is.
    """
    if after:
        require_kept(conn, after)
    return outbox.read(conn, after, limit, types)


def document(published: Published) -> dict[str, Any]:
    """An event as the feed, the stream and webhooks show it."""
    event = published.event
    return {
        "seq": published.seq,
        "type": event.type,
        "subject": event.subject,
        "subject_id": event.subject_id,
        "at": event.at,
        "actor": event.actor,
        "channel": event.channel,
        "reason": event.reason,
        "occurred_at": event.occurred_at,
        "data": event.data,
    }
