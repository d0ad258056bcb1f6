"""What is taken back: window, final sale, condition; exceptions; approval by somebody; fees and shipping."""

from __future__ import annotations

from typing import Any

from inventory.catalogue_edit import SkuRow
from oms.actors import Role
from tests.checkout.conftest import Shop
from tests.returns.conftest import ask, done, inspected, no, sold


def policy(shop: Shop, **members: Any) -> None:
    done(shop.admin.put("/v1/return-policy", json=members))


def flagged(shop: Shop, sku: str, flag: str) -> None:
    """The SKU with a flag from now on."""
    row = SkuRow(sku, sku, weight_g=300, unit_price_minor=1299)
    body = {"name": row.name, "weight_g": 300, "unit_price_minor": 1299, "flags": [flag]}
    done(shop.admin.put(f"/v1/skus/{sku}", json=body))
    shop.runtime.feed.look()


def rules(answer: Any) -> list[str]:
    assert no(answer) == (409, "return_refused")
    return [fault["code"] for fault in answer.json()["errors"]]


def test_after_the_window_only_by_exception(shop: Shop) -> None:
    token = sold(shop, "o-1", ("A1", 2))
    shop.watch.forward(days=30)
    done(shop.post("/v1/returns", ask(("o-1", "1", 1)), shop.admin))
    shop.watch.forward(seconds=1)
    late = ask(("o-1", "1", 1))
    assert rules(shop.post("/v1/returns", late, shop.admin)) == ["window_over"]
    waived = {**late, "exception": "was in hospital"}
    assert no(shop.post("/v1/returns", {**waived, "order_tokens": [token]})) == (403, "forbidden")
    back = done(shop.post("/v1/returns", waived, shop.client(Role.BACKOFFICE)))
    assert (back["state"], back["breaches"]) == ("approved", ["window_over"])
    assert back["exception"] == "was in hospital"


def test_windows_by_channel_and_flag(shop: Shop) -> None:
    policy(shop, window_days=1, window_days_by_channel={"web": 10}, window_days_by_flag={"electronics": 3})
    flagged(shop, "A1", "electronics")
    sold(shop, "o-1", ("A1", 1), ("B2", 1))
    shop.watch.forward(days=4)
    assert rules(shop.post("/v1/returns", ask(("o-1", "1", 1)), shop.admin)) == ["window_over"]
    assert done(shop.post("/v1/returns", ask(("o-1", "2", 1)), shop.admin))["state"] == "approved"


def test_final_sale_and_condition(shop: Shop) -> None:
    flagged(shop, "A1", "final_sale")
    sold(shop, "o-1", ("A1", 1), ("B2", 1))
    body = ask(("o-1", "1", 1), ("o-1", "2", 1))
    body["lines"][1]["condition"] = "broken"
    refused = shop.post("/v1/returns", body, shop.admin)
    assert rules(refused) == ["final_sale", "condition_not_accepted"]
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/lines/0", "/lines/1"]
    assert shop.scalar('SELECT count(*) FROM "return"') == 0
    back = done(shop.post("/v1/returns", {**body, "exception": "sold by mistake"}, shop.admin))
    done(shop.post(f"/v1/returns/{back['id']}/receive", {"node": "WH"}, shop.admin))
    ended = inspected(shop, back["id"], (1, {"quantity": 1}), (2, {"quantity": 1}))
    assert [one["amount_minor"] for one in ended["refunds"]] == [2000]
    assert [one["disposition"] for one in ended["dispositions"]] == ["restock", "damaged"]


def test_what_is_faulty_comes_back_in_any_condition(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 2))
    body = ask(("o-1", "1", 1))
    body["lines"][0] |= {"condition": "broken", "reason": "changed_mind"}
    refused = shop.post("/v1/returns", body, shop.admin)
    assert rules(refused) == ["condition_not_accepted"]
    assert "give an exception" in refused.json()["detail"]
    body["lines"][0]["reason"] = "faulty"
    back = done(shop.post("/v1/returns", body, shop.admin))
    assert (back["state"], back["breaches"]) == ("approved", [])
    done(shop.post(f"/v1/returns/{back['id']}/receive", {"node": "WH"}, shop.admin))
    ended = inspected(shop, back["id"], (1, {"quantity": 1, "condition": "broken"}))
    assert [one["amount_minor"] for one in ended["refunds"]] == [1000]
    assert [one["disposition"] for one in ended["dispositions"]] == ["damaged"]


def test_somebody_decides(shop: Shop) -> None:
    policy(shop, auto_approve=False, on_breach="ask", window_days=0)
    token = sold(shop, "o-1", ("A1", 3))
    fresh = done(shop.post("/v1/returns", ask(("o-1", "1", 1), order_tokens=[token])))
    assert (fresh["state"], fresh["breaches"]) == ("requested", [])
    shop.watch.forward(days=1)
    late = done(shop.post("/v1/returns", ask(("o-1", "1", 1), order_tokens=[token])))
    assert (late["state"], late["breaches"]) == ("requested", ["window_over"])
    where = f"/v1/returns/{late['id']}"
    assert no(shop.post(f"{where}/receive", {"node": "WH"}, shop.admin)) == (409, "illegal_transition")
    assert no(shop.post(f"{where}/approve", {}, shop.admin)) == (422, "invalid")
    kept = done(shop.post(f"{where}/approve", {"reason": "a good customer"}, shop.admin))
    assert (kept["state"], kept["exception"]) == ("approved", "a good customer")
    other = f"/v1/returns/{fresh['id']}"
    gone = done(shop.post(f"{other}/decline", {"reason": "not ours"}, shop.admin))
    assert (gone["state"], gone["reason"]) == ("declined", "not ours")
    assert no(shop.post(f"{other}/cancel", {}, shop.admin)) == (409, "illegal_transition")
    assert no(shop.post(f"{where}/cancel", {})) == (404, "not_found")
    assert done(shop.post(f"{where}/cancel?token={token}", {}))["state"] == "cancelled"
    assert done(shop.post("/v1/returns", ask(("o-1", "1", 3)), shop.admin))["state"] == "requested"


def test_refunded_at_receipt_with_shipping_less_the_fee(shop: Shop) -> None:
    policy(shop, refund_at="receipt", refund_shipping="whole_order", fee_minor=300)
    sold(shop, "o-1", ("A1", 2))
    first = done(shop.post("/v1/returns", ask(("o-1", "1", 1)), shop.admin))
    got = done(shop.post(f"/v1/returns/{first['id']}/receive", {"node": "WH"}, shop.admin))
    assert [one["amount_minor"] for one in got["refunds"]] == [1000 - 300]
    seen = inspected(shop, first["id"], (1, {"quantity": 1, "condition": "broken"}))
    assert [one["amount_minor"] for one in seen["refunds"]] == [1000 - 300]
    free = ask(("o-1", "1", 1))
    free["lines"][0]["reason"] = "damaged"
    last = done(shop.post("/v1/returns", free, shop.admin))
    got = done(shop.post(f"/v1/returns/{last['id']}/receive", {"node": "WH"}, shop.admin))
    assert [one["amount_minor"] for one in got["refunds"]] == [1000 + 499]
    account = shop.admin.get("/v1/orders/o-1/payments").json()["money"]
    assert (account["total_minor"], account["refund_pending_minor"]) == (300, 2199)


def test_which_nodes_take_returns(shop: Shop) -> None:
    policy(shop, node_kinds=["store"])
    sold(shop, "o-1", ("A1", 1))
    assert no(shop.post("/v1/returns", ask(("o-1", "1", 1), node="NO"), shop.admin)) == (422, "unknown_node")
    assert no(shop.post("/v1/returns", ask(("o-1", "1", 1), node="WH"), shop.admin)) == (422, "invalid")
    back = done(shop.post("/v1/returns", ask(("o-1", "1", 1), node="ST-1"), shop.admin))
    path = f"/v1/returns/{back['id']}/receive"
    assert no(shop.post(path, {"node": "WH"}, shop.admin)) == (422, "invalid")
    assert done(shop.post(path, {"node": "ST-2"}, shop.admin))["node"] == "ST-2"
