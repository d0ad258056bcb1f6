"""Moved, cancelled, held in bulk, seen by its own staff, and told of when it stands still."""

from __future__ import annotations

from oms.actors import Role
from oms.usecases.releasing import alarm_stuck
from tests.checkout.conftest import Shop
from tests.nodes.conftest import act, did, jobs, offered, queue, seen, stands
from tests.support import stock_up


def test_a_move_goes_where_the_promise_is_kept_or_nowhere(shop: Shop) -> None:
    shop.place("o-1", ("A1", 1), method="ship")
    [(id, (node, _))] = jobs(shop, "o-1").items()
    other = "ST-1" if node == "WH" else "WH"
    refused = act(shop, id, "move", node="FAR").json()
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("no_feasible_plan", "/node")
    assert act(shop, id, "move", node="nowhere").json()["code"] == "unknown_node"
    assert act(shop, id, "move", node=node).json()["code"] == "illegal_transition"
    made = did(shop, id, "move", node=other)
    assert (made["node"], made["replaces"], made["state"]) == (other, id, "scheduled")
    assert jobs(shop, "o-1")[id] == (node, "cancelled")
    assert (stands(shop, node, "A1")[1], stands(shop, other, "A1")[1]) == (0, 1)
    assert seen(shop, "o-1")["lines"][0]["routed"] == 1


def test_cancelling_the_work_cancels_the_units(shop: Shop) -> None:
    id = offered(shop, "o-1", ("K1", 1), ("C3", 1))
    node = jobs(shop, "o-1")[id][0]
    did(shop, id, "cancel")
    order = seen(shop, "o-1")
    assert jobs(shop, "o-1")[id][1] == "cancelled"
    gone = {"ST-2": "C3"}.get(node, "K1")
    assert [(line["sku"], line["cancelled"]) for line in order["lines"] if line["cancelled"]] == [(gone, 1)]
    assert act(shop, id, "cancel").json()["code"] == "illegal_transition"


def test_many_at_once_and_what_it_would_do_first(shop: Shop) -> None:
    stock_up(shop.runtime, ("WH", "A1", 50))
    for n in range(4):
        shop.place(f"o-{n}", ("A1", 1), method="ship")
    shop.post("/v1/orders/o-0/cancel", {})
    ask = {"action": "hold", "filter": {"method": "ship", "sku": "A1"}, "reason": "recall", "preview": True}
    shown = shop.post("/v1/fulfilment-orders/bulk", ask, shop.admin).json()
    assert (shown["found"], shown["done"], shown["preview"]) == (4, 3, True)
    assert [one["code"] for one in shown["results"] if one["outcome"] == "refused"] == ["illegal_transition"]
    assert shop.scalar("SELECT count(*) FROM fulfilment_order WHERE on_hold") == 0
    before = shop.scalar("SELECT count(*) FROM outbox WHERE type = 'fulfilment.held'")
    done = shop.post("/v1/fulfilment-orders/bulk", ask | {"preview": False}, shop.admin).json()
    assert (before, done["results"]) == (0, shown["results"])
    assert shop.scalar("SELECT count(*) FROM fulfilment_order WHERE on_hold") == 3
    assert shop.post("/v1/fulfilment-orders/bulk", ask | {"filter": {}}, shop.admin).status_code == 422


def test_staff_see_and_do_what_is_their_node_s(shop: Shop) -> None:
    id = offered(shop, "o-1", ("C3", 1))
    own, other = (shop.client(Role.STAFF, nodes=[node]) for node in ("ST-2", "ST-1"))
    assert [item["id"] for item in queue(shop, "ST-2", "offered", client=own)] == [id]
    assert other.get("/v1/nodes/ST-2/fulfilment-orders").status_code == 404
    assert other.get(f"/v1/fulfilment-orders/{id}").status_code == 404
    assert act(shop, id, "accept", other).status_code == 404
    assert act(shop, id, "accept", own).status_code == 200
    assert own.get(f"/v1/fulfilment-orders/{id}").json()["state"] == "accepted"
    assert act(shop, id, "move", own, node="FAR").status_code == 403


def test_a_queue_is_read_page_by_page(shop: Shop) -> None:
    stock_up(shop.runtime, ("WH", "A1", 50))
    for n in range(5):
        shop.place(f"o-{n}", ("A1", 1), method="ship")
    path, found = "/v1/nodes/WH/fulfilment-orders?limit=2", list[str]()
    while path:
        answer = shop.admin.get(path)
        found += [item["id"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert sorted(found) == [f"o-{n}-1" for n in range(5)]


def test_work_that_stands_still_is_told_of_once(shop: Shop) -> None:
    id = offered(shop, "o-1", ("C3", 1))
    did(shop, id, "accept")
    shop.watch.forward(minutes=239)
    assert alarm_stuck(shop.runtime) == 0
    shop.watch.forward(minutes=2)
    assert alarm_stuck(shop.runtime) == 1
    assert alarm_stuck(shop.runtime) == 0
    [told] = [event for event in seen(shop, "o-1")["timeline"] if event["type"] == "work.stuck"]
    assert told["data"]["state"] == "accepted"
