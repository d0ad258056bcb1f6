"""The page of what-ifs in a real browser: asked for with a form, read on a telephone and on a desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from oms.actors import SYSTEM, Role
from oms.memory.network_load import Kind
from oms.usecases.network import PutDocument, put_document
from oms.usecases.what_ifs import run_what_ifs
from oms.work import transact
from tests.api.conftest import make_key
from tests.browser.conftest import served
from tests.lab.conftest import DAY, Shop, what_if


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
        page.get_by_label("Close nodes").select_option(["WH", "ST-2"])
        page.get_by_label("Demand, times").fill("2")
        page.get_by_label("change by %").fill("12,5")
        page.get_by_text("Policies, rejects, promise").click()
        page.get_by_label("Weight of a parcel").fill("0 5000")
        page.get_by_label("Id").fill("ST-9")
        page.get_by_label("Country").fill("us")
        page.get_by_label("Postcode").fill("no such")
        page.get_by_label("Like").select_option("WH")
        page.get_by_role("button", name="Play it").click()
        expect(page.get_by_text("Nobody knows where this is")).to_be_visible()
        expect(page.get_by_label("Demand, times")).to_have_value("2")
        page.get_by_label("Postcode").fill("10001")
        page.get_by_role("button", name="Play it").click()
        expect(page.get_by_text("0 of 12 passes over the orders are done")).to_be_visible()
        expect(page.get_by_role("progressbar")).to_have_js_property("max", 12)
        assert run_what_ifs(sold.runtime) == 1
        heading = "What if: without ST-2, WH; with ST-9, like WH; all tariffs +12.5 %; demand × 2"
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        expect(page.get_by_text("4 orders as it was, 8 with the changes")).to_be_visible(timeout=20_000)
        page.wait_for_load_state()  # it came back by itself, perhaps without its styles yet
        assert page.locator("meta[http-equiv=refresh]").count() == 0, "a page that is done stands still"
        expect(page.get_by_text("One who knew all orders beforehand")).to_be_visible()
        assert page.locator("figure.chart").count() == 9
        expect(page.get_by_role("img", name="ST-9, with the changes").first).to_be_attached()
        assert page.get_by_role("row").count() == 7
        expect(page.get_by_role("cell", name="cheapest,parcel_minor=5000", exact=True)).to_be_visible()
        expect(page.get_by_text("An admin’s key can have orders routed")).to_be_visible()
        assert page.get_by_role("link", name="Use this policy").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.get_by_role("link", name="What if", exact=True).last.click()
        expect(page.get_by_role("cell", name="without ST-2, WH")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert [text for text in said if "422" not in text] == []
        page.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_a_policy_is_used_from_the_page_of_what_it_came_to(browser: Browser, sold: Shop, width: int) -> None:
    edit(sold, parcel_minor=70.0, co2_minor_per_kg=3.0)
    done = what_if(sold, policies=["nearest", "cheapest", "sparing"], stock=0.5)
    key = make_key(sold.runtime, Role.ADMIN)
    sold.runtime.refresher.look()
    with served(sold.runtime) as url:
        page = browser.new_page(viewport={"width": width, "height": 800})
        said: list[str] = []
        page.on("console", lambda told: said.append(told.text))
        page.goto(f"{url}/app/what-ifs/{done['id']}")
        page.get_by_label("key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{url}/app/what-ifs/{done['id']}")
        expect(
            page.get_by_role("img", name="as it was, cost against days by rank; nothing beats")
        ).to_be_visible()
        choices = page.get_by_role("listitem").filter(has_text="nothing beats it")
        expect(choices.filter(has_text="sparing").get_by_text("in use today")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.get_by_role("link", name="Use this policy: cheapest").click()
        expect(page.get_by_role("row", name="breadth_weight 0.75 0", exact=False)).to_be_visible()
        expect(page.get_by_role("row", name="parcel_minor 70 stays", exact=False)).to_be_visible()
        expect(page.get_by_text("was not felt in the replay: co2_minor_per_kg 3.")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        edit(sold, parcel_minor=9.0, co2_minor_per_kg=3.0)  # somebody else, meanwhile
        page.get_by_role("button", name="Yes, use it").click()
        expect(page.get_by_role("alert")).to_contain_text("changed since it was read")
        expect(page.get_by_role("row", name="parcel_minor 9 70", exact=False)).to_be_visible()
        assert sold.runtime.networks.current.policy.breadth_weight == 0.75
        page.get_by_role("button", name="Yes, use it").click()
        expect(page.get_by_text("Orders are routed by these weights")).to_be_visible()
        expect(page.get_by_role("button", name="Yes, use it")).to_have_count(0)
        now = sold.runtime.networks.current.policy
        assert (now.breadth_weight, now.parcel_minor, now.co2_minor_per_kg) == (0.0, 70.0, 3.0)
        rule = page.goto(f"{url}/app/what-ifs/{done['id']}/policy?name=nearest")
        assert rule is not None and rule.status == 422
        assert [text for text in said if "412" not in text and "422" not in text] == []
        page.close()


def edit(shop: Shop, **weights: float) -> None:
    transact(
        shop.runtime, SYSTEM, lambda work: put_document(work, PutDocument(Kind.POLICY, Kind.POLICY, weights))
    )
    shop.runtime.refresher.look()
