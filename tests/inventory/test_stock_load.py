"""Counts by the thousand: what they write, what they leave alone, and what happens meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import Engine, text

from inventory import stock
from inventory.movements import Change, Note
from inventory.stock_load import Columns, Ids, LoadLine, find, load_chunk, load_counts, numbered, write
from inventory.store import load_sql
from inventory.store.names import Register
from tests.inventory.asking import ask
from tests.inventory.ledger_check import faults
from tests.inventory.shop import T0, furnish, position


@pytest.fixture(autouse=True, params=["locked first", "written at once"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where there are few positions, and on an old server, rows are locked before they are written."""
    told = str(request.param)
    monkeypatch.setattr(load_sql, "MANY", 0 if told == "written at once" else load_sql.MANY)
    return told


def shelves(engine: Engine) -> None:
    """Ten of S0 … S9 at N0 and N1."""
    with engine.begin() as conn:
        furnish(conn, 2, 10)
        changes = [Change(f"N{node}", f"S{sku}", 10) for node in range(2) for sku in range(10)]
        stock.receive(conn, T0, changes)


def stamps(engine: Engine) -> list[tuple[str, int]]:
    """Who wrote each position last."""
    with engine.begin() as conn:
        rows = conn.execute(
            text("SELECT CAST(stamp AS text), on_hand FROM position ORDER BY node_no, sku_no")
        )
        return [(row[0], row[1]) for row in rows]


def test_what_the_books_say_already_is_not_written_again(engine: Engine) -> None:
    shelves(engine)
    before = stamps(engine)
    lines = [LoadLine("N0", f"S{sku}", 10 if sku else 7) for sku in range(10)]
    [loaded] = load_counts(engine, T0, lines, Note())
    assert (loaded.applied, loaded.changed) == (10, 1)
    after = stamps(engine)
    assert after[0][1] == 7 and after[0] != before[0]
    assert after[1:] == before[1:], "nobody has to read them again"
    with engine.begin() as conn:
        assert conn.scalar(text("SELECT count(*) FROM movement WHERE cause = 'count'")) == 1
        assert faults(conn) == {}


@pytest.mark.parametrize("what", ["bin", "safety_stock", "blocked"])
def test_a_count_that_agrees_still_sets_what_else_it_says(engine: Engine, what: str) -> None:
    shelves(engine)
    with engine.begin() as conn:
        conn.execute(text("UPDATE position SET blocked = true WHERE node_no = 1 AND sku_no = 1"))
    line = LoadLine("N0", "S0", 10, "A-7" if what == "bin" else None, 3 if what == "safety_stock" else None)
    [loaded] = load_counts(engine, T0, [line], Note())
    assert loaded.changed == 1
    with engine.begin() as conn:
        found = conn.execute(text("SELECT bin, safety_stock, blocked FROM position ORDER BY node_no, sku_no"))
        assert tuple(found.first() or ()) == (line.bin or "", line.safety_stock or 0, False)


def test_what_is_found_to_be_new_is_all_that_has_to_be_written(engine: Engine) -> None:
    """Of counts in any order those that differ, and those of positions that do not exist, in the order of
    locks.
    """
    shelves(engine)
    with engine.begin() as conn:
        conn.execute(text("INSERT INTO sku (id, name) VALUES ('S99', '')"))
        nodes, skus = ["N1", "N1", "N0", "N1", "N0"], ["S99", "S3", "S2", "S1", "S1"]
        counts = np.array([0, 10, 4, 5, 10], np.int32)
        named = Columns(Ids.told_apart(nodes), Ids.told_apart(skus), counts, "", 0)
        part, _ = numbered(conn, named, Register())
        assert part is not None
        new = find(conn, part)
        assert [nodes[row] + skus[row] for row in new.rows] == ["N0S2", "N1S1", "N1S99"]
        assert write(conn, T0, new, Note()).changed == 2, "nothing is on the shelf that is made"
        assert position(conn, "N1", "S99") == (0, 0)
        assert len(find(conn, part)) == 0
        assert faults(conn) == {}


def test_chunks_of_one_transaction_do_not_meet(engine: Engine) -> None:
    shelves(engine)
    with engine.begin() as conn:
        for quantity in (3, 4):
            load_chunk(conn, T0, [LoadLine("N0", "S1", quantity), LoadLine("N1", "S1", 1)], Note())
        assert load_chunk(conn, T0, [], Note()).applied == 0
        assert position(conn, "N0", "S1") == (4, 0)
        assert faults(conn) == {}


def test_a_position_that_comes_twice_is_refused(engine: Engine) -> None:
    shelves(engine)
    with engine.begin() as conn, pytest.raises(ValueError, match="twice"):
        load_chunk(conn, T0, [LoadLine("N0", "S0", 1), LoadLine("N0", "S0", 2)], Note())


def test_a_register_asks_once_for_what_exists_and_again_for_what_does_not(engine: Engine) -> None:
    shelves(engine)
    register = Register()
    with engine.begin() as conn:
        assert register.learn(conn, {"N0", "N9"}, {"S1"}).nodes.keys() == {"N0"}
        conn.execute(text("INSERT INTO node (id, name, kind) VALUES ('N9', '', 'store')"))
        assert register.learn(conn, {"N9"}, {"S1", "S2"}).nodes.keys() == {"N0", "N9"}
        assert register.known.skus.keys() == {"S1", "S2"}


def test_a_sale_and_a_promise_that_commit_meanwhile_are_counted_in(engine: Engine) -> None:
    """The count waits for the row, and reckons with what it holds then, not with what it held before."""
    shelves(engine)
    lines = [LoadLine("N0", f"S{sku}", 6) for sku in range(3)]
    with ThreadPoolExecutor(1) as pool, engine.connect() as other:
        with other.begin():
            ask(other, "g", 8, life=None)  # of S0
            stock.sell(other, T0, [Change("N0", "S1", 2)])
            counting = pool.submit(lambda: list(load_counts(engine, T0, lines, Note())))
            while not _somebody_waits(engine):
                assert not counting.done()
        [loaded] = counting.result(20)
    assert [loss.quantity for loss in loaded.displaced] == [2]
    with engine.begin() as conn:
        assert [position(conn, "N0", f"S{sku}") for sku in range(3)] == [(6, 6), (6, 0), (6, 0)]
        counted = text("SELECT sku_no, quantity FROM movement WHERE cause = 'count' ORDER BY sku_no")
        assert [tuple(row) for row in conn.execute(counted)] == [(1, 4), (2, 2), (3, 4)]
        assert faults(conn) == {}


def test_rows_are_locked_in_the_order_of_locks(engine: Engine, way: str) -> None:
    """A count that waits for a row holds the locks of all rows before it and of none after it, whatever the
    order of its lines.
    """
    with engine.begin() as conn:
        furnish(conn, 20, 600)
        conn.execute(text("INSERT INTO position (node_no, sku_no) SELECT n.no, s.no FROM sku s, node n"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("ANALYZE position"))
    lines = [LoadLine(f"N{node}", f"S{sku}", 1) for sku in range(0, 600, 60) for node in (5, 4)]
    locked = text("SELECT FROM position WHERE node_no = :node AND sku_no = :sku FOR UPDATE SKIP LOCKED")
    with ThreadPoolExecutor(1) as pool, engine.connect() as other, engine.connect() as third:
        with other.begin():
            row = other.execute(text("SELECT no FROM node WHERE id = 'N4'")).scalar_one()
            other.execute(locked, {"node": row, "sku": 301})
            counting = pool.submit(lambda: list(load_counts(engine, T0, lines, Note())))
            while not _somebody_waits(engine):
                assert not counting.done()
            with third.begin():
                free = [
                    third.execute(locked, {"node": node, "sku": sku + 1}).first() is not None
                    for node in (row, row + 1)
                    for sku in range(0, 600, 60)
                    if (node, sku) != (row, 300)
                ]
        assert free == [False] * 5 + [True] * 14
        assert sum(loaded.changed for loaded in counting.result(20)) == 20


def _somebody_waits(engine: Engine) -> bool:
    with engine.begin() as conn:
        return bool(conn.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
