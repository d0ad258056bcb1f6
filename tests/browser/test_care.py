"""Customer care at work, and what nobody may see."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from oms.actors import Role
from tests.browser.house import House, accepted_and_picked, choose, fits, open_, packed, press
from tests.support import stock_up

pytestmark = pytest.mark.browser

KIM = {"email": "kim@example.com", "name": "Kim Doe", "phone": "+1 212 555 0100"}


def test_care_holds_changes_and_cancels_an_order(house: House) -> None:
    house.placed("o1", ("A1", 2), ("B2", 1), method="ship", customer=KIM)
    page = house.window(house.shop.admin)
    page.goto("/app/orders/o1")
    open_(page, "Hold")
    press(page, "Hold the order")
    expect(page.get_by_text("On hold: care.")).to_be_visible()
    press(page, "Take off care")
    open_(page, "Change the method")
    choose(page, "Method", "courier")
    press(page, "See what it would mean")
    expect(page.locator(".difference").first).to_contain_text("The customer pays 5.00 USD more.")
    assert house.order("o1")["method"] == "ship"
    press(page, "Change it so")
    assert house.order("o1")["method"] == "courier"
    open_(page, "Cancel")
    page.get_by_label("Blade, units").first.fill("1")
    press(page, "Cancel these units")
    open_(page, "Record a payment")
    page.get_by_label("Amount, USD").fill("12.345")
    press(page, "Record it")
    expect(page.get_by_role("alert")).to_contain_text("Write an amount of USD")
    open_(page, "Record a payment")
    page.get_by_label("Amount, USD").fill("35.99")
    press(page, "Record it")
    found = house.order("o1")
    assert found["lines"][1]["cancelled"] == 1
    assert found["money"]["authorised_minor"] == 3599


def test_a_form_sent_twice_has_one_effect(house: House) -> None:
    house.placed("o2", ("A1", 1), method="ship")
    page = house.window(house.shop.admin)
    page.goto("/app/orders/o2")
    fields = {name: page.locator(f"input[name={name}]").first.input_value() for name in ("csrf", "once")}
    form = {**fields, "do": "pay", "kind": "authorised", "method": "card", "amount": "5", "currency": "USD"}
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    for _ in range(2):
        sent = httpx.post(f"{house.url}/app/orders/o2", data=form, cookies=cookies, timeout=60)
        assert sent.status_code == 303, sent.text
    assert house.order("o2")["money"]["authorised_minor"] == 500


def test_a_customer_is_found_and_written_to(house: House) -> None:
    house.placed("o3", ("A1", 1), method="ship", customer=KIM)
    page = house.window(house.shop.admin)
    page.get_by_role("link", name="Customers").click()
    page.get_by_label("Phone").first.fill("2125550100")
    press(page, "Find")
    page.get_by_role("link", name="Kim Doe").click()
    open_(page, "Write down a contact")
    page.get_by_label("What was said").fill("Asked for the window")
    press(page, "Keep it")
    expect(page.get_by_text("Asked for the window")).to_be_visible()
    expect(page.get_by_role("link", name="o3")).to_be_visible()


def test_a_customer_cancels_by_the_signed_link_and_nothing_opens_without_it(house: House) -> None:
    house.placed("o4", ("A1", 1), method="ship", customer=KIM)
    house.placed("o5", ("A1", 1), method="ship", customer=KIM)
    token = house.order("o4")["order_token"]
    for order, wrong in (("o4", ""), ("o4", "nonsense"), ("o5", token), ("none", token)):
        answer = httpx.get(f"{house.url}/track/{order}", params={"token": wrong})
        assert answer.status_code == 404
        assert "Handle" not in answer.text and "Kim" not in answer.text
    page = house.window()
    seen = page.goto(f"/track/o4?token={token}")
    assert seen is not None
    assert seen.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in seen.headers["content-security-policy"]
    expect(page.get_by_role("link", name="Orders")).to_have_count(0)
    open_(page, "Cancel")
    press(page, "Cancel the whole order")
    expect(page.get_by_text("Cancelled.", exact=True)).to_be_visible()
    assert house.order("o4")["status"] == "cancelled"
    assert house.order("o5")["status"] == "open"


def test_a_store_sees_its_own_and_a_courier_his(house: House) -> None:
    house.placed("o6", ("A1", 1), ("B2", 1), method="ship")
    job = house.job("o6")
    assert job["node"] != "ST-2"
    made = house.shop.post("/v1/pick-waves", {"node": job["node"]}, house.shop.admin)
    assert made.status_code == 201
    stranger = house.window(house.key(Role.STAFF, nodes=["ST-2"]))
    for there in (f"/app/nodes/{job['node']}", f"/app/fulfilment-orders/{job['id']}"):
        seen = stranger.goto(there)
        assert seen is not None and seen.status == 404, there
    for closed in ("/app/orders", "/app/orders/o6", "/app/customers", "/app/reservations"):
        seen = stranger.goto(closed)
        assert seen is not None and seen.status == 403, closed
    driver = house.window(house.key(Role.COURIER, nodes=["ST-1"]))
    for closed in ("/app/nodes", "/app/counter", "/app/returns", "/app/orders"):
        seen = driver.goto(closed)
        assert seen is not None and seen.status == 403, closed
    expect(driver.get_by_role("navigation").get_by_role("link")).to_have_text(["Runs", "API"])


def test_a_courier_sees_no_run_of_another(house: House) -> None:
    stock_up(house.shop.runtime, ("ST-1", "A1", 10))
    house.placed("o7", ("A1", 1), method="courier", customer=KIM)
    staff = house.window(house.key(Role.STAFF, nodes=["ST-1"]))
    house.key(Role.COURIER, nodes=["ST-1"])
    accepted_and_picked(staff, "ST-1")
    packed(staff, house.job("o7")["id"])
    staff.get_by_role("link", name="plan his run").click()
    press(staff, "Plan the run")
    run = staff.url.removeprefix(house.url)
    other = house.window(house.key(Role.COURIER, nodes=["ST-1"]))
    expect(other.get_by_text("No run is planned for you yet")).to_be_visible()
    seen = other.goto(run)
    assert seen is not None and seen.status == 404
    csrf = other.locator("input[name=csrf]").first.input_value()
    cookies = {cookie["name"]: cookie["value"] for cookie in other.context.cookies()}
    form = {"csrf": csrf, "once": "k", "do": "start"}
    sent = httpx.post(f"{house.url}{run}", data=form, cookies=cookies, timeout=60)
    assert sent.status_code == 404
    elsewhere = house.window(house.key(Role.STAFF, nodes=["ST-2"]))
    seen = elsewhere.goto(run)
    assert seen is not None and seen.status == 404


def test_every_page_of_care_fits_a_telephone(house: House) -> None:
    house.placed("o8", ("A1", 2), ("B2", 1), method="ship", customer=KIM)
    customer = house.order("o8")["customer_id"]
    job = house.job("o8")
    page = house.window(house.shop.admin)
    rooms = (
        "",
        "orders",
        "nodes",
        "counter?node=ST-1",
        "runs?node=ST-1",
        "returns",
        "customers",
        "reservations",
    )
    things = ("orders/o8", f"nodes/{job['node']}", f"fulfilment-orders/{job['id']}", f"customers/{customer}")
    for there in (*rooms, *things):
        seen = page.goto(f"/app/{there}")
        assert seen is not None and seen.status == 200, there
        for folded in page.locator("summary").all():
            folded.click()
        fits(page)
