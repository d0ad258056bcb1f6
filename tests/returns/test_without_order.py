"""A counter without a receipt: the customer's orders are looked for, and goods of none are owed nothing."""

from __future__ import annotations

from typing import Any

from oms.actors import Role
from tests.checkout.conftest import Shop
from tests.returns.conftest import ask, balance, done, inspected, no, sold

KIM = {"email": "kim@example.com", "phone": "+1 555 010 7788"}


def brought(shop: Shop, *units: tuple[str, int], **more: Any) -> Any:
    """Goods on the counter that nobody found an order for."""
    lines = [{"sku": sku, "quantity": n} for sku, n in units]
    body = {"method": "counter", "received": True, "node": "ST-1", "lines": lines, **more}
    return shop.post("/v1/returns", body, shop.client(Role.STAFF, nodes=["ST-1"]))


def returnable(shop: Shop, **asked: str) -> list[Any]:
    answer = shop.client(Role.STAFF, nodes=["ST-1"]).get("/v1/returnable", params=asked)
    items: list[Any] = done(answer)["items"]
    return items


def test_what_a_customer_may_bring_back_is_found_without_a_receipt(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 2), ("K1", 1), customer=KIM)
    shop.watch.forward(days=40)
    sold(shop, "o-2", ("A1", 1), customer=KIM)
    sold(shop, "o-3", ("A1", 1), customer={"email": "sam@example.com"})
    shop.place("o-4", ("A1", 1), method="ship", customer=KIM)
    done(shop.post("/v1/returns", ask(("o-2", "1", 1)), shop.admin))
    for asked in ({"email": "KIM@example.com"}, {"phone": "5550107788"}):
        latest, first = returnable(shop, **asked)
        assert (latest["order"], latest["lines"]) == ("o-2", []), "on its way back already"
        assert [(one["line"], one["sku"], one["returnable"]) for one in first["lines"]] == [
            ("1", "A1", 2),
            ("2", "K1", 1),
        ]
        assert first["lines"][0]["breaches"] == ["window_over"]
        assert not {"email", "name", "customer"} & first.keys(), "it names no person"
    assert [one["order"] for one in returnable(shop, email="kim@example.com", sku="K1")] == ["o-1"]
    assert returnable(shop, email="nobody@example.com") == []
    page = done(shop.admin.get("/v1/returnable", params={"email": "kim@example.com", "limit": 1}))
    rest = shop.admin.get("/v1/returnable", params={"email": "kim@example.com", "cursor": page["next"]})
    assert [one["order"] for one in done(rest)["items"]] == ["o-1"]
    assert no(shop.admin.get("/v1/returnable")) == (422, "invalid")
    assert shop.web.get("/v1/returnable", params={"email": "kim@example.com"}).status_code == 403


def test_goods_of_no_order_are_put_away_and_owed_nothing(shop: Shop) -> None:
    back = done(brought(shop, ("A1", 2)))
    assert [(one["came"], one["received"]) for one in back["lines"]] == [("of_no_order", 2)]
    last = inspected(shop, back["id"], (1, {"quantity": 2, "refund": True}))
    assert (last["state"], last["refunds"], last["lines"][0]["refundable"]) == ("closed", [], 0)
    assert balance(shop, "ST-1:shelf", "A1") == 5


def test_the_office_may_pay_for_them_with_a_reason(shop: Shop) -> None:
    back = done(brought(shop, ("A1", 2)))
    where = f"/v1/returns/{back['id']}/goodwill"
    wish = {"method": "store_credit", "amount_minor": 2000, "reason": "a regular", "reference": "v-77"}
    staff = shop.client(Role.STAFF, nodes=["ST-1"])
    assert shop.post(where, wish, staff).status_code == 403
    assert shop.post(where, wish | {"reason": ""}, shop.admin).status_code in (400, 422)
    office = shop.client(Role.BACKOFFICE)
    paid = done(shop.post(where, wish, office, key="once"))
    assert done(shop.post(where, wish, office, key="once")) == paid, "sent twice, paid once"
    assert paid["version"] == back["version"] + 1
    (one,) = paid["goodwill"]
    assert (one["amount_minor"], one["method"], one["reason"]) == (2000, "store_credit", "a regular")
    more = shop.post(where, wish | {"amount_minor": 599}, office)
    assert no(more) == (422, "bad_amount")
    assert more.json()["errors"][0]["detail"] == "The goods cost 2598 today, of which 598 are not paid yet"
    assert len(done(shop.post(where, wish | {"amount_minor": 598}, office))["goodwill"]) == 2
    told = "SELECT count(*) FROM outbox WHERE type = 'return.goodwill_paid' AND reason = 'a regular'"
    assert shop.scalar(told) == 2


def test_what_was_paid_stands_on_the_timeline_of_the_customer_the_return_names(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 1), customer=KIM)
    kim = shop.admin.get("/v1/orders/o-1").json()["customer_id"]
    bought = {"order": "o-1", "line": "1", "quantity": 1}
    body = {"method": "counter", "received": True, "node": "ST-1"}
    back = done(
        shop.post("/v1/returns", body | {"lines": [bought, {"sku": "C3", "quantity": 1}]}, shop.admin)
    )
    other = done(brought(shop, ("C3", 1)))
    for id, amount in ((back["id"], 700), (other["id"], 800)):
        wish = {"method": "cash", "amount_minor": amount, "reason": "a regular"}
        done(shop.post(f"/v1/returns/{id}/goodwill", wish, shop.admin))

    def told(customer: str) -> list[tuple[Any, ...]]:
        rows = done(shop.admin.get(f"/v1/customers/{customer}/timeline"))["items"]
        return [
            (one["type"], one["subject_id"], one["amount_minor"], one["reason"])
            for one in rows
            if one["subject"] == "return"
        ]

    paid = ("return.goodwill_paid", back["id"], 700, "a regular")
    assert told(kim)[0] == paid, "and nothing of the return that names nobody"
    assert [row[0] for row in told(kim)[1:]] == ["return.received", "return.approved", "return.requested"]
    one = done(shop.post("/v1/customers", {"email": "kim@work.example.com"}, shop.admin))
    done(shop.post(f"/v1/customers/{kim}/merge", {"into": one["id"]}, shop.admin))
    assert told(one["id"])[0] == paid


def test_what_an_order_sold_is_credited_to_it_and_not_paid_so(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 1))
    back = done(shop.post("/v1/returns", ask(("o-1", "1", 1)), shop.admin))
    done(shop.post(f"/v1/returns/{back['id']}/receive", {"node": "WH"}, shop.admin))
    wish = {"method": "cash", "amount_minor": 1, "reason": "twice is nicer"}
    no_way = shop.post(f"/v1/returns/{back['id']}/goodwill", wish, shop.admin)
    assert no(no_way) == (409, "illegal_transition")


def test_the_policy_may_refuse_them(shop: Shop) -> None:
    done(shop.admin.put("/v1/return-policy", json={"without_order": "refuse"}))
    shop.runtime.refresher.look()
    refused = brought(shop, ("A1", 1))
    assert no(refused) == (409, "return_refused")
    assert [fault["code"] for fault in refused.json()["errors"]] == ["no_order"]
    taken = done(brought(shop, ("A1", 1), exception="the box has our seal"))
    assert (taken["state"], taken["breaches"]) == ("received", ["no_order"])
