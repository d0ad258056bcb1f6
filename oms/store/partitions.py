"""Monthly partitions of the tables that only grow, made ahead of need and without stopping who writes.

ATTACH PARTITION shuts everybody out of the default partition, which every reader of all months holds: so it
is asked for briefly, again and again (see brief_locks), one table and month in a transaction. A month that
cannot be made loses nothing: its rows go to the default partition and move when it is made.

PostgreSQL scans the default partition for rows of the month while it is shut. A CHECK that rules them out
would spare the scan, but refuse the rows of that month until it is attached; and the default partition is
all but empty.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

from sqlalchemy import Connection, Engine, MetaData, text

from oms.store.brief_locks import TRIES, patiently, wait_briefly
from oms.store.database import unhurried

log = logging.getLogger(__name__)

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('anyshelf partitions'))")
"""Partitions are made and let go by one process at a time."""


def partitioned_tables(metadata: MetaData) -> list[str]:
    """The names of the tables declared with `postgresql_partition_by`, parents before children."""
    return [t.name for t in metadata.sorted_tables if t.dialect_options["postgresql"]["partition_by"]]


def ensure_months(
    engine: Engine,
    metadata: MetaData,
    at: datetime,
    ahead: int = 2,
    *,
    tries: int = TRIES,
    pause: Callable[[float], object] = time.sleep,
) -> list[str]:
    """Make the partitions of the month of `at` and of `ahead` more, where missing; return the new names.

    Rows that the default partition has already caught for such a month move into it. What cannot be made
    within so many `tries` is missing still; `pause` waits between two, and a true answer ends it all.
    """
    made: list[str] = []
    for table in partitioned_tables(metadata):
        for start, end in _spans(at, ahead):
            name = f"{table}_{start:%Y_%m}"
            with engine.connect() as connection:
                if _exists(connection, name):
                    continue
            if not patiently(partial(_make, engine, table, name, start, end), tries, pause):
                log.warning("The month %s cannot be made now: its table is in use for long", name)
                break  # whoever is in the way of this month is in the way of the table's others
            made.append(name)
    return made


def _make(engine: Engine, table: str, name: str, start: datetime, end: datetime) -> None:
    span = f"at >= '{start.isoformat()}' AND at < '{end.isoformat()}'"
    with engine.begin() as connection:
        unhurried(connection)
        wait_briefly(connection)
        connection.execute(ONE_AT_A_TIME)
        if _exists(connection, name):
            return
        connection.execute(text(f'CREATE TABLE "{name}" (LIKE "{table}" INCLUDING ALL)'))
        # Rows have to leave the default partition before the month can be attached, 200 000 in a second. The
        # strongest lock at once: who reads and then writes would be in a dead-lock with us over a second one.
        connection.execute(text(f'LOCK TABLE "{table}_default" IN ACCESS EXCLUSIVE MODE'))
        connection.execute(
            text(
                f'WITH moved AS (DELETE FROM "{table}_default" WHERE {span} RETURNING *) '  # noqa: S608
                f'INSERT INTO "{name}" SELECT * FROM moved'
            )
        )
        connection.execute(
            text(
                f'ALTER TABLE "{table}" ATTACH PARTITION "{name}" '
                f"FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
            )
        )


def _exists(connection: Connection, name: str) -> bool:
    return connection.scalar(text("SELECT to_regclass(:name)"), {"name": f'"{name}"'}) is not None


def _spans(at: datetime, ahead: int) -> list[tuple[datetime, datetime]]:
    """The first instants of the month of `at` and of `ahead` more, each with that of the next month."""
    here = at.astimezone(UTC)
    number = here.year * 12 + here.month - 1
    firsts = [
        datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(number, number + ahead + 2)
    ]
    return list(pairwise(firsts))
