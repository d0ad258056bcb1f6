"""Somebody holds on to rows for long: who waits for them is refused in time, and nothing of his is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from oms import bootstrap
from oms.store.database import connect
from tests.checkout.conftest import Shop, furnished
from tests.faults.outage import refused

TOO_LONG = "took too long"


@contextmanager
def held(url: str) -> Iterator[None]:
    """Another session has the shelves of A1 and does not let go while the block runs."""
    engine = create_engine(url)
    lock = "SELECT FROM position JOIN sku ON sku.no = sku_no WHERE sku.id = 'A1' FOR UPDATE OF position"
    with engine.begin() as conn:
        conn.execute(text(lock))
        yield
    engine.dispose()


@pytest.fixture(params=["lock_timeout_ms", "statement_timeout_ms"])
def shop(
    request: pytest.FixtureRequest, lone_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    short = {request.param: 400}
    monkeypatch.setattr(bootstrap, "connect", lambda url, **given: connect(url, **{**given, **short}))
    with furnished(lone_url, tmp_path) as made:
        yield made


def test_an_order_that_waits_too_long_is_refused_and_can_be_sent_again(shop: Shop) -> None:
    assert shop.place("before", ("A1", 1), method="ship").status_code == 201
    with held(shop.runtime.url):
        refused(shop.place("o", ("A1", 1), method="ship"), TOO_LONG)
        refused(shop.post("/v1/orders/before/cancel", {}, key="c"), TOO_LONG)
        assert shop.place("other", ("B2", 1), method="ship").status_code == 201, "others do not wait"
        assert shop.scalar("SELECT count(*) FROM \"order\" WHERE status <> 'cancelled'") == 2
    assert shop.place("o", ("A1", 1), method="ship").status_code == 201
    assert shop.post("/v1/orders/before/cancel", {}, key="c").status_code == 200
    assert shop.scalar("SELECT count(*) FROM \"order\" WHERE status <> 'cancelled'") == 2
