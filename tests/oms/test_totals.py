"""Totals in memory are those of the pool, before and after every change of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inventory.catalogue import Catalogue
from inventory.pool import State, view
from inventory.pool_rows import Cells, KeptFor, Rows
from oms.memory.alignment import Alignment, align
from oms.memory.totals import Totals
from routing.warm import warm_up
from tests.inventory.pool_kit import node, sku
from tests.routing import shop

warm_up()  # compiling takes longer than a test may

NET = shop.network(
    shop.node("N1"),
    shop.node("N2", methods=frozenset({"ship"})),
    shop.node("N3", methods=frozenset({"pickup"}), active=False),
)
SKUS = (sku(1), sku(2))
CELLS = st.lists(st.tuples(st.integers(1, 2), st.integers(0, 2), st.integers(-2, 3)), max_size=4)
CHANGES = st.lists(st.tuples(CELLS, st.sampled_from(("write", "move", "fence", "close"))), max_size=6)


def beside(catalogue: Catalogue) -> Alignment:
    return align(NET, catalogue.order)


def changed(state: State, cells: list[tuple[int, int, int]], how: str) -> State:
    """Some cells written; then perhaps the arrays move, a fence comes, or a node goes out of use."""
    one_each = {(s, n): q for s, n, q in cells}
    array = np.array([(s, n, q) for (s, n), q in one_each.items()], np.int32).reshape(-1, 3)
    fences = {1: (KeptFor(0, frozenset({"store"}), 1),)} if how == "fence" else {}
    rows = state.rows.write(Cells(array[:, 0], array[:, 1], array[:, 2], fences, touched=fences))
    catalogue = state.catalogue
    if how == "close":
        catalogue = catalogue.changed([node(1, active=bool(catalogue.closed.size))], ())
    return replace(state, rows=rows.moved() if how == "move" else rows, catalogue=catalogue)


@given(CHANGES)
def test_totals_are_those_of_a_fresh_look(changes: list[tuple[list[tuple[int, int, int]], str]]) -> None:
    state = State(catalogue=Catalogue().changed([node(1), node(2), node(3)], SKUS), rows=Rows())
    totals = Totals(beside(state.catalogue))
    for cells, how in changes:
        state = changed(state, cells, how)
        if totals.nodes.order is not state.catalogue.order:
            totals = Totals(beside(state.catalogue))
        for channel in ("web", "store"):
            for _ in ("looked at", "remembered"):
                found = totals.of(state, SKUS, channel)
                seen = view(state, ["S1", "S2"], channel).available
                assert [one.units for one in found] == seen.sum(axis=1).tolist()
                offers = totals.nodes.offers
                assert [one.ways for one in found] == [
                    tuple(((row > 0) & offers).any(axis=1)) for row in seen
                ]


def test_nothing_is_looked_at_twice_while_the_row_stays() -> None:
    state = changed(State(catalogue=Catalogue().changed([node(1), node(2)], SKUS)), [(1, 0, 5)], "write")
    totals = Totals(beside(state.catalogue))
    (first,) = totals.of(state, SKUS[:1], "web")
    assert totals.of(state, SKUS[:1], "web")[0] is first
    later = changed(state, [(1, 1, 2)], "write")
    assert totals.of(later, SKUS[:1], "web")[0].units == 7
