"""How to reach the database and bring its schema up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import LockNotAvailable, QueryCanceled
from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, make_url, text, update
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from inventory.store.types import Xid8
from oms.store.lists import Lists, Numbers
from oms.store.migrating import upgrade
from oms.store.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"

OLDEST_SERVER = 15

OUTAGES: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeout)
"""What is the database's fault: it is gone, full, busy or slow, and the same may succeed another time."""

PATIENCE_S = 10.0
"""How long a request waits for a connection; then it had better be refused than pile up with others."""


REACH_S = 10
"""How long a machine that does not answer at all is waited for."""


class WrongServer(RuntimeError):
    """The server cannot carry Anyshelf; the text says why."""


def connect(
    url: str,
    *,
    pool_size: int = 20,
    patience_s: float = PATIENCE_S,
    statement_timeout_ms: int = 0,
    lock_timeout_ms: int = 0,
    reach_s: int = REACH_S,
) -> Engine:
    """An engine on `url`; instants come back in UTC whatever the server's time zone. Who finds all
    connections taken waits ``patience_s``, then sqlalchemy.exc.TimeoutError is raised. The limits of time, 0
    for none, hold for each statement; `unhurried` lifts them for a transaction. A machine that does not
    answer at all counts as gone after some ``reach_s``: `reaching`.
    """
    limits = f"-c statement_timeout={statement_timeout_ms} -c lock_timeout={lock_timeout_ms}"
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience_s,
        hide_parameters=True,  # what somebody sent has no place in the words of an error
        pool_pre_ping=True,  # a restarted server costs a reconnection, not a failed request
        connect_args={
            "options": f"-c timezone=UTC {limits}",
            "client_encoding": "utf8",
            **reaching(reach_s),
        },
    )
    event.listen(engine, "connect", _dump_lists)
    return engine


def reaching(reach_s: int = REACH_S) -> dict[str, int]:
    """What libpq is told, so that nobody waits for a machine that is dead: not to be let in, not for what he
    sends to arrive, and not for an answer, for which the system alone would wait two hours.
    """
    return {
        "connect_timeout": reach_s,
        "tcp_user_timeout": reach_s * 1000,
        "keepalives_idle": reach_s,
        "keepalives_interval": max(1, reach_s // 3),
        "keepalives_count": 3,
    }


def _dump_lists(connection: psycopg.Connection[object], _: object) -> None:
    connection.adapters.register_dumper(list, Lists)
    connection.adapters.register_dumper(np.ndarray, Numbers)


def unhurried(connection: Connection) -> None:
    """Let the statements of this transaction take, and wait, as long as they need: for work that nobody
    waits for at the other end.
    """
    # No SELECT set_config(): that would take the snapshot of a repeatable read already.
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL lock_timeout = 0"))


def ended_alone(error: Exception) -> bool:
    """Whether only a statement was ended, which took or waited too long: the next one may well succeed."""
    return isinstance(error, DBAPIError) and isinstance(error.orig, (QueryCanceled, LockNotAvailable))


def conninfo(url: str) -> str:
    """The same address as libpq and its programs spell it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def server_major(engine: Engine) -> int:
    """The release of the server: 15, 16, 17, 18."""
    with engine.connect() as connection:
        return _major(connection)


def is_empty(engine: Engine) -> bool:
    """Whether the database holds no table at all."""
    return not inspect(engine).get_table_names()


def renew_stamps(engine: Engine) -> int:
    """Stamp every row with a transaction of this server; return how many rows that were.

    Stamps restored from another server may lie ahead of this one's transactions, and the pool's feed would
    wait for them, or behind its mark, and the feed would miss them.
    """
    stamps = [
        column for table in metadata.sorted_tables for column in table.c if isinstance(column.type, Xid8)
    ]
    with engine.begin() as connection:
        return sum(
            connection.execute(update(column.table).values({column: func.pg_current_xact_id()})).rowcount
            for column in stamps
        )


def migrate(url: str) -> None:
    """Bring the schema up to date while orders come in. Processes that try at once take turns. Raises
    WrongServer, StillInUse.
    """
    with _migrations(url) as config:
        connection = config.attributes["connection"]
        found = MigrationContext.configure(connection).get_current_revision()
        connection.commit()
        if found is not None:
            require_known(found, "database")
        upgrade(config)


def require_known(revision: str, what: str) -> None:
    """Raise WrongServer when the schema of `what` is not one of this release or an earlier one."""
    older, newest = _known_revisions()
    if revision not in older | {newest}:
        raise WrongServer(
            f"The {what} is of a later release of Anyshelf (schema {revision}, this one has {newest}); "
            "use that release. Nothing was changed"
        )


def check_drift(url: str) -> None:
    """Raise alembic.util.AutogenerateDiffsDetected when the schema differs from the table definitions."""
    with _migrations(url) as config:
        command.check(config)


def revisions(url: str) -> tuple[str | None, str | None]:
    """The schema's revision in the database, and the one this release wants; equal when up to date."""
    engine = connect(url)
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return found, ScriptDirectory(str(MIGRATIONS)).get_current_head()


def is_current(connection: Connection) -> bool:
    """Whether the schema is of this release, or of a later one that processes of this one still work on."""
    found = MigrationContext.configure(connection).get_current_revision()
    older, newest = _known_revisions()
    return found is not None and (found == newest or found not in older)


@cache
def _known_revisions() -> tuple[frozenset[str], str | None]:
    script = ScriptDirectory(str(MIGRATIONS))
    newest = script.get_current_head()
    return frozenset(one.revision for one in script.walk_revisions()) - {str(newest)}, newest


@contextmanager
def _migrations(url: str) -> Iterator[Config]:
    """Alembic's configuration around a connection to `url` whose turn it is; env.py works on it."""
    engine = connect(url)
    try:
        with engine.connect() as connection:
            version = _major(connection)
            if version < OLDEST_SERVER:
                raise WrongServer(
                    f"The server is PostgreSQL {version}; Anyshelf needs {OLDEST_SERVER} or newer"
                )
            # Of the session, over all its transactions: the turn ends with the connection.
            connection.execute(text("SELECT pg_advisory_lock(hashtext('anyshelf migrations'))"))
            connection.commit()
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            yield config
            connection.commit()
    finally:
        engine.dispose()


def _major(connection: Connection) -> int:
    version = connection.scalar(text("SELECT current_setting('server_version_num')::int / 10000"))
    assert isinstance(version, int)
    return version
