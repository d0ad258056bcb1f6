"""The feed: whatever the order of commits, nothing that was committed before `as_of` is missing."""

import random
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from os import kill
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from inventory import stock_reserve
from inventory.feed import Feed
from inventory.movements import FenceLine
from inventory.pool import AvailabilityPool
from inventory.pool_rows import BLOCKED
from inventory.pool_state import NEVER
from inventory.requests import ReserveLine, ReserveRequest, Shelf
from inventory.stock_settings import block, set_fences
from oms.adapters.postgres import Embedded, postmaster_pid
from oms.store.database import connect, migrate
from tests.inventory.pool_kit import T0, commit, filled, furnish, run, seen, set_on_hand
from tests.platform.waiting import eventually


def test_a_late_commit_is_not_skipped(engine: Engine) -> None:
    furnish(engine)
    with filled(engine) as (pool, feed), engine.connect() as slow:
        set_on_hand(slow, 1, 1, 4)  # an old transaction id, not yet committed
        for step in range(5):
            with engine.begin() as quick:
                set_on_hand(quick, 2, 2, 20 + step)
            assert feed.look()
            assert seen(pool, "S2") == [10, 20 + step, 10] and seen(pool, "S1") == [10, 10, 10]
        slow.commit()
        assert feed.look()
        assert seen(pool, "S1") == [4, 10, 10]
        # Other databases of the server hold the mark back too, so it may take a moment.
        assert eventually(lambda: not feed.look(), 120), "with nothing running, nothing is read twice"


def test_the_first_look_reads_all_of_a_large_shop_with_its_gaps(engine: Engine) -> None:
    """In several messages: some SKUs lie nowhere, some numbers were never given out, one shelf is blocked."""
    furnish(engine, nodes=2, skus=9_000)
    with engine.begin() as conn:
        run(conn, "DELETE FROM position WHERE sku_no BETWEEN 3000 AND 8500 OR (node_no + sku_no) % 3 = 0")
        run(conn, "DELETE FROM sku WHERE no BETWEEN 4000 AND 8300")
        run(conn, "UPDATE position SET on_hand = sku_no, safety_stock = 2, blocked = sku_no = 1")
        block(conn, T0, [("N1", "S2")])
        set_fences(conn, T0, [FenceLine("N1", "S2", "app", frozenset({"app"}), 5)])
        rows = conn.execute(text("SELECT sku_no, node_no, on_hand - safety_stock, blocked FROM position"))
        kept = {(sku, node): BLOCKED if blocked else free for sku, node, free, blocked in rows}
    with filled(engine) as (pool, _):
        state = pool.state
        held: dict[tuple[int, int], int] = {}
        for id, sku in state.catalogue.skus.items():
            node, free, _ = state.rows.read(sku.no)
            held |= {(sku.no, int(n) + 1): int(f) for n, f in zip(node, free, strict=True)}
            assert id == f"S{sku.no}"
        assert held == kept and state.rows.positions == len(kept)
        assert len(state.catalogue.skus) == 9_000 - 4_301
        assert [fence.quantity for fence in state.rows.read(2)[2]] == [5]


def test_breadth_is_the_share_of_the_stocked_range_and_goes_by_the_last_weighing(engine: Engine) -> None:
    furnish(engine)
    with filled(engine) as (pool, feed):
        assert pool.breadth.of(3).tolist() == [0, 0, 0], "nothing was weighed yet"
        with engine.begin() as conn:
            for sku, node in ((1, 1), (2, 1), (3, 1), (3, 2), (3, 3)):
                set_on_hand(conn, sku, node, 0)
        feed.look()
        pool.weigh()
        assert pool.breadth.of(3).tolist() == [0, 1, 1], "of S1 and S2, as S3 is nowhere"
        assert pool.breadth.of(4).tolist() == [0, 1, 1, 0], "a younger node has none"
        assert pool.breadth.version == pool.state.version


def test_a_long_transaction_holds_the_mark_back_and_loses_nothing(engine: Engine) -> None:
    furnish(engine)
    with filled(engine) as (pool, feed), engine.connect() as slow, engine.connect() as second:
        set_on_hand(slow, 1, 1, 1)
        assert eventually(lambda: not feed.look())
        mark = pool.state.version
        set_on_hand(second, 1, 2, 2)
        feed.look()
        second.commit()
        feed.look()
        assert seen(pool, "S1") == [10, 2, 10]
        assert pool.state.version == mark, "held back by the oldest transaction that runs"
        slow.rollback()
        assert eventually(lambda: feed.look() and pool.state.version > mark)
        assert seen(pool, "S1") == [10, 2, 10]


def test_nothing_acknowledged_before_a_look_is_missing_after_it(engine: Engine) -> None:
    """Writers count up, holding their transactions open for a while; a look must show what they were told."""
    furnish(engine, nodes=6, skus=1, on_hand=0)
    acknowledged = [0] * 6
    done = threading.Event()

    def write(node: int) -> None:
        chance = random.Random(node)
        while not done.is_set():
            with engine.begin() as conn:
                set_on_hand(conn, 1, node + 1, acknowledged[node] + 1)
                done.wait(chance.random() * 0.01)
            acknowledged[node] += 1

    with filled(engine) as (pool, feed):
        writers = [threading.Thread(target=write, args=(node,)) for node in range(6)]
        for writer in writers:
            writer.start()
        missing = []
        for _ in range(150):
            before = list(acknowledged)
            feed.look()
            missing += [(b, s) for b, s in zip(before, seen(pool, "S1"), strict=True) if s < b]
        done.set()
        for writer in writers:
            writer.join()
        feed.look()
        assert not missing
        assert seen(pool, "S1") == acknowledged and min(acknowledged) > 3


def test_two_processes_see_each_others_changes_by_themselves(engine: Engine) -> None:
    furnish(engine)
    other = connect(engine.url.render_as_string(hide_password=False))
    pools = AvailabilityPool(), AvailabilityPool()
    feeds = Feed(engine, pools[0]), Feed(other, pools[1])
    try:
        for feed in feeds:
            feed.start()
        commit(other, "UPDATE position SET on_hand = 3, stamp = pg_current_xact_id() WHERE sku_no = 3")
        commit(engine, "INSERT INTO node (id, name, kind) VALUES ('N4', '', 'store')")
        commit(other, "INSERT INTO position (node_no, sku_no, on_hand) VALUES (4, 3, 8)")
        assert eventually(lambda: all(seen(pool, "S3") == [3, 3, 3, 8] for pool in pools))
        first = pools[0].as_of
        assert eventually(lambda: pools[0].as_of > first), "as_of moves on when nothing happens"
    finally:
        for feed in feeds:
            feed.close()
        other.dispose()


def test_fences_blocks_and_reservations_arrive_together(engine: Engine) -> None:
    furnish(engine)
    with filled(engine) as (pool, feed):
        with engine.begin() as conn:
            set_fences(conn, T0, [FenceLine("N1", "S1", "till", frozenset({"store"}), 4)])
            block(conn, T0, [("N2", "S1")])
        feed.look()
        assert seen(pool, "S1", "web") == [6, 0, 10] and seen(pool, "S1", "store") == [10, 0, 10]
        line = ReserveLine("1", "S1", 3, Shelf("N1"))
        with engine.begin() as conn:
            stock_reserve.reserve(conn, T0, [ReserveRequest("g", "store", "me", "o1", (line,))])
        feed.look()
        assert seen(pool, "S1", "web") == [6, 0, 10], "the units came from the till's fence"
        assert seen(pool, "S1", "store") == [7, 0, 10]
        assert pool.view(["S1"], "store", {("S1", "N1"): 3}).available.tolist() == [[10, 0, 10]]
        with engine.begin() as conn:
            set_fences(conn, T0, [FenceLine("N1", "S1", "till", frozenset({"store"}), 0)])
        feed.look()
        assert seen(pool, "S1", "web") == [7, 0, 10]


def test_what_is_to_come_follows_its_documents(engine: Engine) -> None:
    furnish(engine)
    with filled(engine) as (pool, feed):
        commit(
            engine,
            "INSERT INTO inbound (id, node_no, place, surplus_from, shortfall_to, eta) "
            "VALUES ('po', 2, 'inbound:po', 'supplier', 'supplier', '2026-01-12 08:00+00')",
        )
        commit(engine, "INSERT INTO inbound_line (inbound_id, sku_no, quantity) VALUES ('po', 1, 9)")
        feed.look()
        ((one,), none) = pool.incoming(["S1", "S2"])
        assert (one.inbound, one.node, one.quantity, one.at.day) == ("po", "N2", 9, 12) and none == ()
        commit(engine, "UPDATE inbound_line SET received = 2, promised = 3")
        commit(engine, "UPDATE inbound SET eta = '2026-01-15 08:00+00'")
        feed.look()
        assert [(i.quantity, i.at.day) for i in pool.incoming(["S1"])[0]] == [(4, 15)]
        commit(engine, "UPDATE inbound SET state = 'closed'")
        feed.look()
        assert pool.incoming(["S1"]) == ((),)


def test_capacity_is_known_from_yesterday_on(engine: Engine) -> None:
    furnish(engine)
    days = "('today', 30, 4), ('yesterday', 30, 30), ('2020-01-01', 9, 1)"
    commit(
        engine,
        'INSERT INTO capacity (node_no, day, bucket, "limit", held) '
        f"SELECT 1, d::date, 'ship', l, h FROM (VALUES {days}) AS v (d, l, h)",
    )
    with filled(engine) as (pool, feed):
        assert sorted(pool.capacity_free().values()) == [0, 26]
        before = pool.capacity_free()
        commit(engine, "UPDATE capacity SET held = 5, stamp = pg_current_xact_id() WHERE held = 4")
        feed.look()
        assert sorted(pool.capacity_free().values()) == [0, 25] and sorted(before.values()) == [0, 26]


def test_a_lost_race_refreshes_its_skus_at_once(engine: Engine) -> None:
    furnish(engine)
    with filled(engine) as (pool, feed):
        commit(engine, "UPDATE position SET on_hand = 1, stamp = pg_current_xact_id()")
        with engine.connect() as conn:
            pool.refresh(conn, ["S1", "unknown"])
        assert seen(pool, "S1") == [1, 1, 1] and seen(pool, "S2") == [10, 10, 10]
        feed.look()
        assert seen(pool, "S1") == seen(pool, "S2") == [1, 1, 1]


def test_the_pool_does_not_believe_what_may_be_rolled_back(engine: Engine) -> None:
    furnish(engine)
    with filled(engine) as (pool, _), engine.connect() as conn:
        set_on_hand(conn, 1, 1, 0)
        with pytest.raises(AssertionError, match="refresh before the transaction writes"):
            pool.refresh(conn, ["S1"])
        assert seen(pool, "S1") == [10, 10, 10]


def test_replaced_tables_are_read_anew(engine: Engine) -> None:
    """As after a restore: rows are gone without a trace that the mark could find."""
    furnish(engine)
    with filled(engine) as (pool, feed):
        commit(engine, "TRUNCATE node, sku RESTART IDENTITY CASCADE")
        furnish(engine, nodes=1, skus=1, on_hand=2)
        assert feed.look()
        assert pool.catalogue.order == ("N1",) and seen(pool, "S1") == [2]
        assert pool.view(["S2"], "web").unknown == ("S2",)


def test_a_cut_connection_is_made_anew(engine: Engine) -> None:
    furnish(engine)
    with filled(engine) as (pool, feed), engine.connect() as conn:
        before = pool.as_of
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        run(conn, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        with pytest.raises(Exception, match=r"terminat|closed"):
            feed.look()
        assert pool.as_of == before and seen(pool, "S1") == [10, 10, 10]
        set_on_hand(conn, 1, 1, 0)
        conn.commit()
        assert feed.look() and pool.as_of > before
        assert seen(pool, "S1") == [0, 10, 10]


def test_a_pool_nobody_filled_says_so() -> None:
    pool = AvailabilityPool()
    assert pool.as_of == NEVER and pool.view(["S1"], "web").unknown == ("S1",)


@pytest.fixture
def own_server() -> Iterator[Embedded]:
    """A server that a test may kill, and that keeps what it acknowledged."""
    folder = Path(tempfile.mkdtemp(prefix="anyshelf-feed-"))
    folder.chmod(0o711)
    with Embedded(folder / "data") as server:
        migrate(server.url())
        yield server
    shutil.rmtree(folder, ignore_errors=True)


def test_a_killed_server_freezes_the_pool_until_it_is_back(own_server: Embedded) -> None:
    engine = connect(own_server.url())
    pool = AvailabilityPool()
    feed = Feed(engine, pool)
    try:
        furnish(engine)
        feed.start()
        pid = postmaster_pid(own_server.home)
        assert pid is not None
        kill(pid, signal.SIGKILL)
        assert eventually(lambda: feed.status.trouble is not None, 60), "it says that it is frozen"
        frozen = feed.status.as_of
        assert seen(pool, "S1") == [10, 10, 10], "and goes on answering"
        assert eventually(lambda: feed.status.trouble is None, 60)
        assert feed.status.as_of > frozen
        with engine.begin() as conn:
            conn.execute(text("UPDATE position SET on_hand = 6, stamp = pg_current_xact_id()"))
        assert eventually(lambda: seen(pool, "S1") == [6, 6, 6])
    finally:
        feed.close()
        engine.dispose()
