"""Deliveries and transfers, received and inspected at a node by the people who stand there."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from inventory.catalogue_edit import SkuRow, put_skus
from oms.actors import Role
from oms.store.versions import bump
from tests.browser.house import PHONE, House, choose, fits, open_, press
from tests.returns.conftest import balance, done

pytestmark = pytest.mark.browser

ETA = "2026-01-20T08:00:00+00:00"
DESK = (1280, 900)


def announced(house: House, id: str, *units: tuple[str, int]) -> None:
    """A supplier will bring these to ST-1."""
    lines = [{"sku": sku, "quantity": n} for sku, n in units]
    done(
        house.shop.post(
            "/v1/inbound", {"id": id, "node": "ST-1", "eta": ETA, "lines": lines}, house.shop.admin
        )
    )


def went(house: House, id: str, from_node: str, to_node: str, sku: str, units: int) -> None:
    """A transfer is planned."""
    line = {"line_id": "1", "sku": sku, "quantity": units}
    body = {"id": id, "from_node": from_node, "to_node": to_node, "eta": ETA, "lines": [line]}
    done(house.shop.post("/v1/transfers", body, house.shop.admin))


def put(page: Page, label: str, units: int) -> None:
    page.get_by_label(label).first.fill(str(units))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_delivery_is_received_in_parts_and_inspected(house: House, size: tuple[int, int]) -> None:
    announced(house, "PO-17", ("C3", 5), ("B2", 2))
    page = house.window(house.key(Role.STAFF, nodes=["ST-1"]), size)
    page.get_by_role("link", name="PO-17").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Delivery PO-17 open")
    put(page, "Units arrived of 2", 0)
    put(page, "Units arrived of 5", 4)
    put(page, "Of them damaged", 9)
    press(page, "It is here")
    expect(page.get_by_role("alert")).to_contain_text("More is damaged or to be inspected than arrived")
    assert balance(house.shop, "ST-1:shelf", "C3") == 0
    lamp = page.get_by_role("group", name="Lamp")
    lamp.get_by_label("Units arrived of 5").fill("4")
    lamp.get_by_label("Of them to inspect").fill("3")
    page.get_by_role("group", name="Blade").get_by_label("Units arrived of 2").fill("0")
    page.get_by_label("Nothing more of it will come").uncheck()
    press(page, "It is here")
    expect(page.get_by_text("3 to inspect")).to_be_visible()
    page.goto("/app/nodes/ST-1")
    fits(page)
    expect(page.get_by_text("3 units in inspection")).to_be_visible()
    page.get_by_role("heading", name="Deliveries to inspect").locator("..").get_by_role("link").click()
    put(page, "Units", 2)
    press(page, "Put it there")
    choose(page, "Where it goes", "scrap")
    press(page, "Put it there")
    expect(page.get_by_role("heading", name="Inspect")).to_have_count(0)
    press(page, "It is here")
    expect(page.get_by_role("heading", level=1)).to_contain_text("closed")
    assert (balance(house.shop, "ST-1:shelf", "C3"), balance(house.shop, "scrap", "C3")) == (4, 1)
    assert balance(house.shop, "ST-1:shelf", "B2") == 6
    told = "SELECT count(*) FROM outbox WHERE type = 'inbound.inspected' AND subject_id = 'PO-17'"
    assert house.shop.scalar(told) == 2


def test_a_transfer_is_sent_off_and_looked_at_where_it_arrives(house: House) -> None:
    went(house, "T-5", "WH", "ST-2", "A1", 3)
    there = house.window(house.key(Role.STAFF, nodes=["WH"]))
    there.get_by_role("link", name="T-5").click()
    expect(there.get_by_role("button", name="It is here")).to_have_count(0)
    here = house.window(house.key(Role.STAFF, nodes=["ST-2"]))
    expect(here.get_by_role("heading", name="Arrivals")).to_have_count(0)
    press(there, "All of it has left")
    expect(there.get_by_role("heading", level=1)).to_contain_text("shipped")
    here.reload()
    put(here, "Of them damaged", 1)
    put(here, "Of them to inspect", 2)
    press(here, "It is here")
    here.get_by_role("link", name="T-5").click()
    there.reload()
    expect(there.get_by_role("button", name="Put it there")).to_have_count(0)
    choose(here, "Where it goes", "refurbish")
    press(here, "Put it there")
    places = [balance(house.shop, f"ST-2:{area}", "A1") for area in ("shelf", "inspection", "damaged")]
    assert places == [0, 0, 3]
    went(house, "T-6", "WH", "ST-2", "A1", 1)
    there.goto("/app/transfers/T-6")
    press(there, "It will not leave")
    expect(there.get_by_role("heading", level=1)).to_contain_text("cancelled")


def test_deliveries_are_their_node_s(house: House) -> None:
    announced(house, "PO-18", ("C3", 1))
    went(house, "T-7", "WH", "ST-2", "A1", 1)
    stranger = house.window(house.key(Role.STAFF, nodes=["FAR"]))
    driver = house.window(house.key(Role.COURIER, nodes=["ST-1"]))
    for there in ("/app/inbound/PO-18", "/app/transfers/T-7", "/app/inbound/none", "/app/transfers/PO-18"):
        seen = stranger.goto(there)
        assert seen is not None and seen.status == 404, there
        shut = driver.goto(there)
        assert shut is not None and shut.status == 403, there
    receiver = house.window(house.key(Role.STAFF, nodes=["ST-2"]))
    receiver.goto("/app/transfers/T-7")
    expect(receiver.get_by_role("button", name="All of it has left")).to_have_count(0)
    csrf = receiver.locator("input[name=csrf]").first.input_value()
    cookies = {cookie["name"]: cookie["value"] for cookie in receiver.context.cookies()}
    form = {"csrf": csrf, "once": "k", "do": "ship"}
    sent = httpx.post(f"{house.url}/app/transfers/T-7", data=form, cookies=cookies, timeout=60)
    assert sent.status_code == 403
    forged = httpx.post(f"{house.url}/app/transfers/T-7", data={**form, "csrf": "x"}, cookies=cookies)
    assert forged.status_code == 403 and "another session" in forged.text


def test_a_large_delivery_is_received_in_several_forms(house: House) -> None:
    skus = [f"L{n:03}" for n in range(101)]
    with house.shop.runtime.engine.begin() as conn:
        put_skus(conn, [SkuRow(sku, f"Thing {sku}") for sku in skus])
        bump(conn, "catalogue")
    announced(house, "PO-19", *[(sku, 1) for sku in skus])
    page = house.window(house.key(Role.STAFF, nodes=["ST-1"]))
    page.goto("/app/inbound/PO-19")
    expect(page.get_by_text("The first 100 of 101 SKUs")).to_be_visible()
    press(page, "It is here")
    expect(page.get_by_role("heading", level=1)).to_contain_text("open")
    expect(page.get_by_label("Units arrived of 1")).to_have_count(1)
    press(page, "It is here")
    expect(page.get_by_role("heading", level=1)).to_contain_text("closed")
    assert balance(house.shop, "ST-1:shelf", "L100") == 1


def test_goods_restocked_elsewhere_are_found_from_their_return(house: House) -> None:
    body = {"method": "counter", "received": True, "node": "ST-1", "lines": [{"sku": "A1", "quantity": 1}]}
    back = done(house.shop.post("/v1/returns", body, house.shop.admin))
    page = house.window(house.key(Role.STAFF, nodes=["ST-1"]))
    page.goto(f"/app/returns/{back['id']}")
    choose(page, "Where it goes", "restock_elsewhere")
    choose(page, "Node, for restock elsewhere", "WH")
    press(page, "Put it there")
    page.get_by_role("link", name=f"{back['id']}-t1").click()
    press(page, "All of it has left")
    page.get_by_role("link", name="Times Square").click()
    expect(page.get_by_role("heading", name="To send to other nodes")).to_have_count(0)
    other = house.window(house.shop.admin)
    other.goto("/app/nodes/WH")
    press(other, "It is here")
    assert balance(house.shop, "WH:shelf", "A1") == 11
    open_(other, "Build pick lists")
