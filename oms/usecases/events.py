"""Reading what happened, in the order of the sequence."""

from sqlalchemy import Connection

from oms.store import outbox
from oms.store.outbox import Published

__all__ = ["Published", "Tail", "read_events"]


class Tail:
    """The end of the sequence as this process knows it, so that waiting for events asks the database
    nothing."""

    def __init__(self) -> None:
        self.seq = 0

    def reload(self, conn: Connection) -> None:
        """A hook for the refresher, under the counter `events`."""
        self.seq = outbox.last(conn)


def read_events(conn: Connection, after: int, limit: int, types: tuple[str, ...] = ()) -> list[Published]:
    """Published events above `after`, at most `limit`; `types` keeps those only."""
    return outbox.read(conn, after, limit, types)
