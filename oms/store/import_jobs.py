"""Statements on import jobs."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from oms.store.import_tables import import_job

SILENCE = timedelta(minutes=2)
"""A running job that has not been heard of for so long has lost its process and is run again."""
ATTEMPTS_MOST = 5
"""A job that its processes did not survive so often is given up: it may be what ended them."""

_INSIDE = ("files", "touched_at", "actor", "attempts")
_SHOWN = [column for column in import_job.c if column.name not in _INSIDE]


@dataclass(frozen=True, slots=True)
class ImportJob:
    """`done` of `total` rows of `step`; `faults` say what is wrong and where, the first hundreds of them."""

    id: str
    at: datetime
    state: str
    step: str
    done: int
    total: int
    faults: Sequence[Mapping[str, Any]]
    more_faults: int
    put: Mapping[str, int] | None


def queue(conn: Connection, id: str, at: datetime, actor: str, files: Mapping[str, str]) -> None:
    packed = zlib.compress(orjson.dumps(dict(files)))
    row = {"id": id, "at": at, "actor": actor, "state": "queued", "touched_at": at, "files": packed}
    conn.execute(insert(import_job).values(row))


def read(conn: Connection, id: str) -> ImportJob | None:
    row = conn.execute(select(*_SHOWN).where(import_job.c.id == id)).one_or_none()
    return ImportJob(*row) if row else None


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that is ours: the ``attempt`` says so for as long as nobody takes it for lost."""

    id: str
    attempt: int
    packed: bytes

    def files(self) -> dict[str, str]:
        """Name → content."""
        found: dict[str, str] = orjson.loads(zlib.decompress(self.packed))
        return found


class Taken(Exception):
    """The job was not heard of for too long, and another process has it now."""


def claim(conn: Connection, at: datetime) -> Claim | None:
    """Take the oldest job that nobody works on. One that was begun too often is given up."""
    silent = and_(import_job.c.state == "running", import_job.c.touched_at < at - SILENCE)
    columns = (import_job.c.id, import_job.c.attempts, import_job.c.files)
    open_jobs = select(*columns).where(or_(import_job.c.state == "queued", silent))
    first = open_jobs.order_by(import_job.c.at, import_job.c.id).limit(1).with_for_update(skip_locked=True)
    while (row := conn.execute(first).one_or_none()) is not None:
        if row.attempts >= ATTEMPTS_MOST:
            give_up(conn, row.id, at, f"It was begun {row.attempts} times and never came to an end")
            continue
        attempt = row.attempts + 1
        _set(conn, row.id, state="running", touched_at=at, attempts=attempt)
        return Claim(row.id, attempt, row.files)
    return None


def keep(conn: Connection, mine: Claim) -> None:
    """Lock the job for this transaction. Raises Taken when it is no longer ours."""
    found = select(import_job.c.id).where(import_job.c.id == mine.id, import_job.c.state == "running")
    if conn.execute(found.where(import_job.c.attempts == mine.attempt).with_for_update()).first() is None:
        raise Taken(mine.id)


def note_progress(conn: Connection, id: str, at: datetime, step: str, done: int, total: int) -> None:
    _set(conn, id, step=step, done=done, total=total, touched_at=at)


def finish(conn: Connection, id: str, at: datetime, put: Mapping[str, int]) -> None:
    """The job is done; its files are not kept."""
    _set(conn, id, state="done", put=dict(put), files=None, touched_at=at)


def refuse_job(
    conn: Connection, id: str, at: datetime, faults: Sequence[Mapping[str, Any]], more: int
) -> None:
    """Something is wrong with the files; nothing of them was taken, and they are not kept."""
    _set(conn, id, state="refused", faults=list(faults), more_faults=more, files=None, touched_at=at)


def give_up(conn: Connection, id: str, at: datetime, why: str) -> None:
    """The job broke off; what it had put by then stays. Its files are not kept."""
    fault = {"file": "", "row": 0, "column": "", "code": "failed", "detail": why}
    _set(conn, id, state="failed", faults=[fault], files=None, touched_at=at)


def _set(conn: Connection, id: str, **values: Any) -> None:
    conn.execute(update(import_job).where(import_job.c.id == id).values(values))
