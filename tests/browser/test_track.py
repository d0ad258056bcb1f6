"""What a customer changes by his signed link, on a phone and at a desk."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from oms.adapters.geocoder import Place
from oms.store.places import put_places
from tests.browser.house import PHONE, House, choose, fits, open_, press
from tests.handover.work import done, packed
from tests.support import stock_up

pytestmark = pytest.mark.browser

DESK = (1280, 900)
KIM = {"email": "kim@example.com", "name": "Kim Doe", "phone": "+1 212 555 0100"}
SEE = "See what it would mean"


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    found: tuple[int, int] = request.param
    return found


def tracked(house: House, order: str, size: tuple[int, int] = PHONE) -> Page:
    """The customer's own page, everything on it unfolded once."""
    page = house.window(size=size)
    page.goto(f"/track/{order}?token={house.order(order)['order_token']}")
    for folded in page.locator("summary").all():
        folded.click()
    fits(page)
    page.reload()
    return page


def test_what_is_shown_adds_up(house: House, size: tuple[int, int]) -> None:
    house.placed("w0", ("A1", 3), ("B2", 1), method="ship", customer=KIM, discount_minor=1000)
    done(house.shop, "/v1/orders/w0/cancel", {"lines": [{"id": "1", "quantity": 1}]})
    owed = house.order("w0")["money"]["total_minor"]
    page = tracked(house, "w0", size)
    goods = page.locator("main li.card").all_inner_texts()
    (sums,) = page.locator("p", has_text="together").all_inner_texts()
    assert added(*goods, sums.partition("together")[0]) == owed == added(sums.partition("together")[2])
    page = house.window(house.shop.admin, size)
    page.goto("/app/orders/w0")
    fits(page)
    *parts, whole = page.locator("table").first.locator("tr td:last-child").all_inner_texts()
    assert added(*parts) == owed == added(whole)
    done(house.shop, "/v1/orders/w0/cancel", {})
    page = tracked(house, "w0", size)
    expect(page.get_by_text("Delivery 0.00 USD, together 0.00 USD")).to_be_visible()


def added(*texts: str) -> int:
    """The amounts in words shown, together."""
    return sum(
        round(float(amount) * 100) for text in texts for amount in re.findall(r"-?[\d.]+(?= USD)", text)
    )


def test_a_customer_has_it_brought_then_collects_it(house: House, size: tuple[int, int]) -> None:
    house.placed("w1", ("A1", 2), method="ship", customer=KIM)
    page = tracked(house, "w1", size)
    open_(page, "Have a courier bring it")
    press(page, SEE)
    expect(page.get_by_text("Nothing has changed yet.")).to_be_visible()
    expect(page.locator(".difference").first).to_contain_text("You pay 5.00 USD more: 29.99 USD together")
    assert house.order("w1")["method"] == "ship"
    press(page, "Change it so")
    expect(page.get_by_text("together 29.99 USD")).to_be_visible()
    assert house.order("w1")["method"] == "courier"
    open_(page, "Collect it at a store")
    choose(page, "Store", "ST-2")
    press(page, SEE)
    expect(page.get_by_role("heading", name="Collected at Brooklyn")).to_be_visible()
    expect(page.locator(".difference").first).to_contain_text("You pay 9.99 USD less")
    press(page, "Change it so")
    expect(page.get_by_text("To be collected at Brooklyn")).to_be_visible()
    open_(page, "Collect it at another store")
    choose(page, "Store", "ST-1")
    press(page, SEE)
    page.get_by_role("link", name="Leave it as it is").click()
    found = house.order("w1")
    assert (found["method"], found["promise"]["pickup_node"]) == ("pickup", "ST-2")
    told = [event for event in found["timeline"] if event["type"] == "order.changed"]
    assert [(event["actor"], event["channel"]) for event in told] == [("customer:w1", "web")] * 2


def test_a_customer_has_it_sent_elsewhere(house: House, size: tuple[int, int]) -> None:
    with house.shop.runtime.engine.begin() as conn:
        put_places(conn, [Place("US", "11216", "Brooklyn", 40.6782, -73.9442)])
    house.placed("w2", ("A1", 1), method="ship", customer=KIM)
    page = tracked(house, "w2", size)
    open_(page, "Another address")
    page.get_by_label("Postcode").first.fill("00000")
    press(page, SEE)
    expect(page.get_by_role("alert")).to_contain_text("We do not find this place")
    open_(page, "Another address")
    page.get_by_label("Postcode").first.fill("11216")
    page.get_by_label("City").first.fill("Brooklyn")
    page.get_by_label("Street").first.fill("Fulton St 1")
    press(page, SEE)
    expect(page.locator(".difference").first).to_contain_text("The price stays the same")
    press(page, "Change it so")
    where = house.order("w2")["destination"]
    assert (where["street"], where["postcode"], where["lat"]) == ("Fulton St 1", "11216", 40.6782)


def test_too_late_is_said_with_what_is_still_possible(house: House) -> None:
    stock_up(house.shop.runtime, ("WH", "A1", 20))
    (job,) = packed(house.shop, "w3", ("A1", 2), ("B2", 1), method="ship")
    page = tracked(house, "w3")
    done(house.shop, f"/v1/fulfilment-orders/{job}/hand-over")
    open_(page, "Have a courier bring it")
    press(page, SEE)
    expect(page.get_by_role("alert")).to_contain_text("It is too late for that. It is on its way")
    expect(page.get_by_text("where and how it comes can no longer be changed")).to_be_visible()
    expect(page.locator("summary", has_text="Have a courier bring it")).to_have_count(0)
    (parcel,) = house.shop.admin.get(f"/v1/fulfilment-orders/{job}/shipments").json()["shipments"]
    event = {"id": "e-1", "kind": "delivered", "occurred_at": house.shop.watch.now().isoformat()}
    done(house.shop, f"/v1/shipments/{parcel['id']}/events", {"events": [event]})
    page.reload()
    expect(page.locator("summary", has_text="Send something back")).to_be_visible()


def test_an_offer_overtaken_changes_nothing_and_prices_are_not_the_customer_s(house: House) -> None:
    house.placed("w4", ("A1", 2), method="ship")
    page = tracked(house, "w4")
    open_(page, "Have a courier bring it")
    press(page, SEE)
    cancelled = house.shop.post("/v1/orders/w4/cancel", {"lines": [{"id": "1", "quantity": 1}]})
    assert cancelled.status_code == 200
    press(page, "Change it so")
    expect(page.get_by_role("alert")).to_contain_text("Your order has moved on meanwhile")
    assert house.order("w4")["method"] == "ship"
    open_(page, "Have a courier bring it")
    press(page, SEE)
    page.evaluate("document.querySelector('input[name=kind]').value = 'lines'")
    press(page, "Change it so")
    expect(page.get_by_role("alert")).to_contain_text("names no change that was previewed")
    open_(page, "Cancel it")
    page.get_by_label("Handle, how many of 1").fill("1")
    press(page, "Cancel these")
    assert house.order("w4")["status"] == "cancelled"


def test_where_nothing_reaches_the_way_is_named_and_the_order_stays(house: House) -> None:
    with house.shop.runtime.engine.begin() as conn:
        put_places(conn, [Place("US", "60601", "Chicago", 41.8781, -87.6298)])
    house.placed("w5", ("A1", 1), method="ship")
    page = tracked(house, "w5")
    open_(page, "Have a courier bring it")
    form = page.locator("details", has_text="Have a courier bring it")
    form.get_by_label("Postcode").fill("60601")
    form.get_by_label("City").fill("Chicago")
    with page.expect_navigation():
        form.get_by_role("button", name=SEE).click()
    expect(page.get_by_text("It cannot come that way: this address is out of reach")).to_be_visible()
    assert house.order("w5")["method"] == "ship"
