"""The arrays of the pool: what is read is what was written, whole rows at a time."""

import threading
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.pool import AvailabilityPool, State
from inventory.pool_rows import BLOCKED, Cells, KeptFor, Rows
from tests.inventory.pool_kit import catalogue, node, seen, sku

WEB, STORE = frozenset({"web"}), frozenset({"store"})


def cells(
    found: dict[tuple[int, int], int], fences: Mapping[int, tuple[KeptFor, ...]] | None = None
) -> Cells:
    """{(SKU, node index): free units} as the feed hands them over."""
    array = np.array([(s, n, q) for (s, n), q in found.items()], np.int32).reshape(-1, 3)
    return Cells(array[:, 0], array[:, 1], array[:, 2], fences or {}, touched=tuple(fences or ()))


def pool_of(rows: Rows, nodes: int = 3, skus: int = 3) -> AvailabilityPool:
    """A pool of N1… and S1… on these rows."""
    pool = AvailabilityPool()
    pool.state = State(catalogue(nodes, skus), rows)
    return pool


cell = st.tuples(st.tuples(st.integers(1, 2000), st.integers(0, 4)), st.integers(-5, 99))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.dictionaries(st.integers(1, 2000), st.integers(0, 9)), st.lists(cell)), max_size=6),
    st.data(),
)
def test_rows_say_what_a_plain_dict_says(
    steps: list[tuple[dict[int, int], list[tuple[tuple[int, int], int]]]], data: st.DataObject
) -> None:
    rows, plain, fences = Rows(), dict[tuple[int, int], int](), dict[int, int]()
    for kept, written in steps:
        found = dict(written)
        touched = {s for s, _ in found} | {s for s in kept if any(s == have for have, _ in plain)}
        fences = {s: q for s, q in fences.items() if s not in touched} | {
            s: kept[s] for s in touched if s in kept
        }
        rows = rows.write(cells(found, {s: (KeptFor(0, WEB, kept[s]),) for s in touched & kept.keys()}))
        plain.update(found)
        if data.draw(st.booleans()):
            rows = rows.moved(room=data.draw(st.integers(0, 10)))
    assert rows.positions == len(plain)
    for s in {s for s, _ in plain}:
        at, free, kept_for = rows.read(s)
        assert dict(zip(at.tolist(), free.tolist(), strict=True)) == {
            n: q for (t, n), q in plain.items() if t == s
        }
        assert sum(k.quantity for k in kept_for) == fences.get(s, 0)
    assert rows.read(10**6)[0].size == 0


def test_full_arrays_move_and_keep_everything() -> None:
    rows = first = Rows()
    everywhere = {(s, n): s + n for s in range(1, 1001) for n in range(50)}
    for _ in range(10):
        rows = rows.write(cells(everywhere))
    assert rows is not first and rows.positions == 50_000
    assert rows.read(1000)[1].tolist() == list(range(1000, 1050))
    assert rows.nbytes < 2_000_000, "what was overwritten is dropped"


def test_a_view_is_never_negative_and_unknown_skus_are_named() -> None:
    view = pool_of(Rows().write(cells({(1, 0): 5, (1, 2): -3, (2, 1): 7}))).view(
        ["S2", "S1", "?", "S3"], "web"
    )
    assert view.available.tolist() == [[0, 7, 0], [5, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert view.totals.tolist() == [7, 5, 0, 0] and view.unknown == ("?",)


def test_fences_keep_units_from_other_channels_only() -> None:
    fences = {1: (KeptFor(0, WEB, 3), KeptFor(0, STORE, 4), KeptFor(1, STORE, 9))}
    pool = pool_of(Rows().write(cells({(1, 0): 10, (1, 1): 5}, fences)))
    assert seen(pool, "S1", "web") == [6, 0, 0]
    assert seen(pool, "S1", "store") == [7, 5, 0]
    assert seen(pool, "S1", "app") == [3, 0, 0]


def test_ones_own_reservation_is_given_back_but_a_block_is_not_lifted() -> None:
    pool = pool_of(Rows().write(cells({(1, 0): -2, (1, 1): BLOCKED, (1, 2): 4})))
    own = {("S1", "N1"): 5, ("S1", "N2"): 5, ("S1", "elsewhere"): 5, ("S2", "N3"): 5}
    assert pool.view(["S1"], "web", own).available.tolist() == [[3, 0, 4]]


def test_what_is_out_of_use_sells_nothing() -> None:
    pool = pool_of(Rows().write(cells({(s, n): 5 for s in (1, 2) for n in range(3)})))
    shop = pool.catalogue.changed([node(2, active=False)], [sku(2, active=False)])
    pool.state = replace(pool.state, catalogue=shop)
    assert seen(pool, "S1") == [5, 0, 5] and seen(pool, "S2") == [0, 0, 0]


def test_readers_never_see_half_of_a_change() -> None:
    """One writer moves units between nodes, and between shelf and fence; the sums never change."""
    pool = pool_of(Rows().write(cells({(1, 0): 60, (1, 1): 40}, {1: (KeptFor(0, STORE, 10),)})), nodes=2)
    done, torn = threading.Event(), list[list[int]]()

    def read() -> None:
        while not done.is_set():
            row = seen(pool, "S1", "web")
            if sum(row) != 90:
                torn.append(row)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for step in range(6000):
        moved = step % 50
        fence = (KeptFor(0, STORE, 10 - step % 10),)  # the less is fenced, the less lies there
        rows = pool.state.rows.write(cells({(1, 0): 60 - moved - step % 10, (1, 1): 40 + moved}, {1: fence}))
        pool.state = replace(pool.state, rows=rows if step % 100 else rows.moved())
    done.set()
    for reader in readers:
        reader.join()
    assert not torn
