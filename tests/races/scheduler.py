"""One at a time: clients on a real PostgreSQL whose every statement waits for its turn.

Each client runs in a thread of its own and has an engine of its own. A hook before every statement, commit
and rollback parks it until the scheduler lets it go on, so that the order in which statements reach the
database is the schedule, and the same schedule is the same interleaving. A client that waits for a lock
inside PostgreSQL is recognised by `pg_blocking_pids` and another one is chosen; it goes on when the lock is
freed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from psycopg.errors import DeadlockDetected
from sqlalchemy import Connection, Engine, ExceptionContext, event, text

PATIENCE_S = 0.002
"""How long a client may compute before it is asked whether it waits for a lock."""
STUCK_S = 60.0
MUTE = ("SAVEPOINT", "RELEASE SAVEPOINT")
"""What nobody else can see, so that nothing depends on when it happens."""

Program = Callable[[], Any]


class Stuck(AssertionError):
    """The clients neither went on nor waited for a lock of one another; the text says where they are."""


class _Abandoned(BaseException):
    """Ends the threads of a run that failed; no handler of the product may take it for an answer."""


class _State(Enum):
    RUNNING = auto()
    PARKED = auto()
    BLOCKED = auto()
    ASLEEP = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class Point:
    """A decision: which clients can go on, and which of them went last (None: it can not)."""

    ready: tuple[int, ...]
    current: int | None


Choose = Callable[[Point], int]


@dataclass(frozen=True, slots=True)
class Run:
    """What happened: each decision with its choice, the statements in their order, each program's result."""

    points: tuple[Point, ...]
    choices: tuple[int, ...]
    steps: tuple[tuple[int, str], ...]
    results: tuple[Any, ...]
    deadlocks: int
    waits: int

    @property
    def preemptions(self) -> int:
        """How often a client that could have gone on was made to wait for another."""
        pairs = zip(self.points, self.choices, strict=True)
        return sum(point.current not in (None, choice) for point, choice in pairs)


@dataclass(slots=True, eq=False)
class _Client:
    number: int
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    state: _State = _State.RUNNING
    label: str = "start"
    pid: int = 0
    frees: bool = False
    """Whether what it does next may free a lock."""
    result: Any = None
    error: BaseException | None = None


class Scheduler:
    """Runs programs, one per watched engine. `monitor` looks at locks and is watched by nobody."""

    def __init__(self, monitor: Engine) -> None:
        self._monitor = monitor
        self._clients: list[_Client] = []
        self._changed = threading.Condition()
        self._deadlocks = self._waits = self._reached = 0
        self._abandoned = False

    def watch(self, engine: Engine, number: int) -> None:
        """Have every statement of this engine be a step of client `number`, whichever thread sends it."""

        def statement(conn: Connection, cursor: Any, words: str, *_: Any) -> None:
            told = " ".join(words.split())
            if not told.startswith(MUTE):
                self._reach(number, told, _pid(conn), frees=told.startswith("ROLLBACK"))

        event.listen(engine, "before_cursor_execute", statement)
        event.listen(engine, "commit", lambda conn: self._reach(number, "COMMIT", _pid(conn), frees=True))
        event.listen(engine, "rollback", lambda conn: self._reach(number, "ROLLBACK", _pid(conn), frees=True))
        event.listen(engine, "handle_error", self._failed)

    def run(self, programs: Sequence[Program], choose: Choose) -> Run:
        """Run the programs to their ends. Raises Stuck, and whatever a program raised."""
        self._clients = [_Client(number) for number in range(len(programs))]
        self._deadlocks = self._waits = 0
        self._abandoned = False
        pairs = zip(self._clients, programs, strict=True)
        threads = [threading.Thread(target=self._live, args=pair, daemon=True) for pair in pairs]
        with self._monitor.connect().execution_options(isolation_level="AUTOCOMMIT") as monitor:
            for thread in threads:
                thread.start()
            try:
                found = self._drive(monitor, choose)
            except BaseException:
                self._abandon()
                raise
            finally:
                for thread in threads:
                    thread.join(STUCK_S)
                clients, self._clients = self._clients, []
        for client in clients:
            if client.error is not None:
                raise client.error
        return Run(*found, tuple(client.result for client in clients), self._deadlocks, self._waits)

    def sleep(self, number: int) -> None:
        """Wait until somebody else has ended a transaction: for a client that was told to ask again."""
        self._reach(number, "again", 0, state=_State.ASLEEP)

    def _drive(self, monitor: Connection, choose: Choose) -> tuple[Any, Any, Any]:
        points: list[Point] = []
        choices: list[int] = []
        steps: list[tuple[int, str]] = []
        last: int | None = None
        while True:
            self._settle(monitor)
            ready = self._ready()
            if not ready:
                assert all(client.state is _State.DONE for client in self._clients), (
                    "somebody was left behind"
                )
                return tuple(points), tuple(choices), tuple(steps)
            point = Point(ready, last if last in ready else None)
            chosen = self._clients[last := choose(point)]
            assert chosen.number in ready, f"{chosen.number} cannot go on, only {ready}"
            points.append(point)
            choices.append(chosen.number)
            steps.append((chosen.number, chosen.label))
            self._let_go(chosen)

    def _ready(self) -> tuple[int, ...]:
        """Who can go on; when all others have ended, those that sleep are woken."""
        for awake in (_State.PARKED, _State.ASLEEP):
            ready = tuple(client.number for client in self._clients if client.state is awake)
            if ready:
                return ready
        return ()

    def _let_go(self, chosen: _Client) -> None:
        with self._changed:
            if chosen.frees or chosen.label == "start":
                for client in self._clients:
                    if client.state is _State.BLOCKED:
                        client.state = _State.RUNNING
                    elif client.state is _State.ASLEEP:
                        client.state = _State.PARKED
            chosen.state = _State.RUNNING
        chosen.go.release()

    def _settle(self, monitor: Connection) -> None:
        """Until every client is parked, has ended, or waits for a lock that one of the others holds."""
        until = time.monotonic() + STUCK_S
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: not self._running(), PATIENCE_S):
                    return
                asked = [c for c in self._clients if c.state in (_State.RUNNING, _State.BLOCKED) and c.pid]
                seen = self._reached
            waits = _waits(monitor, [client.pid for client in asked])
            with self._changed:
                if seen != self._reached:
                    continue  # somebody went on meanwhile, and may have freed whom the answer says to wait
                pids = {client.pid for client in self._clients}
                for client in asked:  # whom PostgreSQL freed from a dead-lock goes on by itself
                    if client.state is _State.BLOCKED and not waits.get(client.pid, set()) & pids:
                        client.state = _State.RUNNING
                running = self._running()
                if all(waits.get(c.pid, set()) & pids for c in running) and not _circular(waits):
                    self._waits += len(running)
                    for client in running:
                        client.state = _State.BLOCKED
                    return
            if time.monotonic() > until:
                raise Stuck(f"{[(c.number, c.state.name, c.label) for c in self._clients]}, waiting: {waits}")

    def _running(self) -> list[_Client]:
        return [client for client in self._clients if client.state is _State.RUNNING]

    def _reach(
        self, number: int, label: str, pid: int, *, frees: bool = False, state: _State = _State.PARKED
    ) -> None:
        """Park the calling thread until its client is let go on. Nothing, while nothing is run."""
        if number >= len(self._clients):
            return
        client = self._clients[number]
        with self._changed:
            if self._abandoned:
                raise _Abandoned
            client.label, client.pid, client.frees, client.state = label, pid, frees, state
            self._reached += 1
            self._changed.notify_all()
        client.go.acquire()
        if self._abandoned:
            raise _Abandoned

    def _live(self, client: _Client, program: Program) -> None:
        try:
            self._reach(client.number, "start", 0)
            client.result = program()
        except _Abandoned:
            pass
        except BaseException as error:  # told by `run`
            client.error = error
        with self._changed:
            client.state = _State.DONE
            self._reached += 1
            for other in self._clients:
                if other.state is _State.BLOCKED:
                    other.state = _State.RUNNING
                elif other.state is _State.ASLEEP:
                    other.state = _State.PARKED
            self._changed.notify_all()

    def _abandon(self) -> None:
        self._abandoned = True
        for client in self._clients:
            client.go.release(1_000)

    def _failed(self, context: ExceptionContext) -> None:
        if self._clients and isinstance(context.original_exception, DeadlockDetected):
            self._deadlocks += 1


def _pid(conn: Connection) -> int:
    """The server process behind it; 0 where the connection is gone."""
    return 0 if conn.invalidated else int(conn.connection.dbapi_connection.info.backend_pid)  # type: ignore[union-attr]


_BLOCKING = text("SELECT pid, pg_blocking_pids(pid) FROM unnest(CAST(:pids AS int[])) AS pid")


def _waits(monitor: Connection, pids: list[int]) -> dict[int, set[int]]:
    """Per server process those it waits for."""
    return {pid: set(others) for pid, others in monitor.execute(_BLOCKING, {"pids": pids})}


def _circular(waits: dict[int, set[int]]) -> bool:
    """Whether some wait for each other: PostgreSQL is about to end one of them."""
    left = {pid: others & waits.keys() for pid, others in waits.items() if others}
    while free := [pid for pid, others in left.items() if not others & left.keys()]:
        for pid in free:
            del left[pid]
    return bool(left)
