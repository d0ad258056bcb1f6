"""The pages as a person at work meets them."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

BASKET = {
    "channel": "web",
    "currency": "GBP",
    "destination": {"country": "GB", "postcode": "LS1", "lat": 53.8, "lon": -1.55},
    "method": "ship",
}


def sign_in(tab: Page, key: str) -> None:
    tab.goto("/app/")
    expect(tab).to_have_url("/app/sign-in?to=/app/")
    tab.get_by_label("API key").fill(key)
    tab.get_by_role("button", name="Sign in").click()


def place_order(site: Site) -> str:
    """An order of two SKUs that are in stock somewhere, placed through HTTP."""
    headers = {"Authorization": f"Bearer {site.key}"}
    with httpx.Client(base_url=site.url, headers=headers, timeout=30) as client:
        stock = client.get("/v1/stock", params={"limit": 200}).json()["items"]
        skus = list(dict.fromkeys(row["sku"] for row in stock if row["available"] > 3))[:2]
        lines = [
            {"id": str(place), "sku": sku, "quantity": 2, "unit_price_minor": 250}
            for place, sku in enumerate(skus)
        ]
        site.running.feed.look()
        answer = client.put("/v1/orders/page-1", json={**BASKET, "lines": lines})
        assert answer.status_code == 201, answer.text
    return "page-1"


def test_the_network_at_a_glance(site: Site, tab: Page) -> None:
    sign_in(tab, site.key)
    expect(tab.get_by_role("heading", name="Network and stock")).to_be_visible()
    expect(tab.locator("svg circle")).to_have_count(61)
    expect(tab.get_by_text("No order yet")).to_be_visible()
    expect(tab.locator("tbody tr")).to_have_count(61)


def test_an_order_with_its_decision_in_plain_words(site: Site, tab: Page) -> None:
    order = place_order(site)
    sign_in(tab, site.key)
    tab.get_by_role("link", name="Orders", exact=True).click()
    tab.get_by_role("link", name=order).click()
    expect(tab.get_by_role("heading", name=f"Order {order}")).to_be_visible()
    expect(tab.get_by_text("This is the cheapest plan there is")).to_be_visible()
    expect(tab.locator(".reasons li").first).to_contain_text("transport")
    expect(tab.get_by_text("placed", exact=True)).to_be_visible()


def test_reservations_by_age(site: Site, tab: Page) -> None:
    order = place_order(site)
    sign_in(tab, site.key)
    tab.get_by_role("link", name="Reservations").click()
    expect(tab.get_by_role("link", name=f"order {order}")).to_be_visible()
    tab.get_by_label("Older than, minutes").fill("5")
    tab.get_by_role("button", name="Show").click()
    expect(tab.get_by_text("Nothing is reserved that fits this filter")).to_be_visible()


def test_strangers_stay_outside(site: Site, tab: Page) -> None:
    sign_in(tab, "key_0.guess")
    expect(tab.get_by_role("alert")).to_contain_text("not a living key")
    tab.goto("/app/orders/page-1")
    expect(tab).to_have_url("/app/sign-in?to=/app/orders/page-1")
    tab.goto("/docs")
    expect(tab.get_by_role("heading", level=1)).to_be_visible()


def test_forms_need_their_session_and_signing_out_ends_it(site: Site, tab: Page) -> None:
    sign_in(tab, site.key)
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()
    cookies = {cookie["name"]: cookie["value"] for cookie in tab.context.cookies()}
    form = {"do": "free", "id": "r", "csrf": "forged"}
    forged = httpx.post(f"{site.url}/app/reservations", data=form, cookies=cookies)
    assert forged.status_code == 403
    assert "another session" in forged.text
    tab.get_by_role("button", name="Sign out").click()
    tab.goto("/app/")
    expect(tab).to_have_url("/app/sign-in?to=/app/")
    kept = httpx.get(f"{site.url}/app/", cookies=cookies)
    assert (kept.status_code, kept.headers["location"]) == (303, "/app/sign-in?to=/app/")


def test_the_door_leads_only_inside(site: Site) -> None:
    for to in ("https://example.com/", "//example.com/app/", "/app/\\example.com"):
        answer = httpx.post(f"{site.url}/app/sign-in", data={"key": site.key, "to": to})
        assert answer.headers["location"] == "/app/"
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "samesite=strict" in answer.headers["set-cookie"].lower()
