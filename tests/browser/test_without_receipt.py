"""Goods that come back without a receipt, what the office pays for them, and when a return is offered."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from oms.actors import Role
from tests.browser.house import PHONE, House, choose, fits, open_, press
from tests.returns.conftest import deliver, done, sold

pytestmark = pytest.mark.browser

DESK = (1280, 900)
KIM = {"email": "kim@example.com", "name": "Kim Doe", "phone": "+1 212 555 0100"}


def looked_up(house: House, size: tuple[int, int]) -> Page:
    """Somebody of ST-1 knows Kim's number and sees what Kim bought."""
    page = house.window(house.key(Role.STAFF, nodes=["ST-1"]), size)
    page.get_by_role("navigation").get_by_role("link", name="Returns").click()
    page.get_by_role("link", name="Look for it by e-mail").click()
    expect(page.get_by_text("Whose goods are these?")).to_be_visible()
    page.get_by_label("Phone").fill("2125550100")
    press(page, "Look it up")
    return page


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_what_was_bought_is_taken_in_with_what_was_not_and_the_office_pays(
    house: House, size: tuple[int, int]
) -> None:
    sold(house.shop, "r1", ("A1", 2), customer=KIM)
    house.shop.watch.forward(days=40)
    sold(house.shop, "r2", ("B2", 2), ("K1", 1), customer=KIM)
    page = looked_up(house, size)
    expect(page.get_by_text("Kim")).to_have_count(0)
    expect(page.get_by_role("group", name="Order r1")).to_contain_text("window over")
    press(page, "Take it in")
    expect(page.get_by_role("alert")).to_contain_text("say how many of what")
    order = page.get_by_role("group", name="Order r2")
    order.get_by_label("Blade").fill("3")
    page.get_by_label("Barcode or SKU").nth(1).fill("C3")
    page.evaluate("for (const one of document.querySelectorAll('[max]')) one.removeAttribute('max')")
    press(page, "Take it in")
    expect(page.get_by_role("alert")).to_contain_text("2 units can be returned")
    order.get_by_label("Blade").fill("1")
    choose(page, "Node", "ST-1")
    press(page, "Take it in")
    back = page.url.rsplit("/", 1)[1]
    lines = done(house.shop.admin.get(f"/v1/returns/{back}"))["lines"]
    assert [(one["sku"], one["order"], one["received"]) for one in lines] == [
        ("B2", "r2", 1),
        ("C3", None, 1),
    ]
    expect(page.locator("summary", has_text="Pay something")).to_have_count(0)
    paid_for(house, back, page, size)


def paid_for(house: House, back: str, staff: Page, size: tuple[int, int]) -> None:
    """The office pays for what belongs to no order; staff may not; the customer's page tells of it."""
    office = house.window(house.key(Role.BACKOFFICE), size)
    office.goto(f"/app/returns/{back}")
    open_(office, "Pay something for goods of no order")
    for amount, why in (("50", "No more than 49.99 USD"), ("1.234", "Write an amount of USD")):
        office.get_by_label("Amount, USD").fill(amount)
        office.get_by_label("Why", exact=True).fill("a regular")
        press(office, "It was paid")
        expect(office.get_by_role("alert")).to_contain_text(why)
        open_(office, "Pay something for goods of no order")
    office.get_by_label("Amount, USD").fill("12.50")
    office.get_by_label("Why", exact=True).fill("a regular")
    press(office, "It was paid")
    expect(office.get_by_text("12.50 USD by store credit: a regular")).to_be_visible()
    open_(office, "Pay something for goods of no order")
    expect(office.get_by_text("At most 37.49 USD")).to_be_visible()
    csrf = staff.locator("input[name=csrf]").first.input_value()
    cookies = {cookie["name"]: cookie["value"] for cookie in staff.context.cookies()}
    form = {"csrf": csrf, "once": "k", "do": "goodwill", "amount": "1", "method": "cash", "reason": "mine"}
    sent = httpx.post(f"{house.url}/app/returns/{back}", data=form, cookies=cookies, timeout=60)
    assert sent.status_code == 403
    assert len(done(house.shop.admin.get(f"/v1/returns/{back}"))["goodwill"]) == 1
    kim = house.order("r2")["customer_id"]
    office.goto(f"/app/customers/{kim}")
    fits(office)
    told = office.get_by_role("listitem").filter(has_text="paid for goods of no order: a regular")
    expect(told).to_contain_text("12.50 USD")
    told.get_by_role("link").click()
    expect(office.get_by_role("heading", level=1)).to_contain_text(back)


def test_nobody_is_found_and_a_sku_that_is_none_is_said(house: House) -> None:
    sold(house.shop, "r3", ("A1", 1), customer=KIM)
    page = house.window(house.key(Role.STAFF, nodes=["ST-1"]))
    page.goto("/app/returnable?email=kim@example.com&sku=C3")
    fits(page)
    expect(page.get_by_text("Nobody who fits has bought anything")).to_be_visible()
    page.get_by_label("Only with this barcode or SKU").fill("nonsense")
    press(page, "Look it up")
    expect(page.get_by_role("alert")).to_contain_text("There is no such SKU or barcode")
    page.get_by_label("Only with this barcode or SKU").fill("A1")
    press(page, "Look it up")
    expect(page.get_by_role("group", name="Order r3")).to_be_visible()
    driver = house.window(house.key(Role.COURIER, nodes=["ST-1"]))
    seen = driver.goto("/app/returnable?email=kim@example.com")
    assert seen is not None and seen.status == 403


def test_a_return_is_offered_only_while_something_can_come_back(house: House) -> None:
    assert house.shop.place("r4", ("A1", 2), method="ship", customer=KIM).status_code == 201
    care, customer = house.window(house.shop.admin), house.window()

    def offered() -> tuple[bool, bool]:
        care.goto("/app/orders/r4")
        customer.goto(f"/track/r4?token={house.order('r4')['order_token']}")
        fits(customer)
        by_care = care.locator("summary", has_text="Start a return").count()
        return bool(by_care), bool(customer.locator("summary", has_text="Send something back").count())

    assert offered() == (False, False), "nothing has left"
    deliver(house.shop, "r4")
    assert offered() == (True, True)
    open_(customer, "Send something back")
    customer.get_by_label("Handle, how many of 2").fill("2")
    press(customer, "Ask to send it back")
    assert offered() == (False, False), "all of it is asked for already"
    press(customer, "I keep it after all")
    assert offered() == (True, True)
    house.shop.watch.forward(days=90)
    care = house.window(house.shop.admin)  # nobody stays signed in for so long
    assert offered() == (True, False), "care may waive the rule, the customer may not"
    expect(
        customer.get_by_text("Handle cannot be sent back: the time to return this is over")
    ).to_be_visible()
    open_(care, "Start a return")
    expect(care.get_by_label("Handle, units of 2")).to_be_visible()
    expect(care.get_by_text("window over")).to_be_visible()
