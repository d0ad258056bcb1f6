"""A few server processes' worth of the product on one database, put back between schedules in milliseconds.

Each process has memory, connections and ids of its own and answers over HTTP, as real ones do; only its
background threads are stopped, so that nothing happens unasked. Its memory is as old as the start of the
schedule, so that every decision on memory is one on stale memory.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from inventory.pool_read import Mark
from inventory.pool_state import State
from oms import group_commit
from oms.actors import SYSTEM, Role
from oms.audit import audit
from oms.bootstrap import Runtime, start
from oms.settings import Settings
from oms.steps.expiring import expire_reservations
from oms.store.database import connect
from oms.usecases.keys import create_key
from oms.work import transact
from routing.warm import warm_up
from tests.races.scheduler import Scheduler
from tests.races.state import STATE
from tests.support import T0, Watch, furnish

LETTERS = "ABC"
PROCESSES = len(LETTERS)
_MADE = re.compile(rf"_([{LETTERS}])\d+")
"""The number in an id: how many ids were made before it depends on how often something was tried again."""


@dataclass
class Numbers:
    """Ids that say whose they are: `res_A0003`."""

    letter: str
    made: int = 0

    def new(self, prefix: str) -> str:
        """The next one."""
        self.made += 1
        return f"{prefix}_{self.letter}{self.made:04}"


@dataclass
class Process:
    """One server process: what a client talks to."""

    number: int
    runtime: Runtime
    ids: Numbers
    http: TestClient
    scheduler: Scheduler
    keys: dict[Role, str] = field(default_factory=dict)
    memo: dict[str, Any] = field(default_factory=dict)
    """What the client remembers of earlier answers."""
    asked: Iterator[int] = field(default_factory=lambda: count(1))

    def put(self, path: str, body: Any, role: Role = Role.STOREFRONT) -> str:
        """What a PUT is answered, in short; the document in ``memo["answer"]``."""
        return self._said("PUT", path, body, role, {})

    def post(self, path: str, body: Any, role: Role = Role.STOREFRONT, key: str | None = None) -> str:
        """The same of a POST. One told that a request with its key still runs asks again."""
        headers = {"Idempotency-Key": key or f"{self.ids.letter}{next(self.asked)}"}
        while (said := self._said("POST", path, body, role, headers)) == "409 idempotency_in_progress":
            self.scheduler.sleep(self.number)
        return said

    def _said(self, method: str, path: str, body: Any, role: Role, headers: dict[str, str]) -> str:
        bearer = {"Authorization": f"Bearer {self.keys[role]}", **headers}
        answer = self.http.request(method, path, json=body, headers=bearer)
        document = self.memo["answer"] = answer.json()
        held = document.get("reservation") or {}
        word = document.get("code") or document.get("status") or document.get("state") or held.get("state")
        return f"{answer.status_code} {word or ''}".strip()


Verb = Callable[[Process], str]
"""Something a client does, and what it was answered."""


@dataclass(frozen=True)
class Outcome:
    """What clients were told, and how the world stands afterwards."""

    answers: tuple[tuple[str, ...], ...]
    state: tuple[str, ...]


class Hands(Watch):
    """A clock that can also be set back, between schedules."""

    def set(self, at: Any) -> None:
        """Show this instant."""
        self._now = at


@dataclass
class World:
    """Processes on one database, a clock they share, and how everything was when it was kept."""

    engine: Engine
    watch: Hands
    processes: list[Process]
    scheduler: Scheduler
    _restoring: str = ""
    _kept: list[tuple[Any, ...]] = field(default_factory=list)
    _at: Any = T0

    def begin(self, setup: Callable[[Process], None]) -> None:
        """Clear the world, set it up anew, and come back to that from now on."""
        with self.engine.begin() as conn:
            emptied = [f"DELETE FROM {name}" for name in conn.scalars(_TABLES)]
            conn.exec_driver_sql("; ".join([_UNBOUND, *emptied]))
        self.watch.set(T0)
        first = self.processes[0]
        for process in self.processes:
            process.runtime.pool.state, process.runtime.feed._mark = State(), Mark()
            process.runtime.feed.look()
        first.ids.letter, first.memo, first.asked = "S", {}, count(1)
        setup(first)
        first.ids.letter = LETTERS[0]
        self._keep()

    def _keep(self) -> None:
        with self.engine.begin() as conn:
            conn.exec_driver_sql("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
            names = list(conn.scalars(_TABLES))
            filled = [name for name in names if conn.scalar(text(f"SELECT EXISTS (SELECT FROM {name})"))]
            for name in filled:
                conn.exec_driver_sql(f"CREATE TABLE kept.{name} AS SELECT * FROM {name}")
        emptied = [f"DELETE FROM {name}" for name in names]
        refilled = [f"INSERT INTO {n} OVERRIDING SYSTEM VALUE SELECT * FROM kept.{n}" for n in filled]
        self._restoring = "; ".join([_UNBOUND, *emptied, *refilled])
        for process in self.processes:
            process.runtime.refresher.look()
            process.runtime.feed.look()
        self._at = self.watch.now()
        self._kept = [_memory(process.runtime) for process in self.processes]

    def restore(self) -> None:
        """Database, memories, clock, ids and what clients remember as they were when kept."""
        with self.engine.begin() as conn:
            conn.exec_driver_sql(self._restoring)
        self.watch.set(self._at)
        for process, (state, mark) in zip(self.processes, self._kept, strict=True):
            process.runtime.pool.state = _copied(state)
            process.runtime.feed._mark = mark
            process.ids.made = 0
            process.memo = {}
            process.asked = count(1)

    def outcome(self, answers: Sequence[Sequence[str]]) -> Outcome:
        """These answers, and the state of the database without what depends on the number of attempts.

        The worker's next turn comes first: a sweep passes over reservations that somebody is busy with.
        """
        expire_reservations(self.processes[0].runtime)
        with self.engine.connect() as conn:
            rows = [_MADE.sub(r"_\1", row) for row in conn.scalars(STATE)]
        return Outcome(tuple(tuple(said) for said in answers), tuple(sorted(rows)))

    def audited(self) -> tuple[str, ...]:
        """The differences that the audit of all books finds."""
        with self.engine.begin() as conn:
            return tuple(str(one) for one in audit(conn).differences)


_UNBOUND = "SET LOCAL session_replication_role = replica"
"""Rows go and come in any order, and triggers leave their stamps alone."""
_TABLES = text(
    """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
      AND relname NOT IN ('alembic_version', 'api_key', 'secret', 'node', 'sku', 'kit', 'substitute',
                          'place', 'network_document', 'version')
    ORDER BY 1
    """
)


def _copied(state: Any) -> Any:
    """A state that shares nothing that is written in place."""
    return replace(state, rows=copy.deepcopy(state.rows), incoming=dict(state.incoming))


def _memory(runtime: Runtime) -> tuple[Any, ...]:
    return _copied(runtime.pool.state), runtime.feed._mark


@contextmanager
def world(url: str, folder: Path) -> Iterator[World]:
    """The furnished world without stock, and three processes, on a migrated database without rows."""
    warm_up()  # what compiles is no step, but would take one's time
    watch, monitor = Hands(), connect(url, pool_size=3)
    with monitor.begin() as conn:
        # A dead-lock is found while the last to wait has only just begun to, so always with the same victim.
        name = conn.scalar(text("SELECT quote_ident(current_database())"))
        conn.exec_driver_sql(f"ALTER DATABASE {name} SET deadlock_timeout = '1ms'")
    # A client that is made to wait is not late: no limits of time.
    settings = Settings(database_url=url, data_dir=folder, statement_timeout_ms=0, lock_timeout_ms=0)
    scheduler = Scheduler(monitor)
    with ExitStack() as stack:
        stack.enter_context(patch("oms.group_commit.PATIENCE_MS", 0))
        stack.callback(monitor.dispose)
        # Whoever waits for a lock waits for its turn: how long that takes depends on the machine.
        stack.callback(setattr, group_commit, "PATIENCE_MS", group_commit.PATIENCE_MS)
        group_commit.PATIENCE_MS = 60_000
        processes: list[Process] = []
        for number, letter in enumerate(LETTERS):
            ids = Numbers(letter)
            runtime = start(settings, clock=watch, ids=ids)
            stack.callback(runtime.close)
            runtime.feed.close()
            runtime.refresher.close()
            http = stack.enter_context(TestClient(create_app(runtime), raise_server_exceptions=False))
            processes.append(Process(number, runtime, ids, http, scheduler))
        first = processes[0].runtime
        furnish(first, stock=())
        secrets = {role: _key(first, role) for role in (Role.STOREFRONT, Role.ADMIN)}
        for process in processes:
            process.runtime.refresher.look()
            process.keys = secrets
            scheduler.watch(process.runtime.engine, process.number)
        answer = processes[0].put("/v1/work", {"lead_minutes": 40_000}, Role.ADMIN)
        assert answer.startswith("200"), processes[0].memo
        for process in processes:
            process.runtime.refresher.look()
        yield World(monitor, watch, processes, scheduler)


def _key(runtime: Runtime, role: Role) -> str:
    return transact(runtime, SYSTEM, lambda work: create_key(work, name=role.value, role=role)).secret
