"""Migrations of a filled database while orders come in and somebody reads for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text

from api import cli
from oms.store import migrating
from oms.store.database import _migrations, connect, migrate, revisions
from oms.store.migrating import StillInUse
from tests.checkout.conftest import furnished
from tests.platform.waiting import eventually

ORDERS = 5_000
WRITERS = 3
PATIENCE_S = 2.5
"""Of who writes: waits of a quarter of a second, the changes themselves, and a busy machine."""


@pytest.fixture
def old(empty_database: Callable[[], str]) -> str:
    """A database of the first revision, filled."""
    url = empty_database()
    with _migrations(url) as config:
        command.upgrade(config, "0001")
    engine = connect(url)
    with engine.begin() as conn:
        conn.execute(text("INSERT INTO node (id, name, kind) VALUES ('WH', 'Newark', 'warehouse')"))
        conn.execute(text("INSERT INTO sku (id, name, barcodes) VALUES ('A1', 'Handle', '{4006381333931}')"))
        conn.execute(
            text("INSERT INTO sku (id, name) SELECT 'S-' || n, 'Old' FROM generate_series(1, 999) n")
        )
        conn.execute(text("INSERT INTO position (node_no, sku_no) SELECT node.no, sku.no FROM node, sku"))
        place(conn, "old", 0, ORDERS)
    engine.dispose()
    return url


# As the first release wrote them: a unit comes in, and is sold. In the order in which the product does it.
PLACING = (
    "INSERT INTO reservation_group (id, digest, channel, owner, reference, state, created_at)"
    " SELECT 'g-' || id, '', 'web', '', id, 'firm', at FROM {these}",
    "UPDATE position SET on_hand = on_hand + units, reserved = reserved + units"
    " FROM (SELECT sku, count(*) AS units FROM {these} GROUP BY sku) AS sold WHERE sku_no = sku",
    "INSERT INTO reservation (group_id, line_id, kind, node_no, sku_no, quantity, state, changed_at)"
    " SELECT 'g-' || id, '1', 'shelf', node, sku, 1, 'held', at FROM {these}",
    "INSERT INTO movement (at, occurred_at, sku_no, quantity, from_place, to_place, cause)"
    " SELECT at, at, sku, 1, 'supplier', 'WH:shelf', 'receipt' FROM {these}",
    'INSERT INTO "order" (id, status, channel, currency, method, placed_at, shipping_minor, discount_minor,'
    " total_minor, allow_partial, promise, group_id, body_digest, actor)"
    " SELECT id, 'open', 'web', 'USD', 'ship', at, 0, 0, 100, true, '{{}}', 'g-' || id, '', 'key'"
    " FROM {these}",
    "INSERT INTO order_line (order_id, line_id, no, sku, ordered, routed)"
    " SELECT t.id, '1', 1, s.id, 1, 1 FROM {these} JOIN sku s ON s.no = t.sku",
    "INSERT INTO fulfilment_order (id, order_id, no, node, method, state, group_id, ship_at, arrive_at,"
    " created_at, cost_minor) SELECT id || '-1', id, 1, 'WH', 'ship', 'accepted', 'g-' || id, at, at, at, 5"
    " FROM {these}",
    "INSERT INTO fulfilment_line (fulfilment_order_id, order_id, line_id, parcel, sku, quantity)"
    " SELECT t.id || '-1', t.id, '1', 1, s.id, 1 FROM {these} JOIN sku s ON s.no = t.sku",
    "INSERT INTO outbox (at, type, subject, subject_id, actor, data)"
    " SELECT at, 'order.placed', 'order', id, 'key', '{{}}' FROM {these}",
)
THESE = """
    (SELECT :name || '-' || n AS id, 1 + n % 1000 AS sku, 1 AS node, timestamptz '2026-01-05T12:00Z' AS at
    FROM generate_series(:first, :last - 1) AS n) AS t
"""


def place(conn: Connection, name: str, first: int, last: int) -> None:
    """Orders with these numbers."""
    for statement in PLACING:
        conn.execute(text(statement.format(these=THESE)), {"name": name, "first": first, "last": last})


class Writers:
    """Threads that place orders as the first release did."""

    def __init__(self, url: str) -> None:
        self.placed = [0] * WRITERS
        self.slowest_s = 0.0
        self.failed: list[Exception] = []
        self._engine = connect(url, lock_timeout_ms=10_000)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(WRITERS)]
        for thread in self._threads:
            thread.start()

    def _write(self, number: int) -> None:
        while not self._stop.wait(0.002):
            begun, turn = time.monotonic(), self.placed[number]
            try:
                with self._engine.begin() as conn:
                    place(conn, f"new-{number}", turn, turn + 1)
            except Exception as error:
                self.failed.append(error)
                return
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
            self.placed[number] += 1

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._engine.dispose()


@contextmanager
def reading(engine: Engine, *tables: str) -> Iterator[int]:
    """Somebody who has these tables open, as a backup has; their process of the server."""
    with engine.connect() as conn:
        for table in tables:
            conn.execute(text(f'SELECT count(*) FROM "{table}"'))
        yield conn.scalar(text("SELECT pg_backend_pid()"))


def bring_up_to_date(url: str, failed: list[BaseException]) -> None:
    try:
        migrate(url)
    except BaseException as error:
        failed.append(error)


@pytest.mark.slow
def test_a_filled_database_migrates_while_orders_come_in(
    old: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failed: list[BaseException] = []
    engine = connect(old)
    migration = threading.Thread(target=bring_up_to_date, args=(old, failed))
    writers = Writers(old)
    try:
        with reading(engine, "order", "sku") as pid:
            migration.start()
            time.sleep(3)
            assert migration.is_alive() and revisions(old)[0] == "0001"
            seen = sum(writers.placed)
        migration.join(60)
        migrated = not migration.is_alive()
        assert eventually(lambda: bool(writers.failed) or sum(writers.placed) > seen + 20)
    finally:
        writers.stop()
    assert migrated and not failed and not writers.failed
    assert seen > 20 and writers.slowest_s < PATIENCE_S
    assert any(f"in use by process {pid} of the server" in told for told in caplog.messages)
    found, wanted = revisions(old)
    assert found == wanted
    with engine.connect() as conn:
        for table in ("order", "fulfilment_line", "movement", "outbox", "reservation"):
            assert conn.scalar(text(f'SELECT count(*) FROM "{table}"')) == ORDERS + sum(writers.placed)
        assert conn.scalar(text("SELECT count(*) FROM sku_code")) == 1001
    engine.dispose()
    with furnished(old, tmp_path) as shop:
        assert shop.place("o-1", ("A1", 2), method="ship").status_code == 201


def test_what_is_done_stays_done_and_who_is_in_the_way_is_named(
    empty_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(migrating, "PATIENCE_S", 1.0)
    url = empty_database()
    with _migrations(url) as config:
        command.upgrade(config, "0003")
    engine = connect(url)
    with reading(engine, "import_job") as pid:  # which 0006 changes
        with pytest.raises(StillInUse, match=rf"process {pid} .* since \d+ s.*pg_terminate_backend\({pid}\)"):
            migrate(url)
        assert revisions(url)[0] == "0005"
        monkeypatch.setenv("ANYSHELF_DATABASE_URL", url)
        monkeypatch.setattr("sys.argv", ["anyshelf", "migrate"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 3
        assert "run `anyshelf migrate` again" in capsys.readouterr().err
    migrate(url)
    assert len(set(revisions(url))) == 1
    engine.dispose()


def test_processes_that_migrate_at_once_take_turns(empty_database: Callable[[], str]) -> None:
    failed: list[BaseException] = []
    url = empty_database()
    threads = [threading.Thread(target=bring_up_to_date, args=(url, failed)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed
    assert len(set(revisions(url))) == 1
