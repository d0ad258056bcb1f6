"""Promises of which nothing can leave now: offered without a date, and kept as shown."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.wire import checkout as wire_checkout
from api.wire import orders as wire
from api.wire.order_changes import ChangePreview
from oms.steps.expiring import expire_reservations
from tests.checkout.conftest import Shop, basket
from tests.checkout.test_backorders import CALAIS, backordered, sell_ahead
from tests.checkout.test_documented import shaped
from tests.checkout.test_orders import adds_up
from tests.support import HOME, stock_up


def waiting_quote(shop: Shop, units: int, **more: Any) -> dict[str, Any]:
    """What places an order for the one option there is, which only waits."""
    found = shop.promises(("AHEAD", units), **{"methods": ["ship"], **more})
    (option,) = found["options"]
    assert (option["window"], option["order_before"], option["parcels"]) == (None, None, [])
    return {"quote_id": found["quote_id"], "option_id": option["option_id"]}


def test_promises_offer_to_wait_without_a_date(shop: Shop) -> None:
    sell_ahead(shop, 5)
    body = {"lines": basket(("AHEAD", 3)), "destination": HOME, "methods": ["ship", "pickup", "courier"]}
    found = shaped(wire_checkout.PromisesAnswer, shop.admin.post("/v1/promises", json=body))
    assert sorted(option["method"] for option in found["options"]) == ["courier", "pickup", "ship"]
    for option in found["options"]:
        assert (option["window"], option["order_before"], option["slot"]) == (None, None, None)
        assert (option["parcels"], option["tags"], option["cost_to_serve"]) == ([], [], None)
        assert option["unfilled"] == option["backordered"] == [{"id": "1", "sku": "AHEAD", "quantity": 3}]
    prices = {option["method"]: option["customer_price"]["amount_minor"] for option in found["options"]}
    assert prices == {"ship": 499, "pickup": 0, "courier": 999}
    assert {one["code"] for one in found["unavailable"]} == {"insufficient_stock"}, "none of it can leave now"
    assert backordered(shop) == 0
    for option in found["options"]:
        choice = {"quote_id": found["quote_id"], "option_id": option["option_id"]}
        order = shop.place(f"o-{option['method']}", ("AHEAD", 1), **choice)
        assert order.json()["code"] == "quote_mismatch"
    choice = {"quote_id": found["quote_id"], "option_id": "pickup-2"}
    answer = shop.place("o-1", ("AHEAD", 3), **choice)
    order = shaped(wire.PlacedOrder, answer)
    store = found["options"][1]["pickup_node"]
    assert order["promise"] == {"method": "pickup", "window": None, "pickup_node": store, "slot": None}
    assert (order["status"], order["money"]["shipping_minor"]) == ("pending", 0)
    adds_up(order)
    assert shop.place("o-1", ("AHEAD", 3), **choice).content == answer.content
    assert backordered(shop) == 3


def test_only_what_caps_allow_and_nothing_else_can_give_is_offered_to_wait(shop: Shop) -> None:
    sell_ahead(shop, 5)
    assert shop.promises(("AHEAD", 6))["options"] == []
    assert shop.promises(("AHEAD", 3), ("NONE", 1))["options"] == [], "NONE is not sold ahead"
    assert shop.promises(("AHEAD", 1), ("A1", 1))["options"] == [], "A1 could leave now"
    lost = shop.promises(("AHEAD", 1), destination=CALAIS, methods=["ship"])
    assert (lost["options"], len(lost["unavailable"])) == ([], 1)
    (some,) = shop.promises(("AHEAD", 6), methods=["ship"], allow_partial=True)["options"]
    assert (some["unfilled"][0]["quantity"], some["backordered"][0]["quantity"]) == (6, 5)
    stock_up(shop.runtime, ("WH", "AHEAD", 1))
    (dated,) = shop.promises(("AHEAD", 1), methods=["ship"])["options"]
    assert dated["window"] is not None and dated["backordered"] == []
    (elsewhere,) = shop.promises(("AHEAD", 1), methods=["courier"])["options"]
    assert elsewhere["window"] is None, "no courier goes from where it is"


def test_a_partial_order_loses_no_more_than_was_shown(shop: Shop) -> None:
    sell_ahead(shop, 5)
    found = shop.promises(("AHEAD", 6), methods=["ship"], allow_partial=True)
    choice = {"quote_id": found["quote_id"], "option_id": found["options"][0]["option_id"]}
    whole = shop.place("o-1", ("AHEAD", 6), **choice)
    assert whole.json()["errors"][0]["pointer"] == "/allow_partial"
    shop.place("o-2", ("AHEAD", 1), method="ship")
    less = shop.place("o-1", ("AHEAD", 6), **choice, allow_partial=True)
    assert (less.status_code, less.json()["code"]) == (409, "insufficient_stock")
    fresh = next(one for one in less.json()["fresh"]["options"] if one["method"] == "ship")
    assert (fresh["window"], fresh["backordered"][0]["quantity"]) == (None, 4)
    again = {"quote_id": less.json()["fresh"]["quote_id"], "option_id": fresh["option_id"]}
    order = shop.place("o-1", ("AHEAD", 6), **again, allow_partial=True).json()
    assert (order["lines"][0]["backordered"], order["lines"][0]["cancelled"]) == (4, 2)
    assert backordered(shop) == 5


def test_what_was_to_wait_leaves_when_stock_has_come(shop: Shop) -> None:
    sell_ahead(shop, 5)
    first, second = waiting_quote(shop, 3), waiting_quote(shop, 2)
    stock_up(shop.runtime, ("WH", "AHEAD", 2))
    waits = shop.place("o-1", ("AHEAD", 3), **first).json()
    assert waits["promise"]["window"] is None and waits["lines"][0]["backordered"] == 3
    goes = shop.place("o-2", ("AHEAD", 2), **second).json()
    assert goes["promise"]["window"] is not None and goes["lines"][0]["routed"] == 2
    assert goes["money"]["shipping_minor"] == 499
    assert backordered(shop) == 3


def test_a_cap_that_is_gone_is_named_with_what_is_left(shop: Shop) -> None:
    sell_ahead(shop, 5)
    choice = waiting_quote(shop, 3)
    shop.place("o-1", ("AHEAD", 4), method="ship")
    refused = shop.place("o-2", ("AHEAD", 3), **choice)
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert [error["code"] for error in refused.json()["errors"]] == ["insufficient_stock", "backorder_cap"]
    assert refused.json()["fresh"]["options"] == []
    shop.watch.forward(minutes=31)
    late = shop.place("o-3", ("AHEAD", 1), **waiting_quote(shop, 1))
    assert late.status_code == 201
    gone = shop.place("o-4", ("AHEAD", 3), **choice)
    assert gone.json()["code"] == "quote_expired"


def test_waiting_can_be_reserved_and_a_race_for_the_cap_promises_it_once(shop: Shop) -> None:
    sell_ahead(shop, 5)
    choice = waiting_quote(shop, 1)

    def want(number: int) -> Any:
        if number % 2:
            return shop.place(f"o-{number}", ("AHEAD", 1), **choice)
        return shop.post("/v1/reservations", choice, key=f"race-{number}")

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(want, range(12)))
    outcomes = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert outcomes == {(201, None): 5, (409, "insufficient_stock"): 7}
    assert backordered(shop) == 5
    again = list(map(want, range(12)))
    assert [one.status_code for one in again] == [
        200 if a.status_code == 201 and n % 2 else a.status_code for n, a in enumerate(answers)
    ]
    shop.watch.forward(minutes=16)
    expire_reservations(shop.runtime)
    firm = sum(answer.status_code == 201 for answer in answers[1::2])
    assert backordered(shop) == firm


def test_an_order_from_a_reservation_that_waits(shop: Shop) -> None:
    sell_ahead(shop, 5)
    ask = {"lines": basket(("AHEAD", 2)), "destination": HOME, "reserve": {"option": "cheapest"}}
    held = shaped(wire_checkout.PromisesAnswer, shop.post("/v1/promises", ask))["reservation"]
    assert backordered(shop) == 2
    order = shop.place("o-1", ("AHEAD", 2), reservation_id=held["reservation_id"]).json()
    assert (order["method"], order["promise"]["window"]) == ("pickup", None)
    assert order["lines"][0]["backordered"] == backordered(shop) == 2


def test_an_order_that_waits_can_move_house(shop: Shop) -> None:
    sell_ahead(shop, 2)
    shop.place("o-1", ("AHEAD", 2), method="ship")
    wish: dict[str, Any] = {"method": "courier"}
    preview = shaped(ChangePreview, shop.post("/v1/orders/o-1/method", wish))
    (option,) = preview["options"]
    assert (option["window"], option["difference"]["window_to_s"]) == (None, None)
    assert option["difference"]["shipping_minor"] == 500
    wish["confirm"] = {"quote_id": preview["quote_id"], "option_id": option["option_id"]}
    changed = shop.post("/v1/orders/o-1/method", wish).json()
    assert (changed["method"], changed["promise"]["window"]) == ("courier", None)
    assert changed["lines"][0]["backordered"] == backordered(shop) == 2
