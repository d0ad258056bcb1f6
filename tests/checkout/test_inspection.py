"""Deliveries that go to inspection first: out of it to the shelf, the damaged or scrap, each unit once."""

from __future__ import annotations

from typing import Any

import pytest

from oms.actors import Role
from tests.checkout.conftest import Shop

ETA = "2026-01-20T08:00:00+00:00"


def delivered(shop: Shop, id: str = "po", close: bool = False) -> str:
    """Five lamps announced at ST-1, two of them on the shelf, three in inspection; the document's path."""
    body = {"id": id, "node": "ST-1", "eta": ETA, "lines": [{"sku": "C3", "quantity": 5}]}
    assert shop.post("/v1/inbound", body, shop.admin).status_code == 201
    lines = [
        {"sku": "C3", "quantity": 2},
        {"sku": "C3", "quantity": 3, "area": "inspection"},
    ]
    receipt = {"lines": lines, "close": close}
    assert shop.post(f"/v1/inbound/{id}/receive", receipt, shop.admin).status_code == 200
    return f"/v1/inbound/{id}"


def verdict(units: int, disposition: str, sku: str = "C3") -> dict[str, Any]:
    return {"sku": sku, "quantity": units, "disposition": disposition}


def lies(shop: Shop, place: str) -> int:
    """The fold of the ledger at a place."""
    fold = "SELECT coalesce(sum(CASE WHEN to_place = :p THEN quantity ELSE -quantity END), 0) FROM movement"
    found: int = shop.scalar(f"{fold} WHERE :p IN (to_place, from_place)", p=place)
    return found


@pytest.mark.parametrize("close", [False, True])
def test_each_unit_in_inspection_finds_its_disposition(shop: Shop, close: bool) -> None:
    path = delivered(shop, close=close)
    assert shop.admin.get(path).json()["lines"][0]["uninspected"] == 3
    body = {"lines": [verdict(1, "restock"), verdict(1, "refurbish")], "reference": "bench 3"}
    shown = shop.post(f"{path}/inspect", body, shop.admin)
    assert (shown.status_code, shown.json()["lines"][0]["uninspected"]) == (200, 1)
    assert (lies(shop, "ST-1:shelf") - 7, lies(shop, "ST-1:damaged")) == (3, 1)
    moved = shop.scalar("SELECT count(*) FROM movement WHERE cause = 'disposition' AND reference = 'bench 3'")
    assert moved == 2
    more = shop.post(f"{path}/inspect", {"lines": [verdict(1, "scrap"), verdict(1, "restock")]}, shop.admin)
    assert (more.status_code, more.json()["code"]) == (422, "bad_quantity")
    assert more.json()["errors"][0]["pointer"] == "/lines/1/quantity"
    assert lies(shop, "scrap") == 0, "all of it or nothing"
    assert shop.post(f"{path}/inspect", {"lines": [verdict(1, "scrap")]}, shop.admin).status_code == 200
    assert (lies(shop, "ST-1:inspection"), lies(shop, "scrap")) == (0, 1)
    assert shop.scalar("SELECT count(*) FROM outbox WHERE type = 'inbound.inspected'") == 2


def test_restocked_units_are_for_sale(shop: Shop) -> None:
    path = delivered(shop)
    free = "SELECT sum(on_hand - reserved) FROM position JOIN sku ON no = sku_no WHERE id = 'C3'"
    before = shop.scalar(free)
    assert shop.post(f"{path}/inspect", {"lines": [verdict(3, "restock")]}, shop.admin).status_code == 200
    assert shop.scalar(free) == before + 3
    shop.runtime.feed.look()
    assert shop.place("o-1", ("C3", 3), method="courier").status_code == 201, "only ST-1 has couriers"


def test_what_is_not_there_is_not_inspected(shop: Shop) -> None:
    body = {"id": "po", "node": "ST-1", "eta": ETA, "lines": [{"sku": "C3", "quantity": 5}]}
    assert shop.post("/v1/inbound", body, shop.admin).status_code == 201
    for lines, code in (
        ([verdict(1, "restock")], "bad_quantity"),
        ([verdict(1, "restock", "B2")], "bad_quantity"),
        ([verdict(1, "restock", "X9")], "unknown_sku"),
        ([verdict(1, "restock_elsewhere")], "malformed"),
    ):
        no = shop.post("/v1/inbound/po/inspect", {"lines": lines}, shop.admin)
        assert no.json()["code"] in (code, "invalid"), no.text
    assert (
        shop.post("/v1/inbound/none/inspect", {"lines": [verdict(1, "scrap")]}, shop.admin).status_code == 404
    )
    other = shop.client(Role.STAFF, nodes=["ST-2"])
    assert shop.post("/v1/inbound/po/inspect", {"lines": [verdict(1, "scrap")]}, other).status_code == 404


def test_a_transfer_in_inspection_too(shop: Shop) -> None:
    line = {"line_id": "1", "sku": "A1", "quantity": 2}
    body = {"id": "t", "from_node": "WH", "to_node": "ST-2", "eta": ETA, "lines": [line]}
    assert shop.post("/v1/transfers", body, shop.admin).status_code == 201
    early = shop.post("/v1/transfers/t/inspect", {"lines": [verdict(1, "restock", "A1")]}, shop.admin)
    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    assert shop.post("/v1/transfers/t/ship", {}, shop.admin).status_code == 200
    receipt = {"lines": [{"sku": "A1", "quantity": 2, "area": "inspection"}], "close": True}
    shown = shop.post("/v1/transfers/t/receive", receipt, shop.admin).json()
    assert (shown["state"], shown["lines"][0]["uninspected"]) == ("closed", 2)
    lines = {"lines": [verdict(1, "restock", "A1"), verdict(1, "damaged", "A1")]}
    sender, receiver = (shop.client(Role.STAFF, nodes=[node]) for node in ("WH", "ST-2"))
    assert shop.post("/v1/transfers/t/inspect", lines, sender).status_code == 403
    done = shop.post("/v1/transfers/t/inspect", lines, receiver)
    assert done.json()["lines"][0]["uninspected"] == 0
    assert (lies(shop, "ST-2:shelf"), lies(shop, "ST-2:damaged"), lies(shop, "ST-2:inspection")) == (3, 1, 0)
