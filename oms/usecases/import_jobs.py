"""Files sent over HTTP, imported by a worker: additions to what the database has."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from oms.actors import SYSTEM
from oms.adapters.folder import Folder, FolderRefused, read_folder
from oms.export_rows import read_known
from oms.refusals import Fault, Refused, not_found
from oms.store import import_jobs as jobs
from oms.store.database import OUTAGES, unhurried
from oms.store.import_jobs import Claim, ImportJob, Taken
from oms.usecases.imports import import_folder
from oms.work import Resources, Work, transact

log = logging.getLogger(__name__)

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
    """Work off what is queued; return how many imports that was. One that breaks holds up no other."""
    count = 0
    while (mine := transact(resources, SYSTEM, lambda work: jobs.claim(work.conn, work.at))) is not None:
        try:
            _run(resources, mine)
        except Taken:
            log.warning("Import %s was taken for lost and is run by another process", mine.id)
        except OUTAGES:
            raise  # it stays claimed, and is begun again when it has not been heard of for a while
        except Exception as error:
            log.exception("Import %s broke off", mine.id)
            why = f"It broke off ({type(error).__name__}); what was put by then stays; the log says where"
            _end(resources, mine, partial(jobs.give_up, why=why))
        count += 1
    return count


def _run(resources: Resources, mine: Claim) -> None:
    def progress(step: str, done: int, total: int) -> None:
        transact(resources, SYSTEM, lambda w: jobs.note_progress(w.conn, mine.id, w.at, step, done, total))

    def keep(work: Work) -> None:
        jobs.keep(work.conn, mine)

    files = mine.files()
    tables = {Path(name).stem for name in files}
    try:
        put = import_folder(resources, SYSTEM, _read(resources, files), progress, tables, keep)
    except FolderRefused as refused:
        faults = [asdict(fault) for fault in refused.faults]
        _end(resources, mine, partial(jobs.refuse_job, faults=faults, more=refused.more))
    except Refused as refused:
        faults = [_told(fault) for fault in refused.refusal.faults]
        _end(resources, mine, partial(jobs.refuse_job, faults=faults, more=0))
    else:
        _end(resources, mine, partial(jobs.finish, put=asdict(put)))


def _read(resources: Resources, files: Mapping[str, str]) -> Folder:
    with tempfile.TemporaryDirectory(prefix="anyshelf-import-") as place:
        for name, content in files.items():
            (Path(place) / name).write_text(content, encoding="utf-8")
        with resources.engine.connect() as conn:
            unhurried(conn)
            return read_folder(Path(place), read_known(conn))


def _told(fault: Fault) -> dict[str, Any]:
    return {"file": "", "row": 0, "column": fault.pointer, "code": fault.code, "detail": fault.detail}


def _end(resources: Resources, mine: Claim, how: Callable[[Connection, str, datetime], None]) -> None:
    """Write down how it ended, if it is still ours. Raises Taken."""

    def work_on(work: Work) -> None:
        jobs.keep(work.conn, mine)
        how(work.conn, mine.id, work.at)

    transact(resources, SYSTEM, work_on)
