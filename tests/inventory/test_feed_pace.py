"""The feed's pace: how fresh it keeps the pool, and how long it lets anybody wait."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine

from inventory.feed import PATIENCE_S, Feed, paced
from inventory.pool import AvailabilityPool
from tests.inventory.pool_kit import commit, filled, furnish, seen
from tests.platform.waiting import eventually

OTHERS = "datname = current_database() AND pid <> pg_backend_pid()"


UPDATE = "UPDATE position SET on_hand = :n, stamp = pg_current_xact_id()"


@contextmanager
def followed(engine: Engine) -> Iterator[tuple[AvailabilityPool, Feed]]:
    """A pool and its feed with its thread."""
    pool = AvailabilityPool()
    feed = Feed(engine, pool)
    try:
        feed.start()
        yield pool, feed
    finally:
        feed.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Busy machines take their time."""
    monkeypatch.setattr("inventory.feed.PATIENCE_S", 20.0)


def test_a_request_that_lost_a_race_sees_at_once_what_it_lost_to(engine: Engine, patient: None) -> None:
    furnish(engine)
    with followed(engine) as (pool, feed):
        for n in range(9, 0, -1):
            commit(engine, UPDATE, n=n)
            assert feed.glance()
            assert seen(pool, "S1") == [n, n, n]


def test_requests_at_once_share_a_look(engine: Engine, patient: None) -> None:
    furnish(engine)
    with followed(engine) as (pool, feed), ThreadPoolExecutor(8) as requests:
        commit(engine, UPDATE, n=4)
        pool.writing.acquire()
        before = feed.status.looks
        asked = [requests.submit(feed.glance) for _ in range(8)]
        time.sleep(0.1)
        pool.writing.release()
        assert all(one.result() for one in asked)
        assert seen(pool, "S1") == [4, 4, 4]
        assert feed.status.looks - before <= 3, "the one that was under way, and one for all"


def test_a_request_does_not_wait_for_a_look_that_hangs(engine: Engine) -> None:
    furnish(engine)
    with followed(engine) as (pool, feed):
        commit(engine, UPDATE, n=4)
        with pool.writing:
            since = time.monotonic()
            assert not feed.glance()
            assert time.monotonic() - since >= PATIENCE_S
        assert eventually(feed.glance) and seen(pool, "S1") == [4, 4, 4]


def test_without_its_thread_the_feed_looks_in_the_request(engine: Engine) -> None:
    furnish(engine)
    with filled(engine) as (pool, feed):
        commit(engine, UPDATE, n=4)
        assert feed.glance() and seen(pool, "S1") == [4, 4, 4]


def test_its_age_counts_from_the_beginning_of_the_last_look_that_succeeded(engine: Engine) -> None:
    now_s = 100.0
    feed = Feed(engine, AvailabilityPool(), lambda: now_s)
    try:
        feed.look()
        now_s = 103.0
        assert feed.age_s() == 3.0
        commit(engine, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OTHERS}")
        with pytest.raises(Exception, match=r"terminat|closed"):
            feed.look()
        assert feed.age_s() == 3.0
        feed.look()
        assert feed.age_s() == 0.0
    finally:
        feed.close()


@pytest.mark.parametrize(
    ("wish_s", "took_s", "rest_s"),
    [
        (0.4, 0.001, 0.4),
        (0.05, 0.02, 0.08),  # a fifth of the time
        (0.05, 0.2, 0.5),  # 0.8 would let the pool grow 1.2 s old
        (0.4, 0.3, 0.3),
        (0.4, 2.0, 2.0),  # it cannot be fresh: at least it takes only half the time
    ],
)
def test_a_dear_look_is_followed_by_a_rest_that_keeps_the_pool_fresh(
    wish_s: float, took_s: float, rest_s: float
) -> None:
    assert paced(wish_s, took_s) == pytest.approx(rest_s)
    assert 2 * took_s + paced(wish_s, took_s) <= 0.9 + 1e-9 or took_s > 0.3
