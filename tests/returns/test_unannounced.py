"""What comes back with a return and was not announced: paid for where the return's orders sold it."""

from __future__ import annotations

from typing import Any

from tests.checkout.conftest import Shop
from tests.returns.conftest import ask, balance, done, inspected, no, sold


def came(shop: Shop, order: str, *units: tuple[str, int], condition: str = "new", **more: Any) -> Any:
    """A return of one unit of the order's first line, with these units in the box besides."""
    back = done(shop.post("/v1/returns", ask((order, "1", 1), **more), shop.admin))
    others = [{"sku": sku, "quantity": n, "condition": condition} for sku, n in units]
    body = {"node": "WH", "lines": [{"no": 1, "quantity": 1}, *others]}
    return done(shop.post(f"/v1/returns/{back['id']}/receive", body, shop.admin))


def seen(back: Any) -> list[tuple[Any, ...]]:
    return [
        (one["sku"], one["order"], one["received"], one["came"], one["breaches"]) for one in back["lines"]
    ]


def owed(back: Any) -> int:
    return sum(one["amount_minor"] for one in back["refunds"])


def test_what_the_order_sold_is_paid_for_and_the_rest_is_of_no_order(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 1), ("B2", 2))
    back = came(shop, "o-1", ("B2", 3), ("C3", 1))
    assert seen(back) == [
        ("A1", "o-1", 1, "announced", []),
        ("B2", "o-1", 2, "unannounced", []),
        ("B2", None, 1, "of_no_order", []),
        ("C3", None, 1, "of_no_order", []),
    ]
    whole = [(no, {"quantity": units}) for no, units in ((1, 1), (2, 2), (3, 1), (4, 1))]
    done_with = inspected(shop, back["id"], *whole)
    assert (owed(done_with), [one["refundable"] for one in done_with["lines"]]) == (3000, [1, 2, 0, 0])
    lines = shop.admin.get("/v1/orders/o-1").json()["lines"]
    assert [(one["returned"], one["credited"]) for one in lines] == [(1, 1), (2, 2)]
    assert balance(shop, "WH:inspection", "B2") == 0
    assert no(shop.post("/v1/returns", ask(("o-1", "2", 1)), shop.admin)) == (422, "bad_quantity")


def test_a_unit_that_came_back_before_is_not_paid_for_twice(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 1), ("B2", 1))
    other = done(shop.post("/v1/returns", ask(("o-1", "2", 1)), shop.admin))
    back = came(shop, "o-1", ("B2", 1))
    assert seen(back)[1] == ("B2", None, 1, "of_no_order", []), "it is on its way in a return of its own"
    assert done(shop.post(f"/v1/returns/{other['id']}/cancel", {}, shop.admin))["state"] == "cancelled"


def test_what_the_policy_does_not_take_back_is_paid_only_when_somebody_says_so(shop: Shop) -> None:
    sold(shop, "o-1", ("A1", 1), ("B2", 2))
    back = came(shop, "o-1", ("B2", 2), condition="broken")
    assert seen(back)[1] == ("B2", "o-1", 2, "unannounced", ["condition_not_accepted"])
    first = inspected(shop, back["id"], (1, {"quantity": 1}), (2, {"quantity": 1}))
    assert owed(first) == 1000
    last = inspected(shop, back["id"], (2, {"quantity": 1, "refund": True}))
    assert owed(last) == 2000


def test_the_policy_may_want_to_be_asked(shop: Shop) -> None:
    done(shop.admin.put("/v1/return-policy", json={"unannounced": "ask", "refund_at": "receipt"}))
    shop.runtime.refresher.look()
    sold(shop, "o-1", ("A1", 1), ("B2", 1))
    back = came(shop, "o-1", ("B2", 1))
    assert seen(back)[1] == ("B2", "o-1", 1, "unannounced", ["unannounced"])
    assert owed(back) == 1000, "what was announced is paid for on receipt"
    assert (
        owed(inspected(shop, back["id"], (1, {"quantity": 1}), (2, {"quantity": 1, "refund": True}))) == 2000
    )


def test_a_kit_nobody_announced_is_paid_for_when_it_is_whole(shop: Shop) -> None:
    sold(shop, "o-1", ("C3", 1), ("K1", 1))
    back = came(shop, "o-1", ("A1", 1), ("B2", 2))
    assert [one[3:] for one in seen(back)] == [("announced", []), ("unannounced", []), ("unannounced", [])]
    lines = [(no, {"quantity": units}) for no, units in ((1, 1), (2, 1), (3, 2))]
    assert owed(inspected(shop, back["id"], *lines)) == 2000
    sold(shop, "o-2", ("C3", 1), ("K1", 1))
    part = came(shop, "o-2", ("A1", 1))
    assert seen(part)[1] == ("A1", "o-2", 1, "unannounced", ["kit_part"])
