"""The pages of waves in a real browser: asked for by a button, read on a telephone and on a desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from oms.actors import Role
from oms.usecases.waves import run_waves
from tests.api.conftest import make_key
from tests.browser.conftest import served
from tests.waves.conftest import Shop, crossed


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_a_wave_is_asked_for_and_read(browser: Browser, shop: Shop, width: int) -> None:
    crossed(shop)
    key = make_key(shop.runtime, Role.BACKOFFICE)
    shop.runtime.refresher.look()
    with served(shop.runtime) as url:
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto(f"{url}/app/waves")
        page.get_by_label("key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{url}/app/waves")
        expect(page.get_by_text("No wave yet")).to_be_visible()
        page.get_by_role("button", name="Ask for a wave").click()
        expect(page.get_by_text("A worker is at it")).to_be_visible()
        run_waves(shop.runtime)
        expect(page.get_by_text("27.2 % less")).to_be_visible(timeout=20_000)
        page.wait_for_load_state()  # it came back by itself, perhaps without its styles yet
        assert page.locator("meta[http-equiv=refresh]").count() == 0, "a page that is done stands still"
        expect(page.get_by_role("row", name="o-2 ST-1, WH WH moved")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.get_by_role("link", name="Waves", exact=True).first.click()
        expect(page.get_by_role("cell", name="27.2 %")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.close()
