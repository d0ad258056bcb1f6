"""Schema changes that stop no orders: locks are asked for briefly, again and again (see brief_locks).

A revision may change several tables, and whoever sells holds several too: with one of theirs taken they wait
for us, and we for the others, until we give up; under load that would never end. So the table that could not
be had is asked for first the next time, which soon finds the order in which the others take them.
"""

import logging
import threading
import time
from collections.abc import Sequence
from types import TracebackType

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from oms.store.brief_locks import PAUSE_S, WAIT_S, had_to_wait

log = logging.getLogger(__name__)

PATIENCE_S = 300.0
"""How long one revision may wait before it is given up."""
LONG_S, TELL_EVERY_S = 1.0, 10.0
"""A transaction that is older is named; and how often it is said that we wait."""
LOOK_EVERY_S = 0.05

# Of those in the way, those who queue before us among them, the one whose transaction is the oldest.
_IN_THE_WAY = text(
    """
    SELECT way.pid, application_name AS name,
      extract(epoch FROM clock_timestamp() - xact_start)::float AS age_s
    FROM unnest(pg_blocking_pids(:pid)) AS way (pid) LEFT JOIN pg_stat_activity USING (pid)
    WHERE way.pid > 0 ORDER BY xact_start LIMIT 1
    """
)
MODES = {
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
"""Those that shut somebody out."""
# Of a table in partitions the whole. What we made ourselves nobody else sees yet.
_WANTED = text(
    """
    SELECT c.oid::regclass::text AS name, mode, granted
    FROM pg_locks l JOIN pg_class c ON c.oid = coalesce(pg_partition_root(l.relation), l.relation)
    WHERE pid = :pid AND locktype = 'relation' AND relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
    ORDER BY granted, name
    """
)


class StillInUse(RuntimeError):
    """A table that has to change was in use for too long; the text says by whom and what to do."""


def upgrade(config: Config) -> None:
    """Every revision that is missing, each in a transaction of its own: what is done stays done. Raises
    StillInUse.
    """
    connection: Connection = config.attributes["connection"]
    connection.execute(text(f"SET lock_timeout = '{int(WAIT_S * 1000)}ms'"))
    found = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    missing = ScriptDirectory.from_config(config).iterate_revisions("head", found or "base")
    for script in reversed(list(missing)):
        if not _attempt(config, connection, script.revision, ()):
            _patiently(config, connection, script.revision)


def _patiently(config: Config, connection: Connection, revision: str) -> None:
    pid = connection.scalar(text("SELECT pg_backend_pid()"))
    connection.commit()
    begun, tell_at, named = time.monotonic(), TELL_EVERY_S, 0
    with _Watch(connection.engine, pid) as watch:
        while not _attempt(config, connection, revision, watch.wanted):
            waited = time.monotonic() - begun
            if waited >= PATIENCE_S:
                raise StillInUse(watch.despair(waited))
            if waited >= tell_at or (watch.long and named != watch.pid):
                log.warning("The schema cannot change yet: %s. It is tried again; orders go on", watch.who())
                named, tell_at = watch.pid, waited + TELL_EVERY_S
            time.sleep(PAUSE_S)


def _attempt(config: Config, connection: Connection, revision: str, first: Sequence[tuple[str, str]]) -> bool:
    """Make one revision, with these tables locked before; False when one could not be had."""
    try:
        with connection.begin():
            for name, mode in first:
                connection.execute(text(f"LOCK TABLE {name} IN {mode} MODE"))
            command.upgrade(config, revision)
    except Exception as error:
        if had_to_wait(getattr(error, "orig", error)):  # plain statements go past SQLAlchemy
            return False
        raise
    return True


class _Watch:
    """Sees what a connection waits for and who is in its way, which it cannot ask while it waits."""

    def __init__(self, engine: Engine, pid: int) -> None:
        self.wanted: list[tuple[str, str]] = []
        """Tables and modes of locks, in the order in which to ask for them."""
        self.pid = 0
        """Who is in the way; 0 while that is not known."""
        self.long = False
        """Whether it is for longer than an order takes."""
        self._name = ""
        self._engine, self._ours = engine, pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="migration watch", daemon=True)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def who(self) -> str:
        """The one in the way, as far as it is known."""
        return "a table is in use" + (self.pid > 0) * f" by process {self.pid} of the server{self._name}"

    def despair(self, waited_s: float) -> str:
        """Why it is given up, and what to do."""
        end = self.long * f", or end it (SELECT pg_terminate_backend({self.pid}))"
        return (
            f"The schema could not change for {waited_s:.0f} s: {self.who()}. What was changed stays. "
            f"Wait until that has ended{end}, then run `anyshelf migrate` again"
        )

    def _watch(self) -> None:
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                while not self._stop.wait(LOOK_EVERY_S):
                    self._look(connection)
        except SQLAlchemyError:
            log.debug("It is not seen who is in the way", exc_info=True)

    def _look(self, connection: Connection) -> None:
        for pid, name, age_s in connection.execute(_IN_THE_WAY, {"pid": self._ours}):
            # A stranger's name and age are not shown to everybody.
            called = f" ({name})" if name else ""
            since = "" if age_s is None else f", in a transaction since {age_s:.0f} s"
            self._name = called + since
            self.pid, self.long = pid, age_s is None or age_s >= LONG_S
            locks = [row for row in connection.execute(_WANTED, {"pid": self._ours}) if row.mode in MODES]
            waiting, held = (
                [(row.name, MODES[row.mode]) for row in locks if row.granted is granted]
                for granted in (False, True)
            )
            self.wanted = list(dict.fromkeys((*waiting, *self.wanted, *held)))
