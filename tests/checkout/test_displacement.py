"""Physical facts take units from orders: the order shows it, can be cancelled, and is routed again."""

from __future__ import annotations

from typing import Any

import pytest

from oms.usecases.resourcing import resource_orders
from tests.checkout.conftest import Shop
from tests.checkout.test_backorders import backordered, sell_ahead
from tests.checkout.test_orders import adds_up
from tests.support import T0, stock_up

WAITING = "SELECT coalesce(sum(quantity), 0) FROM resourcing WHERE resolved_at IS NULL"
FACTS = [
    ("post", "/v1/stock/movements", {"movements": [{"cause": "sale", "quantity": 4}]}),
    ("put", "/v1/stock/counts", {"counts": [{"quantity": 1}]}),
]


def taken(shop: Shop, node: str, sku: str, left: int) -> None:
    """The shelf is found to hold only so many."""
    body = {"counts": [{"node": node, "sku": sku, "quantity": left}]}
    answer = shop.admin.put("/v1/stock/counts", json=body)
    assert answer.status_code == 200, answer.text
    shop.runtime.feed.look()


def seen(shop: Shop, order_id: str) -> Any:
    """The order; routed units are those on fulfilment orders, and those held."""
    order = shop.admin.get(f"/v1/orders/{order_id}").json()
    adds_up(order)
    units = [line for job in order["fulfilment_orders"] for line in job["lines"]]
    wanted = sum(line["quantity"] - line["cancelled"] - line["short"] for line in units)
    held = "SELECT coalesce(sum(quantity), 0) FROM reservation WHERE state = 'held' AND kind <> 'backorder'"
    assert wanted == shop.scalar(
        f'{held} AND group_id = (SELECT group_id FROM "order" WHERE id = :id)', id=order_id
    )
    return order


@pytest.mark.parametrize(("verb", "path", "body"), FACTS)
def test_a_fact_takes_units_and_the_order_says_so(shop: Shop, verb: str, path: str, body: Any) -> None:
    placed = shop.place("o-1", ("C3", 5), method="ship").json()
    assert [line["routed"] for line in placed["lines"]] == [5]
    member = next(iter(body))
    fact = {member: [{"node": "FAR", "sku": "C3", **line} for line in body[member]]}
    headers = {"Idempotency-Key": "fact"} if verb == "post" else {}
    answer = shop.admin.request(verb, path, json=fact, headers=headers)
    assert answer.status_code < 300 and answer.json()["displaced"] == 4, answer.text
    order = seen(shop, "o-1")
    (line,) = order["lines"]
    assert (line["routed"], line["unrouted"], order["status"]) == (1, 4, "open")
    assert [event["type"] for event in order["timeline"]].count("order.displaced") == 1
    one = shop.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1", "quantity": 1}]}).json()
    assert (one["lines"][0]["unrouted"], one["lines"][0]["cancelled"], shop.scalar(WAITING)) == (3, 1, 3)
    assert shop.post("/v1/orders/o-1/cancel", {}).json()["status"] == "cancelled"
    assert (shop.scalar(WAITING), shop.scalar("SELECT sum(reserved) FROM position")) == (0, 0)


def test_displaced_units_are_routed_again_when_there_are_more(shop: Shop) -> None:
    placed = shop.place("o-1", ("C3", 7), method="ship").json()
    taken(shop, "FAR", "C3", 1)
    assert seen(shop, "o-1")["lines"][0]["unrouted"] == 4
    assert resource_orders(shop.runtime) == 0, "there are none"
    stock_up(shop.runtime, ("WH", "C3", 3))
    assert resource_orders(shop.runtime) == 0, "all of it or nothing"
    stock_up(shop.runtime, ("WH", "C3", 9))
    assert resource_orders(shop.runtime) == 1
    order = seen(shop, "o-1")
    assert (order["lines"][0]["routed"], shop.scalar(WAITING)) == (7, 0)
    assert order["promise"] == placed["promise"]
    decisions = shop.admin.get("/v1/orders/o-1/decisions").json()["decisions"]
    assert [(one["trigger"], one["recomputed"]) for one in decisions] == [
        ("placed", True),
        ("re_sourced", True),
    ]
    assert resource_orders(shop.runtime) == 0
    assert shop.post("/v1/orders/o-1/cancel", {}).json()["status"] == "cancelled"
    assert shop.scalar("SELECT sum(reserved) FROM position") == 0


def test_a_component_of_a_kit_is_displaced_and_routed_again(shop: Shop) -> None:
    shop.place("o-1", ("K1", 2), method="ship")
    node = shop.admin.get("/v1/orders/o-1").json()["parcels"][0]["node"]
    taken(shop, node, "B2", 1)
    line = seen(shop, "o-1")["lines"][0]
    assert [part["unrouted"] for part in line["components"]] == [0, 3]
    assert (line["unrouted"], line["routed"]) == (2, 0)
    assert resource_orders(shop.runtime) == 1
    assert seen(shop, "o-1")["lines"][0]["routed"] == 2


def test_back_orders_are_routed_when_stock_comes_the_oldest_first(shop: Shop) -> None:
    sell_ahead(shop, 5)
    shop.place("o-1", ("AHEAD", 2), method="ship")
    shop.watch.forward(minutes=1)
    shop.place("o-2", ("AHEAD", 3), method="ship", allow_partial=True)
    stock_up(shop.runtime, ("WH", "AHEAD", 3))
    assert resource_orders(shop.runtime) == 2
    first, second = seen(shop, "o-1"), seen(shop, "o-2")
    assert (first["lines"][0]["routed"], first["status"]) == (2, "open")
    assert first["promise"]["window"]["to"] > T0.isoformat()
    assert (second["lines"][0]["routed"], second["lines"][0]["backordered"]) == (1, 2)
    assert backordered(shop) == 2


def test_an_order_that_was_busy_is_brought_in_line_later(shop: Shop) -> None:
    shop.place("o-1", ("C3", 5), method="ship")
    with shop.runtime.engine.begin() as busy:
        busy.exec_driver_sql("SELECT FROM \"order\" WHERE id = 'o-1' FOR UPDATE")
        taken(shop, "FAR", "C3", 1)
    assert shop.admin.get("/v1/orders/o-1").json()["lines"][0]["routed"] == 5
    assert resource_orders(shop.runtime) == 0
    assert seen(shop, "o-1")["lines"][0]["unrouted"] == 4
    assert shop.post("/v1/orders/o-1/cancel", {}).json()["status"] == "cancelled"
