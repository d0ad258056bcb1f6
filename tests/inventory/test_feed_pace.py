"""The feed's pace: how fresh it keeps the pool, and how long it lets anybody wait."""

import pytest
from sqlalchemy import Engine

from inventory.feed import Feed, paced
from inventory.pool import AvailabilityPool
from tests.inventory.pool_kit import commit, filled, furnish, seen

OTHERS = "datname = current_database() AND pid <> pg_backend_pid()"


def test_a_request_does_not_wait_for_a_look_that_hangs(engine: Engine) -> None:
    furnish(engine)
    with filled(engine) as (pool, feed):
        commit(engine, "UPDATE position SET on_hand = 4, stamp = pg_current_xact_id()")
        with pool.writing:
            assert not feed.glance(), "somebody is at it"
            assert seen(pool, "S1") == [10, 10, 10]
        assert feed.glance()
        assert seen(pool, "S1") == [4, 4, 4] and pool.writing.acquire(blocking=False)
        pool.writing.release()


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
