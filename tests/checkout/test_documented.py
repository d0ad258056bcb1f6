"""Answers have the documented shape, and the documented examples are answered."""

from __future__ import annotations

from typing import Any

from api.app import create_app
from api.wire import checkout as wire
from api.wire import orders as order_wire
from api.wire.base import Wire
from api.wire.order_changes import ChangePreview
from api.wire.routing import PlansAnswer
from tests.checkout.conftest import Shop, basket
from tests.support import HOME, stock_up


def shaped(model: type[Wire], answer: Any) -> Any:
    """The answer, once it has passed the documented model, which knows no further members."""
    assert answer.status_code < 300, answer.text
    model.model_validate_json(answer.content)
    return answer.json()


def test_answers_have_the_documented_shape(shop: Shop) -> None:
    node_detail = {"skus": ["A1", "K1"], "detail": "node", "near": {"lat": 40.75, "lon": -74}}
    shaped(wire.AvailabilityAnswer, shop.admin.post("/v1/availability", json=node_detail))
    ask = {"lines": basket(("A1", 1), ("K1", 1), ("NONE", 1)), "destination": HOME, "allow_partial": True}
    shaped(wire.PromisesAnswer, shop.admin.post("/v1/promises", json=ask))
    ask = {"lines": basket(("A1", 1)), "destination": HOME, "reserve": {"option": "fastest"}}
    held = shaped(wire.PromisesAnswer, shop.post("/v1/promises", ask))["reservation"]["reservation_id"]
    shaped(wire.ReservationAnswer, shop.web.get(f"/v1/reservations/{held}"))
    shaped(wire.ReservationAnswer, shop.post(f"/v1/reservations/{held}/extend", {}))
    who = {"email": "kim@example.com"}
    tender = [{"method": "card", "amount_minor": 500, "reference": "ch_1", "terminal": "T1"}]
    placed = shop.place("o-1", ("A1", 1), reservation_id=held, customer=who, payments=tender)
    shaped(order_wire.PlacedOrder, placed)
    shaped(order_wire.PlacedOrder, shop.place("o-2", ("K1", 2), method="pickup", pickup_node="ST-1"))
    shaped(order_wire.OrderView, shop.admin.get("/v1/orders/o-1"))
    shaped(order_wire.OrderView, shop.web.get("/v1/orders/o-2"))
    shaped(order_wire.OrderPage, shop.admin.get("/v1/orders"))
    shaped(ChangePreview, shop.post("/v1/orders/o-2/method", {"method": "ship"}))
    shaped(order_wire.PlacedOrder, shop.post("/v1/orders/o-1/cancel", {}))
    shaped(order_wire.DecisionsAnswer, shop.admin.get("/v1/orders/o-1/decisions"))
    plans = {"basket": {"lines": basket(("A1", 1)), "destination": HOME}}
    shaped(PlansAnswer, shop.admin.post("/v1/routing/plans", json=plans))


def test_documented_examples_are_answered(shop: Shop) -> None:
    stock_up(shop.runtime, ("WH", "A1", 50))
    document = create_app(shop.runtime).openapi()
    schemas = document["components"]["schemas"]
    shop.place("shown", ("A1", 3), method="ship")
    run = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if {"checkout", "orders", "routing"} & set(operation["tags"]) and "requestBody" in operation:
                content = operation["requestBody"]["content"]["application/json"]["schema"]
                for example in schemas[content["$ref"].rpartition("/")[2]].get("examples", ()):
                    run += 1
                    where = path.replace("{id}", "shown" if method == "post" else f"example-{run}")
                    headers = {"Idempotency-Key": f"example {run}".replace(" ", "-")}
                    answer = shop.admin.request(method, where, json=example, headers=headers)
                    assert answer.status_code in (200, 201), (where, example, answer.text)
    assert run >= 6
