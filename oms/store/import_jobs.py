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

_SHOWN = [column for column in import_job.c if column.name not in ("files", "touched_at", "actor")]


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


def claim(conn: Connection, at: datetime) -> tuple[str, Mapping[str, str]] | None:
    """Take the oldest job that nobody works on; its id and files."""
    silent = and_(import_job.c.state == "running", import_job.c.touched_at < at - SILENCE)
    open_jobs = select(import_job.c.id, import_job.c.files).where(or_(import_job.c.state == "queued", silent))
    row = conn.execute(
        open_jobs.order_by(import_job.c.at).limit(1).with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    _set(conn, row.id, state="running", touched_at=at)
    return row.id, orjson.loads(zlib.decompress(row.files))


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


def _set(conn: Connection, id: str, **values: Any) -> None:
    conn.execute(update(import_job).where(import_job.c.id == id).values(values))
