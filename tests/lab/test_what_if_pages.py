"""The page of what-ifs in a real browser: asked for with a form, read on a telephone and on a desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from oms.actors import Role
from oms.usecases.what_ifs import run_what_ifs
from tests.api.conftest import make_key
from tests.browser.conftest import served
from tests.lab.conftest import DAY, Shop


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_days_are_played_again_with_changes(browser: Browser, sold: Shop, width: int) -> None:
    key = make_key(sold.runtime, Role.BACKOFFICE)
    sold.runtime.refresher.look()
    with served(sold.runtime) as url:
        page = browser.new_page(viewport={"width": width, "height": 800})
        said: list[str] = []
        page.on("console", lambda told: said.append(told.text))
        page.goto(f"{url}/app/what-ifs")
        page.get_by_label("key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{url}/app/what-ifs")
        expect(page.get_by_text("Nothing played yet")).to_be_visible()
        page.get_by_label("First day").fill(DAY)
        page.get_by_label("Last day").fill(DAY)
        page.get_by_label("Close nodes").select_option(["FAR", "ST-2"])
        page.get_by_label("Demand, times").fill("2")
        page.get_by_label("change by %").fill("12,5")
        page.get_by_label("Id").fill("ST-9")
        page.get_by_label("Country").fill("us")
        page.get_by_label("Postcode").fill("no such")
        page.get_by_label("Like").select_option("WH")
        page.get_by_role("button", name="Play it").click()
        expect(page.get_by_text("Nobody knows where this is")).to_be_visible()
        expect(page.get_by_label("Demand, times")).to_have_value("2")
        page.get_by_label("Postcode").fill("10001")
        page.get_by_role("button", name="Play it").click()
        expect(page.get_by_text("0 of 8 replays are done")).to_be_visible()
        assert run_what_ifs(sold.runtime) == 1
        page.reload()
        heading = "What if: without ST-2, FAR; with ST-9, like WH; all tariffs +12.5 %; demand × 2"
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        expect(page.get_by_text("4 orders as it was, 8 with the changes")).to_be_visible()
        assert page.locator("figure.chart").count() == 7
        expect(page.get_by_role("img", name="ST-9, with the changes").first).to_be_attached()
        assert page.get_by_role("row").count() == 5
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.get_by_role("link", name="What if", exact=True).last.click()
        expect(page.get_by_role("cell", name="without ST-2, FAR")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert [text for text in said if "422" not in text] == []
        page.close()
