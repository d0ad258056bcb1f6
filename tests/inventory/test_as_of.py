"""How old the pool says it is: never younger than what it was read from."""

import threading
from typing import Any

from sqlalchemy import Engine, text

from tests.inventory.pool_kit import filled, furnish, run, seen, set_on_hand
from tests.platform.waiting import eventually


def test_a_look_that_has_to_wait_is_as_old_as_its_snapshot(engine: Engine) -> None:
    """The server takes the snapshot when it reads the statement, and calls that started once it may run."""
    furnish(engine)
    with filled(engine) as (pool, feed), engine.connect() as other:
        run(other, "LOCK TABLE node IN ACCESS EXCLUSIVE MODE")
        look = threading.Thread(target=feed.look)
        look.start()
        assert eventually(lambda: _waiting(engine) == 1)
        with engine.begin() as conn:
            set_on_hand(conn, 1, 1, 4)
        committed = _now(engine)
        other.rollback()
        look.join()
        assert pool.as_of < committed or seen(pool, "S1") == [4, 10, 10]


def _waiting(engine: Engine) -> int:
    return int(_scalar(engine, "SELECT count(*) FROM pg_locks WHERE NOT granted"))


def _now(engine: Engine) -> Any:
    return _scalar(engine, "SELECT clock_timestamp()")


def _scalar(engine: Engine, statement: str) -> Any:
    with engine.connect() as conn:
        return conn.scalar(text(statement))
