"""An order changed after it was placed: cancelled in part, sent elsewhere, another way, with other lines."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkout.conftest import Shop
from tests.checkout.test_orders import adds_up

BROOKLYN = {"country": "US", "postcode": "11217", "lat": 40.683, "lon": -73.977}


def confirmed(shop: Shop, path: str, wish: dict[str, Any], method: str | None = None) -> tuple[Any, Any]:
    """(the option previewed, the order after it was confirmed)."""
    before = shop.scalar('SELECT sum(version) FROM "order"')
    preview = shop.post(path, wish)
    assert preview.status_code == 200, preview.text
    assert shop.scalar('SELECT sum(version) FROM "order"') == before
    options = preview.json()["options"]
    option = next(o for o in options if method in (None, o["method"]) and "cheapest" in o["tags"])
    choice = {"quote_id": preview.json()["quote_id"], "option_id": option["option_id"]}
    done = shop.post(path, {**wish, "confirm": choice})
    assert done.status_code == 200, done.text
    adds_up(done.json())
    return option, done.json()


def test_units_are_cancelled_and_their_stock_is_free(shop: Shop) -> None:
    shop.place("o-1", ("A1", 3), ("B2", 2), method="ship")
    body = {"reason": "fraud", "lines": [{"id": "1", "quantity": 1}, {"id": "2"}]}
    order = shop.post("/v1/orders/o-1/cancel", body).json()
    assert [(line["routed"], line["cancelled"]) for line in order["lines"]] == [(2, 1), (0, 2)]
    assert order["money"]["lines_minor"] == 2000
    assert shop.scalar("SELECT sum(reserved) FROM position") == 2
    adds_up(order)
    too_many = shop.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1", "quantity": 3}]})
    assert (too_many.status_code, too_many.json()["code"]) == (409, "illegal_transition")
    unknown = shop.post("/v1/orders/o-1/cancel", {"lines": [{"id": "9"}]})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_line")
    whole = shop.post("/v1/orders/o-1/cancel", {}).json()
    assert (whole["status"], whole["money"]["total_minor"]) == ("cancelled", 0)
    again = shop.post("/v1/orders/o-1/cancel", {})
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    states = shop.admin.get("/v1/orders/o-1").json()["fulfilment_orders"]
    assert {job["state"] for job in states} == {"cancelled"}
    assert shop.post("/v1/orders/none/cancel", {}).status_code == 404


def test_a_version_that_was_not_seen_is_not_changed(shop: Shop) -> None:
    shop.place("o-1", ("A1", 2), method="ship")
    shop.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1", "quantity": 1}]})
    headers = {"Idempotency-Key": "x", "If-Match": '"1"'}
    stale = shop.web.post("/v1/orders/o-1/cancel", json={}, headers=headers)
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    headers = {"Idempotency-Key": "y", "If-Match": shop.web.get("/v1/orders/o-1").headers["etag"]}
    assert shop.web.post("/v1/orders/o-1/cancel", json={}, headers=headers).status_code == 200


def test_from_courier_to_pickup_and_back(shop: Shop) -> None:
    first = shop.place("o-1", ("A1", 2), method="courier").json()
    assert first["method"] == "courier"
    wish = {"method": "pickup", "pickup_node": "ST-1"}
    option, order = confirmed(shop, "/v1/orders/o-1/method", wish)
    assert option["difference"]["shipping_minor"] == -999 == option["difference"]["total_minor"]
    assert (order["method"], order["promise"]["pickup_node"]) == ("pickup", "ST-1")
    assert order["money"]["shipping_minor"] == 0
    assert shop.scalar("SELECT sum(reserved) FROM position") == 2
    option, order = confirmed(shop, "/v1/orders/o-1/method", {"method": "courier"})
    assert order["method"] == "courier" and order["money"]["shipping_minor"] == 999
    assert shop.scalar("SELECT sum(held) FROM capacity") == 1
    jobs = shop.admin.get("/v1/orders/o-1").json()["fulfilment_orders"]
    assert [job["state"] for job in jobs] == ["cancelled", "cancelled", "scheduled"]
    assert jobs[2]["replaces"] == jobs[1]["id"]


def test_another_address(shop: Shop) -> None:
    placed = shop.place("o-1", ("A1", 2), method="ship", customer={"email": "kim@example.com"}).json()
    confirmed(shop, "/v1/orders/o-1/address", {"destination": {**BROOKLYN, "street": "1 Hoyt St"}})
    mine = shop.web.get("/v1/orders/o-1", params={"token": placed["order_token"]}).json()
    assert mine["destination"]["street"] == "1 Hoyt St"
    assert [event["type"] for event in mine["timeline"]].count("order.changed") == 1
    decisions = shop.admin.get("/v1/orders/o-1/decisions").json()["decisions"]
    assert [decision["trigger"] for decision in decisions] == ["placed", "address_changed"]


def test_more_fewer_and_other_lines(shop: Shop) -> None:
    shop.place("o-1", ("A1", 3), ("B2", 2), method="ship")
    wish = {
        "lines": [
            {"id": "1", "quantity": 1},
            {"id": "2", "quantity": 0},
            {"id": "3", "sku": "C3", "quantity": 1, "unit_price_minor": 5000},
        ]
    }
    option, order = confirmed(shop, "/v1/orders/o-1/lines", wish)
    assert option["difference"]["lines_minor"] == 1000 + 5000 - 5000
    stages = {line["id"]: (line["ordered"], line["routed"], line["cancelled"]) for line in order["lines"]}
    assert stages == {"1": (3, 1, 2), "2": (2, 0, 2), "3": (1, 1, 0)}
    assert shop.scalar("SELECT sum(reserved) FROM position") == 2
    _, order = confirmed(shop, "/v1/orders/o-1/lines", {"lines": [{"id": "1", "quantity": 4}]})
    assert (order["lines"][0]["ordered"], order["lines"][0]["routed"]) == (6, 4)
    assert shop.scalar("SELECT sum(reserved) FROM position") == 5


@pytest.mark.parametrize(
    "lines",
    [
        [{"id": "1", "quantity": 1}],
        [{"id": "2", "quantity": 0}, {"id": "3", "sku": "C3", "quantity": 1, "unit_price_minor": 5000}],
        [{"id": "1", "quantity": 4, "discount_minor": 7, "tax_minor": 3}],
    ],
)
def test_the_difference_shown_is_what_the_change_then_makes(shop: Shop, lines: list[Any]) -> None:
    sold = [
        {"id": "1", "sku": "A1", "quantity": 3, "unit_price_minor": 1000, "tax_minor": 77},
        {"id": "2", "sku": "B2", "quantity": 2, "unit_price_minor": 333, "discount_minor": 50},
    ]
    before = shop.place("o-1", method="ship", lines=sold, discount_minor=250).json()["money"]
    option, order = confirmed(shop, "/v1/orders/o-1/lines", {"lines": lines})
    shown, after = option["difference"], order["money"]
    assert shown["total_minor"] == after["total_minor"] - before["total_minor"]
    parts = ("lines_minor", "discount_minor", "shipping_minor")
    assert shown["total_minor"] == sum(shown[part] for part in parts)


@pytest.mark.parametrize(
    "line",
    [
        {"id": "1", "quantity": 1, "discount_minor": 3001},
        {"id": "1", "quantity": 2, "unit_price_minor": 16},
        {"id": "9", "sku": "C3", "quantity": 1, "unit_price_minor": 10, "discount_minor": 11},
    ],
)
def test_no_line_costs_less_than_nothing(shop: Shop, line: dict[str, Any]) -> None:
    sold = [{"id": "1", "sku": "A1", "quantity": 3, "unit_price_minor": 1000, "discount_minor": 50}]
    shop.place("o-1", method="ship", lines=sold, discount_minor=250)
    refused = shop.post("/v1/orders/o-1/lines", {"lines": [line]})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_amount")
    assert refused.json()["errors"][0]["pointer"] == "/lines/0/discount_minor"
    dropped = shop.post("/v1/orders/o-1/lines", {"lines": [{"id": "1", "quantity": 1}]})
    assert dropped.status_code == 200, "dropped units leave their share of the discount behind"


def test_its_own_stock_is_not_hidden_from_a_change(shop: Shop) -> None:
    shop.place("o-1", ("C3", 7), method="ship")
    _, order = confirmed(shop, "/v1/orders/o-1/address", {"destination": BROOKLYN})
    assert order["lines"][0]["routed"] == 7


def test_a_confirmation_must_be_of_the_change_previewed(shop: Shop) -> None:
    shop.place("o-1", ("A1", 2), method="ship")
    preview = shop.post("/v1/orders/o-1/lines", {"lines": [{"id": "1", "quantity": 3}]}).json()
    choice = {"quote_id": preview["quote_id"], "option_id": preview["options"][0]["option_id"]}
    other = {"lines": [{"id": "1", "quantity": 4}], "confirm": choice}
    refused = shop.post("/v1/orders/o-1/lines", other)
    assert (refused.status_code, refused.json()["code"]) == (422, "quote_mismatch")
    shop.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1", "quantity": 1}]})
    late = shop.post("/v1/orders/o-1/lines", {"lines": [{"id": "1", "quantity": 3}], "confirm": choice})
    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")
    placing = shop.place("o-2", ("A1", 3), **choice)
    assert placing.json()["code"] == "quote_mismatch"


def test_fresh_options_of_a_change_can_be_confirmed(shop: Shop) -> None:
    shop.place("o-1", ("A1", 2), method="ship")
    wish = {"lines": [{"id": "1", "quantity": 3}]}
    shown = shop.post("/v1/orders/o-1/lines", wish).json()
    shop.watch.forward(minutes=31)
    choice = {"quote_id": shown["quote_id"], "option_id": shown["options"][0]["option_id"]}
    late = shop.post("/v1/orders/o-1/lines", {**wish, "confirm": choice})
    assert (late.status_code, late.json()["code"]) == (410, "quote_expired")
    fresh = late.json()["fresh"]
    (option, *_) = fresh["options"]
    assert {one["method"] for one in fresh["options"]} == {"ship"}
    assert option["difference"]["lines_minor"] == 1000
    choice = {"quote_id": fresh["quote_id"], "option_id": option["option_id"]}
    done = shop.post("/v1/orders/o-1/lines", {**wish, "confirm": choice})
    assert (done.status_code, done.json()["lines"][0]["routed"]) == (200, 3)


def test_a_confirmation_must_name_the_way_previewed(shop: Shop) -> None:
    shop.place("o-1", ("A1", 2), method="ship")
    preview = shop.post("/v1/orders/o-1/method", {"method": "pickup", "pickup_node": "ST-1"}).json()
    choice = {"quote_id": preview["quote_id"], "option_id": preview["options"][0]["option_id"]}
    for other in ({"method": "pickup", "pickup_node": "ST-2"}, {"method": "courier"}):
        refused = shop.post("/v1/orders/o-1/method", {**other, "confirm": choice})
        assert (refused.status_code, refused.json()["code"]) == (422, "quote_mismatch")
    assert shop.admin.get("/v1/orders/o-1").json()["method"] == "ship"
    unnamed = shop.post("/v1/orders/o-1/method", {"method": "pickup", "confirm": choice})
    assert unnamed.json()["promise"]["pickup_node"] == "ST-1"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("blocks", {"lines": [{"node": "ST-1", "sku": "A1"}], "blocked": True}),
        ("safety-stock", {"lines": [{"node": "ST-1", "sku": "A1", "quantity": 3}]}),
    ],
)
def test_own_units_that_may_not_be_sold_any_more_are_not_planned_with(
    shop: Shop, path: str, body: dict[str, Any]
) -> None:
    shop.place("o-1", ("A1", 2), method="courier")
    wish = {"lines": [{"id": "1", "quantity": 1}]}
    shown = shop.post("/v1/orders/o-1/lines", wish).json()
    kept = shop.admin.put(f"/v1/stock/{path}", json=body)
    assert kept.status_code == 200, kept.text
    shop.runtime.feed.look()
    choice = {"quote_id": shown["quote_id"], "option_id": shown["options"][0]["option_id"]}
    no = shop.post("/v1/orders/o-1/lines", wish | {"confirm": choice})
    assert (no.status_code, no.json()["code"]) == (409, "no_feasible_plan"), "no other node has a courier"
    assert shop.scalar("SELECT sum(reserved) FROM position") == 2
