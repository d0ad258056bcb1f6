"""Files sent over HTTP, imported by a worker: additions to what the database has."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from oms.actors import SYSTEM
from oms.adapters.folder import FolderRefused, read_folder
from oms.export_rows import read_database
from oms.refusals import Refused, not_found
from oms.store import import_jobs as jobs
from oms.store.import_jobs import ImportJob
from oms.usecases.imports import import_folder
from oms.work import Resources, Work, transact

FILES = (
    "network.json",
    *(f"{name}.csv" for name in ("nodes", "calendars", "tariffs", "lanes", "skus", "stock", "orders")),
)
"""What may be sent. Of orders only where their postcodes are is kept."""


def submit_import(work: Work, files: Mapping[str, str]) -> ImportJob:
    """Queue the files. They are judged by the worker, all of them before anything is changed."""
    assert set(files) <= set(FILES)
    id = work.ids.new("imp")
    jobs.queue(work.conn, id, work.at, work.actor.key_id, files)
    work.emit("import.queued", "import", id, {"files": sorted(files)})
    return get_import(work.conn, id)


def get_import(conn: Connection, id: str) -> ImportJob:
    """Raises Refused: not_found."""
    found = jobs.read(conn, id)
    if found is None:
        raise not_found("import")
    return found


def run_imports(resources: Resources) -> int:
    """Work off what is queued; return how many imports that was."""
    count = 0
    while (claimed := transact(resources, SYSTEM, lambda work: jobs.claim(work.conn, work.at))) is not None:
        _run(resources, *claimed)
        count += 1
    return count


def _run(resources: Resources, id: str, files: Mapping[str, str]) -> None:
    def progress(step: str, done: int, total: int) -> None:
        transact(resources, SYSTEM, lambda w: jobs.note_progress(w.conn, id, w.at, step, done, total))

    tables = {Path(name).stem for name in files}
    try:
        with tempfile.TemporaryDirectory(prefix="anyshelf-import-") as place:
            for name, content in files.items():
                (Path(place) / name).write_text(content, encoding="utf-8")
            with resources.engine.connect() as conn:
                folder = read_folder(Path(place), read_database(conn, with_orders=False))
        put = import_folder(resources, SYSTEM, folder, progress, tables)
    except FolderRefused as refused:
        _refuse(resources, id, [asdict(fault) for fault in refused.faults], refused.more)
    except Refused as refused:
        faults = refused.refusal.faults
        told = [
            {"file": "", "row": 0, "column": f.pointer, "code": f.code, "detail": f.detail} for f in faults
        ]
        _refuse(resources, id, told, 0)
    else:
        transact(resources, SYSTEM, lambda w: jobs.finish(w.conn, id, w.at, asdict(put)))


def _refuse(resources: Resources, id: str, faults: Sequence[Mapping[str, Any]], more: int) -> None:
    transact(resources, SYSTEM, lambda work: jobs.refuse_job(work.conn, id, work.at, faults, more))
