"""Checkout keeps room on a node's day for later orders where these need it more, and says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from inventory.catalogue_edit import put_nodes
from oms.memory.bid_prices import Book
from oms.steps.recent_days import EPOCH
from oms.steps.recent_ground import recent
from oms.store.bid_prices import DAY_CELL, newest_prices
from oms.store.versions import bump
from oms.usecases import quick_promises
from oms.usecases.looking_ahead import HOLDS, LEARNED
from routing.calendar import first_day
from routing.problem import UNLIMITED
from tests.ahead.conftest import Shop, nodes, promised, reasons, solve
from tests.support import NODES, node_row, stock_up
from tests.waves.conftest import sell

A_DAY = 8
PAST = 14 * A_DAY
ROOM = 3
HANDLE, BLADE = ("A1", 1), ("B2", 1)


def busy(shop: Shop) -> None:
    """Two weeks of four orders for a handle and four for a blade a day; of these the warehouse sends three
    from now on. A handle may also come from a store, for 1.00 more; a blade only from the warehouse, and a
    day late is felt as 1.50.
    """
    policy = {"breadth_weight": 0, "lookahead_weight": 1, "lookahead_days": 7, "late_day_minor": 150}
    answer = shop.admin.put("/v1/policy", json=policy)
    assert answer.status_code in (200, 201), answer.text
    shop.runtime.refresher.look()
    stock_up(shop.runtime, ("WH", "A1", 2 * PAST), ("ST-1", "A1", 2 * PAST), ("WH", "B2", 2 * PAST))
    sell(shop, "ST-1", "B2", 4)
    for turn in range(PAST):
        assert shop.place(f"past-{turn}", HANDLE if turn % 2 else BLADE, method="ship").status_code == 201
        shop.watch.forward(hours=24 / A_DAY)
    shop.watch.forward(hours=15)  # to the small hours, when the day is still to come
    limit(shop, ROOM)


def limit(shop: Shop, room: int | None) -> None:
    [warehouse] = [node for node in NODES if node.id == "WH"]
    limits = {} if room is None else {"ship": room}
    with shop.runtime.engine.begin() as conn:
        put_nodes(conn, [node_row(replace(warehouse, limits=limits))])
        bump(conn, "network")
    shop.runtime.feed.look()
    shop.runtime.refresher.look()


def senders(shop: Shop) -> list[list[str]]:
    """Who would send a handle, and who a blade."""
    return [[parcel["node"] for parcel in promised(shop, line)["parcels"]] for line in (HANDLE, BLADE)]


def test_a_parcel_that_others_can_send_leaves_a_busy_node_its_day(shop: Shop) -> None:
    busy(shop)
    assert senders(shop) == [["WH"], ["WH"]]
    before = promised(shop, HANDLE)["customer_price"]
    assert solve(shop) == 1
    assert senders(shop) == [["ST-1"], ["WH"]]
    assert promised(shop, HANDLE)["customer_price"] == before, "it is felt, never charged"
    assert shop.place("new", HANDLE, method="ship").status_code == 201
    assert nodes(shop, "new") == ["ST-1"]
    said = reasons(shop, "new")["WH"]
    assert said.startswith("WH lost by ") and said.endswith(
        "room on its day that is better kept for later orders."
    )
    shop.watch.forward(seconds=HOLDS.total_seconds())
    assert senders(shop)[0] == ["WH"], "prices that are no longer solved end by themselves"


def test_only_days_to_come_of_nodes_that_are_limited_are_priced(shop: Shop) -> None:
    busy(shop)
    solve(shop)
    with shop.runtime.engine.connect() as conn:
        [found] = newest_prices(conn)
        seen = recent(
            shop.runtime, conn, "", shop.watch.now() - LEARNED, shop.watch.now() + timedelta(days=7)
        )
    assert found.days.size and (np.diff(found.days["day"]) > 0).all(), "only one node is limited"
    today = (shop.watch.now().date() - EPOCH).days
    assert found.days["day"].min() >= today - 1 and found.days["minor"].max() > 100
    assert seen is not None and seen.ahead is not None
    room = dict(zip(seen.ground.node_ids, seen.ahead.room, strict=True))
    assert (room["ST-1"] == UNLIMITED).all()
    assert {ROOM} == set(room["WH"].tolist())


def test_there_are_days_enough_for_the_longest_look_ahead(shop: Shop) -> None:
    busy(shop)
    now = shop.watch.now()
    until = now + timedelta(days=365)
    with shop.runtime.engine.connect() as conn:
        seen = recent(shop.runtime, conn, "", now - LEARNED, until)
    assert seen is not None and seen.ahead is not None
    last = EPOCH + timedelta(days=int(seen.stream.placed_at[0].astype("datetime64[D]").astype(int)))
    last += timedelta(days=seen.ahead.room.shape[1] - 1)
    assert last > until.date()


def test_where_no_node_is_limited_no_day_is_priced(shop: Shop) -> None:
    busy(shop)
    limit(shop, None)
    solve(shop)
    with shop.runtime.engine.connect() as conn:
        found = newest_prices(conn)
        seen = recent(shop.runtime, conn, "", shop.watch.now() - LEARNED, shop.watch.now())
    assert all(not one.days.size for one in found)
    assert seen is not None and seen.ahead is None and (seen.ground.most_orders == UNLIMITED).all()


def test_both_ways_of_checkout_feel_the_same_days(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(shop)
    solve(shop)
    quick, asked = vars(quick_promises)["offer"], []

    def counted(*given: Any) -> Any:
        found = quick(*given)
        asked.append(found is not None and given[-1].size > 0)
        return found

    monkeypatch.setattr(quick_promises, "offer", counted)
    told = promised(shop, HANDLE)
    monkeypatch.setattr(quick_promises, "offer", lambda *given: None)
    assert promised(shop, HANDLE)["cost_to_serve"] == told["cost_to_serve"]
    assert asked == [True]


def test_days_of_nodes_that_nobody_knows_any_more_are_left_out(shop: Shop) -> None:
    """And those that are too far back or ahead."""
    now, prices = shop.watch.now(), shop.runtime.bid_prices
    catalogue, loaded = shop.runtime.pool.catalogue, shop.runtime.networks.current
    loaded = replace(loaded, policy=replace(loaded.policy, lookahead_weight=1.0))
    first = date.fromordinal(first_day(int(now.timestamp())))
    day, known = (first - EPOCH).days, catalogue.nodes["FAR"].no
    rows = [(known, day + 1, 7.0), (known, day - 1, 9.0), (known, day + 100, 9.0), (4_000, day, 9.0)]
    prices.books = (Book(now + HOLDS, {}, np.array(rows, DAY_CELL)), Book(now, {}, np.array(rows, DAY_CELL)))
    nodes = shop.runtime.networks.aligned(loaded.network, catalogue.order)
    found = prices.days(catalogue, nodes, loaded, first, now)
    assert found is not None and found.minor.sum() == found.minor[loaded.network.index["FAR"], 1] == 7.0
    assert prices.days(catalogue, nodes, loaded, first, now) is found, "laid out once"
    assert prices.days(catalogue, nodes, loaded, first, now + HOLDS) is None
