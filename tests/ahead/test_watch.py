"""What orders came to that felt prices is held against what was foretold; prices that do not keep it go."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from oms.actors import Role
from oms.store.bid_prices import CELL, DAY_CELL, Solved, newest_prices, newest_solved, write_solved
from oms.store.price_days import days_of
from oms.usecases import price_watch
from oms.usecases.looking_ahead import HOLDS
from oms.usecases.price_watch import watched
from routing.replay.trust import LEAST_DAYS, Day, Verdict
from tests.ahead.conftest import Shop, promised, solve, wanted_later
from tests.ahead.test_told import sign_in
from tests.api.conftest import make_key
from tests.browser.conftest import served
from tests.support import stock_up

DAYS = 6
A_DAY = 6


def felt(shop: Shop, times_alone: float, /, saving: float = 100.0, **more: Any) -> None:
    """Prices, solved now, that foretell so many times what an order costs on full shelves."""
    now = shop.watch.now()
    solved = Solved(
        "", now, now + HOLDS, 60, 20.0, 900, 1.0, 700.0 + saving, 700.0, 690.0, 0, 500, times_alone
    )
    with shop.runtime.engine.begin() as conn:
        assert write_solved(conn, replace(solved, **more), np.zeros(0, CELL), np.zeros(0, DAY_CELL))


def lived(shop: Shop, times_alone: float, /, days: int = DAYS, **more: Any) -> None:
    """Days on which handles go from the warehouse, each what it costs alone on full shelves."""
    stock_up(shop.runtime, ("WH", "A1", days * A_DAY))
    for day in range(days):
        felt(shop, times_alone, **more)
        for turn in range(A_DAY):
            answer = shop.place(f"d{day}-{turn}", ("A1", 1), method="ship")
            assert answer.status_code == 201, answer.text
        shop.watch.forward(hours=24)


def settled(shop: Shop) -> Verdict:
    """What is said of all days so far, once that may be."""
    shop.watch.forward(hours=24)
    return watched(shop.runtime, "")


def written(shop: Shop) -> list[Day]:
    with shop.runtime.engine.connect() as conn:
        return days_of(conn, "", date(2026, 1, 1))


def test_orders_that_cost_what_was_foretold_leave_prices_as_they_are(shop: Shop) -> None:
    lived(shop, 1.0)
    found = settled(shop)
    assert (found.days, found.orders, found.trust) == (DAYS, DAYS * A_DAY, 1.0)
    assert found.realised_minor == pytest.approx(found.foretold_minor)
    cost = shop.scalar("SELECT sum(cost_minor) FROM fulfilment_order WHERE order_id = 'd0-0'")
    assert found.realised_minor == pytest.approx(float(cost)) and cost > 0
    assert [day.orders for day in written(shop)] == [A_DAY] * DAYS


def test_prices_are_shrunk_as_far_as_what_they_were_to_save_is_lost(shop: Shop) -> None:
    lived(shop, 0.9)
    half = settled(shop)
    lost = half.realised_minor / 10
    assert half.surely_minor == pytest.approx(lost)
    assert half.trust == pytest.approx(1 - lost / 100) and 0 < half.trust < 1


def test_a_day_is_looked_at_once_and_only_after_it_settled(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(shop, 1.0, days=2)
    assert watched(shop.runtime, "").days == 1
    assert settled(shop).days == 2
    monkeypatch.setattr(price_watch, "_looked_at", None)
    assert watched(shop.runtime, "").days == 2


def test_what_is_too_long_ago_says_nothing_any_more(shop: Shop) -> None:
    lived(shop, 0.5)
    assert settled(shop).trust < 1
    shop.watch.forward(hours=24 * 27)
    assert watched(shop.runtime, "") == Verdict()
    assert not written(shop)


@pytest.mark.parametrize("more", [{"scale": 0.0}, {"trust": 0.0}, {"times_alone": 0.0}])
def test_orders_that_felt_no_prices_are_not_counted(shop: Shop, more: dict[str, float]) -> None:
    lived(shop, 0.5, days=2, **more)
    assert settled(shop).orders == 0


def test_orders_after_the_end_of_prices_are_not_counted(shop: Shop) -> None:
    felt(shop, 0.5)
    shop.watch.forward(seconds=HOLDS.total_seconds())
    assert shop.place("late", ("A1", 1), method="ship").status_code == 201
    shop.watch.forward(hours=24)
    assert settled(shop).orders == 0


def test_orders_that_lost_a_unit_and_what_couriers_bring_are_not_counted(shop: Shop) -> None:
    felt(shop, 1.0)
    for id in ("kept", "given-up"):
        assert shop.place(id, ("A1", 1), method="ship").status_code == 201
    assert shop.place("by-courier", ("A1", 1), method="courier").status_code == 201
    answer = shop.post("/v1/orders/given-up/cancel", {}, shop.admin)
    assert answer.status_code == 200, answer.text
    shop.watch.forward(hours=24)
    assert settled(shop).orders == 1


def test_checkout_goes_on_without_prices_that_do_not_keep_what_they_foretell(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    wanted_later(shop)
    lived(shop, 0.5, days=LEAST_DAYS + 1)
    shop.watch.forward(hours=24)
    with caplog.at_level(logging.WARNING):
        assert solve_later(shop) == 1
    assert [parcel["node"] for parcel in promised(shop, ("A1", 1))["parcels"]] == ["WH"]
    with shop.runtime.engine.connect() as conn:
        solved = newest_solved(conn, "")
        assert newest_prices(conn)[0].cells.size == 0
    assert solved is not None and solved.scale > 0 and solved.trust == solved.felt == 0
    assert "are felt at 0 % of what was rehearsed" in caplog.text
    told = "SELECT data FROM outbox WHERE type = 'bid_prices.trust_changed'"
    event = shop.scalar(told)
    assert event["trust"] == 0 and event["realised_minor"] > event["foretold_minor"]
    assert solve_later(shop) == 1
    assert shop.scalar("SELECT count(*) FROM outbox WHERE type = 'bid_prices.trust_changed'") == 1
    [one] = shop.admin.get("/v1/bid-prices").json()["items"]
    assert one["trust"] == 0 and one["since_surely_minor"] > 0
    assert one["since_days"] == LEAST_DAYS + 1 and one["since_orders"] == (LEAST_DAYS + 1) * A_DAY
    assert one["since_minor"] == pytest.approx(2 * one["since_foretold_minor"], rel=0.01)


def solve_later(shop: Shop) -> int:
    shop.watch.forward(hours=1)
    return solve(shop)


def test_what_a_solve_foretells_is_what_its_rehearsal_came_to(shop: Shop) -> None:
    wanted_later(shop)
    solve(shop)
    with shop.runtime.engine.connect() as conn:
        solved = newest_solved(conn, "")
    alone = shop.scalar("SELECT avg(cost_minor) FROM fulfilment_order WHERE node = 'WH'")
    assert solved is not None and solved.trust == 1
    assert solved.times_alone >= 1, "nothing is cheaper than full shelves"
    assert float(alone) <= solved.times_alone * float(alone) < solved.with_minor, "of the first, of all"
    assert 0 < solved.soon_orders <= solved.coming / 4


@pytest.mark.browser
def test_the_page_says_why_prices_are_not_felt(browser: Browser, shop: Shop) -> None:
    key = make_key(shop.runtime, Role.BACKOFFICE)
    policy = {"breadth_weight": 0, "lookahead_weight": 1, "lookahead_days": 7}
    assert shop.admin.put("/v1/policy", json=policy).status_code in (200, 201)
    shop.runtime.refresher.look()
    since = {"since_days": 9, "since_orders": 412, "since_minor": 731.0, "since_foretold_minor": 702.0}
    felt(shop, 1.0, **since, since_surely_minor=12.0, trust=0.7)
    with served(shop.runtime) as url:
        page = browser.new_page(viewport={"width": 360, "height": 800})
        sign_in(page, url, key)
        expect(page.get_by_text("412 orders of 9 days felt such prices")).to_be_visible()
        expect(page.get_by_text("at least 0.12 USD more than chance explains")).to_be_visible()
        expect(page.get_by_text("Felt at 70 %")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        shop.watch.forward(minutes=5)
        felt(shop, 1.0, **since, since_surely_minor=120.0, trust=0.0)
        page.reload()
        expect(page.get_by_text("tried again once those days are four weeks old")).to_be_visible()
        page.close()


def test_prices_that_keep_what_they_foretell_stay(shop: Shop) -> None:
    """Solved each day for real, and orders come as they did before."""
    wanted_later(shop)
    for day in range(LEAST_DAYS + 2):
        stock_up(shop.runtime, ("WH", "A1", 3), ("FAR", "A1", 3), ("WH", "B2", 3))
        shop.runtime.refresher.look()
        assert solve(shop) == 1
        for turn in range(6):
            lines = [("A1", 1)] if turn % 2 == 0 else [("A1", 1), ("B2", 1)]
            assert shop.place(f"day-{day}-{turn}", *lines, method="ship").status_code == 201
            shop.runtime.feed.look()
        shop.watch.forward(hours=24)
    found = settled(shop)
    assert found.days > LEAST_DAYS and found.trust == 1
    assert found.realised_minor == pytest.approx(found.foretold_minor, rel=0.1)
