"""Whatever brings stock wakes re-sourcing, in the same commit, and a worker of any process runs it."""

from __future__ import annotations

from sqlalchemy import text

from oms.jobs import Background
from tests.checkout.conftest import Shop
from tests.nodes.conftest import did, jobs, offered
from tests.platform.waiting import eventually

QUEUED = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'resource_orders' AND status = 'todo'"


def receive(shop: Shop, sku: str) -> None:
    movement = {"node": "WH", "sku": sku, "cause": "receive", "quantity": 5}
    answer = shop.post("/v1/stock/movements", {"movements": [movement]}, shop.admin)
    assert answer.status_code == 201, answer.text


def test_nothing_is_woken_while_nothing_waits(shop: Shop) -> None:
    receive(shop, "D4")
    assert shop.scalar(QUEUED) == 0


def test_stock_wakes_what_waits_once(shop: Shop) -> None:
    did(shop, offered(shop, "o-1", ("D4", 2)), "reject", reason="node_closed")
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("DELETE FROM procrastinate_jobs"))
    receive(shop, "D4")
    receive(shop, "D4")
    assert shop.scalar(QUEUED) == 1


def test_a_worker_does_it(shop: Shop) -> None:
    did(shop, offered(shop, "o-1", ("D4", 2)), "reject", reason="node_closed")
    background = Background(shop.runtime)
    background.start()
    try:
        receive(shop, "D4")
        assert eventually(lambda: [node for node, _ in jobs(shop, "o-1").values()] == ["FAR", "WH"], 30)
        assert eventually(lambda: shop.scalar(QUEUED) == 0, 30)
    finally:
        background.close()
