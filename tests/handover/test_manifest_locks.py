"""A manifest works for many orders at once: in the order of locks, so that nobody has to give way to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, text

from tests.checkout.conftest import Shop
from tests.handover.test_pickups import HERE, KIM, at
from tests.handover.work import done, packed

GROUP = text(
    'SELECT FROM reservation_group g JOIN "order" o ON o.group_id = g.id WHERE o.id = :id '
    "FOR NO KEY UPDATE OF g"
)
SHELF = text(
    "SELECT FROM position p JOIN sku ON sku.no = p.sku_no WHERE sku.id = :sku "
    "ORDER BY p.node_no FOR NO KEY UPDATE OF p"
)
WAITS = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def test_what_goes_to_stores_and_what_goes_to_customers_leave_without_a_dead_lock(shop: Shop) -> None:
    """Somebody picks for an order of the manifest: he has its group, and then wants the shelf."""
    gone = {"node": "ST-2", "sku": "C3", "cause": "scrap", "quantity": 99}
    done(shop, "/v1/stock/movements", {"movements": [gone]})
    shop.runtime.feed.look()
    (store,) = packed(shop, "o-1", ("C3", 2), customer=KIM, **HERE)
    (home,) = packed(shop, "o-2", ("C3", 1), method="ship")
    node = at(shop, store)
    assert at(shop, home) == node
    engine = shop.runtime.engine
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as picker:
            picker.execute(GROUP, {"id": "o-2"})
            leaving = pool.submit(done, shop, f"/v1/nodes/{node}/manifests")
            _until_somebody_waits(engine)
            picker.execute(text("SET LOCAL lock_timeout = '1s'"))
            picker.execute(SHELF, {"sku": "C3"})
        left = leaving.result(30)["fulfilment_orders"]
    assert {one["id"] for one in left} == {store, home}


def _until_somebody_waits(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        while not conn.scalar(WAITS):
            pass
