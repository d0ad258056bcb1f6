"""An order of each method, walked through the pages by the people whose work it is, on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from oms.actors import Role
from tests.browser.house import House, accepted_and_picked, choose, fits, open_, packed, press
from tests.courier.test_proofs import picture
from tests.returns.conftest import sold
from tests.support import stock_up

pytestmark = pytest.mark.browser


def tracked(house: House, order: str) -> Page:
    """The customer's own page."""
    page = house.window()
    page.goto(f"/track/{order}?token={house.order(order)['order_token']}")
    fits(page)
    return page


def test_an_order_is_shipped_delivered_and_sent_back(house: House) -> None:
    house.placed("s1", ("A1", 2), ("B2", 1), method="ship")
    job = house.job("s1")
    page = house.window(house.key(Role.STAFF, nodes=[job["node"]]))
    expect(page).to_have_url(f"/app/nodes/{job['node']}")
    press(page, "Accept")
    open_(page, "Build pick lists")
    press(page, "Build")
    press(page, "Take it")
    page.get_by_label("Scan the barcode").fill("nonsense")
    page.get_by_label("Scan the barcode").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("nothing was picked")
    walk = page.url
    for sku in ("A1", "B2"):
        page.get_by_label("Scan the barcode").fill(sku)
        with page.expect_navigation():
            page.get_by_label("Scan the barcode").press("Enter")
    expect(page.get_by_text("All of it is done")).to_be_visible()
    assert page.url == walk
    packed(page, job["id"])
    open_(page, "Label it")
    page.get_by_label("Tracking reference").fill("JD0014")
    press(page, "Label it")
    press(page, "The carrier took it")
    customer = tracked(house, "s1")
    expect(customer.get_by_text("On the way.")).to_be_visible()
    expect(customer.get_by_text("JD0014")).to_be_visible()
    open_(page, "The carrier says")
    choose(page, "What", "delivered")
    press(page, "Write it down")
    expect(page.get_by_role("heading", level=1)).to_contain_text("completed")
    customer.reload()
    expect(customer.get_by_text("Delivered. Thank you!")).to_be_visible()
    sent_back(house, customer, page, job["node"])


def sent_back(house: House, customer: Page, staff: Page, node: str) -> None:
    """The customer asks; the node receives and inspects; what is owed is paid back."""
    open_(customer, "Send something back")
    customer.get_by_label("Handle, how many of 2").fill("1")
    press(customer, "Ask to send it back")
    expect(customer.get_by_text("Agreed: please send it")).to_be_visible()
    (back,) = house.shop.admin.get("/v1/returns").json()["items"]
    staff.goto(f"/app/returns/{back['id']}")
    choose(staff, "Node", node)
    press(staff, "It is here")
    choose(staff, "Condition", "new")
    press(staff, "Put it there")
    expect(staff.get_by_text("restock", exact=False).first).to_be_visible()
    care = house.window(house.shop.admin)
    care.goto("/app/orders/s1")
    fits(care)
    assert house.order("s1")["lines"][0]["returned"] == 1


def test_an_order_is_collected_in_part(house: House) -> None:
    house.placed("p1", ("A1", 1), ("B2", 2), method="pickup", pickup_node="ST-1")
    page = house.window(house.key(Role.STAFF, nodes=["ST-1"]))
    accepted_and_picked(page, "ST-1")
    packed(page, house.job("p1")["id"])
    customer = tracked(house, "p1")
    expect(customer.get_by_text("Ready to be collected.")).to_be_visible()
    code = customer.locator(".code").inner_text()
    press(customer, "I am here")
    expect(customer.get_by_role("status")).to_contain_text("knows that you are here")
    page.get_by_role("link", name="the counter").click()
    expect(page.get_by_role("heading", name="At the counter")).to_be_visible()
    wrong = "000000" if code != "000000" else "000001"
    page.get_by_label("Code the customer says").fill(wrong)
    press(page, "Verify")
    expect(page.get_by_role("alert")).to_contain_text("4 more tries")
    page.get_by_label("Code the customer says").fill(code)
    press(page, "Verify")
    open_(page, "Hand out a part")
    page.get_by_label("Blade, taken of 2").fill("1")
    choose(page, "The rest", "refuse")
    press(page, "Hand these out")
    lines = house.order("p1")["lines"]
    assert (lines[0]["delivered"], lines[1]["delivered"], lines[1]["refused"]) == (1, 1, 1)
    customer.reload()
    expect(customer.get_by_text("not taken")).to_be_visible()


def test_an_order_is_brought_and_kept_in_part(house: House) -> None:
    stock_up(house.shop.runtime, ("ST-1", "A1", 10))
    house.placed("c1", ("A1", 2), method="courier")
    staff = house.window(house.key(Role.STAFF, nodes=["ST-1"]))
    driver = house.window(house.key(Role.COURIER, nodes=["ST-1"]))
    expect(driver.get_by_text("No run is planned for you yet")).to_be_visible()
    accepted_and_picked(staff, "ST-1")
    packed(staff, house.job("c1")["id"])
    staff.get_by_role("link", name="plan his run").click()
    press(staff, "Plan the run")
    driver.reload()
    driver.get_by_role("link", name="from").click()
    for step in ("Take it", "Go and fetch it", "Arrived at the node", "Picked up", "Go to the customer"):
        press(driver, step)
    press(driver, "Arrived at the customer")
    open_(driver, "They keep only a part")
    driver.get_by_label("Handle 2 of 2").uncheck()
    press(driver, "What is to be paid for these?")
    expect(driver.get_by_role("status")).to_contain_text("19.99 USD")
    driver.get_by_label("Photo of the handover").last.set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    )
    press(driver, "Hand the ticked ones over")
    expect(driver.get_by_role("alert")).to_contain_text("send a JPEG or PNG")
    open_(driver, "They keep only a part")
    driver.get_by_label("Handle 2 of 2").uncheck()
    driver.get_by_label("Photo of the handover").last.set_input_files(
        {"name": "door.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    press(driver, "Hand the ticked ones over")
    for page in (driver, staff):
        page.goto(driver.url)
        seen = page.get_by_alt_text("Picture taken at the door")
        assert seen.evaluate("image => image.naturalWidth") == 40
    expect(driver.get_by_text("Taken: 19.99 USD")).to_be_visible()
    press(driver, "End the run")
    expect(driver.get_by_role("alert")).to_be_visible()
    staff.reload()
    open_(staff, "Scan in what came back")
    press(staff, "It is here")
    press(staff, "Put it there")
    driver.reload()
    press(driver, "End the run")
    line = house.order("c1")["lines"][0]
    assert (line["delivered"], line["refused"], line["returned"]) == (1, 1, 1)
    assert house.order("c1")["money"]["captured_minor"] == 1999


def test_an_order_travels_to_the_store_where_it_is_collected(house: House) -> None:
    house.placed("t1", ("C3", 1), method="pickup", pickup_node="ST-1")
    job = house.job("t1")
    assert job["to_node"] == "ST-1"
    there = house.window(house.key(Role.STAFF, nodes=[job["node"]]))
    accepted_and_picked(there, job["node"])
    packed(there, job["id"])
    press(there, "The carrier took it")
    here = house.window(house.key(Role.STAFF, nodes=["ST-1"]))
    expect(here.get_by_role("heading", name="Arrivals")).to_be_visible()
    press(here, "It is here")
    code = tracked(house, "t1").locator(".code").inner_text()
    here.get_by_role("link", name="Counter", exact=True).first.click()
    here.get_by_label("Code the customer says").fill(code)
    press(here, "Verify")
    press(here, "Hand all of it out")
    assert house.order("t1")["lines"][0]["delivered"] == 1


def test_what_is_short_looks_for_another_home_and_what_is_rejected_too(house: House) -> None:
    house.placed("x1", ("A1", 1), ("B2", 1), method="ship")
    job = house.job("x1")
    page = house.window(house.key(Role.STAFF, nodes=[job["node"]]))
    press(page, "Accept")
    open_(page, "Build pick lists")
    press(page, "Build")
    press(page, "Take it")
    open_(page, "It is short")
    press(page, "Damaged")
    expect(page.get_by_text("1 short (damaged)")).to_be_visible()
    house.placed("x2", ("C3", 1), method="ship")
    job = house.job("x2")
    other = house.window(house.key(Role.STAFF, nodes=[job["node"]]))
    open_(other, "Reject")
    press(other, "Nobody there to do it")
    expect(other.get_by_text("Nothing to do")).to_be_visible()
    assert house.job("x2")["node"] != job["node"]


def test_a_picker_takes_a_substitute(house: House) -> None:
    put = house.shop.admin.put("/v1/skus/A1/substitutes", json={"substitutes": ["B2"]})
    assert put.status_code == 200, put.text
    house.placed("y1", ("A1", 1), method="ship", substitution="allowed")
    page = house.window(house.key(Role.STAFF, nodes=[house.job("y1")["node"]]))
    press(page, "Accept")
    open_(page, "Build pick lists")
    press(page, "Build")
    press(page, "Take it")
    open_(page, "Take something else instead")
    page.get_by_label("Scan it").fill("A1")
    press(page, "It lies in the tote")
    expect(page.get_by_role("alert")).to_be_visible()
    open_(page, "Take something else instead")
    page.get_by_label("Scan it").fill("B2")
    press(page, "It lies in the tote")
    expect(page.get_by_text("1 substituted")).to_be_visible()
    assert [line["sku"] for line in house.order("y1")["lines"] if line["picked"]] == ["B2"]


def test_goods_at_the_counter_are_taken_back_against_a_rule_only_with_a_reason(house: House) -> None:
    sold(house.shop, "r1", ("A1", 1))
    house.shop.watch.forward(days=90)
    page = house.window(house.key(Role.STAFF, nodes=["ST-1"]))
    page.get_by_role("navigation").get_by_role("link", name="Returns").click()
    page.get_by_label("Order, if known").fill("r1")
    page.get_by_label("Barcode or SKU").first.fill("B2")
    press(page, "Take it in")
    expect(page.get_by_role("alert")).to_contain_text("The order has none of this SKU")
    page.get_by_label("Barcode or SKU").first.fill("A1")
    press(page, "Take it in")
    expect(page.get_by_role("alert")).to_contain_text("The policy does not take this back")
    page.get_by_label("Exception").fill("a regular")
    press(page, "Take it in")
    expect(page.get_by_text("Taken all the same: a regular")).to_be_visible()
    press(page, "Put it there")
    assert house.order("r1")["lines"][0]["returned"] == 1
