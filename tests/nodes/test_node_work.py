"""Offered, accepted, rejected, expired, held, moved, cancelled: over HTTP, with what follows from each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from oms.usecases.offers import expire_offers
from oms.usecases.releasing import release_due
from oms.usecases.resourcing import resource_orders
from tests.checkout.conftest import Shop
from tests.nodes.conftest import act, did, events, jobs, offered, queue, release_at_last, seen, stands
from tests.support import stock_up

WAITING = "SELECT coalesce(sum(quantity), 0) FROM resourcing WHERE resolved_at IS NULL"


def test_an_order_is_offered_when_its_node_has_to_begin(shop: Shop) -> None:
    shop.place("o-1", ("C3", 1), method="ship")
    assert release_due(shop.runtime) == 0, "there is plenty of time"
    [(id, (node, state))] = jobs(shop, "o-1").items()
    assert state == "scheduled"
    release_at_last(shop)
    [item] = queue(shop, node, "offered")
    leaves = datetime.fromisoformat(item["must_leave_by"])
    left = leaves - shop.watch.now()
    assert timedelta(minutes=0) < left < timedelta(minutes=60 + 6 + 31), "lead and work, half an hour a step"
    assert (item["id"], item["units"], item["minutes"], item["method"]) == (id, 1, 6.0, "ship")
    assert item["offer_expires_at"] == (shop.watch.now() + timedelta(minutes=30)).isoformat()
    assert did(shop, id, "accept")["state"] == "accepted"
    assert act(shop, id, "accept").json()["code"] == "illegal_transition"
    assert events(shop, "o-1")[-2:] == ["fulfilment.offered", "fulfilment.accepted"]


def test_another_lead_is_heard_of_at_once(shop: Shop) -> None:
    shop.place("o-1", ("C3", 1), method="ship")
    assert release_due(shop.runtime) == 0, "there is plenty of time"
    shop.admin.put("/v1/work", json={"lead_minutes": 40_000})
    shop.runtime.refresher.look()
    assert release_due(shop.runtime) == 1, "not only when it was to be looked at again"
    assert [state for _, state in jobs(shop, "o-1").values()] == ["offered"]


def test_more_work_at_the_node_is_begun_sooner(shop: Shop) -> None:
    stock_up(shop.runtime, ("WH", "A1", 200))
    shop.admin.put("/v1/work", json={"order_minutes": 30})
    for n in range(12):
        assert shop.place(f"o-{n}", ("A1", 1), method="ship").status_code == 201
    release_at_last(shop)
    done = queue(shop, "WH", "offered")
    assert 0 < len(done) < 12, "they do not all begin at once"
    left = datetime.fromisoformat(done[0]["must_leave_by"]) - shop.watch.now()
    assert left > timedelta(minutes=60 + 12 * 32 - 31)


def test_a_node_that_takes_whatever_it_is_offered_is_not_asked(shop: Shop) -> None:
    shop.admin.put("/v1/work", json={"auto_accept": ["*"]})
    shop.place("o-1", ("C3", 1), method="ship")
    release_at_last(shop)
    assert [state for _, state in jobs(shop, "o-1").values()] == ["accepted"]


@pytest.mark.parametrize(
    ("reason", "shelf"),
    [
        ("not_in_stock", (0, 0, True)),
        ("mismatch", (1, 0, True)),
        ("damaged", (1, 0, True)),
        ("no_staff", (2, 0, False)),
    ],
)
def test_a_reject_is_routed_anew_before_it_is_answered(
    shop: Shop, reason: str, shelf: tuple[int, int, bool]
) -> None:
    id = offered(shop, "o-1", ("C3", 1))
    assert did(shop, id, "reject", reason=reason)["state"] == "rejected"
    found = jobs(shop, "o-1")
    assert found[id] == ("ST-2", "rejected")
    assert [node for node, _ in found.values()][1:] == ["FAR"]
    [_, new] = seen(shop, "o-1")["fulfilment_orders"]
    assert new["replaces"] == id
    assert stands(shop, "ST-2", "C3") == shelf
    decision = shop.admin.get("/v1/orders/o-1/decisions").json()["decisions"][-1]
    assert (decision["trigger"], decision["recomputed"]) == ("re_sourced", True)
    if reason == "no_staff":
        [avoided] = [one for one in decision["explanation"] if one.get("node") == "ST-2"]
        assert [one["reason"] for one in avoided["reasons"]] == ["node_blocked"]
    assert shop.scalar(WAITING) == 0


def test_a_reject_may_be_about_some_lines_only(shop: Shop) -> None:
    id = offered(shop, "o-1", ("A1", 2), ("B2", 3))
    [(node, _)] = jobs(shop, "o-1").values()
    assert act(shop, id, "reject", reason="not_in_stock", lines=["9"]).json()["code"] == "unknown_line"
    before = stands(shop, node, "A1")
    did(shop, id, "reject", reason="not_in_stock", lines=["2"])
    assert stands(shop, node, "A1") == (before[0], before[1] - 2, False)
    assert stands(shop, node, "B2")[::2] == (0, True)


def test_a_reject_says_why_with_a_reason_there_is(shop: Shop) -> None:
    id = offered(shop, "o-1", ("C3", 1))
    refused = act(shop, id, "reject", reason="absent")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_reason")
    assert "no_staff" in refused.json()["errors"][0]["detail"]
    assert jobs(shop, "o-1")[id][1] == "offered"


def test_others_who_lose_their_units_are_routed_anew_too(shop: Shop) -> None:
    stock_up(shop.runtime, ("ST-2", "C3", 1))
    first = offered(shop, "o-1", ("C3", 1))
    shop.place("o-2", ("C3", 1), method="ship")
    assert next(iter(jobs(shop, "o-2").values()))[0] == "ST-2"
    did(shop, first, "reject", reason="not_in_stock")
    assert [node for node, state in jobs(shop, "o-2").values() if state != "cancelled"] == ["FAR"]
    assert shop.scalar(WAITING) == 0


def test_where_nobody_can_it_waits_and_says_why_once(shop: Shop) -> None:
    id = offered(shop, "o-1", ("D4", 2))
    did(shop, id, "reject", reason="node_closed")
    order = seen(shop, "o-1")
    assert (order["lines"][0]["unrouted"], order["status"]) == (2, "pending")
    told = [event for event in order["timeline"] if event["type"] == "order.unroutable"]
    assert len(told) == 1 and told[0]["reason"] == told[0]["data"]["code"]
    shop.runtime.feed.look()
    assert resource_orders(shop.runtime) == 0
    assert events(shop, "o-1").count("order.unroutable") == 1
    stock_up(shop.runtime, ("WH", "D4", 2))
    assert resource_orders(shop.runtime) == 1
    assert [node for node, _ in jobs(shop, "o-1").values()] == ["FAR", "WH"]
    assert shop.scalar("SELECT count(*) FROM unroutable") == 0


def test_what_a_fact_takes_for_good_says_why_once_too(shop: Shop) -> None:
    id = offered(shop, "o-1", ("D4", 2))
    node = jobs(shop, "o-1")[id][0]
    counted = {"counts": [{"node": node, "sku": "D4", "quantity": 0}]}
    assert shop.admin.put("/v1/stock/counts", json=counted).status_code == 200
    shop.runtime.feed.look()
    for _ in range(2):
        assert resource_orders(shop.runtime) == 0
    told = [event for event in seen(shop, "o-1")["timeline"] if event["type"] == "order.unroutable"]
    assert [event["reason"] for event in told] == ["insufficient_stock"]


def later(shop: Shop) -> tuple[Any, Any]:
    """An order whose promise cannot be kept any more, before and after."""
    id = offered(shop, "o-1", ("C3", 1))
    before = seen(shop, "o-1")["promise"]
    did(shop, id, "reject", reason="node_closed")
    after = seen(shop, "o-1")
    [change] = [event for event in after["timeline"] if event["type"] == "order.promise_changed"]
    assert change["data"]["from"]["to"] == before["window"]["to"]
    assert change["data"]["to"]["to"] == after["promise"]["window"]["to"] > before["window"]["to"]
    assert change["data"]["asks"] is True
    return before, after["promise"]


@pytest.mark.parametrize("accept", [True, False])
def test_a_later_promise_asks_the_customer(shop: Shop, accept: bool) -> None:
    _, promise = later(shop)
    answered = shop.post("/v1/orders/o-1/promise", {"accept": accept})
    assert answered.status_code == 200, answered.text
    order = seen(shop, "o-1")
    assert (order["promise"], order["status"]) == (promise, "open" if accept else "cancelled")
    again = shop.post("/v1/orders/o-1/promise", {"accept": accept})
    assert again.json()["code"] == "illegal_transition"


def test_declining_keeps_what_is_in_time(shop: Shop) -> None:
    id = offered(shop, "o-1", ("A1", 1), ("C3", 1))
    split = {node: one for one, (node, _) in jobs(shop, "o-1").items()}
    assert len(split) == 2, "the sample has nobody with both"
    release_at_last(shop) if jobs(shop, "o-1")[split["ST-2"]][1] == "scheduled" else None
    did(shop, split["ST-2"], "reject", reason="node_closed")
    assert id in jobs(shop, "o-1")
    lines = shop.post("/v1/orders/o-1/promise", {"accept": False}).json()["lines"]
    assert [(line["sku"], line["routed"], line["cancelled"]) for line in lines] == [
        ("A1", 1, 0),
        ("C3", 0, 1),
    ]


def test_an_offer_nobody_accepts_goes_to_somebody_else(shop: Shop) -> None:
    id = offered(shop, "o-1", ("C3", 1))
    shop.watch.forward(minutes=29)
    assert expire_offers(shop.runtime) == 0
    shop.watch.forward(minutes=1)
    assert expire_offers(shop.runtime) == 1
    assert expire_offers(shop.runtime) == 0
    found = jobs(shop, "o-1")
    assert found[id] == ("ST-2", "expired")
    assert list(found.values())[1][0] == "FAR"
    assert stands(shop, "ST-2", "C3") == (2, 0, False)
    assert act(shop, id, "accept").json()["code"] == "illegal_transition"


def test_what_is_on_hold_stands_still(shop: Shop) -> None:
    id = offered(shop, "o-1", ("C3", 1))
    assert did(shop, id, "hold", reason="customer called")["on_hold"] is True
    assert act(shop, id, "hold", reason="x").json()["code"] == "illegal_transition"
    assert act(shop, id, "accept").json()["code"] == "illegal_transition"
    assert act(shop, id, "reject", reason="no_staff").json()["code"] == "illegal_transition", "no way round"
    shop.watch.forward(hours=2)
    assert expire_offers(shop.runtime) == 0
    freed = did(shop, id, "release")
    assert (freed["on_hold"], freed["reason"]) == (False, "")
    assert act(shop, id, "release").json()["code"] == "illegal_transition"
    assert did(shop, id, "accept")["state"] == "accepted"


def test_a_held_order_is_not_released(shop: Shop) -> None:
    shop.place("o-1", ("C3", 1), method="ship")
    held = shop.post("/v1/orders/o-1/holds", {"hold": "fraud"}, shop.admin).json()
    assert (held["holds"], held["status"]) == (["fraud"], "on_hold")
    shop.post("/v1/orders/o-1/holds", {"hold": "care"}, shop.admin)
    for _ in range(14):
        shop.watch.forward(hours=1)
        assert release_due(shop.runtime) == 0
    [(id, _)] = jobs(shop, "o-1").items()
    assert act(shop, id, "release").json()["holds"] == ["fraud", "care"]
    shop.post("/v1/orders/o-1/holds", {"hold": "fraud", "remove": True}, shop.admin)
    assert seen(shop, "o-1")["status"] == "on_hold"
    shop.post("/v1/orders/o-1/holds", {"hold": "care", "remove": True}, shop.admin)
    assert seen(shop, "o-1")["status"] == "open"
    shop.watch.forward(minutes=2)
    assert release_due(shop.runtime) == 1


def test_what_is_still_to_come_in_is_not_released(shop: Shop) -> None:
    eta = (shop.watch.now() + timedelta(hours=5)).isoformat()
    body = {"id": "po-1", "node": "WH", "eta": eta, "lines": [{"sku": "NONE", "quantity": 3}]}
    assert shop.post("/v1/inbound", body, shop.admin).status_code == 201
    shop.runtime.feed.look()
    shop.place("o-1", ("NONE", 1), method="ship")
    shop.watch.forward(days=3)
    assert release_due(shop.runtime) == 0
    receipt = {"lines": [{"sku": "NONE", "quantity": 3}]}
    assert shop.post("/v1/inbound/po-1/receive", receipt, shop.admin).status_code == 200
    shop.watch.forward(minutes=2)
    assert release_due(shop.runtime) == 1
