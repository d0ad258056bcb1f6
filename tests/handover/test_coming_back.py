"""What a carrier brings back is inspected, each unit once, and goes where it belongs."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from api.wire import shipments as wire
from oms.actors import Role
from tests.checkout.conftest import Shop
from tests.handover.work import balance, done, events, no, packed, stages
from tests.nodes.conftest import did, offered
from tests.nodes.test_waking import QUEUED

RESTOCK = {"lines": [{"id": "1", "quantity": 2, "disposition": "restock"}]}


def back(shop: Shop, id: str = "o-1", units: int = 2, node: str | None = None) -> str:
    """A parcel of A1 that its carrier brought back; its address."""
    (job,) = packed(shop, id, ("A1", units), method="ship")
    done(shop, f"/v1/fulfilment-orders/{job}/hand-over")
    scan = {"id": "r", "kind": "returned", "occurred_at": shop.watch.now().isoformat(), "node": node}
    told = done(shop, f"/v1/shipments/{job}-p1/events", {"events": [scan]})
    assert told["shipment"]["return_node"] == (node or "WH")
    return f"/v1/shipments/{job}-p1"


def found(*lines: tuple[str, int, str], **more: Any) -> dict[str, Any]:
    named = [{"id": id, "quantity": units, "disposition": what} for id, units, what in lines]
    return {"lines": named, **more}


def lying(shop: Shop, node: str) -> list[int]:
    places = (f"{node}:inspection", f"{node}:shelf", f"{node}:damaged", "scrap")
    return [balance(shop, place, "A1") for place in places]


def test_a_shop_does_not_learn_which_node_took_it_back(shop: Shop) -> None:
    back(shop, node="ST-1")
    for client, seen in ((shop.admin, "ST-1"), (shop.web, None)):
        (parcel,) = client.get("/v1/orders/o-1").json()["shipments"]
        assert (parcel["state"], parcel["return_node"]) == ("returned", seen)


def test_each_unit_goes_where_it_belongs(shop: Shop) -> None:
    parcel = back(shop, units=3)
    shelf = balance(shop, "WH:shelf", "A1")
    stood = stages(shop, "o-1")
    assert lying(shop, "WH") == [3, shelf, 0, 0]
    parts = found(("1", 1, "restock"), ("1", 1, "scrap"), reason="wet_box")
    shown = done(shop, f"{parcel}/inspect", parts)
    wire.ShipmentShown.model_validate(shown, strict=False)
    assert (shown["state"], shown["lines"][0]["inspected"]) == ("returned", 2)
    assert lying(shop, "WH") == [1, shelf + 1, 0, 1]
    done(shop, f"{parcel}/inspect", found(("1", 1, "refurbish")))
    assert lying(shop, "WH") == [0, shelf + 1, 1, 1]
    assert stages(shop, "o-1") == stood
    assert events(shop, "o-1")[-2:] == ["shipment.inspected"] * 2
    causes = "SELECT string_agg(DISTINCT cause, ',') FROM movement WHERE from_place = 'WH:inspection'"
    assert shop.scalar(causes) == "disposition"
    first = shop.admin.get("/v1/orders/o-1").json()["timeline"][-2]
    assert first["reason"] == "wet_box"
    assert first["data"]["units"][1] == {"line": "1", "quantity": 1, "disposition": "scrap"}


def test_no_unit_twice_and_none_that_is_not_there(shop: Shop) -> None:
    parcel = back(shop)
    before = lying(shop, "WH")
    for wrong, refusal in (
        (found(("1", 3, "restock")), (422, "bad_quantity")),
        (found(("1", 1, "scrap"), ("1", 2, "restock")), (422, "bad_quantity")),
        (found(("9", 1, "restock")), (422, "unknown_line")),
        (found(("1", 1, "restock_elsewhere")), (422, "invalid")),
        (found(), (422, "invalid")),
    ):
        assert no(shop, f"{parcel}/inspect", wrong) == refusal, wrong
    assert lying(shop, "WH") == before
    done(shop, f"{parcel}/inspect", RESTOCK)
    assert no(shop, f"{parcel}/inspect", found(("1", 1, "restock"))) == (422, "bad_quantity")
    assert no(shop, "/v1/shipments/none/inspect", RESTOCK) == (404, "not_found")


@pytest.mark.parametrize("kinds", [(), ("returning",), ("lost",), ("delivered",)])
def test_only_what_a_carrier_brought_back(shop: Shop, kinds: tuple[str, ...]) -> None:
    (job,) = packed(shop, "o-1", ("A1", 2), method="ship")
    done(shop, f"/v1/fulfilment-orders/{job}/hand-over")
    at = shop.watch.now().isoformat()
    for kind in kinds:
        told = {"events": [{"id": kind, "kind": kind, "occurred_at": at}]}
        done(shop, f"/v1/shipments/{job}-p1/events", told)
    assert no(shop, f"/v1/shipments/{job}-p1/inspect", RESTOCK) == (409, "illegal_transition")


def test_by_the_node_that_took_it(shop: Shop) -> None:
    parcel = back(shop, node="ST-1")
    sender, taker, other = (shop.client(Role.STAFF, nodes=[node]) for node in ("WH", "ST-1", "FAR"))
    for client in (sender, other):
        assert no(shop, f"{parcel}/inspect", RESTOCK, client) == (404, "not_found")
    assert (sender.get(parcel).status_code, other.get(parcel).status_code) == (200, 404)
    assert taker.get(parcel).json()["return_node"] == "ST-1"
    shelf = balance(shop, "ST-1:shelf", "A1")
    done(shop, f"{parcel}/inspect", RESTOCK, taker)
    assert lying(shop, "ST-1") == [0, shelf + 2, 0, 0]


def test_two_at_once_one_inspects(shop: Shop) -> None:
    parcel = back(shop)
    shelf = balance(shop, "WH:shelf", "A1")
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(
            lambda _: shop.post(f"{parcel}/inspect", RESTOCK, shop.admin).status_code, range(4)
        )
        assert sorted(answers) == [200, 422, 422, 422]
    assert lying(shop, "WH") == [0, shelf + 2, 0, 0]
    assert events(shop, "o-1").count("shipment.inspected") == 1


def test_the_table_holds_it(shop: Shop) -> None:
    back(shop)
    for wrong in (
        "UPDATE shipment_line SET inspected = 3",
        "UPDATE shipment_line SET inspected = -1",
        "UPDATE shipment SET state = 'delivered'",
    ):
        with pytest.raises(IntegrityError), shop.runtime.engine.begin() as conn:
            conn.execute(text(wrong))


def test_what_waits_for_stock_is_looked_at_again_at_once(shop: Shop) -> None:
    parcel = back(shop)
    did(shop, offered(shop, "o-2", ("D4", 2)), "reject", reason="node_closed")
    with shop.runtime.engine.begin() as conn:  # what the reject gave back was looked at, and did not help
        conn.execute(text("DELETE FROM procrastinate_jobs"))
    done(shop, f"{parcel}/inspect", RESTOCK)
    assert shop.scalar(QUEUED) == 1


def test_on_the_page_of_the_node(shop: Shop) -> None:
    back(shop, node="ST-1")
    page = shop.client(Role.STAFF, nodes=["ST-1"])
    key = page.headers["authorization"].removeprefix("Bearer ")
    page.post("/app/sign-in", data={"key": key})
    shown = page.get("/app/nodes/ST-1").text
    assert "Parcels to inspect" in shown and "o-1-1-p1" in shown
    form = {"shipment": "o-1-1-p1", "units:1": "1", "disposition:1": "damaged", "do": "inspect"}
    form |= {name: re.findall(f'name="{name}" value="([^"]*)"', shown)[-1] for name in ("csrf", "once")}
    for _ in range(2):
        assert page.post("/app/nodes/ST-1", data=form).status_code == 200
        assert (balance(shop, "ST-1:inspection", "A1"), balance(shop, "ST-1:damaged", "A1")) == (1, 1)
    done(shop, "/v1/shipments/o-1-1-p1/inspect", found(("1", 1, "scrap")))
    assert "Parcels to inspect" not in page.get("/app/nodes/ST-1").text
