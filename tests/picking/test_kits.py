"""Kits kept together stay together when something of them needs another home."""

from __future__ import annotations

from typing import Any

from oms.usecases.resourcing import resource_orders
from tests.picking.conftest import Floor, refusal
from tests.picking.test_shorts import short, told
from tests.support import stock_up

REJECT = {"reason": "no_staff"}


def nodes(floor: Floor, order_id: str) -> dict[str, dict[str, int]]:
    """Node → units of each SKU that it still has to hand over for the order."""
    found: dict[str, dict[str, int]] = {}
    for job in floor.order(order_id)["fulfilment_orders"]:
        lines = {line["sku"]: wanted(line) for line in job["lines"] if wanted(line)}
        if lines and job["state"] not in ("rejected", "cancelled", "expired"):
            found.setdefault(job["node"], {}).update(lines)
    return found


def wanted(line: Any) -> int:
    units: int = line["quantity"] - line["cancelled"] - line["short"]
    return units


def only_at(floor: Floor, sku: str, **units: int) -> None:
    """The shelves of the SKU, counted: so many there, and none elsewhere."""
    counts = [
        {"node": node, "sku": sku, "quantity": units.get(node.replace("-", ""), 0)}
        for node in ("WH", "ST-1", "ST-2", "FAR")
    ]
    assert floor.shop.admin.put("/v1/stock/counts", json={"counts": counts}).status_code == 200
    floor.shop.runtime.feed.look()


def test_the_whole_kit_moves_to_where_all_of_it_is(floor: Floor) -> None:
    floor.accepted("o-1", ("K1", 2))
    found = floor.claimed()
    by_sku = {task["sku"]: task["no"] for task in found["tasks"]}
    floor.pick(found, by_sku["B2"], 4)
    done = told(floor.do(found, by_sku["A1"], "short", short(1)))
    assert done["do"] == "continue", "with the other kit; the blades of this one are on the list of put-backs"
    assert nodes(floor, "o-1") == {"WH": {"A1": 1, "B2": 2}, "ST-1": {"A1": 1, "B2": 2}}
    job = floor.order("o-1")["fulfilment_orders"][0]
    line = next(one for one in job["lines"] if one["sku"] == "B2")
    assert (line["picked"], line["put_back"]) == (2, 2)
    reasons = [one["reason"] for one in floor.order("o-1")["timeline"] if one["type"] == "order.displaced"]
    assert reasons == ["kit_torn"]
    assert told(floor.shop.post(f"/v1/fulfilment-orders/{job['id']}/put-back", {}, floor.picker))


def test_a_rejected_kit_is_not_put_together_from_two_nodes(floor: Floor) -> None:
    stock_up(floor.shop.runtime, ("ST-2", "B2", 9))
    floor.accepted("o-1", ("K1", 1))
    only_at(floor, "A1", WH=200, ST1=3)
    only_at(floor, "B2", WH=200, ST2=9)
    told(floor.shop.post("/v1/fulfilment-orders/o-1-1/reject", REJECT, floor.picker))
    assert nodes(floor, "o-1") == {}, "handles at one store and blades at the other make no kit"
    assert floor.shop.scalar("SELECT sum(unrouted) FROM order_line WHERE kit_line IS NOT NULL") == 3
    why = next(one for one in floor.order("o-1")["timeline"] if one["type"] == "order.unroutable")
    assert why["data"]["unrouted"] == ["1/A1", "1/B2"]
    stock_up(floor.shop.runtime, ("ST-2", "A1", 1))
    resource_orders(floor.shop.runtime)
    assert nodes(floor, "o-1") == {"ST-2": {"A1": 1, "B2": 2}}


def test_where_no_node_has_the_whole_kit_it_stays_and_waits(floor: Floor) -> None:
    floor.accepted("o-1", ("K1", 1), ("A1", 1), allow_partial=True)
    only_at(floor, "A1", WH=200, ST1=3)
    only_at(floor, "B2", WH=200)
    found = floor.claimed()
    tasks = {task["line"]: task["no"] for task in found["tasks"]}
    floor.pick(found, tasks["1/A1"], 1)
    told(floor.do(found, tasks["1/B2"], "short", short(2)))
    assert floor.read(found)["totes"][0]["do"] == "hold"
    assert nodes(floor, "o-1") == {"WH": {"A1": 1}}, "one handle of the kit, one by itself"
    done = told(floor.do(found, tasks["2"], "short", short(1)))
    assert done["do"] == "hold"
    assert nodes(floor, "o-1") == {"WH": {"A1": 1}, "ST-1": {"A1": 1}}, "the other line does not wait"
    only_at(floor, "B2", WH=200)
    only_at(floor, "A1", WH=200, ST1=3)
    resource_orders(floor.shop.runtime)
    assert nodes(floor, "o-1")["WH"] == {"A1": 1, "B2": 2}, "counted, and there after all"
    assert [job["state"] for job in floor.order("o-1")["fulfilment_orders"]] == [
        "cancelled",
        "scheduled",
        "scheduled",
    ]


def test_what_is_packed_stays_and_the_rest_follows(floor: Floor) -> None:
    floor.accepted("o-1", ("K1", 1))
    found = floor.claimed()
    for no in (1, 2):
        floor.pick(found, no, found["tasks"][no - 1]["wanted"])
    told(floor.shop.post("/v1/fulfilment-orders/o-1-1/pack", {}, floor.picker))
    floor.shop.admin.put("/v1/stock/counts", json={"counts": [{"node": "WH", "sku": "A1", "quantity": 0}]})
    floor.shop.runtime.feed.look()
    resource_orders(floor.shop.runtime)
    assert nodes(floor, "o-1") == {"WH": {"B2": 2}, "ST-1": {"A1": 1}}
    assert refusal(floor.shop.post("/v1/fulfilment-orders/o-1-1/pack", {}, floor.picker))[0] == 409
