"""Stock on its way, from the announcement to the shelf: shown, promised, held, received, or never come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.checkout.conftest import Shop
from tests.checkout.test_orders import adds_up
from tests.support import T0

ETA = T0 + timedelta(days=3)


def announce(shop: Shop, quantity: int, sku: str = "NONE") -> None:
    """PO-1 brings so many to the warehouse in three days."""
    lines = [{"sku": sku, "quantity": quantity}]
    body = {"id": "PO-1", "node": "WH", "eta": ETA.isoformat(), "lines": lines}
    assert shop.post("/v1/inbound", body, shop.admin).status_code == 201
    shop.runtime.feed.look()


def arrived(shop: Shop, quantity: int, close: bool = True) -> None:
    """Units of PO-1 are there."""
    body = {"lines": [{"sku": "NONE", "quantity": quantity}], "close": close}
    assert shop.post("/v1/inbound/PO-1/receive", body, shop.admin).status_code == 200
    shop.runtime.feed.look()


def ordered(shop: Shop, order_id: str, quantity: int) -> Any:
    """The order, placed from the one option there is."""
    (option, *_), quote = (answer := shop.promises(("NONE", quantity), methods=["ship"]))["options"], answer
    more = {"quote_id": quote["quote_id"], "option_id": option["option_id"]}
    placed = shop.place(order_id, ("NONE", quantity), **more)
    assert placed.status_code == 201, placed.text
    assert placed.json()["promise"]["window"] == option["window"]
    adds_up(placed.json())
    return placed.json()


def held(shop: Shop) -> tuple[int, int, int]:
    """(units promised of the document, units reserved on shelves, units waiting for a home)."""
    return (
        shop.scalar("SELECT coalesce(sum(promised), 0) FROM inbound_line"),
        shop.scalar("SELECT sum(reserved) FROM position"),
        shop.scalar("SELECT coalesce(sum(quantity), 0) FROM resourcing WHERE resolved_at IS NULL"),
    )


def test_what_is_announced_is_promised_held_and_received(shop: Shop) -> None:
    announce(shop, 10)
    (seen,) = shop.web.post("/v1/availability", json={"skus": ["NONE"]}).json()["items"]
    assert (seen["available"], seen["future"]) == (0, [{"date": "2026-01-16", "quantity": 10}])
    order = ordered(shop, "o-1", 6)
    assert order["promise"]["window"]["from"] > ETA.isoformat()[:10]
    assert order["parcels"][0]["ship_at"] >= ETA.isoformat()[:10]
    assert held(shop) == (6, 0, 0)
    shop.runtime.feed.look()
    (seen,) = shop.web.post("/v1/availability", json={"skus": ["NONE"]}).json()["items"]
    assert seen["future"] == [{"date": "2026-01-16", "quantity": 4}]
    too_many = shop.place("o-2", ("NONE", 5), method="ship")
    assert (too_many.status_code, too_many.json()["code"]) == (409, "insufficient_stock")
    shop.watch.forward(days=3)
    arrived(shop, 7, close=False)
    assert held(shop) == (0, 6, 0)
    assert shop.place("o-2", ("NONE", 1), method="ship").status_code == 201
    assert shop.post("/v1/orders/o-1/cancel", {}).json()["status"] == "cancelled"
    assert held(shop) == (0, 1, 0)


def test_a_reservation_of_what_is_to_come_becomes_an_order(shop: Shop) -> None:
    announce(shop, 5)
    answer = shop.promises(("NONE", 5), methods=["ship"])
    body = {"quote_id": answer["quote_id"], "option_id": answer["options"][0]["option_id"]}
    reservation = shop.post("/v1/reservations", body).json()["reservation_id"]
    shop.runtime.feed.look()
    assert shop.promises(("NONE", 1), methods=["ship"])["options"] == []
    own = shop.promises(("NONE", 5), methods=["ship"], reservation_id=reservation)
    assert own["options"], "what one holds oneself of a delivery is not hidden from oneself"
    assert shop.place("o-1", ("NONE", 5), reservation_id=reservation).status_code == 201
    assert held(shop) == (5, 0, 0)
    preview = shop.post("/v1/orders/o-1/lines", {"lines": [{"id": "1", "quantity": 4}]}).json()
    choice = {"quote_id": preview["quote_id"], "option_id": preview["options"][0]["option_id"]}
    wish = {"lines": [{"id": "1", "quantity": 4}], "confirm": choice}
    changed = shop.post("/v1/orders/o-1/lines", wish)
    assert changed.status_code == 200, changed.text
    assert held(shop) == (4, 0, 0)
    shop.post("/v1/orders/o-1/cancel", {})
    assert held(shop) == (0, 0, 0)


def test_a_short_delivery_leaves_the_latest_promise_without_units(shop: Shop) -> None:
    announce(shop, 10)
    ordered(shop, "o-1", 6)
    shop.runtime.feed.look()
    ordered(shop, "o-2", 4)
    shop.watch.forward(days=3)
    arrived(shop, 7)
    assert held(shop) == (0, 7, 3)
    lost = {name: shop.admin.get(f"/v1/orders/{name}").json()["lines"][0] for name in ("o-1", "o-2")}
    assert sum(line["unrouted"] for line in lost.values()) == 3
    assert sum(line["routed"] for line in lost.values()) == 7
    for name in lost:
        assert shop.post(f"/v1/orders/{name}/cancel", {}).json()["status"] == "cancelled"
    assert held(shop) == (0, 0, 0)
