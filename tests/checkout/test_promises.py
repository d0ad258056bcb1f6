"""Availability and promises: what is shown, to whom, and that nothing is written."""

from __future__ import annotations

from typing import Any

from oms.actors import Role
from tests.checkout.conftest import Shop, basket
from tests.support import HOME, stock_up


def test_availability_by_sku_and_method(shop: Shop) -> None:
    body = {"skus": ["A1", "C3", "NONE", "K1"], "near": {"lat": 40.7506, "lon": -73.9972}}
    answer = shop.web.post("/v1/availability", json=body).json()
    found = {item["sku"]: item for item in answer["items"]}
    assert found["A1"]["available"] == 13
    assert found["A1"]["methods"] == {"ship": True, "pickup": True, "courier": True}
    assert found["C3"]["methods"] == {"ship": True, "pickup": True, "courier": False}
    assert found["NONE"]["available"] == 0 and not any(found["NONE"]["methods"].values())
    assert found["K1"]["available"] == 12  # ten at the warehouse, two at the store
    assert found["A1"]["nodes"] is None
    assert answer["version"] > 0


def test_nodes_are_for_those_who_may_see_them(shop: Shop) -> None:
    body = {"skus": ["A1"], "detail": "node", "near": {"lat": 40.7506, "lon": -73.9972}}
    assert shop.web.post("/v1/availability", json=body).json()["items"][0]["nodes"] is None
    granted = shop.client(Role.STOREFRONT, channels=["web"], grants=["node_stock"])
    nodes = granted.post("/v1/availability", json=body).json()["items"][0]["nodes"]
    assert [(node["node"], node["available"]) for node in nodes] == [("ST-1", 3), ("WH", 10)]
    assert 500 < nodes[0]["distance_m"] < 2000
    assert nodes[0]["pickup_ready_at"] is not None and nodes[1]["pickup_ready_at"] is None
    own = shop.client(Role.STAFF, nodes=["WH"])
    assert [n["node"] for n in own.post("/v1/availability", json=body).json()["items"][0]["nodes"]] == ["WH"]


def test_what_is_near_says_of_a_courier_what_its_promise_says(shop: Shop) -> None:
    inside, outside = {"lat": 40.686, "lon": -73.9855}, {"lat": 40.7580, "lon": -73.8907}
    for where, reached in ((inside, True), (outside, False)):
        ask = {"skus": ["A1"], "near": where, "methods": ["courier"]}
        assert shop.web.post("/v1/availability", json=ask).json()["items"][0]["methods"] == {
            "courier": reached
        }
        home = {**HOME, **where}
        assert bool(shop.promises(("A1", 1), methods=["courier"], destination=home)["options"]) is reached


def test_a_basket_is_offered_every_way_it_can_go(shop: Shop) -> None:
    answer = shop.promises(("A1", 2), ("B2", 1))
    methods = {option["method"] for option in answer["options"]}
    assert methods == {"ship", "pickup", "courier"}
    for option in answer["options"]:
        assert option["window"]["from"] <= option["window"]["to"]
        assert option["cost_to_serve"] is None
        units: dict[str, int] = {}
        for parcel in option["parcels"]:
            for line in parcel["lines"]:
                units[line["id"]] = units.get(line["id"], 0) + line["quantity"]
        assert units == {"1": 2, "2": 1}
        assert option["optimality_gap"] == 0
    ship = [option for option in answer["options"] if option["method"] == "ship"]
    assert {option["customer_price"]["amount_minor"] for option in ship} == {499}
    assert all(parcel["node"] is None for option in ship for parcel in option["parcels"])


def test_the_back_office_sees_costs_and_nodes(shop: Shop) -> None:
    body = {"lines": basket(("A1", 2)), "destination": HOME, "methods": ["ship"]}
    option = shop.admin.post("/v1/promises", json=body).json()["options"][0]
    assert option["parcels"][0]["node"] in ("WH", "ST-1")
    assert option["cost_to_serve"]["transport_minor"] == 510


def test_a_promise_writes_nothing(shop: Shop) -> None:
    before = shop.scalar("SELECT count(*) FROM outbox"), shop.scalar("SELECT sum(reserved) FROM position")
    shop.promises(("A1", 2))
    after = shop.scalar("SELECT count(*) FROM outbox"), shop.scalar("SELECT sum(reserved) FROM position")
    assert before == after


def test_a_kit_is_promised_as_its_components(shop: Shop) -> None:
    (option,) = [o for o in shop.promises(("K1", 2), methods=["ship"])["options"] if "cheapest" in o["tags"]]
    lines = sorted((line["id"], line["sku"], line["quantity"]) for line in option["parcels"][0]["lines"])
    assert lines == [("1", "A1", 2), ("1", "B2", 4)]


def test_what_cannot_be_had_says_why(shop: Shop) -> None:
    answer = shop.promises(("A1", 1), ("NONE", 1))
    assert answer["options"] == []
    methods = sorted(one["method"] for one in answer["unavailable"])
    assert methods == ["courier", "pickup", "ship"], "each once"
    short = next(one for one in answer["unavailable"] if one["method"] == "ship")
    assert short["lines"] == ["2"] and short["code"] == "insufficient_stock"
    assert short["detail"] == "all nodes together have fewer units than are wanted"


def test_partial_options_only_where_asked_for(shop: Shop) -> None:
    lines = (("A1", 1), ("D4", 5))
    assert [o for o in shop.promises(*lines)["options"] if o["method"] == "ship"] == []
    found = shop.promises(*lines, allow_partial=True, methods=["ship"])["options"]
    assert found and found[0]["unfilled"] == [{"id": "2", "sku": "D4", "quantity": 3}]


def test_a_postcode_is_enough_where_it_is_known(shop: Shop) -> None:
    where = {"country": "US", "postcode": "10001"}
    near = shop.promises(("A1", 1), destination=where)
    assert {option["method"] for option in near["options"]} == {"ship", "pickup", "courier"}
    body: dict[str, Any] = {"lines": basket(("A1", 1)), "destination": {"country": "FR", "postcode": "75001"}}
    lost = shop.web.post("/v1/promises", json=body)
    assert (lost.status_code, lost.json()["code"]) == (422, "unlocatable_destination")


def test_ones_own_reservation_hides_nothing(shop: Shop) -> None:
    first = shop.promises(("C3", 7), methods=["ship"])
    held = shop.post(
        "/v1/reservations", {"quote_id": first["quote_id"], "option_id": first["options"][0]["option_id"]}
    )
    assert held.status_code == 201, held.text
    shop.runtime.feed.look()
    assert shop.promises(("C3", 1), methods=["ship"])["options"] == []
    own = shop.promises(("C3", 7), methods=["ship"], reservation_id=held.json()["reservation_id"])
    assert own["options"]
    other = shop.client(Role.STOREFRONT, channels=["web"])
    body = {
        "lines": basket(("C3", 7)),
        "destination": HOME,
        "reservation_id": held.json()["reservation_id"],
    }
    assert other.post("/v1/promises", json=body).json()["code"] == "unknown_reservation"
    del body["reservation_id"]
    assert other.post("/v1/promises", json=body).json()["options"] == []
    (seen,) = other.post("/v1/availability", json={"skus": ["C3"]}).json()["items"]
    assert seen["available"] == 0
    assert shop.place("o-2", ("C3", 1), method="ship", client=other).json()["code"] == "insufficient_stock"
    order = shop.place("o-1", ("C3", 7), reservation_id=held.json()["reservation_id"])
    assert (order.status_code, order.json()["lines"][0]["routed"]) == (201, 7)


def test_new_stock_is_promised_as_soon_as_it_is_seen(shop: Shop) -> None:
    assert shop.promises(("NONE", 1))["options"] == []
    stock_up(shop.runtime, ("WH", "NONE", 1))
    assert shop.promises(("NONE", 1))["options"] != []
