"""All connections are taken: a clear no within the time set, and memory follows all the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool

from oms import bootstrap
from oms.store.database import connect
from tests.checkout.conftest import Shop, furnished
from tests.faults.outage import refused
from tests.platform.waiting import eventually

PATIENCE_S = 0.5
USED_UP = "All connections to the database are in use"


@pytest.fixture
def shop(lone_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(bootstrap, "connect", partial(connect, pool_size=6, patience_s=PATIENCE_S))
    with furnished(lone_url, tmp_path) as made:
        yield made


@contextmanager
def taken(shop: Shop) -> Iterator[None]:
    """Nobody gives a connection back while the block runs."""
    pool = shop.runtime.engine.pool
    assert isinstance(pool, QueuePool)
    with ExitStack() as stack:
        while pool.checkedout() < pool.size():
            stack.enter_context(shop.runtime.engine.connect())
        yield


def test_a_request_is_refused_in_time_and_taken_afterwards(shop: Shop) -> None:
    assert shop.place("first", ("A1", 1), method="ship").status_code == 201, "all is compiled now"
    with taken(shop):
        begun = time.monotonic()
        refused(shop.place("o", ("A1", 1), method="ship"), USED_UP)
        assert PATIENCE_S <= time.monotonic() - begun < 30 * PATIENCE_S
        assert shop.promises(("A1", 1))["options"], "what needs only memory is answered"
    assert shop.place("o", ("A1", 1), method="ship").status_code == 201
    assert shop.scalar('SELECT count(*) FROM "order"') == 2


def test_memory_follows_while_requests_have_taken_all(shop: Shop) -> None:
    """Stock and keys that another process changes are seen, for both are followed on a connection kept."""
    own = shop.web.headers["Authorization"].split()[1].partition(".")[0]
    other = create_engine(shop.runtime.url)
    with taken(shop), other.begin() as conn:
        conn.execute(
            text("UPDATE position SET safety_stock = on_hand - reserved, stamp = pg_current_xact_id()")
        )
        conn.execute(text("UPDATE api_key SET revoked_at = created_at WHERE id = :id"), {"id": own})
        conn.execute(text("UPDATE version SET number = number + 1 WHERE name = 'keys'"))
        conn.commit()
        ask = {"skus": ["A1"]}
        assert eventually(lambda: shop.web.post("/v1/availability", json=ask).status_code == 401)
        assert eventually(
            lambda: shop.admin.post("/v1/availability", json=ask).json()["items"][0]["available"] == 0
        )
        assert eventually(lambda: shop.runtime.fresh())
    other.dispose()
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("UPDATE position SET safety_stock = 0, stamp = pg_current_xact_id()"))
