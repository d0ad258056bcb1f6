"""Old months leave a partitioned table without stopping who writes to it.

A month is folded into what must survive it (the ledger's opening balances, the end of the events gone)
while only writes to that month are shut out, and nobody makes any. It is detached in the last moment of the
same transaction. That needs the whole table for an instant, and who asks for it lets others wait behind: so
we wait a quarter of a second at most and try again later. PostgreSQL's own way (DETACH …
CONCURRENTLY) does not work beside a default partition.
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select, text, update

from inventory.store.carrying import LEDGER, carry_forward
from oms.store.brief_locks import TRIES, patiently, wait_briefly
from oms.store.database import unhurried
from oms.store.partitions import ONE_AT_A_TIME
from oms.store.retention_tables import retired_month
from oms.store.versions import raise_to

EVENTS = "outbox"
EVENTS_GONE = "events_gone"
"""The counter that says up to which sequence number events have left."""

ROWS_AT_ONCE = 5_000

_MONTH = re.compile(r"_(\d{4})_(\d{2})$")
_PARTITIONS = text(
    """
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(:table) ORDER BY c.relname
    """
)


def months_until(conn: Connection, table: str, before: datetime) -> list[str]:
    """The attached partitions of whole months that end at or before ``before``, the oldest first."""
    names = conn.scalars(_PARTITIONS, {"table": f'"{table}"'}).all()
    limit = f"_{before:%Y_%m}"
    return [name for name in names if (found := _MONTH.search(name)) and found.group() < limit]


def detach(engine: Engine, table: str, name: str, at: datetime) -> bool:
    """Take one month out of its table; False when that cannot be now: somebody reads the table for long, or
    events of the month have no number yet.
    """
    try:
        with engine.begin() as conn:
            unhurried(conn)
            conn.execute(ONE_AT_A_TIME)
            wait_briefly(conn)
            _patiently(conn, f'LOCK TABLE "{name}" IN SHARE MODE')
            if table == EVENTS:
                _let_events_go(conn, name)
            if table == LEDGER:
                carry_forward(conn, name)
            _patiently(conn, f'ALTER TABLE "{table}" DETACH PARTITION "{name}"')
            conn.execute(insert(retired_month).values(name=name, table=table, detached_at=at))
    except _NotNow:
        return False
    return True


class _NotNow(Exception):
    """Everything of this month stays as it was."""


def _patiently(conn: Connection, statement: str) -> None:
    """Run a statement that wants a lock, as often as it takes. Raises _NotNow."""

    def ask() -> None:
        with conn.begin_nested():
            conn.execute(text(statement))

    if not patiently(ask, TRIES):
        raise _NotNow


def _let_events_go(conn: Connection, name: str) -> None:
    counted = text(f'SELECT count(*) FILTER (WHERE seq IS NULL), coalesce(max(seq), 0) FROM "{name}"')  # noqa: S608
    unnumbered, last = conn.execute(counted).one()
    if unnumbered:
        raise _NotNow
    raise_to(conn, EVENTS_GONE, last)


def unfinished(conn: Connection) -> list[str]:
    """Months that are detached and still there."""
    waiting = select(retired_month.c.name).where(retired_month.c.finished_at.is_(None))
    return list(conn.scalars(waiting.order_by(retired_month.c.detached_at, retired_month.c.name)))


def finish(engine: Engine, name: str, at: datetime, folder: Path | None) -> None:
    """Write a detached month to a file in ``folder`` (None: do without) and drop it. Repeating is
    harmless.
    """
    file, rows = None, None
    with engine.connect() as conn:
        unhurried(conn)
        there = conn.scalar(text("SELECT to_regclass(:name)"), {"name": f'"{name}"'}) is not None
        if there and folder is not None:
            file = folder / f"{name}.jsonl.gz"
            rows = _write(conn, name, file)
    with engine.begin() as conn:
        unhurried(conn)
        conn.execute(text(f'DROP TABLE IF EXISTS "{name}"'))
        done = {"finished_at": at, "rows": rows, "file": None if file is None else str(file)}
        conn.execute(update(retired_month).where(retired_month.c.name == name).values(done))


def _write(conn: Connection, name: str, file: Path) -> int:
    """All rows as JSON lines; the file appears only when it is complete and on the disk."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.part")
    rows = 0
    with draft.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=3, mtime=0) as packed:
            for lines in _lines(conn, name):
                packed.write("".join(f"{line}\n" for line in lines).encode())
                rows += len(lines)
        raw.flush()
        os.fsync(raw.fileno())
    draft.rename(file)
    return rows


def _lines(conn: Connection, name: str) -> Iterator[list[str]]:
    everything = text(f'SELECT row_to_json(month)::text FROM "{name}" month ORDER BY at, id')  # noqa: S608
    streamed = conn.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE)
    for part in streamed.execute(everything).scalars().partitions(ROWS_AT_ONCE):
        yield list(part)
