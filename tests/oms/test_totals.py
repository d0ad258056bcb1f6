"""What is remembered of a SKU is what a fresh look says, whatever of all it is made of has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from inventory.availability import availability
from inventory.catalogue import Catalogue
from inventory.pool import AvailabilityPool, Incoming, State
from inventory.pool_rows import Cells, KeptFor, Rows
from oms.memory.alignment import Alignment, align
from oms.memory.totals import BIT, Totals
from routing.network_spec import METHODS
from routing.warm import warm_up
from tests.inventory.pool_kit import kit, node, sku
from tests.routing import shop

warm_up()  # compiling takes longer than a test may

NET = shop.network(
    shop.node("N1"),
    shop.node("N2", methods=frozenset({"ship"})),
    shop.node("N3", methods=frozenset({"pickup"}), active=False),
)
DAY = date(2026, 1, 10)
NOON = datetime(2026, 1, 10, 23, 30, tzinfo=UTC)
IDS = ("S1", "S2")
CELLS = st.lists(st.tuples(st.integers(1, 2), st.integers(0, 2), st.integers(-2, 3)), max_size=4)
HOW = ("write", "move", "fence", "close", "zone", "coming", "came", "cap", "preorder", "day")
CHANGES = st.lists(st.tuples(CELLS, st.sampled_from(HOW)), max_size=8)
WAYS = (METHODS, ("pickup",), ("courier", "ship"))


def beside(catalogue: Catalogue) -> Alignment:
    return align(NET, catalogue.order)


def changed(state: State, cells: list[tuple[int, int, int]], how: str) -> State:
    """Some cells written; then perhaps the arrays move, a fence comes, a node goes out of use, …"""
    one_each = {(s, n): q for s, n, q in cells}
    array = np.array([(s, n, q) for (s, n), q in one_each.items()], np.int32).reshape(-1, 3)
    fences = {1: (KeptFor(0, frozenset({"store"}), 1),)} if how == "fence" else {}
    rows = state.rows.write(Cells(array[:, 0], array[:, 1], array[:, 2], fences, touched=fences))
    catalogue, first = state.catalogue, state.catalogue.skus["S1"]
    if how == "close":
        catalogue = catalogue.changed([node(1, active=bool(catalogue.closed.size))], ())
    if how == "zone":
        catalogue = catalogue.changed([node(2, timezone="Pacific/Auckland")], ())
    if how == "cap":
        catalogue = catalogue.changed((), [replace(first, backorder_cap=first.backorder_cap + 3)])
    if how == "preorder":
        catalogue = catalogue.changed((), [replace(first, preorder_from=DAY + timedelta(days=1))])
    if how == "coming":
        state.incoming[1] = (*state.incoming.get(1, ()), Incoming("IN", "N2", NOON, 4))
    if how == "came":
        state.incoming.pop(1, None)
    return replace(
        state,
        rows=rows.moved() if how == "move" else rows,
        catalogue=catalogue,
        version=state.version + 1,
        as_of=NOON + timedelta(seconds=state.version),
    )


def fresh(state: State, channel: str, ways: tuple[str, ...], today: date) -> dict[str, Any]:
    """The answer by the rules of inventory, and the offers of the network node by node."""
    pool = AvailabilityPool()
    pool.state = state
    found = availability(pool, IDS, channel, today)
    offers = beside(state.catalogue).offers
    items = [
        {
            "sku": item.sku,
            "available": item.total,
            "methods": {way: bool(((item.by_node > 0) & offers[METHODS.index(way)]).any()) for way in ways},
            "future": [{"date": one.date.isoformat(), "quantity": one.quantity} for one in item.future],
            "backorder": item.backorder,
            "nodes": None,
        }
        for item in found.items
    ]
    return {"as_of": state.as_of.isoformat(), "version": state.version, "items": items}


@given(CHANGES)
def test_what_is_remembered_is_what_a_fresh_look_says(
    changes: list[tuple[list[tuple[int, int, int]], str]],
) -> None:
    start = Catalogue().changed([node(1), node(2), node(3)], [sku(1, cap=2), sku(2)])
    state, today = State(catalogue=start, as_of=NOON), DAY
    totals = Totals(beside(state.catalogue))
    for cells, how in [([], "write"), *changes]:
        state = changed(state, cells, how)
        today += timedelta(days=how == "day")
        if totals.nodes.order is not state.catalogue.order:
            totals = Totals(beside(state.catalogue))
        for channel in ("web", "store"):
            for ways in WAYS:
                expected = fresh(state, channel, ways, today)
                for _ in ("looked at", "remembered"):
                    found = totals.of(state, IDS, channel, ways, today)
                    assert found == orjson.dumps(expected)


def test_nothing_is_worked_out_twice_while_all_stands() -> None:
    state = changed(State(catalogue=Catalogue().changed([node(1), node(2)], [sku(1), sku(2)])), [], "write")
    state = changed(state, [(1, 0, 5), (2, 0, 1)], "write")
    totals = Totals(beside(state.catalogue))
    totals.of(state, IDS, "web", METHODS, DAY)
    shelf = totals._shelves["web", METHODS]
    first, second = shelf["S1"], shelf["S2"]
    later = changed(state, [(1, 1, 2)], "write")
    totals.of(later, IDS, "web", METHODS, DAY)
    assert shelf["S2"] is second
    assert shelf["S1"] is not first and b'"available":7' in shelf["S1"].text


def test_only_plain_skus_are_answered() -> None:
    bundle, old = sku(3, kit(("S1", 1))), sku(4, active=False)
    state = State(catalogue=Catalogue().changed([node(1)], [sku(1), bundle, old]))
    totals = Totals(beside(state.catalogue))
    for id in ("S3", "S4", "S5"):
        assert totals.of(state, ["S1", id], "web", METHODS, DAY) is None
    assert totals.of(state, ["S1"], "web", METHODS, DAY) is not None


def test_what_is_remembered_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr("oms.memory.totals.REMEMBERED", 4)
    state = State(catalogue=Catalogue().changed([node(1)], [sku(1), sku(2)]), rows=Rows())
    totals = Totals(beside(state.catalogue))
    for number in range(20):
        assert totals.of(state, IDS, f"channel-{number}", METHODS, DAY) is not None
        assert sum(1 + len(shelf) for shelf in totals._shelves.values()) <= 4 + len(IDS)


def test_a_bit_for_every_method() -> None:
    assert sum(BIT.values()) == 2 ** len(METHODS) - 1
