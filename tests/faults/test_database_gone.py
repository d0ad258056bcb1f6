"""The database goes away for a while: a clear no to what needs it, and everything goes on when it is back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress

from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolTimeout
from sqlalchemy import text

from oms.jobs import WORKERS, Background, _Worker
from oms.steps.recording import ORDER
from tests.api.walking import shielded, sign_in
from tests.checkout.conftest import Shop, basket
from tests.faults.outage import gone, refused
from tests.platform.waiting import eventually
from tests.support import HOME

AGAIN = "send the same request again"


def test_orders_wait_and_are_taken_once_it_is_back(lone_shop: Shop, lone_url: str) -> None:
    shop = lone_shop
    first = shop.place("before", ("A1", 1), method="ship")
    assert first.status_code == 201
    with gone(lone_url):
        refused(shop.place("during", ("A1", 1), method="ship"), AGAIN)
        refused(shop.post("/v1/orders/before/cancel", {}, key="c"), AGAIN)
        refused(shop.admin.get("/readyz"), AGAIN)
        refused(shielded(shop.admin.get("/v1/orders/before")), AGAIN)
    assert eventually(lambda: shop.admin.get("/readyz").status_code == 200)
    again = shop.place("before", ("A1", 1), method="ship")
    assert (again.status_code, again.content) == (200, first.content)
    assert shop.place("during", ("A1", 1), method="ship").status_code == 201
    assert shop.post("/v1/orders/before/cancel", {}, key="c").status_code == 200
    assert shop.scalar("SELECT count(*) FROM \"order\" WHERE status <> 'cancelled'") == 1


def test_what_needs_only_memory_is_answered_meanwhile(lone_shop: Shop, lone_url: str) -> None:
    ask = {"lines": basket(("A1", 1)), "destination": HOME}
    with gone(lone_url):
        for path, body in (("/v1/promises", ask), ("/v1/availability", {"skus": ["A1"]})):
            answer = lone_shop.web.post(path, json=body)
            assert answer.status_code == 200 and answer.json()["as_of"], answer.text
        assert lone_shop.admin.get("/healthz").status_code == 200
        page = lone_shop.admin.get("/metrics")
        assert page.status_code == 200 and "anyshelf_database_up 0.0" in page.text


def test_pages_say_when_to_come_back(lone_shop: Shop, lone_url: str) -> None:
    assert lone_shop.place("o-1", ("A1", 1), method="ship").status_code == 201
    sign_in(lone_shop.admin)
    track = f"/track/o-1?token={lone_shop.runtime.signer.sign(ORDER, 'o-1')}"
    with gone(lone_url):
        for path in ("/app/orders", "/app/orders/o-1", "/app/waves", track):
            page = shielded(lone_shop.admin.get(path))
            assert page.status_code == 503 and AGAIN in page.text, path
            assert int(page.headers["Retry-After"]) >= 1, path
    assert eventually(lambda: lone_shop.admin.get(track).status_code == 200)


def test_memory_follows_again(lone_shop: Shop, lone_url: str) -> None:
    def available() -> int:
        found = lone_shop.web.post("/v1/availability", json={"skus": ["A1"]}).json()
        return int(found["items"][0]["available"])

    before = available()
    with gone(lone_url):
        assert eventually(lambda: lone_shop.runtime.feed.status.trouble is not None)
    with lone_shop.runtime.engine.begin() as conn:
        conn.execute(
            text("UPDATE position SET safety_stock = on_hand - reserved, stamp = pg_current_xact_id()")
        )
    assert before > 0 and eventually(lambda: available() == 0)
    assert eventually(lambda: lone_shop.runtime.fresh())


def test_background_work_goes_on_by_itself(lone_shop: Shop, lone_url: str) -> None:
    """Whatever was due meanwhile is done afterwards: reservations end, events get their numbers."""
    shop = lone_shop
    ask = {"lines": basket(("A1", 2)), "destination": HOME, "methods": ["ship"]}
    held = shop.post("/v1/promises", ask | {"reserve": {"option": "cheapest"}})
    assert held.status_code == 200
    background = Background(shop.runtime)
    background.start()
    try:
        working = "SELECT count(*) FROM procrastinate_workers"
        assert eventually(lambda: shop.scalar(working) == WORKERS)
        with gone(lone_url):
            shop.watch.forward(hours=1)
            refused(shop.place("o", ("A1", 1), method="ship"), AGAIN)
        ended = "SELECT count(*) FROM reservation_group WHERE state = 'expired'"
        assert eventually(lambda: shop.scalar(ended) == 1, 60)
        assert shop.place("o", ("A1", 1), method="ship").status_code == 201
        assert eventually(lambda: shop.scalar("SELECT count(*) FROM outbox WHERE seq IS NULL") == 0)
    finally:
        background.close()


def test_a_worker_outlives_whatever_ends_its_queue() -> None:
    """A database that is away for longer than a pool waits ends the queue in more than one way."""
    ends: Iterator[BaseException] = iter((PoolTimeout("30 s"), ConnectorException(), ValueError("odd")))
    serving = threading.Event()

    async def serve() -> None:
        for end in ends:
            raise end
        serving.set()
        await asyncio.sleep(60)

    worker = _Worker("test", serve)
    worker.start()
    try:
        assert serving.wait(20)
    finally:
        worker.stop()
        worker.join(10)
    assert not worker._thread.is_alive()


def test_a_worker_ends_though_its_cancellation_was_lost() -> None:
    """As when it meets an answer of the database, before Python 3.12."""
    serving, lost = threading.Event(), threading.Event()

    async def serve() -> None:
        serving.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        lost.set()
        await asyncio.sleep(60)

    worker = _Worker("test", serve)
    worker.start()
    assert serving.wait(20)
    worker.stop()
    assert lost.wait(20)
    worker.join(1)
    assert not worker._thread.is_alive()
