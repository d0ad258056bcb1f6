"""One order or import that breaks whatever touches it: told in the log, and in nobody else's way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from oms.actors import SYSTEM
from oms.store import import_jobs
from oms.usecases.import_jobs import run_imports
from oms.usecases.offers import expire_offers
from oms.usecases.releasing import release_due
from oms.usecases.resourcing import resource_orders
from oms.work import transact
from tests.checkout.conftest import Shop
from tests.support import stock_up


def poison(shop: Shop, order_id: str) -> Any:
    """A hand in the database left the order with a promise nobody can read; what stood there."""
    with shop.runtime.engine.begin() as conn:
        before = conn.scalar(text('SELECT promise FROM "order" WHERE id = :id'), {"id": order_id})
        conn.execute(text("UPDATE \"order\" SET promise = '{}' WHERE id = :id"), {"id": order_id})
    return before


def cure(shop: Shop, order_id: str) -> None:
    """The promise of another order, which is as good."""
    heal = 'UPDATE "order" SET promise = (SELECT promise FROM "order" WHERE id = :other) WHERE id = :id'
    with shop.runtime.engine.begin() as conn:
        conn.execute(text(heal), {"id": order_id, "other": "healthy"})


def states(shop: Shop) -> dict[str, str]:
    with shop.runtime.engine.connect() as conn:
        found = conn.execute(text("SELECT order_id, state FROM fulfilment_order ORDER BY no"))
        return {row.order_id: row.state for row in found}


def test_an_order_that_breaks_holds_up_no_release_and_no_offer(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    for id in ("a-broken", "healthy"):
        assert shop.place(id, ("A1", 1), method="ship").status_code == 201
    poison(shop, "a-broken")
    shop.watch.forward(days=1)
    release_due(shop.runtime)
    assert states(shop) == {"a-broken": "scheduled", "healthy": "offered"}
    assert "a-broken breaks a job and is passed over" in caplog.text
    cure(shop, "a-broken")
    release_due(shop.runtime)
    assert set(states(shop).values()) == {"offered"}
    poison(shop, "a-broken")
    shop.watch.forward(hours=1)
    assert expire_offers(shop.runtime) == 1
    cure(shop, "a-broken")
    assert expire_offers(shop.runtime) == 1


def test_an_order_that_breaks_holds_up_nobody_who_waits_for_stock(shop: Shop) -> None:
    for id in ("a-broken", "healthy"):
        assert shop.place(id, ("C3", 2), method="ship").status_code == 201
    zero = {"counts": [{"node": node, "sku": "C3", "quantity": 0} for node in ("FAR", "ST-2")]}
    assert shop.admin.put("/v1/stock/counts", json=zero).status_code == 200
    waiting = "SELECT count(*) FROM order_line WHERE unrouted > 0"
    assert shop.scalar(waiting) == 2
    poison(shop, "a-broken")
    stock_up(shop.runtime, ("FAR", "C3", 9))
    assert resource_orders(shop.runtime) == 1
    cure(shop, "a-broken")
    assert resource_orders(shop.runtime) == 1 and shop.scalar(waiting) == 0


def queued(shop: Shop, name: str) -> str:
    files = {"skus.csv": f"id,weight_g,name\n{name},750,Loaf\n"}
    answer = shop.post("/v1/imports", {"files": files}, shop.admin)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


def test_an_import_that_breaks_is_given_up_and_the_next_one_runs(shop: Shop) -> None:
    broken, sound = queued(shop, "X1"), queued(shop, "X2")
    with shop.runtime.engine.begin() as conn:
        garbage = text("UPDATE import_job SET files = 'no such thing' WHERE id = :id")
        conn.execute(garbage, {"id": broken.rpartition("/")[2]})
    assert run_imports(shop.runtime) == 2
    said = shop.admin.get(broken).json()
    assert said["state"] == "failed" and "It broke off" in said["faults"][0]["detail"]
    assert shop.admin.get(sound).json()["state"] == "done"


def test_an_import_that_no_process_survives_is_given_up(shop: Shop) -> None:
    """It is begun and its process ends, again and again."""
    deadly = queued(shop, "X1")
    for attempt in range(1, import_jobs.ATTEMPTS_MOST + 1):
        mine = transact(shop.runtime, SYSTEM, lambda work: import_jobs.claim(work.conn, work.at))
        assert mine is not None and mine.attempt == attempt
        assert run_imports(shop.runtime) == 0, "somebody is at it"
        shop.watch.forward(minutes=3)
    sound = queued(shop, "X2")
    assert run_imports(shop.runtime) == 1
    said = shop.admin.get(deadly).json()
    assert said["state"] == "failed" and "never came to an end" in said["faults"][0]["detail"]
    assert shop.admin.get(sound).json()["state"] == "done"
