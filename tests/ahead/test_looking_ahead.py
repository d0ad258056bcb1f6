"""Checkout keeps a unit for later orders where these need it more, says so, and charges nobody for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, text

from inventory.catalogue_edit import put_nodes
from oms.bootstrap import Runtime
from oms.steps.recent_ground import recent
from oms.store import bid_prices
from oms.store.bid_prices import CELL, DAY_CELL, newest_prices, newest_solved, write_solved
from oms.usecases import looking_ahead, quick_promises
from oms.usecases.looking_ahead import HOLDS, LEARNED, look_ahead
from routing.replay.foresight import Outlook
from routing.replay.rehearsal import NOTHING, Rehearsal
from routing.replay.stream import Ground, Stream
from tests.ahead.conftest import PAST, Shop, nodes, promised, reasons, solve, wanted_later
from tests.support import NODES, node_row

NO_DAYS = np.zeros(0, DAY_CELL)


def test_the_last_unit_near_by_is_kept_for_those_who_need_it_more(shop: Shop) -> None:
    wanted_later(shop)
    before = promised(shop, ("A1", 1))
    assert [parcel["node"] for parcel in before["parcels"]] == ["WH"]
    assert solve(shop) == 1
    after = promised(shop, ("A1", 1))
    assert [parcel["node"] for parcel in after["parcels"]] == ["FAR"]
    assert after["customer_price"] == before["customer_price"], "a price of a unit is felt, never charged"
    assert shop.place("new", ("A1", 1), method="ship").status_code == 201
    assert nodes(shop, "new") == ["FAR"]
    said = reasons(shop, "new")["WH"]
    assert said.startswith("WH lost by ") and "units that are better kept for later orders" in said
    assert "(1 × A1, worth " in said and said.endswith(" more there).")
    shop.runtime.feed.look()
    assert shop.place("both", ("A1", 1), ("B2", 1), method="ship").status_code == 201
    assert nodes(shop, "both") == ["WH"], "it was kept for this one"


def test_without_a_weight_nothing_is_solved_and_nothing_felt(shop: Shop) -> None:
    wanted_later(shop, weight=0.0)
    assert solve(shop) == 0
    assert shop.place("new", ("A1", 1), method="ship").status_code == 201
    assert nodes(shop, "new") == ["WH"]


def test_prices_that_are_no_longer_solved_end_by_themselves(shop: Shop) -> None:
    wanted_later(shop)
    solve(shop)
    assert [parcel["node"] for parcel in promised(shop, ("A1", 1))["parcels"]] == ["FAR"]
    shop.watch.forward(seconds=HOLDS.total_seconds())
    assert [parcel["node"] for parcel in promised(shop, ("A1", 1))["parcels"]] == ["WH"]


def test_a_solve_that_breaks_off_does_no_harm(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted_later(shop)

    def broken(*given: Any) -> None:
        raise ArithmeticError("not today")

    monkeypatch.setattr(looking_ahead, "rehearsed", broken)
    assert solve(shop) == 0
    assert [parcel["node"] for parcel in promised(shop, ("A1", 1))["parcels"]] == ["WH"]


def test_a_statement_that_takes_too_long_ends_only_its_own_market(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted_later(shop)
    elsewhere = replace(node_row(NODES[0]), id="EAST", market="east")
    with shop.runtime.engine.begin() as conn:
        put_nodes(conn, [elsewhere])
    asked: list[str] = []

    def slow(runtime: Runtime, conn: Connection, market: str, *given: Any) -> None:
        asked.append(market)
        conn.execute(text("SET LOCAL statement_timeout = 1"))
        conn.execute(text("SELECT pg_sleep(1)"))

    monkeypatch.setattr(looking_ahead, "recent", slow)
    assert look_ahead(shop.runtime) == 0
    assert asked == ["", "east"]


def test_only_the_newest_orders_are_looked_at(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted_later(shop)
    monkeypatch.setattr(bid_prices, "LOOKED_AT", 30)
    solve(shop)
    with shop.runtime.engine.connect() as conn:
        solved = newest_solved(conn, "")
    assert solved is not None and solved.orders == 30


def test_prices_that_do_not_pay_are_not_felt(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted_later(shop)
    solve(shop)
    shop.watch.forward(hours=1)
    monkeypatch.setattr(looking_ahead, "rehearsed", lambda *given: NOTHING)
    assert solve(shop) == 1
    assert [parcel["node"] for parcel in promised(shop, ("A1", 1))["parcels"]] == ["WH"]
    with shop.runtime.engine.connect() as conn:
        assert newest_prices(conn)[0].cells.size == 0


def test_what_was_foretold_and_what_came_of_it_is_written_down(shop: Shop) -> None:
    wanted_later(shop)
    solve(shop)
    with shop.runtime.engine.connect() as conn:
        solved = newest_solved(conn, "")
        [(until, cells, days)] = newest_prices(conn)
    assert solved is not None and solved.scale > 0
    assert (solved.orders, solved.rehearsed) == (60, 30)
    assert solved.coming == pytest.approx(60 * 7 / 20, rel=0.01)
    assert solved.with_minor < solved.without_minor
    assert solved.foretold_minor == pytest.approx(solved.with_minor, rel=0.15)
    assert until - solved.at == HOLDS == timedelta(hours=3)
    assert solved.priced == cells.size > 0
    assert (np.diff(cells["sku"]) >= 0).all()
    assert not days.size, "no node is limited"


def test_a_solve_that_was_overtaken_leaves_the_newer_prices(shop: Shop) -> None:
    wanted_later(shop)
    solve(shop)
    with shop.runtime.engine.begin() as conn:
        newest = newest_solved(conn, "")
        assert newest is not None
        prices = newest_prices(conn)[0].cells
        late = replace(newest, at=newest.at - timedelta(minutes=50), priced=0)
        assert not write_solved(conn, late, np.zeros(0, CELL), NO_DAYS)
        assert newest_solved(conn, "") == newest
        assert (newest_prices(conn)[0].cells == prices).all()
        next_one = replace(newest, at=newest.at + timedelta(hours=1))
        assert write_solved(conn, next_one, prices[:1], NO_DAYS)
        assert [found.cells.size for found in newest_prices(conn)] == [1]
        assert conn.scalar(text("SELECT count(*) FROM bid_prices WHERE cells <> ''")) == 1


def test_a_process_that_is_told_to_stop_solves_no_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted_later(shop)
    begun, rehearsed = [], vars(looking_ahead)["rehearsed"]

    def stopped(ground: Ground, stream: Stream, coming: float, outlook: Outlook) -> Rehearsal:
        begun.append(coming)
        told, rounds = outlook.told, []
        assert told is not None

        def heard(done: int) -> None:
            rounds.append(done)
            shop.runtime.closing.set()
            told(done)

        with pytest.raises(Exception) as ended:
            rehearsed(ground, stream, coming, replace(outlook, told=heard))
        assert len(rounds) == 1, "no solve goes on to its next round"
        raise ended.value

    monkeypatch.setattr(looking_ahead, "rehearsed", stopped)
    assert look_ahead(shop.runtime) == 0
    assert look_ahead(shop.runtime) == 0, "nor does it begin"
    assert len(begun) == 1
    with shop.runtime.engine.connect() as conn:
        assert newest_solved(conn, "") is None


def test_a_market_is_laid_out_with_the_nodes_that_have_something(shop: Shop) -> None:
    wanted_later(shop)
    assert laid_out(shop) == {"WH": 1 + 4 * PAST - PAST // 2 + 20, "FAR": 40}
    [far] = [node for node in NODES if node.id == "FAR"]
    with shop.runtime.engine.begin() as conn:
        put_nodes(conn, [replace(node_row(far), market="east")])
    shop.runtime.feed.look()
    assert list(laid_out(shop)) == ["WH"]


def laid_out(shop: Shop) -> dict[str, int]:
    """Units at each node that the nameless market is solved with."""
    now = shop.watch.now()
    with shop.runtime.engine.connect() as conn:
        found = recent(shop.runtime, conn, "", now - LEARNED, now)
    assert found is not None
    assert found.stream.card.shape[1] == found.stream.days.transit.shape[1] == len(found.ground.node_ids)
    return dict(zip(found.ground.node_ids, found.ground.on_hand.sum(axis=0).tolist(), strict=True))


def test_a_market_without_orders_has_no_prices(shop: Shop) -> None:
    assert shop.admin.put("/v1/policy", json={"lookahead_weight": 1}).status_code in (200, 201)
    shop.runtime.refresher.look()
    assert look_ahead(shop.runtime) == 0


def test_baskets_with_a_price_go_the_quick_way_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted_later(shop)
    solve(shop)
    asked: list[bool] = []
    offer = vars(quick_promises)["offer"]

    def counted(*given: Any) -> Any:
        found = offer(*given)
        asked.append(found is not None)
        return found

    monkeypatch.setattr(quick_promises, "offer", counted)
    promised(shop, ("B2", 1))
    assert [parcel["node"] for parcel in promised(shop, ("A1", 1))["parcels"]] == ["FAR"]
    assert asked == [True, True]
