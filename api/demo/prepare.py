"""A database of its own for each sample, as the currency is the network's: made, filled once, found again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import create_engine, func, make_url, select, text
from sqlalchemy.exc import ProgrammingError

from api.cli.console import Tools, settings
from api.cli.progress import progress_bar
from api.demo.samples import Sample
from inventory.store.tables import node, position, sku
from oms.actors import SYSTEM, Role
from oms.adapters.clock import HandClock
from oms.adapters.folder import Folder
from oms.adapters.ids import RandomIds
from oms.adapters.postgres import database
from oms.memory.key_ring import KeyRing
from oms.refusals import Code, refuse
from oms.settings import Settings
from oms.store.database import connect, migrate
from oms.usecases.imports import import_folder
from oms.usecases.keys import create_key
from oms.work import transact

NOTE, HAND = "demo.json", "clock"
MORNING_HOUR = 5
DAYS_AGO = 14
"""The day that is played lies so far back, or up to a week more, that all that follows from it is past."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sample lives. `environ` makes every other command work there too. `clock`: moved by hand until
    the day is over that began in the `morning`; `note`: what later runs have to know."""

    tools: Tools
    settings: Settings
    key: str
    reused: bool
    clock: HandClock
    note: dict[str, str]

    @property
    def morning(self) -> datetime:
        """When the orders of the day that is played were placed, in the clock of the sample's place."""
        return datetime.fromisoformat(self.note["morning"]).astimezone(ZoneInfo(self.note["zone"]))

    def keep(self, **more: str) -> None:
        """Have later runs know this too."""
        self.note.update(more)
        _keep(self.settings.data_dir / NOTE, self.note)

    @property
    def environ(self) -> dict[str, str]:
        """What to add to a command's environment."""
        if self.settings.database_url is None:
            return {"ANYSHELF_DATA_DIR": str(self.settings.data_dir)}
        return {"ANYSHELF_DATABASE_URL": self.settings.database_url.replace("+psycopg", "", 1)}


@contextmanager
def prepared(sample: Sample, folder: Folder) -> Iterator[Place]:
    """The sample's database, running, of this release's schema, with the folder in it. Raises Refused."""
    own = _settings_of(sample)
    with database(own) as url:
        migrate(url)
        clock = HandClock(own.data_dir / HAND)
        tools = Tools(connect(url), clock, RandomIds())
        try:
            note = _note(own, sample)
            reused = _is_in(tools, folder)
            if not note and reused:
                raise refuse(Code.INVALID, f"{own.data_dir / NOTE} is gone: drop the demo's database")
            if not note:
                note = {"sample": sample.digest(), **_morning(folder)}
                clock.set(datetime.fromisoformat(note["morning"]))
                _keep(own.data_dir / NOTE, note)
            if not reused:
                _bring_in(tools, folder)
            note["key"] = _key(tools, note.get("key", ""))
            place = Place(tools, own, note["key"], reused, clock, note)
            place.keep()
            yield place
        finally:
            tools.engine.dispose()


def _settings_of(sample: Sample) -> Settings:
    """A folder per sample beneath the data directory; on a server of the operator's, a database beside the
    one that was named, which may hold real work."""
    given = settings()
    own = replace(given, data_dir=given.data_dir / sample.id)
    if given.database_url is None:
        return own
    there = make_url(given.database_url)
    name = f"{there.database or 'anyshelf'}_{sample.id}"
    engine = create_engine(there, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as conn:
            if not conn.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
                conn.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    except ProgrammingError as trouble:
        detail = f"The demo needs the database {name}, and may not make it: grant CREATEDB, or make it"
        raise refuse(Code.UNAVAILABLE, detail) from trouble
    finally:
        engine.dispose()
    return replace(own, database_url=there.set(database=name).render_as_string(hide_password=False))


def _morning(folder: Folder) -> dict[str, str]:
    """A Tuesday two weeks back or more, before any node opens, where the sample's first node is."""
    zone = folder.nodes.timezone[0]
    day = datetime.now(ZoneInfo(zone)) - timedelta(days=DAYS_AGO)
    day -= timedelta(days=(day.weekday() - 1) % 7)
    at = day.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    return {"morning": at.isoformat(), "zone": str(zone)}


def _note(own: Settings, sample: Sample) -> dict[str, str]:
    path = own.data_dir / NOTE
    note: dict[str, str] = orjson.loads(path.read_bytes()) if path.exists() else {}
    if note and (note["sample"] != sample.digest() or "morning" not in note):
        what = own.data_dir if own.database_url is None else f"{path} and drop the demo's database"
        raise refuse(Code.INVALID, f"The sample or the demo has changed since it was imported: remove {what}")
    return note


def _is_in(tools: Tools, folder: Folder) -> bool:
    """Whether the import came to its end: stock comes last, and no count is below the folder's."""
    wanted = {node: len(folder.nodes.id), sku: len(folder.skus.id), position: len(folder.stock.node)}
    with tools.engine.connect() as conn:
        return all(
            (conn.scalar(select(func.count()).select_from(table)) or 0) >= n for table, n in wanted.items()
        )


def _bring_in(tools: Tools, folder: Folder) -> None:
    with progress_bar() as bar:
        steps = {name: bar.add_task(name, total=None) for name in ("network", "skus", "stock", "places")}

        def progress(what: str, so_far: int, of: int) -> None:
            if what not in steps:
                steps[what] = bar.add_task(what)
            bar.update(steps[what], completed=so_far, total=of)

        import_folder(tools, SYSTEM, folder, progress)


def _key(tools: Tools, kept: str) -> str:
    """The key of the last run while it lives, else a new one."""
    ring = KeyRing()
    with tools.engine.connect() as conn:
        ring.reload(conn)
    if kept and ring.open(kept):
        return kept
    return transact(tools, SYSTEM, lambda work: create_key(work, name="demo", role=Role.ADMIN)).secret


def _keep(path: Path, note: dict[str, str]) -> None:
    """For its owner's eyes only: it holds a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    path.write_bytes(orjson.dumps(note))
