"""Orders of which nothing can leave now: sold under the SKU's cap, without a date, or refused by name."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.wire import orders as wire
from tests.checkout.conftest import Shop
from tests.checkout.test_documented import shaped
from tests.checkout.test_orders import adds_up
from tests.support import stock_up

CALAIS = {"country": "FR", "postcode": "62100", "lat": 50.95, "lon": 1.85}


def sell_ahead(shop: Shop, cap: int, **more: Any) -> None:
    """SKU AHEAD, of which there is none, may be sold up to ``cap``."""
    body = {"name": "Ahead", "weight_g": 100, "unit_price_minor": 1000, "backorder_cap": cap, **more}
    headers = {"If-Match": etag} if (etag := shop.admin.get("/v1/skus/AHEAD").headers.get("etag")) else {}
    answer = shop.admin.put("/v1/skus/AHEAD", json=body, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    shop.runtime.refresher.look()
    shop.runtime.feed.look()


def backordered(shop: Shop) -> int:
    """Units sold ahead."""
    found: int = shop.scalar("SELECT backordered FROM sku WHERE id = 'AHEAD'")
    held = "SELECT coalesce(sum(quantity), 0) FROM reservation WHERE state = 'held' AND kind = 'backorder'"
    assert shop.scalar(held) == found
    return found


def test_an_order_that_can_only_wait_is_accepted_without_a_date(shop: Shop) -> None:
    sell_ahead(shop, 5)
    answer = shop.place("o-1", ("AHEAD", 3), method="ship")
    assert answer.status_code == 201, answer.text
    order = shaped(wire.PlacedOrder, answer)
    assert (order["status"], order["parcels"]) == ("pending", [])
    assert order["promise"] == {"method": "ship", "window": None, "pickup_node": None, "slot": None}
    assert order["money"]["shipping_minor"] == 499
    assert order["lines"][0]["backordered"] == 3
    adds_up(order)
    assert backordered(shop) == 3
    read = shaped(wire.OrderView, shop.admin.get("/v1/orders/o-1"))
    assert read["promise"]["window"] is None and read["fulfilment_orders"] == []
    (decision,) = shop.admin.get("/v1/orders/o-1/decisions").json()["decisions"]
    assert decision["recomputed"] and decision["plan"]["parcels"] == []
    assert shop.place("o-1", ("AHEAD", 3), method="ship").content == answer.content
    part = shop.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1", "quantity": 1}]})
    assert part.json()["lines"][0]["backordered"] == 2
    assert backordered(shop) == 2
    assert shop.post("/v1/orders/o-1/cancel", {}).json()["status"] == "cancelled"
    assert backordered(shop) == 0


def test_all_or_nothing_beyond_the_cap_is_refused_by_name(shop: Shop) -> None:
    sell_ahead(shop, 5)
    refused = shop.place("o-1", ("AHEAD", 6), method="ship")
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert [error["code"] for error in refused.json()["errors"]] == ["insufficient_stock", "backorder_cap"]
    assert "5 more" in refused.json()["errors"][1]["detail"]
    two_lines = shop.place("o-1", ("AHEAD", 3), ("AHEAD", 3), method="ship")
    assert two_lines.json()["code"] == "insufficient_stock"
    assert backordered(shop) == 0
    order = shop.place("o-1", ("AHEAD", 6), method="ship", allow_partial=True).json()
    assert (order["lines"][0]["backordered"], order["lines"][0]["cancelled"]) == (5, 1)
    assert order["status"] == "pending"
    full = shop.place("o-2", ("AHEAD", 1), method="ship", allow_partial=True)
    assert full.json()["code"] == "insufficient_stock"
    assert backordered(shop) == 5


def test_what_waits_is_no_way_around_stock_or_map(shop: Shop) -> None:
    sell_ahead(shop, 5)
    mixed = shop.place("o-1", ("AHEAD", 1), ("A1", 1), method="ship")
    assert mixed.json()["code"] == "insufficient_stock", "all or nothing, and A1 could leave now"
    lost = shop.place("o-1", ("AHEAD", 1), method="ship", destination=CALAIS)
    assert (lost.status_code, backordered(shop)) == (409, 0)
    order = shop.place("o-1", ("AHEAD", 1), ("A1", 1), method="ship", allow_partial=True).json()
    assert order["promise"]["window"] is not None
    assert [(line["routed"], line["backordered"]) for line in order["lines"]] == [(0, 1), (1, 0)]
    stock_up(shop.runtime, ("WH", "AHEAD", 1))
    assert shop.place("o-2", ("AHEAD", 1), method="ship").json()["lines"][0]["routed"] == 1


def test_a_pre_order_is_taken_from_its_day_on(shop: Shop) -> None:
    sell_ahead(shop, 5, preorder_from="2026-01-20")
    early = shop.place("o-1", ("AHEAD", 2), method="ship", allow_partial=True)
    assert (early.status_code, early.json()["code"]) == (409, "insufficient_stock")
    assert early.json()["errors"][1]["code"] == "preorder_not_open"
    assert "2026-01-20" in early.json()["errors"][1]["detail"]
    shop.watch.forward(days=7)
    assert shop.place("o-1", ("AHEAD", 2), method="pickup", pickup_node="ST-1").status_code == 201
    assert backordered(shop) == 2
    ask = {"skus": ["AHEAD"]}
    shop.runtime.feed.look()
    assert shop.web.post("/v1/availability", json=ask).json()["items"][0]["backorder"] == 3


def test_a_race_for_the_cap_sells_it_once(shop: Shop) -> None:
    sell_ahead(shop, 5)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: shop.place(f"o-{n}", ("AHEAD", 1), method="ship"), range(12)))
    outcomes = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert outcomes == {(201, None): 5, (409, "insufficient_stock"): 7}
    assert backordered(shop) == 5


def test_a_waiting_order_can_be_previewed_and_shown(shop: Shop) -> None:
    sell_ahead(shop, 5)
    shop.place("o-1", ("AHEAD", 1), method="ship")
    stock_up(shop.runtime, ("WH", "AHEAD", 1))
    preview = shop.post("/v1/orders/o-1/method", {"method": "pickup", "pickup_node": "ST-1"})
    assert preview.status_code == 200, preview.text
    option = preview.json()["options"][0]
    assert option["difference"]["window_to_s"] is None
    choice = {"quote_id": preview.json()["quote_id"], "option_id": option["option_id"]}
    wish = {"method": "pickup", "pickup_node": "ST-1", "confirm": choice}
    changed = shop.post("/v1/orders/o-1/method", wish).json()
    assert (changed["lines"][0]["routed"], backordered(shop)) == (1, 0)
    assert changed["promise"]["window"] == option["window"]


def test_its_page_says_that_no_date_is_promised(shop: Shop) -> None:
    sell_ahead(shop, 5)
    shop.place("o-1", ("AHEAD", 1), method="ship")
    key = shop.admin.headers["authorization"].removeprefix("Bearer ")
    shop.admin.post("/app/sign-in", data={"key": key})
    page = shop.admin.get("/app/orders/o-1")
    assert page.status_code == 200 and "no date is promised yet" in page.text
