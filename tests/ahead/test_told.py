"""What looking ahead came to is told: over the API and on the page Waves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from oms.actors import Role
from oms.usecases.looking_ahead import HOLDS
from tests.ahead.conftest import Shop, solve, wanted_later
from tests.api.conftest import make_key
from tests.browser.conftest import served


def test_the_last_solve_of_each_market_is_told(shop: Shop) -> None:
    assert shop.admin.get("/v1/bid-prices").json()["items"] == []
    wanted_later(shop)
    assert solve(shop) == 1
    shop.watch.forward(hours=1)
    assert solve(shop) == 1
    told = shop.admin.get("/v1/bid-prices").json()
    assert told["lookahead_weight"] > 0
    [one] = told["items"]
    assert one["market"] == "" and one["at"].startswith(shop.watch.now().isoformat()[:13])
    assert one["scale"] > 0 and one["with_minor"] < one["without_minor"] and one["priced"] > 0


def sign_in(page: Page, url: str, key: str) -> None:
    """To the page Waves."""
    page.goto(f"{url}/app/waves")
    page.get_by_label("key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{url}/app/waves")


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_says_what_prices_would_have_saved(browser: Browser, shop: Shop, width: int) -> None:
    key = make_key(shop.runtime, Role.BACKOFFICE)
    shop.runtime.refresher.look()
    with served(shop.runtime) as url:
        page = browser.new_page(viewport={"width": width, "height": 800})
        sign_in(page, url, key)
        expect(page.get_by_text("without looking at those to come")).to_be_visible()
        wanted_later(shop)  # which takes longer than a session lasts
        sign_in(page, url, key)
        expect(page.get_by_text("Nothing solved yet")).to_be_visible()
        assert solve(shop) == 1
        page.reload()
        expect(page.get_by_text("Felt at")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        shop.watch.forward(seconds=(HOLDS + timedelta(minutes=1)).total_seconds())
        page.reload()
        expect(page.get_by_text("Not felt: out of date")).to_be_visible()
        page.close()
