"""Returns from any channel to any node: announced, blind, in part, of several orders; disposed of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from api.wire import returns as wire
from oms.actors import Role
from tests.checkout.conftest import Shop
from tests.checkout.test_documented import shaped
from tests.returns.conftest import ask, balance, done, inspected, no, sold


def test_announced_by_the_customer_sent_received_elsewhere_and_sold_again(shop: Shop) -> None:
    token = sold(shop, "o-1", ("A1", 2))
    before = shop.scalar("SELECT sum(on_hand) FROM position")
    made = shop.post("/v1/returns", ask(("o-1", "1", 1), order_tokens=[token]))
    back = shaped(wire.ReturnView, made)
    assert (back["state"], back["orders"], back["channel"]) == ("approved", ["o-1"], "web")
    where = f"/v1/returns/{back['id']}"
    assert shop.web.get(where).status_code == 404
    assert done(shop.web.get(where, params={"token": token}))["id"] == back["id"]

    done(shop.post(f"{where}/send", {"reference": "1Z"}, shop.admin))
    line = shop.admin.get("/v1/orders/o-1").json()["lines"][0]
    assert (line["delivered"], line["returning"], line["returned"]) == (1, 1, 0)

    store = shop.client(Role.STAFF, nodes=["ST-2"])
    received = shaped(wire.ReturnView, shop.post(f"{where}/receive", {"node": "ST-2"}, store))
    assert (received["state"], received["node"]) == ("received", "ST-2")
    line = shop.admin.get("/v1/orders/o-1").json()["lines"][0]
    assert (line["delivered"], line["returning"], line["returned"]) == (2, 0, 1)
    assert balance(shop, "ST-2:inspection", "A1") == 1
    assert shop.scalar("SELECT sum(on_hand) FROM position") == before

    verdict = {"lines": [{"no": 1, "dispositions": [{"quantity": 1, "condition": "new"}]}]}
    closed = shaped(wire.ReturnView, shop.post(f"{where}/inspect", verdict, store))
    assert closed["dispositions"][0]["disposition"] == "restock"
    assert shop.scalar("SELECT sum(on_hand) FROM position") == before + 1
    assert balance(shop, "ST-2:inspection", "A1") == 0
    shop.runtime.feed.look()
    nodes = shop.admin.post("/v1/availability", json={"skus": ["A1"], "detail": "node"}).json()
    assert {one["node"]: one["available"] for one in nodes["items"][0]["nodes"]}["ST-2"] == 1

    assert [(one["amount_minor"], one["state"]) for one in closed["refunds"]] == [(1000, "due")]
    assert closed["state"] == "inspected"
    paid = done(shop.post(f"{where}/refund", {"method": "card", "reference": "r-1"}, shop.admin))
    assert (paid["state"], paid["refunds"][0]["state"]) == ("closed", "settled")
    assert no(shop.post(f"{where}/refund", {"method": "card", "reference": "r-1"}, shop.admin)) == (
        409,
        "illegal_transition",
    )
    types = [event["type"] for event in shop.admin.get("/v1/orders/o-1").json()["timeline"]]
    told = ("order.return_requested", "order.returning", "order.returned", "order.credited", "refund.due")
    assert [type for type in types if type in told] == list(told)
    mine = shop.scalar("SELECT string_agg(type, ' ' ORDER BY id) FROM outbox WHERE subject = 'return'")
    assert mine == (
        "return.requested return.approved return.in_transit return.received return.inspected return.closed"
    )


def test_blind_at_the_counter_by_receipt_and_without_one(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 1), ("K1", 1))
    store = shop.client(Role.STAFF, nodes=["ST-1"])
    body = ask(("o-1", "1", 1), method="counter", node="ST-1", received=True)
    body["lines"].append({"sku": "B2", "quantity": 2, "condition": "opened"})
    back = done(shop.post("/v1/returns", body, store))
    assert (back["state"], back["channel"]) == ("received", "store")
    assert [line["order"] for line in back["lines"]] == ["o-1", None]
    closed = inspected(
        shop, back["id"], (1, {"quantity": 1}), (2, {"quantity": 2, "disposition": "scrap", "refund": True})
    )
    assert [(one["order"], one["amount_minor"]) for one in closed["refunds"]] == [("o-1", 1000)]
    assert balance(shop, "scrap", "B2") == 2

    nothing_owed = {"method": "counter", "node": "ST-1", "received": True}
    kit = done(shop.post("/v1/returns", {**nothing_owed, "lines": [{"sku": "K1", "quantity": 1}]}, store))
    assert [(line["sku"], line["quantity"]) for line in kit["lines"]] == [("A1", 1), ("B2", 2)]
    ended = inspected(shop, kit["id"], (1, {"quantity": 1}), (2, {"quantity": 2}))
    assert (ended["state"], ended["refunds"]) == ("closed", [])

    elsewhere = {**nothing_owed, "node": "ST-2", "lines": [{"sku": "A1", "quantity": 1}]}
    assert no(shop.post("/v1/returns", elsewhere, store)) == (403, "forbidden")
    unknown = {**nothing_owed, "lines": [{"sku": "NO", "quantity": 1}]}
    assert no(shop.post("/v1/returns", unknown, store)) == (422, "unknown_sku")
    announced = {"method": "ship", "lines": [{"sku": "A1", "quantity": 1}]}
    assert no(shop.post("/v1/returns", announced, store)) == (422, "unknown_line")
    assert shop.web.get(f"/v1/returns/{back['id']}").status_code == 404
    other = shop.client(Role.STAFF, nodes=["ST-2"])
    assert other.get(f"/v1/returns/{back['id']}").status_code == 404
    assert other.get("/v1/returns").json()["items"] == []
    assert len(store.get("/v1/returns").json()["items"]) == 2


def test_several_orders_of_one_customer(shop: Shop) -> None:
    kim, lou = {"email": "kim@example.com"}, {"email": "lou@example.com"}
    sold(shop, "o-1", ("A1", 2), customer=kim)
    sold(shop, "o-2", ("B2", 1), customer=kim)
    sold(shop, "o-3", ("B2", 1), customer=lou)
    mixed = shop.post("/v1/returns", ask(("o-1", "1", 1), ("o-3", "1", 1)), shop.admin)
    assert no(mixed) == (422, "invalid")
    both = ask(("o-1", "1", 2), ("o-2", "1", 1), id="R-1")
    assert done(shop.post("/v1/returns", both, shop.admin))["orders"] == ["o-1", "o-2"]
    assert no(shop.post("/v1/returns", both, shop.admin)) == (422, "bad_quantity")
    done(shop.post("/v1/returns/R-1/receive", {"node": "WH"}, shop.admin))
    ended = inspected(shop, "R-1", (1, {"quantity": 2}), (2, {"quantity": 1}))
    assert [(one["order"], one["amount_minor"]) for one in ended["refunds"]] == [("o-1", 2000), ("o-2", 1000)]
    orders = [shop.admin.get(f"/v1/orders/o-{n}").json() for n in (1, 2)]
    assert {order["status"] for order in orders} == {"closed"}
    listed = shop.admin.get("/v1/returns", params={"order": "o-2", "state": "inspected"}).json()["items"]
    assert [row["id"] for row in listed] == ["R-1"]
    mine = shop.admin.get("/v1/returns", params={"customer": orders[0]["customer_id"]}).json()["items"]
    assert [row["id"] for row in mine] == ["R-1"]


def test_no_more_comes_back_than_was_delivered(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 3))
    shop.place("o-2", ("A1", 1), method="ship")
    assert no(shop.post("/v1/returns", ask(("o-2", "1", 1)), shop.admin)) == (422, "bad_quantity")
    assert no(shop.post("/v1/returns", ask(("o-1", "9", 1)), shop.admin)) == (422, "unknown_line")
    assert no(shop.post("/v1/returns", ask(("none", "1", 1)), shop.admin)) == (422, "unknown_line")
    assert no(shop.post("/v1/returns", ask(("o-1", "1", 1)))) == (422, "unknown_line")
    twice = ask(("o-1", "1", 2), ("o-1", "1", 2))
    assert no(shop.post("/v1/returns", twice, shop.admin)) == (422, "bad_quantity")
    first = done(shop.post("/v1/returns", ask(("o-1", "1", 2)), shop.admin))
    assert no(shop.post("/v1/returns", ask(("o-1", "1", 2)), shop.admin)) == (422, "bad_quantity")
    done(shop.post(f"/v1/returns/{first['id']}/cancel", {}, shop.admin))
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: shop.post("/v1/returns", ask(("o-1", "1", 2)), shop.admin), range(4))
        )
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]


def test_more_fewer_and_other_than_announced(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 3), ("B2", 2))
    back = done(shop.post("/v1/returns", ask(("o-1", "1", 1), ("o-1", "2", 2)), shop.admin))
    where = f"/v1/returns/{back['id']}"
    done(shop.post(f"{where}/send", {}, shop.admin))
    wrong = {"node": "WH", "lines": [{"no": 7, "quantity": 1}]}
    assert no(shop.post(f"{where}/receive", wrong, shop.admin)) == (422, "unknown_line")
    came = [{"no": 1, "quantity": 5}, {"sku": "C3", "quantity": 1, "condition": "opened"}]
    got = done(shop.post(f"{where}/receive", {"node": "WH", "lines": came}, shop.admin))
    seen = [(one["sku"], one["order"], one["quantity"], one["received"]) for one in got["lines"]]
    assert seen == [
        ("A1", "o-1", 1, 3),
        ("B2", "o-1", 2, 0),
        ("C3", None, 0, 1),
        ("A1", None, 0, 2),
    ]
    lines = shop.admin.get("/v1/orders/o-1").json()["lines"]
    assert [(one["delivered"], one["returned"]) for one in lines] == [(3, 3), (2, 0)]
    again = done(shop.post("/v1/returns", ask(("o-1", "2", 2)), shop.admin))
    assert again["state"] == "approved"
    assert balance(shop, "WH:inspection", "A1") == 5


def test_what_never_arrives_stays_with_the_customer(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 1))
    back = done(shop.post("/v1/returns", ask(("o-1", "1", 1)), shop.admin))
    where = f"/v1/returns/{back['id']}"
    done(shop.post(f"{where}/send", {}, shop.admin))
    gone = done(shop.post(f"{where}/receive", {"node": "WH", "lines": []}, shop.admin))
    assert (gone["state"], gone["refunds"]) == ("closed", [])
    line = shop.admin.get("/v1/orders/o-1").json()["lines"][0]
    assert (line["delivered"], line["returning"], line["returned"]) == (1, 0, 0)


def test_received_twice_at_once_has_one_winner(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 2))
    back = done(shop.post("/v1/returns", ask(("o-1", "1", 2)), shop.admin))
    body = {"node": "WH"}
    with ThreadPoolExecutor(4) as pool:
        path = f"/v1/returns/{back['id']}/receive"
        answers = list(pool.map(lambda _: shop.post(path, body, shop.admin), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {no(answer)[1] for answer in answers if answer.status_code == 409} == {"illegal_transition"}
    assert balance(shop, "WH:inspection", "A1") == 2
    assert shop.admin.get("/v1/orders/o-1").json()["lines"][0]["returned"] == 2


def test_each_unit_goes_where_it_belongs(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 5))
    back = done(shop.post("/v1/returns", ask(("o-1", "1", 5)), shop.admin))
    done(shop.post(f"/v1/returns/{back['id']}/receive", {"node": "ST-2"}, shop.admin))
    where = f"/v1/returns/{back['id']}/inspect"

    def verdict(**one: object) -> dict[str, object]:
        return {"lines": [{"no": 1, "dispositions": [one]}]}

    nowhere = verdict(quantity=1, disposition="restock_elsewhere")
    assert no(shop.post(where, nowhere, shop.admin)) == (422, "invalid")
    unknown = verdict(quantity=1, disposition="restock_elsewhere", to_node="NO")
    assert no(shop.post(where, unknown, shop.admin)) == (422, "unknown_node")
    assert no(shop.post(where, verdict(quantity=6), shop.admin)) == (422, "bad_quantity")
    first = inspected(shop, back["id"], (1, {"quantity": 1, "condition": "broken"}))
    assert (first["state"], first["dispositions"][0]["disposition"]) == ("received", "damaged")
    assert first["refunds"] == []
    for one in (
        {"quantity": 1, "disposition": "restock"},
        {"quantity": 1, "disposition": "restock_elsewhere", "to_node": "ST-1"},
        {"quantity": 1, "disposition": "refurbish", "refund": False},
        {"quantity": 1, "disposition": "scrap", "condition": "broken", "refund": True},
    ):
        last = inspected(shop, back["id"], (1, one))
    assert last["state"] == "inspected" and last["lines"][0]["refundable"] == 3
    assert sum(one["amount_minor"] for one in last["refunds"]) == 3000
    assert [balance(shop, f"ST-2:{area}", "A1") for area in ("inspection", "shelf", "damaged")] == [0, 2, 2]
    assert balance(shop, "scrap", "A1") == 1
    transfer = next(one["transfer"] for one in last["dispositions"] if one["transfer"])
    assert done(shop.admin.get(f"/v1/transfers/{transfer}"))["to_node"] == "ST-1"
    done(shop.post(f"/v1/transfers/{transfer}/ship", {}, shop.admin))
    receipt = {"lines": [{"sku": "A1", "quantity": 1}], "close": True}
    done(shop.post(f"/v1/transfers/{transfer}/receive", receipt, shop.admin))
    assert no(shop.post(where, verdict(quantity=1), shop.admin)) == (409, "illegal_transition")


def test_a_kit_comes_back_whole(shop: Shop) -> None:
    sold(shop, "o-1", ("K1", 2))
    part = ask(("o-1", "1", 1))
    part["lines"][0]["sku"] = "A1"
    refused = shop.post("/v1/returns", part, shop.admin)
    assert no(refused) == (409, "return_refused")
    assert [fault["code"] for fault in refused.json()["errors"]] == ["kit_part"]
    whole = done(shop.post("/v1/returns", ask(("o-1", "1", 1)), shop.admin))
    assert [(one["sku"], one["line"], one["quantity"]) for one in whole["lines"]] == [
        ("A1", "1", 1),
        ("B2", "1", 2),
    ]
    done(shop.post(f"/v1/returns/{whole['id']}/receive", {"node": "WH"}, shop.admin))
    first = inspected(shop, whole["id"], (1, {"quantity": 1}))
    assert first["refunds"] == []
    last = inspected(shop, whole["id"], (2, {"quantity": 2}))
    assert [one["amount_minor"] for one in last["refunds"]] == [1000]
    line = shop.admin.get("/v1/orders/o-1").json()["lines"][0]
    assert (line["delivered"], line["returned"], line["credited"]) == (2, 1, 1)

    done(shop.admin.put("/v1/return-policy", json={"kit_parts": True}))
    accepted = done(shop.post("/v1/returns", part, shop.admin))
    assert [(one["sku"], one["quantity"]) for one in accepted["lines"]] == [("A1", 1)]
