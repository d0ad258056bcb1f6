"""What is copied out of the database is what happened, and nothing else is changed by looking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import update

from inventory.store.tables import node
from oms.lab.history import Days, History, counted, read_history
from tests.lab.conftest import Shop

FIRST = datetime(2026, 1, 13, tzinfo=UTC)
DAYS = Days(FIRST, FIRST + timedelta(days=1))


def read(shop: Shop, days: Days = DAYS) -> History:
    with shop.runtime.engine.connect() as conn:
        return read_history(conn, days)


def there(shop: Shop) -> dict[tuple[str, str], int]:
    stock = read(shop).folder.stock
    return dict(zip(zip(stock.node, stock.sku, strict=True), stock.on_hand.tolist(), strict=True))


def test_orders_to_an_address_are_played_as_they_were_placed(sold: Shop) -> None:
    found = read(sold)
    orders, lines = found.folder.orders, found.folder.lines
    assert list(orders.id) == ["o-1", "o-2", "o-3", "o-5"]
    assert found.left_out == 1
    told = set(zip(lines.order, lines.sku, lines.quantity.tolist(), strict=True))
    assert told == {
        ("o-1", "A1", 2), ("o-2", "A1", 1), ("o-2", "C3", 1),
        ("o-3", "A1", 1), ("o-3", "B2", 2), ("o-5", "B2", 3),
    }  # fmt: skip
    assert np.isfinite(orders.lat).all()


def test_the_stock_of_then_is_what_is_free_and_what_these_orders_took(sold: Shop) -> None:
    assert there(sold) == {
        ("WH", "A1"): 10, ("WH", "B2"): 20, ("ST-1", "A1"): 3,
        ("ST-1", "B2"): 3,  # one was fetched
        ("ST-2", "C3"): 2, ("FAR", "C3"): 5,
    }  # fmt: skip


def test_a_closed_node_and_a_blocked_shelf_send_nothing(sold: Shop) -> None:
    free = there(sold)
    block = {"lines": [{"node": "ST-1", "sku": "A1"}], "blocked": True}
    assert sold.admin.put("/v1/stock/blocks", json=block).status_code == 200
    with sold.runtime.engine.begin() as conn:
        conn.execute(update(node).where(node.c.id == "FAR").values(active=False))
    nodes = read(sold).folder.nodes
    methods = dict(zip(nodes.id, nodes.methods, strict=True))
    assert (methods["FAR"], methods["WH"]) == ((), ("ship",))
    assert free[("ST-1", "A1")] == 3
    assert there(sold)[("ST-1", "A1")] == 1  # what o-3 has there


def test_other_days_hold_other_orders(sold: Shop) -> None:
    tomorrow = Days(DAYS.until, DAYS.until + timedelta(days=1))
    assert len(read(sold, tomorrow).folder.orders.id) == 0
    with sold.runtime.engine.connect() as conn:
        assert counted(conn, DAYS) == (4, 5)
        assert counted(conn, tomorrow) == (0, 0)
