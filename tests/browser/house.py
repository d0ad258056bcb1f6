"""The small world behind a real server, with people at work in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect

from oms.actors import Role
from tests.checkout.conftest import Shop
from tests.nodes.conftest import release_at_last

PHONE = (360, 740)


@dataclass
class House:
    """``url`` is that of the server on ``shop``'s process."""

    shop: Shop
    url: str
    browser: Browser

    def key(self, role: Role, **scope: Any) -> TestClient:
        """Somebody with a key of their own."""
        return self.shop.client(role, **scope)

    def window(self, client: TestClient | None = None, size: tuple[int, int] = PHONE) -> Page:
        """A fresh window, signed in with the client's key."""
        width, height = size
        window = self.browser.new_context(viewport={"width": width, "height": height}, base_url=self.url)
        page = window.new_page()
        page.set_default_timeout(60_000)
        if client is not None:
            page.goto("/app/")
            page.get_by_label("API key").fill(client.headers["Authorization"].removeprefix("Bearer "))
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        return page

    def placed(self, order: str, *lines: tuple[str, int], **more: Any) -> Any:
        """An order placed, its work offered to nodes."""
        answer = self.shop.place(order, *lines, **more)
        assert answer.status_code == 201, answer.text
        release_at_last(self.shop)
        return answer.json()

    def order(self, id: str) -> Any:
        """As the back office reads it."""
        return self.shop.admin.get(f"/v1/orders/{id}").json()

    def job(self, order: str) -> Any:
        """The latest fulfilment order."""
        return self.order(order)["fulfilment_orders"][-1]


def fits(page: Page) -> None:
    """Nothing is wider than the window."""
    size = page.viewport_size
    assert size is not None
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size["width"], (page.url, wide)


def press(page: Page, name: str) -> None:
    """Press the first button of this name, and see the page that follows."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).first.click()
    fits(page)


def choose(page: Page, label: str, value: str) -> None:
    """Choose from the first list of this label that can be seen."""
    page.get_by_role("combobox", name=label, exact=True).first.select_option(value)


def open_(page: Page, name: str) -> None:
    """Open the first thing folded away under this name."""
    page.locator("summary", has_text=name).first.click()


def accepted_and_picked(page: Page, node: str) -> None:
    """All that is offered to a node is accepted, listed and picked, by scanning."""
    page.goto(f"/app/nodes/{node}")
    press(page, "Accept")
    open_(page, "Build pick lists")
    press(page, "Build")
    press(page, "Take it")
    while page.locator("#now").count():
        sku = page.locator("#now h2 + p").inner_text().split(" ")[0]
        page.get_by_label("Scan the barcode").fill(sku)
        with page.expect_navigation():
            page.get_by_label("Scan the barcode").press("Enter")
    expect(page.get_by_text("All of it is done")).to_be_visible()


def packed(page: Page, job: str) -> None:
    """Picked goods go into the parcels of the plan."""
    page.goto(f"/app/fulfilment-orders/{job}")
    press(page, "Pack as planned")
