"""A statement of a request does not wait for ever: it is refused by name, with nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Timer
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from oms.actors import SYSTEM, Role
from oms.bootstrap import Runtime, start
from oms.usecases.import_jobs import run_imports
from oms.usecases.keys import create_key
from oms.work import Work, transact
from tests.checkout.conftest import Shop

Limited = Callable[..., tuple[Runtime, TestClient]]


@pytest.fixture
def limited(shop: Shop) -> Iterator[Limited]:
    """Another process on the same database, with limits of its own, and a client of it."""
    running: list[Runtime] = []

    def make(**limits: Any) -> tuple[Runtime, TestClient]:
        made = transact(shop.runtime, SYSTEM, lambda work: create_key(work, name="late", role=Role.ADMIN))
        running.append(start(replace(shop.runtime.settings, **limits), clock=shop.watch))
        headers = {"Authorization": f"Bearer {made.secret}"}
        return running[-1], TestClient(create_app(running[-1]), headers=headers)

    yield make
    for one in running:
        one.close()


@contextmanager
def held(shop: Shop, statement: str, for_s: float | None = None) -> Iterator[None]:
    """Somebody else's transaction holds rows, until the end of the block or for a while."""
    conn = shop.runtime.engine.connect()
    conn.execute(text(statement))
    timer = None if for_s is None else Timer(for_s, conn.rollback)
    if timer is not None:
        timer.start()
    try:
        yield
    finally:
        if timer is not None:
            timer.join()
        conn.close()


ORDER = "SELECT 1 FROM \"order\" WHERE id = 'o-1' FOR UPDATE"


@pytest.mark.parametrize(
    "limits",
    [
        {"lock_timeout_ms": 200, "statement_timeout_ms": 0},
        {"lock_timeout_ms": 0, "statement_timeout_ms": 400},
    ],
)
def test_who_waits_too_long_is_told_so_and_may_try_again(
    shop: Shop, limited: Limited, limits: dict[str, int]
) -> None:
    shop.place("o-1", ("A1", 1), method="ship")
    _, client = limited(**limits)
    wish: dict[str, Any] = {"json": {}, "headers": {"Idempotency-Key": "c-1"}}
    with held(shop, ORDER):
        busy = client.post("/v1/orders/o-1/cancel", **wish)
    assert (busy.status_code, busy.json()["code"]) == (503, "unavailable"), busy.text
    assert "took too long" in busy.json()["detail"]
    assert int(busy.headers["Retry-After"]) >= 1
    assert shop.scalar("SELECT sum(cancelled) FROM order_line") == 0
    again = client.post("/v1/orders/o-1/cancel", **wish)
    assert (again.status_code, again.json()["status"]) == (200, "cancelled"), "the key was not used up"


def test_work_that_nobody_waits_for_has_no_limit(shop: Shop, limited: Limited) -> None:
    runtime, _ = limited(lock_timeout_ms=100, statement_timeout_ms=300)

    def limits(work: Work) -> tuple[str, str]:
        shown = [work.conn.scalar(text(f"SHOW {name}")) for name in ("lock_timeout", "statement_timeout")]
        return str(shown[0]), str(shown[1])

    assert transact(runtime, SYSTEM, limits) == ("100ms", "300ms")
    assert transact(runtime, SYSTEM, limits, hurried=False) == ("0", "0")
    assert transact(runtime, SYSTEM, limits) == ("100ms", "300ms"), "only for that transaction"
    skus = {"skus.csv": "id,name,weight_g,unit_price_minor\nE5,Cup,200,700\n"}
    queued = shop.post("/v1/imports", {"files": skus}, shop.admin)
    assert queued.status_code == 202, queued.text
    with held(shop, "SELECT 1 FROM version FOR UPDATE", for_s=1.0):
        run_imports(runtime)
    done = shop.admin.get(f"/v1/imports/{queued.json()['id']}").json()
    assert done["state"] == "done", done
