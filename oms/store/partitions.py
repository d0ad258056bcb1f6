"""Monthly partitions of the tables that only grow, made ahead of need."""

from datetime import UTC, datetime

from sqlalchemy import Connection, MetaData, text

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('anyshelf partitions'))")
"""Partitions are made and let go by one process at a time."""


def partitioned_tables(metadata: MetaData) -> list[str]:
    """The names of the tables declared with `postgresql_partition_by`, parents before children."""
    return [t.name for t in metadata.sorted_tables if t.dialect_options["postgresql"]["partition_by"]]


def ensure_months(connection: Connection, metadata: MetaData, at: datetime, ahead: int = 2) -> list[str]:
    """Make the partitions of the month of `at` and of `ahead` more, where missing; return the new names.

    Rows that the default partition has already caught for such a month move into it.
    """
    made = []
    start = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(ahead + 1):
        end = _next_month(start)
        for table in partitioned_tables(metadata):
            name = f"{table}_{start:%Y_%m}"
            if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
                _make_partition(connection, table, name, start, end)
                made.append(name)
        start = end
    return made


def _make_partition(connection: Connection, table: str, name: str, start: datetime, end: datetime) -> None:
    span = f"at >= '{start.isoformat()}' AND at < '{end.isoformat()}'"
    connection.execute(text(f'LOCK TABLE "{table}" IN SHARE ROW EXCLUSIVE MODE'))
    connection.execute(text(f'CREATE TABLE "{name}" (LIKE "{table}" INCLUDING ALL)'))
    # Rows have to leave the default partition before the month can be attached.
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


def _next_month(start: datetime) -> datetime:
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
