"""PostgreSQL ends a transaction of ours to free another's: it is done again, or refused by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from httpx import Response
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from oms import group_commit, work
from tests.checkout.conftest import Shop, furnished
from tests.faults.outage import refused
from tests.platform.waiting import eventually
from tests.support import stock_up

LOCK = """
    SELECT FROM position JOIN sku ON sku.no = sku_no JOIN node ON node.no = node_no
    WHERE sku.id = :sku AND node.id = 'WH' FOR UPDATE OF position
"""
WAITING = """
    SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
GAVE_WAY = "A transaction gave way to others and runs again (DeadlockDetected)"
LINES = (("A1", 1), ("B2", 1), ("C3", 1))
CONTENDED = "Others wanted the same"


@pytest.fixture
def shop(lone_url: str, tmp_path: Path) -> Iterator[Shop]:
    """The furnished world. PostgreSQL looks once at each wait whether it is one in a circle, which has to be
    closed by then, on a busy machine too.
    """
    with on(lone_url) as conn:
        name = make_url(lone_url).database
        conn.execute(text(f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '2s'"))
    with furnished(lone_url, tmp_path) as made:
        stock_up(made.runtime, *(("WH", sku, 50) for sku, _ in LINES))
        yield made


@contextmanager
def on(url: str) -> Iterator[Connection]:
    """Somebody else's transaction."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as conn:
        yield conn


def collided(shop: Shop, ask: Callable[[], Response], when: Callable[[], bool] = lambda: True) -> Response:
    """The answer of who has the first shelf and wants the last, ``when`` somebody has the last and wants the
    first, and is not the one that PostgreSQL ends.
    """
    said = list[Response]()
    asking = threading.Thread(target=lambda: said.append(ask()))

    def waiting() -> bool:
        with on(shop.runtime.url) as looking:
            return when() and bool(looking.scalar(text(WAITING)))

    with on(shop.runtime.url) as conn:
        conn.execute(text("SET LOCAL deadlock_timeout = '1h'"))
        conn.execute(text(LOCK), {"sku": LINES[-1][0]})
        asking.start()
        assert eventually(waiting)
        conn.execute(text(LOCK), {"sku": LINES[0][0]})
    asking.join()
    return said[0]


def test_an_order_whose_group_gave_way_is_placed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE_MS", 9_000)
    answer = collided(shop, lambda: shop.place("o", *LINES, method="ship"))
    assert "A group of 1 goes on one by one: DeadlockDetected" in caplog.messages
    assert answer.status_code == 201, answer.text
    assert shop.place("o", *LINES, method="ship").content == answer.content


def test_an_order_that_gave_way_by_itself_is_placed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE_MS", 20)  # the group gives up before it is in anybody's way
    alone = "A group of 1 goes on one by one: LockNotAvailable"
    answer = collided(shop, lambda: shop.place("o", *LINES, method="ship"), lambda: alone in caplog.messages)
    assert GAVE_WAY in caplog.messages
    assert answer.status_code == 201, answer.text
    assert shop.scalar('SELECT count(*) FROM "order"') == 1


def test_a_cancelling_that_gave_way_is_done_once(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    assert shop.place("o", *LINES, method="ship").status_code == 201
    answer = collided(shop, lambda: shop.post("/v1/orders/o/cancel", {}, key="c"))
    assert GAVE_WAY in caplog.messages
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert shop.post("/v1/orders/o/cancel", {}, key="c").content == answer.content


def test_who_gives_way_too_often_is_refused_by_name_and_may_come_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shop.place("o", *LINES, method="ship").status_code == 201
    with monkeypatch.context() as once:
        once.setattr(work, "AGAIN_MOST", 0)
        refused(collided(shop, lambda: shop.post("/v1/orders/o/cancel", {}, key="c")), CONTENDED)
    assert shop.admin.get("/v1/orders/o").json()["status"] == "open"
    assert shop.post("/v1/orders/o/cancel", {}, key="c").status_code == 200


@pytest.mark.parametrize(("times", "status"), [(3, 201), (99, 503)])
def test_a_transaction_that_cannot_be_put_in_order_is_done_again(shop: Shop, times: int, status: int) -> None:
    """PostgreSQL says 40001 so; a trigger does, for a sequence is not undone with what failed."""
    with on(shop.runtime.url) as conn:
        conn.execute(text("CREATE SEQUENCE tries"))
        conn.execute(
            text(
                f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF nextval('tries') <= {times} THEN RAISE SQLSTATE '40001'; END IF; RETURN NEW; END $$"
            )
        )
        conn.execute(
            text('CREATE TRIGGER fail BEFORE INSERT ON "order" FOR EACH ROW EXECUTE FUNCTION fail()')
        )
    answer = shop.place("o", *LINES, method="ship")
    assert answer.status_code == status, answer.text
    if status == 503:
        refused(answer, CONTENDED)
        with on(shop.runtime.url) as conn:
            conn.execute(text("DROP FUNCTION fail CASCADE"))
        assert shop.place("o", *LINES, method="ship").status_code == 201
    assert shop.scalar('SELECT count(*) FROM "order"') == 1
