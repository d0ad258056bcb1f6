"""Orders that leave their group, and orders that were never for one."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from inventory.movements import Change
from inventory.stock import sell
from tests.checkout.conftest import Shop
from tests.support import STOCK


def test_who_left_its_group_and_then_lost_a_race_is_planned_again(shop: Shop) -> None:
    """Somebody holds the shelf for longer than a group waits, and takes all that is on it."""
    shop.place("before", ("A1", 1), method="ship")
    where = "SELECT node FROM fulfilment_order WHERE order_id = :id"
    node = shop.scalar(where, id="before")
    left = next(units for at, sku, units in STOCK if (at, sku) == (node, "A1")) - 1
    with ThreadPoolExecutor(1) as beside:
        with shop.runtime.engine.begin() as conn:
            sell(conn, shop.watch.now(), [Change(node, "A1", left)])
            waits = beside.submit(shop.place, "o", ("A1", 1), method="ship")
            time.sleep(2)
        answer = waits.result()
    assert answer.status_code == 201, answer.text
    assert shop.scalar(where, id="o") not in (None, node)


def test_a_large_basket_is_decided_where_nobody_waits_behind_it(shop: Shop) -> None:
    large = (("A1", 12), ("B2", 20), ("C3", 5), ("D4", 2))
    assert shop.promises(*large, methods=["ship"])["options"]
    assert shop.place("large", *large, method="ship").status_code == 201
    assert shop.runtime.writer.written == 0, "not within the writer's group"
    assert shop.place("small", ("A1", 1), method="ship").status_code == 201
    assert shop.runtime.writer.written > 0
