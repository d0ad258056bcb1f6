"""One throwaway PostgreSQL for the whole run, one database per worker, cleaned between tests.

ANYSHELF_TEST_DATABASE_URL points the run at another server (its role must be allowed to create databases).
"""

import gc
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from oms.adapters.postgres import Embedded
from oms.settings import sqlalchemy_url
from oms.store.database import connect, migrate
from oms.store.tables import metadata
from tests.chromium import NAMES, QUIET
from tests.compiling import compile_all

RUN = pytest.StashKey[Path]()

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")  # a busy machine is no fault of what is tested


def pytest_configure(config: pytest.Config) -> None:
    """The folder of the run: made by the controller, told to the workers, removed by the controller."""
    told = getattr(config, "workerinput", {}).get("anyshelf_run")
    if told is None:
        # Not pytest's own folder, which is closed to the account PostgreSQL runs as under root.
        folder = Path(tempfile.mkdtemp(prefix="anyshelf-test-"))
        folder.chmod(0o711)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.stash[RUN] = folder
        if config.getoption("numprocesses", None):
            compile_all()
    else:
        config.stash[RUN] = Path(told)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no worker is left with it when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """What is there now stays: no test has to wait while all of it is gone through for garbage again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: hand the controller's folder to a worker."""
    node.workerinput["anyshelf_run"] = str(node.config.stash[RUN])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for all tests of a worker: a second Playwright in a thread is refused. Its absence is a
    failure with instructions, never a silent skip.
    """
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert program, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=list(QUIET))


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The maintenance database of the server under test; the embedded one stops with its last user."""
    elsewhere = os.environ.get("ANYSHELF_TEST_DATABASE_URL")
    if elsewhere:
        yield sqlalchemy_url(elsewhere)
    else:
        with Embedded(request.config.stash[RUN] / "server", durable=False) as server:
            yield server.url()


@pytest.fixture(scope="session")
def template(request: pytest.FixtureRequest, server_url: str) -> Iterator[str]:
    """The name of a migrated database to clone, made by whichever worker comes first, dropped by the last."""
    name = f"template_{request.config.stash[RUN].name.rpartition('-')[2].lower()}"
    making, using = f"hashtext('making {name}')", f"hashtext('using {name}')"
    with _maintenance(server_url) as connection:
        # Making and dropping go one at a time; using is shared, or workers would wait for one another.
        connection.execute(text(f"SELECT pg_advisory_lock({making})"))
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
            connection.execute(text(f'CREATE DATABASE "{name}"'))
            migrate(_url_of(server_url, name))
        connection.execute(text(f"SELECT pg_advisory_lock_shared({using})"))
        connection.execute(text(f"SELECT pg_advisory_unlock({making})"))
        yield name
        connection.execute(text(f"SELECT pg_advisory_lock({making})"))
        connection.execute(text(f"SELECT pg_advisory_unlock_shared({using})"))
        if connection.scalar(text(f"SELECT pg_try_advisory_lock({using})")):
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def database_url(server_url: str, template: str) -> Iterator[str]:
    """The database of this worker; tests share it one after the other, see `engine`."""
    with clone(server_url, template) as url:
        yield url


@pytest.fixture(scope="session")
def cleaner(database_url: str) -> Iterator[Engine]:
    """A connection that stays: a new one would have to learn of all tables before it could empty them."""
    engine = connect(database_url, pool_size=1)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(database_url: str, cleaner: Engine) -> Iterator[Engine]:
    """An engine on this worker's database, all tables empty."""
    with cleaner.begin() as connection:
        empty_all_tables(connection)
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def fresh_database(server_url: str, template: str) -> Iterator[Callable[[], str]]:
    """Makes databases of one's own, migrated and empty, for tests with several processes; dropped after."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(clone(server_url, template))


@pytest.fixture
def empty_database(server_url: str) -> Iterator[Callable[[], str]]:
    """Makes databases without any table: for migrating and restoring into. Dropped afterwards."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(clone(server_url, "template0"))


@contextmanager
def clone(server_url: str, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with _maintenance(server_url) as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    try:
        yield _url_of(server_url, name)
    finally:
        with _maintenance(server_url) as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextmanager
def _maintenance(server_url: str) -> Iterator[Connection]:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _url_of(server_url: str, database: str) -> str:
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)


def empty_all_tables(connection: Connection) -> None:
    """Delete all rows and begin numbers anew, once nobody is half-way through writing. TRUNCATE would make
    new files for every table and index, which for a few rows takes twenty times as long; what has grown is
    truncated, as deleted rows stay in the way of whoever reads the table next.
    """
    connection.exec_driver_sql(_EMPTYING)


_QUEUE = [f"procrastinate_{name}" for name in ("events", "periodic_defers", "jobs", "workers")]
_NAMES = [f'"{table.name}"' for table in reversed(metadata.sorted_tables)] + _QUEUE
_GROWN = """
    DO $$ DECLARE grown text; BEGIN
      SELECT string_agg(quote_ident(relname), ', ') INTO grown FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
          AND pg_relation_size(oid) > 65536;
      IF grown IS NOT NULL THEN EXECUTE 'TRUNCATE ' || grown || ' CASCADE'; END IF;
    END $$"""
_EMPTYING = ";".join(
    (
        "SET LOCAL lock_timeout = '10s'",
        f"LOCK TABLE {', '.join(_NAMES)} IN EXCLUSIVE MODE",
        _GROWN,
        *(f"DELETE FROM {name}" for name in _NAMES),
        "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence JOIN pg_class ON seqrelid = oid"
        " WHERE relnamespace = 'public'::regnamespace",
    )
)
