"""Which counts say something new: the grid and the look-up give one answer, that of the books."""

from dataclasses import asdict, astuple, dataclass

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text

from inventory.store import load_find
from inventory.store.load_sql import Counted
from tests.inventory.shop import furnish

NODES, SKUS = 7, 12
ALL = np.array([(node, sku) for node in range(1, NODES + 1) for sku in range(1, SKUS + 1)])


@dataclass(frozen=True)
class Shelf:
    on_hand: int
    blocked: bool
    bin: str
    safety: int


Shelves = dict[tuple[int, int], Shelf]


def some(conn: Connection, chance: np.random.Generator, share: float) -> Shelves:
    """Some of the positions, in no order; a few are blocked, or say something else of bin or safety stock."""
    there: Shelves = {}
    for node, sku in chance.permutation(ALL)[: int(len(ALL) * share)].tolist():
        blocked, binned, spared = (chance.random(3) < 0.1).tolist()
        there[node, sku] = Shelf(int(chance.integers(3)), blocked, "A" if binned else "", int(spared))
    rows = [{"node": node, "sku": sku, **asdict(one)} for (node, sku), one in there.items()]
    if rows:
        conn.execute(
            text(
                "INSERT INTO position (node_no, sku_no, on_hand, blocked, bin, safety_stock)"
                " VALUES (:node, :sku, :on_hand, :blocked, :bin, :safety)"
            ),
            rows,
        )
    return there


def counts(chance: np.random.Generator, share: float, bin: str | None, safety: int | None) -> Counted:
    """Of some positions; small numbers, so that many agree."""
    picked = chance.permutation(ALL)[: int(len(ALL) * share)].astype(np.int32)
    node, sku = np.ascontiguousarray(picked.T)
    return Counted(node, sku, chance.integers(3, size=node.size).astype(np.int32), bin, safety)


def news(there: Shelves, counted: Counted) -> tuple[list[tuple[int, int]], bool]:
    """By hand: the positions that are counted otherwise than they are, in the order of locks; and whether
    some are missing.
    """
    found, missing = [], False
    for node, sku, units in zip(
        *(c.tolist() for c in (counted.node_no, counted.sku_no, counted.units)), strict=True
    ):
        shelf = there.get((node, sku))
        missing |= shelf is None
        said = (units, False, counted.bin, counted.safety)
        if shelf is None or any(
            new not in (None, old) for new, old in zip(said, astuple(shelf), strict=True)
        ):
            found.append((node, sku))
    return sorted(found), missing


@pytest.mark.parametrize("way", ["grid", "look-up"])
def test_what_is_new_is_what_the_books_do_not_say(
    engine: Engine, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "look-up":
        monkeypatch.setattr(load_find, "_LOOKS_PER_GLANCE", 0)
    with engine.begin() as conn:
        furnish(conn, NODES, SKUS)
        for seed in range(60):
            chance = np.random.default_rng(seed)
            with conn.begin_nested() as books:
                there = some(conn, chance, (0.0, 0.3, 0.9, 1.0)[seed % 4])
                bin, safety = (None, "", "A")[seed % 3], (None, 0, 1)[seed // 3 % 3]
                counted = counts(chance, (0.02, 0.3, 1.0)[seed // 4 % 3], bin, safety)
                rows, missing = load_find.find(conn, counted)
                keys = list(zip(counted.node_no[rows].tolist(), counted.sku_no[rows].tolist(), strict=True))
                assert (keys, missing) == news(there, counted), seed
                books.rollback()


def test_a_grid_is_made_only_where_it_is_small() -> None:
    """Numbers far apart, or SKUs of which each node has another, are looked up instead."""
    for keys, gridded in (
        ([(1, 1), (1, 2)], True),
        ([(1, 1), (1, 12)], False),
        ([(node, node) for node in range(1, 5)], True),
        ([(node, node) for node in range(1, 6)], False),
    ):
        node, sku = np.array(keys, np.int32).T
        assert (load_find.axes(Counted(node, sku, np.ones_like(node), "", 0)) is not None) == gridded, keys


def test_units_that_no_shelf_holds_are_not_taken_for_what_is_not_counted(engine: Engine) -> None:
    """The largest number compares like any other; a negative one is new, for the books to refuse."""
    with engine.begin() as conn:
        furnish(conn, 2, 2)
        conn.execute(
            text("INSERT INTO position (node_no, sku_no, on_hand) VALUES (1, 1, 2147483647), (1, 2, 0)")
        )
        node, sku = np.array([1, 1], np.int32), np.array([1, 2], np.int32)
        rows, _ = load_find.find(conn, Counted(node, sku, np.array([2147483647, -1], np.int32), None, None))
        assert rows.tolist() == [1]
