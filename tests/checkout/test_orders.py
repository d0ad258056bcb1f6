"""Orders placed over HTTP: from a quote, from a reservation, bare; replayed; read; explained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oms.actors import SYSTEM, Role
from oms.adapters.folder import FolderRefused, read_folder
from oms.orders.stages import STAGES
from oms.usecases.imports import import_folder
from tests.checkout.conftest import Shop, basket
from tests.samples.folders import put
from tests.support import HOME, stock_up


def fastest(answer: Any, method: str) -> Any:
    """The first option of a method."""
    return next(option for option in answer["options"] if option["method"] == method)


def adds_up(order: Any) -> None:
    """Every unit of every line is at one stage."""
    for line in order["lines"]:
        assert line["ordered"] == sum(line[stage.value] for stage in STAGES), line


def test_a_bare_order_is_routed_at_once(shop: Shop) -> None:
    answer = shop.place("o-1", ("A1", 2), ("B2", 1), method="ship")
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert (order["status"], order["method"]) == ("open", "ship")
    assert [line["routed"] for line in order["lines"]] == [2, 1]
    assert order["money"] == {
        "currency": "USD",
        "lines_minor": 3000,
        "shipping_minor": 499,
        "discount_minor": 0,
        "total_minor": 3499,
    }
    adds_up(order)
    assert shop.scalar("SELECT sum(reserved) FROM position") == 3
    types = "SELECT array_agg(type ORDER BY id) FROM outbox WHERE subject_id = 'o-1'"
    assert shop.scalar(types) == ["order.placed", "fulfilment.scheduled"]


def test_the_same_body_again_gets_the_same_answer(shop: Shop) -> None:
    first = shop.place("o-1", ("A1", 2), method="ship")
    again = shop.place("o-1", ("A1", 2), method="ship")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    other = shop.place("o-1", ("A1", 1), method="ship")
    assert (other.status_code, other.json()["code"]) == (409, "order_exists")
    shop.post("/v1/orders/o-1/cancel", {})
    assert shop.place("o-1", ("A1", 2), method="ship").content == first.content
    assert shop.scalar("SELECT sum(reserved) FROM position") == 0


def test_a_quoted_order_gets_the_promise_shown(shop: Shop) -> None:
    quote = shop.promises(("A1", 2), ("B2", 3))
    for number, option in enumerate(quote["options"]):
        shop.watch.forward(minutes=1)
        more = {"quote_id": quote["quote_id"], "option_id": option["option_id"]}
        order = shop.place(f"o-{number}", ("A1", 2), ("B2", 3), **more)
        assert order.status_code == 201, (option["method"], order.text)
        placed = order.json()
        assert placed["promise"]["window"] == option["window"]
        assert placed["promise"]["method"] == option["method"]
        assert placed["money"]["shipping_minor"] == option["customer_price"]["amount_minor"]
        shop.post(f"/v1/orders/o-{number}/cancel", {})


def test_nodes_may_differ_from_those_quoted(shop: Shop) -> None:
    quote = shop.promises(("C3", 2), methods=["ship"])
    option = next(o for o in quote["options"] if "cheapest" in o["tags"])
    shop.place("other", ("C3", 2), method="pickup", pickup_node="ST-2")
    shop.runtime.feed.look()
    more = {"quote_id": quote["quote_id"], "option_id": option["option_id"]}
    late = shop.place("o-1", ("C3", 2), **more)
    if late.status_code == 201:
        assert late.json()["promise"]["window"] == option["window"]
    else:
        problem = late.json()
        assert (late.status_code, problem["code"]) == (409, "no_feasible_plan"), problem
        fresh = problem["fresh"]
        again = {"quote_id": fresh["quote_id"], "option_id": fastest(fresh, "ship")["option_id"]}
        assert shop.place("o-1", ("C3", 2), **again).status_code == 201


def test_an_expired_quote_is_refused_with_fresh_options(shop: Shop) -> None:
    quote = shop.promises(("A1", 1), methods=["ship"])
    shop.watch.forward(minutes=31)
    more = {"quote_id": quote["quote_id"], "option_id": quote["options"][0]["option_id"]}
    late = shop.place("o-1", ("A1", 1), **more)
    assert (late.status_code, late.json()["code"]) == (410, "quote_expired")
    fresh = late.json()["fresh"]
    again = {"quote_id": fresh["quote_id"], "option_id": fastest(fresh, "ship")["option_id"]}
    assert shop.place("o-1", ("A1", 1), **again).status_code == 201


def test_a_reserved_order_keeps_what_was_held(shop: Shop) -> None:
    quote = shop.promises(("C3", 5), methods=["ship"])
    option = quote["options"][0]["option_id"]
    held = shop.post("/v1/reservations", {"quote_id": quote["quote_id"], "option_id": option}).json()
    assert shop.scalar("SELECT sum(reserved) FROM position") == 5
    order = shop.place("o-1", ("C3", 5), reservation_id=held["reservation_id"])
    assert order.status_code == 201, order.text
    assert order.json()["promise"]["window"] == quote["options"][0]["window"]
    adds_up(order.json())
    assert shop.scalar("SELECT sum(reserved) FROM position") == 5
    twice = shop.place("o-2", ("C3", 5), reservation_id=held["reservation_id"])
    assert (twice.status_code, twice.json()["code"]) == (409, "illegal_transition")
    void = shop.post(f"/v1/reservations/{held['reservation_id']}/void", None)
    assert void.json()["code"] == "illegal_transition"


def test_a_reservation_that_ran_out_is_refused_with_fresh_options(shop: Shop) -> None:
    quote = shop.promises(("C3", 5), methods=["ship"])
    body = {"quote_id": quote["quote_id"], "option_id": quote["options"][0]["option_id"], "ttl_s": 60}
    held = shop.post("/v1/reservations", body).json()
    shop.watch.forward(minutes=2)
    late = shop.place("o-1", ("C3", 5), reservation_id=held["reservation_id"])
    assert (late.status_code, late.json()["code"]) == (410, "reservation_expired")
    assert "options" in late.json()["fresh"]
    # What a lapsed reservation still holds stands in nobody's way.
    assert shop.place("o-2", ("C3", 5), method="ship").status_code == 201


def test_reserving_in_the_breath_that_promises(shop: Shop) -> None:
    body = {
        "lines": basket(("A1", 2)),
        "destination": HOME,
        "reserve": {"option": "cheapest", "ttl_s": 600},
    }
    assert shop.web.post("/v1/promises", json=body).json()["code"] == "idempotency_key_missing"
    first = shop.post("/v1/promises", body, key="once")
    assert first.status_code == 200, first.text
    assert shop.post("/v1/promises", body, key="once").content == first.content
    assert shop.scalar("SELECT sum(reserved) FROM position") == 2
    reservation = first.json()["reservation"]["reservation_id"]
    extended = shop.post(f"/v1/reservations/{reservation}/extend", {"ttl_s": 3600}).json()
    assert extended["expires_at"] > first.json()["reservation"]["expires_at"]
    too_long = shop.post(f"/v1/reservations/{reservation}/extend", {"ttl_s": 14400})
    assert too_long.status_code == 200
    shop.watch.forward(hours=1)
    assert shop.post(f"/v1/reservations/{reservation}/extend", {"ttl_s": 14400}).status_code == 422
    assert shop.post(f"/v1/reservations/{reservation}/void", None).json()["state"] == "voided"
    assert shop.scalar("SELECT sum(reserved) FROM position") == 0
    gone = shop.post(f"/v1/reservations/{reservation}/extend", {"ttl_s": 60})
    assert (gone.status_code, gone.json()["code"]) == (410, "reservation_expired")


def test_kits_are_counted_beside_their_components(shop: Shop) -> None:
    order = shop.place("o-1", ("K1", 2), method="ship").json()
    (line,) = order["lines"]
    assert (line["ordered"], line["routed"], line["amount_minor"]) == (2, 2, 2000)
    assert [(part["sku"], part["routed"]) for part in line["components"]] == [("A1", 2), ("B2", 4)]
    body = {"lines": [{"id": "1", "quantity": 1}]}
    after = shop.post("/v1/orders/o-1/cancel", body).json()
    assert (after["lines"][0]["cancelled"], after["lines"][0]["routed"]) == (1, 1)
    assert shop.scalar("SELECT sum(reserved) FROM position") == 3


def test_all_or_nothing_unless_partial_is_allowed(shop: Shop) -> None:
    refused = shop.place("o-1", ("A1", 1), ("D4", 7), method="ship")
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert shop.scalar("SELECT count(*) FROM position WHERE reserved > 0") == 0
    placed = shop.place("o-1", ("A1", 1), ("D4", 7), method="ship", allow_partial=True)
    assert placed.status_code == 201, placed.text
    line = placed.json()["lines"][1]
    assert (line["routed"], line["backordered"], line["cancelled"]) == (2, 3, 2)
    adds_up(placed.json())
    assert shop.scalar("SELECT backordered FROM sku WHERE id = 'D4'") == 3
    shop.post("/v1/orders/o-1/cancel", {})
    assert shop.scalar("SELECT backordered FROM sku WHERE id = 'D4'") == 0


def test_nobody_is_refused_on_stale_memory(shop: Shop) -> None:
    shop.runtime.feed.close()  # memory stands still from here on
    from_supplier = shop.admin.post(
        "/v1/stock/movements",
        json={"movements": [{"node": "WH", "sku": "NONE", "cause": "receive", "quantity": 1}]},
        headers={"Idempotency-Key": "r"},
    )
    assert from_supplier.status_code == 201
    assert shop.place("o-1", ("NONE", 1), method="ship").status_code == 201
    refused = shop.place("o-2", ("NONE", 1), method="ship")
    assert refused.json()["code"] == "insufficient_stock"
    assert refused.json()["errors"][0]["pointer"] == "/lines/0"


def test_an_order_is_read_with_its_personal_data_only_by_its_customer(shop: Shop) -> None:
    who = {"email": "kim@example.com", "name": "Kim Doe"}
    paid = [{"method": "card", "amount_minor": 100, "card": "fp_9a7c", "reference": "ch_1"}]
    placed = shop.place("o-1", ("A1", 1), method="ship", customer=who, payments=paid).json()
    plain = shop.web.get("/v1/orders/o-1")
    (payment,) = plain.json()["payments"]
    assert (payment["amount_minor"], payment["card"], payment["reference"]) == (100, None, None)
    assert plain.headers["etag"] == '"1"'
    assert plain.json()["customer"] is None and plain.json()["destination"] is None
    assert plain.json()["order_token"] == ""
    mine = shop.web.get("/v1/orders/o-1", params={"token": placed["order_token"]}).json()
    assert mine["customer"]["name"] == "Kim Doe" and mine["destination"]["postcode"] == "10001"
    assert mine["payments"][0]["card"] == "fp_9a7c"
    assert shop.web.get("/v1/orders/o-1", params={"token": "x"}).json()["customer"] is None
    assert shop.client(Role.STOREFRONT, channels=["app"]).get("/v1/orders/o-1").status_code == 404
    assert shop.admin.get("/v1/orders/o-1").json()["fulfilment_orders"][0]["node"] in ("WH", "ST-1")
    leaks = "SELECT count(*) FROM outbox WHERE data::text ~* 'kim|10001'"
    assert shop.scalar(leaks) == 0
    assert shop.scalar("SELECT count(*) FROM decision WHERE plan::text ~* 'kim|10001'") == 0


def test_decisions_are_explained_and_recomputed(shop: Shop) -> None:
    quote = shop.promises(("A1", 2), ("C3", 1), methods=["ship"])
    option = quote["options"][0]["option_id"]
    held = shop.post("/v1/reservations", {"quote_id": quote["quote_id"], "option_id": option}).json()
    shop.place("o-1", ("A1", 2), ("C3", 1), reservation_id=held["reservation_id"])
    shop.place("o-2", ("A1", 2), ("C3", 1), method="ship")
    for order, trigger in (("o-1", "reservation"), ("o-2", "placed")):
        (decision,) = shop.admin.get(f"/v1/orders/{order}/decisions").json()["decisions"]
        assert decision["trigger"] == trigger and decision["recomputed"]
        assert decision["plan"]["status"] == "optimal" and decision["plan"]["gap"] == 0
        assert len(decision["inputs_digest"]) == 64 and decision["network_version"] > 0
    assert shop.web.get("/v1/orders/o-1/decisions").status_code == 403


def test_orders_are_listed_newest_first_page_by_page(shop: Shop) -> None:
    for number in range(5):
        shop.watch.forward(seconds=1)
        shop.place(f"o-{number}", ("B2", 1), method="ship")
    seen: list[str] = []
    page = shop.admin.get("/v1/orders", params={"limit": 2, "status": "open"})
    while True:
        seen += [row["id"] for row in page.json()["items"]]
        if page.json()["next"] is None:
            break
        page = shop.admin.get(page.links["next"]["url"])
    assert seen == ["o-4", "o-3", "o-2", "o-1", "o-0"]


def test_roles_and_channels(shop: Shop) -> None:
    courier, staff = shop.client(Role.COURIER), shop.client(Role.STAFF, nodes=["WH"])
    for client in (courier, staff):
        assert shop.place("o-1", ("A1", 1), method="ship", client=client).json()["code"] == "forbidden"
    foreign = shop.place("o-1", ("A1", 1), method="ship", channel="app")
    assert (foreign.status_code, foreign.json()["errors"][0]["pointer"]) == (403, "/channel")


def test_courier_slots_fill_up_and_are_given_back(shop: Shop) -> None:
    slots = [{"id": "noon", "starts": "12:00:00", "ends": "16:00:00", "capacity": 1}]
    assert shop.admin.put("/v1/slots", json={"slots": slots}).status_code == 200
    stock_up(shop.runtime, ("ST-1", "B2", 50))
    shop.runtime.refresher.look()
    taken: list[str] = []
    for number in range(40):
        answer = shop.place(f"o-{number}", ("B2", 1), method="courier")
        if answer.status_code != 201:
            break
        taken.append(answer.json()["promise"]["window"]["from"])
    assert taken and len(set(taken)) == len(taken), "one order a slot"
    assert answer.json()["code"] == "node_capacity_exhausted"
    assert shop.scalar("SELECT bool_and(held <= \"limit\") FROM capacity WHERE bucket LIKE 'courier:%'")
    shop.post("/v1/orders/o-0/cancel", {})
    again = shop.place("again", ("B2", 1), method="courier")
    assert again.status_code == 201 and again.json()["promise"]["window"]["from"] == taken[0]


def test_the_page_of_an_order_says_how_far_its_parcels_go(shop: Shop) -> None:
    shop.place("o-1", ("A1", 1), method="courier")
    shop.place("o-2", ("A1", 1), method="pickup", pickup_node="ST-1")
    key = shop.admin.headers["authorization"].removeprefix("Bearer ")
    shop.admin.post("/app/sign-in", data={"key": key})
    courier, pickup = (shop.admin.get(f"/app/orders/{order}").text for order in ("o-1", "o-2"))
    assert ", 1.3 km as the crow flies" in courier
    assert "as the crow flies" not in pickup, "it is handed over where it is"


def test_the_currency_stays_that_of_the_orders(shop: Shop, tmp_path: Path) -> None:
    admin = shop.client(Role.ADMIN)
    settings = {"currency": "EUR", "dimensional_divisor_mm3_per_g": 5000}
    assert admin.put("/v1/settings", json=settings).status_code == 200, "no order yet"
    shop.place("o-1", ("A1", 1), method="ship", currency="EUR")
    shop.post("/v1/orders/o-1/cancel", {})
    refused = admin.put("/v1/settings", json={"currency": "USD"})
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    (fault,) = refused.json()["errors"]
    assert fault["pointer"] == "/currency" and "orders in EUR" in fault["detail"]
    folder = read_folder(put(tmp_path))
    with pytest.raises(FolderRefused) as refusal:
        import_folder(shop.runtime, SYSTEM, folder, lambda what, done, total: None)
    (told,) = refusal.value.faults
    assert (told.file, told.column, told.code) == ("network.json", "currency", "in_use")
    assert shop.scalar("SELECT count(*) FROM node WHERE id = 'N1'") == 0
    settings["dimensional_divisor_mm3_per_g"] = 0
    assert admin.put("/v1/settings", json=settings).status_code == 200, "the same currency"
    assert admin.get("/v1/settings").json()["body"] == settings
