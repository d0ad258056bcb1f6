"""Sessions that were signed out of before their time was up: the few that a process has to know of, for a
session that goes on is written nowhere."""

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from oms.store.foundation_tables import ended_session
from oms.store.two_clocks import agreed
from oms.store.versions import bump


def end_session(conn: Connection, name: str, until: datetime, at: datetime) -> None:
    """Write down that a session is over, which would have gone on ``until`` then; every process learns of it
    within a second. Those whose time is up anyway are forgotten.
    """
    conn.execute(insert(ended_session).values(name=name, until=until).on_conflict_do_nothing())
    conn.execute(delete(ended_session).where(ended_session.c.until < agreed(conn, at)))
    bump(conn, "sessions")


def ended_sessions(conn: Connection) -> frozenset[str]:
    """Their names."""
    return frozenset(conn.scalars(select(ended_session.c.name)))
