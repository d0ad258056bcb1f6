"""Goods travel to the store where they are collected; their order follows them."""

from __future__ import annotations

from typing import Any

from oms.actors import Role
from oms.usecases.resourcing import resource_orders
from tests.checkout.conftest import Shop
from tests.handover.test_pickups import HERE, KIM, at, mine
from tests.handover.work import balance, done, events, no, pick, ready, stages, states
from tests.life.ledger import feed


def on_the_road(shop: Shop, units: int = 2) -> str:
    """An order for ST-1 of goods that lie elsewhere, on its way there; the fulfilment order."""
    (id,) = ready(shop, "o-1", ("C3", units), customer=KIM, **HERE)
    assert at(shop, id) != "ST-1"
    assert done(shop, f"/v1/fulfilment-orders/{id}/pack")["state"] == "ready_for_carrier"
    assert done(shop, f"/v1/fulfilment-orders/{id}/hand-over")["state"] == "handed_over"
    return id


def receipt(units: int, close: bool = False, area: str = "shelf") -> dict[str, Any]:
    return {"lines": [{"sku": "C3", "quantity": units, "area": area}] if units else [], "close": close}


def test_from_another_node_s_shelf_to_the_customer(shop: Shop) -> None:
    id = on_the_road(shop)
    assert (stages(shop, "o-1"), balance(shop, f"in_transit:fo:{id}", "C3")) == ({"in_transit": 2}, 2)
    assert mine(shop, "o-1")["pickups"] == []
    scan = {"events": [{"id": "1", "kind": "in_transit", "occurred_at": shop.watch.now().isoformat()}]}
    assert done(shop, f"/v1/shipments/{id}-p1/events", scan)["results"][0]["result"] == "applied"
    scan["events"][0] |= {"id": "2", "kind": "delivered"}
    told = done(shop, f"/v1/shipments/{id}-p1/events", scan)["results"][0]
    assert (told["result"], told["code"]) == ("rejected", "not_the_carriers_to_say")
    staff = shop.client(Role.STAFF, nodes=["ST-1"])
    path = f"/v1/transfers/fo:{id}/receive"
    assert no(shop, path, receipt(2, True), shop.client(Role.STAFF, nodes=["FAR"]))[0] in (403, 404)
    done(shop, path, receipt(2, close=True), staff)
    assert (stages(shop, "o-1"), states(shop, "o-1")) == (
        {"ready_for_pickup": 2},
        ["completed", "ready_for_pickup"],
    )
    assert (balance(shop, f"in_transit:fo:{id}", "C3"), balance(shop, "ST-1:shelf", "C3")) == (0, 2)
    order = mine(shop, "o-1")
    assert [one["state"] for one in order["shipments"]] == ["delivered", "delivered", "created"]
    done(shop, "/v1/pickups/o-1-c1/verify", {"code": order["pickups"][0]["code"]}, staff)
    done(shop, "/v1/pickups/o-1-c1/collect", {}, staff)
    assert (stages(shop, "o-1"), states(shop, "o-1")) == ({"delivered": 2}, ["completed", "completed"])
    assert (balance(shop, "customer", "C3"), shop.scalar("SELECT sum(reserved) FROM position")) == (2, 0)
    assert "fulfilment.handed_over" in events(shop, "o-1")


def test_what_falls_short_is_sourced_again(shop: Shop) -> None:
    id = on_the_road(shop, 2)
    done(shop, f"/v1/transfers/fo:{id}/receive", receipt(1))
    assert (stages(shop, "o-1"), states(shop, "o-1")) == (
        {"in_transit": 1, "packed": 1},
        ["handed_over", "packed"],
    )
    assert mine(shop, "o-1")["pickups"][0]["state"] == "preparing"
    done(shop, f"/v1/transfers/fo:{id}/receive", receipt(0, close=True))
    assert (stages(shop, "o-1"), states(shop, "o-1")) == (
        {"unrouted": 1, "packed": 1},
        ["completed", "packed"],
    )
    assert balance(shop, f"in_transit:fo:{id}", "C3") == 0
    shop.runtime.feed.look()
    assert resource_orders(shop.runtime) == 1
    assert stages(shop, "o-1") == {"routed": 1, "packed": 1}
    (again,) = pick(shop, "o-1")
    done(shop, f"/v1/fulfilment-orders/{again}/pack")
    done(shop, f"/v1/fulfilment-orders/{again}/hand-over")
    done(shop, f"/v1/transfers/fo:{again}/receive", receipt(1, close=True))
    assert mine(shop, "o-1")["pickups"][0]["state"] == "ready"
    assert stages(shop, "o-1") == {"ready_for_pickup": 2}


def test_what_arrives_damaged_or_not_at_all(shop: Shop) -> None:
    id = on_the_road(shop, 2)
    done(shop, f"/v1/transfers/fo:{id}/receive", receipt(1, area="damaged"))
    assert stages(shop, "o-1") == {"in_transit": 1, "unrouted": 1}
    done(shop, f"/v1/transfers/fo:{id}/receive", receipt(0, close=True))
    assert (stages(shop, "o-1"), states(shop, "o-1")) == ({"unrouted": 2}, ["completed"])
    assert [one["state"] for one in mine(shop, "o-1")["shipments"]] == ["lost", "lost"]
    assert balance(shop, "ST-1:damaged", "C3") == 1
    assert no(shop, f"/v1/transfers/fo:{id}/receive", receipt(1)) == (409, "illegal_transition")


def test_without_lines_all_that_left_has_arrived(shop: Shop) -> None:
    """Also when a part was scanned in before; twice is refused, and so is what has not left."""
    id = on_the_road(shop)
    path = f"/v1/transfers/fo:{id}/receive"
    done(shop, path, receipt(1))
    shown = done(shop, path, {})
    assert (shown["state"], shown["lines"][0]["received"]) == ("closed", 2)
    assert stages(shop, "o-1") == {"ready_for_pickup": 2}
    assert (balance(shop, f"in_transit:fo:{id}", "C3"), balance(shop, "ST-1:shelf", "C3")) == (0, 2)
    told = next(one for one in reversed(feed(shop)) if one["type"] == "transfer.received")["data"]
    assert told == {"lines": [{"sku": "C3", "quantity": 1, "area": "shelf"}], "closed": True}
    assert no(shop, path, {}) == (409, "illegal_transition")
    line = {"line_id": "1", "sku": "C3", "quantity": 1}
    planned = {"id": "t-1", "from_node": "FAR", "to_node": "WH", "eta": shop.watch.now().isoformat()}
    done(shop, "/v1/transfers", planned | {"lines": [line]})
    assert no(shop, "/v1/transfers/t-1/receive", {}) == (409, "illegal_transition")
