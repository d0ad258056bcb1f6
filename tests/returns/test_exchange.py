"""Exchange: a return and a new order at once, held until its trigger, paid by what is owed for the goods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkout.conftest import Shop
from tests.returns.conftest import ask, done, inspected, no, sold
from tests.support import HOME


def swap(release: str, sku: str = "B2", units: int = 1, price: int = 1000, **more: Any) -> dict[str, Any]:
    line = {"id": "1", "sku": sku, "quantity": units, "unit_price_minor": price}
    order = {"channel": "web", "currency": "USD", "lines": [line], "destination": HOME}
    return {"release": release, "order": {**order, "method": "ship", "shipping_minor": 0, **more}}


@pytest.mark.parametrize(
    ("release", "held"),
    [
        ("on_request", {"approved": [], "in_transit": [], "received": []}),
        ("on_scan", {"approved": ["exchange"], "in_transit": [], "received": []}),
        ("on_receipt", {"approved": ["exchange"], "in_transit": ["exchange"], "received": []}),
    ],
)
def test_it_is_let_go_at_its_trigger(shop: Shop, release: str, held: dict[str, list[str]]) -> None:
    token = sold(shop, "o-1", ("A1", 1))
    back = done(shop.post("/v1/returns", ask(("o-1", "1", 1), order_tokens=[token])))
    where = f"/v1/returns/{back['id']}"
    made = done(shop.post(f"{where}/exchange?token={token}", swap(release)))
    new = made["exchange"]["order"]
    assert made["exchange"] == {"order": f"{back['id']}-x", "release": release, "credit_minor": 1000}

    def holds() -> Any:
        return shop.admin.get(f"/v1/orders/{new}").json()["holds"]

    seen = {"approved": holds()}
    done(shop.post(f"{where}/send", {}, shop.admin))
    seen["in_transit"] = holds()
    done(shop.post(f"{where}/receive", {"node": "WH"}, shop.admin))
    seen["received"] = holds()
    assert seen == held
    types = [event["type"] for event in shop.admin.get(f"/v1/orders/{new}").json()["timeline"]]
    assert types.count("order.released") == (release != "on_request")

    ended = inspected(shop, back["id"], (1, {"quantity": 1}))
    assert (ended["state"], ended["refunds"]) == ("closed", [])
    old, fresh = (shop.admin.get(f"/v1/orders/{id}").json()["money"] for id in ("o-1", new))
    assert (old["captured_minor"] - old["refunded_minor"], old["total_minor"]) == (499, 499)
    assert (fresh["captured_minor"], fresh["total_minor"]) == (1000, 1000)


def test_a_cheaper_one_leaves_a_refund_a_dearer_one_a_balance(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 1), ("B2", 1))
    cheap = done(shop.post("/v1/returns", ask(("o-1", "1", 1)), shop.admin))
    dear = done(shop.post("/v1/returns", ask(("o-1", "2", 1)), shop.admin))
    new = {"C": f"{cheap['id']}-x", "D": "mine"}
    body = swap("on_receipt", price=400)
    assert done(shop.post(f"/v1/returns/{cheap['id']}/exchange", body, shop.admin))["exchange"] == {
        "order": new["C"],
        "release": "on_receipt",
        "credit_minor": 400,
    }
    body = swap("on_receipt", price=1500, id="mine")
    done(shop.post(f"/v1/returns/{dear['id']}/exchange", body, shop.admin))
    for back in (cheap, dear):
        done(shop.post(f"/v1/returns/{back['id']}/receive", {"node": "WH"}, shop.admin))
        ended = inspected(shop, back["id"], (1, {"quantity": 1}))
        owed = [one["amount_minor"] for one in ended["refunds"]]
        assert owed == ([600] if back is cheap else [])
    money = {id: shop.admin.get(f"/v1/orders/{id}").json()["money"] for id in new.values()}
    assert (money[new["C"]]["captured_minor"], money[new["C"]]["total_minor"]) == (400, 400)
    assert (money["mine"]["captured_minor"], money["mine"]["total_minor"]) == (1000, 1500)


def test_credit_that_never_comes_is_given_up(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 2))
    back = done(shop.post("/v1/returns", ask(("o-1", "1", 2)), shop.admin))
    where = f"/v1/returns/{back['id']}"
    done(shop.post(f"{where}/exchange", swap("on_request", units=2), shop.admin))
    done(shop.post(f"{where}/receive", {"node": "WH"}, shop.admin))
    inspected(shop, back["id"], (1, {"quantity": 1, "condition": "broken"}))
    inspected(shop, back["id"], (1, {"quantity": 1}))
    money = shop.admin.get(f"/v1/orders/{back['id']}-x").json()["money"]
    shown = [money[name] for name in ("authorised_minor", "captured_minor", "voided_minor", "total_minor")]
    assert shown == [2000, 1000, 1000, 2000]


def test_what_cannot_be_exchanged(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 2))
    back = done(shop.post("/v1/returns", ask(("o-1", "1", 1)), shop.admin))
    where = f"/v1/returns/{back['id']}"
    gone = swap("on_receipt", sku="NONE")
    assert shop.post(f"{where}/exchange", gone, shop.admin).status_code == 409
    assert shop.scalar('SELECT count(*) FROM "order"') == 1
    key, body = "same", swap("on_receipt")
    first = shop.post(f"{where}/exchange", body, shop.admin, key)
    assert shop.post(f"{where}/exchange", body, shop.admin, key).json() == done(first)
    second = shop.post(f"{where}/exchange", swap("on_receipt", id="other"), shop.admin)
    assert no(second) == (409, "illegal_transition")
    assert no(shop.post(f"{where}/cancel", {}, shop.admin)) == (409, "illegal_transition")
    done(shop.post(f"/v1/orders/{back['id']}-x/cancel", {}, shop.admin))
    assert done(shop.post(f"{where}/cancel", {}, shop.admin))["state"] == "cancelled"
    assert no(shop.post("/v1/returns/none/exchange", body, shop.admin)) == (404, "not_found")
    last = done(shop.post("/v1/returns", ask(("o-1", "1", 1)), shop.admin))
    taken = swap("on_receipt", id="o-1")
    refused = shop.post(f"/v1/returns/{last['id']}/exchange", taken, shop.admin)
    assert no(refused) == (409, "order_exists")
