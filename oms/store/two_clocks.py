"""What is forgotten for its age is gone for good, and what expires is taken from somebody, so one wrong clock
must not be enough for either: this process's and the database's have to agree that its time is over.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

_EARLIER = text("SELECT least(CAST(:at AS timestamptz), now())")


def agreed(conn: Connection, at: datetime) -> datetime:
    """The earlier of this process's instant and the database's: neither has come further."""
    found = conn.scalar(_EARLIER, {"at": at})
    assert isinstance(found, datetime)
    return found
