"""Old months leave without stopping orders, and the books still add up without them."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from inventory.audit import Kind
from oms.audit import audit
from oms.jobs import make_partitions
from oms.retention import Retention, month_before
from oms.store import outbox, retiring
from oms.store.retiring import detach
from oms.usecases.retention import retire_months
from tests.checkout.conftest import Shop
from tests.operate.buyers import Buyers
from tests.support import stock_up

RULES = {"ledger_months": 2, "event_months": 2, "decision_months": 2}
OPENING = """
    SELECT quantity FROM ledger_opening WHERE place = :place AND sku_no = (SELECT no FROM sku WHERE id = 'A1')
"""
JANUARY = ["decision_2026_01", "movement_2026_01", "outbox_2026_01"]


@pytest.fixture
def old(shop: Shop) -> Iterator[Shop]:
    """A shop whose January is half a year ago: stock came, orders were placed, some units left."""
    with shop.runtime.engine.begin() as conn:
        for name in retiring_leftovers(conn):
            conn.execute(text(f'DROP TABLE "{name}"'))
    make_partitions(shop.runtime)
    stock_up(shop.runtime, ("WH", "A1", 400))
    for n in range(4):
        assert shop.place(f"jan-{n}", ("A1", 2), method="ship").status_code == 201
    sale = {"node": "ST-1", "sku": "A1", "cause": "sale", "quantity": 2}
    assert shop.post("/v1/stock/movements", {"movements": [sale]}, shop.admin).status_code == 201
    publish(shop)
    shop.watch.forward(days=150)
    make_partitions(shop.runtime)
    assert shop.admin.put("/v1/retention", json=RULES).status_code == 200
    shop.runtime.refresher.look()
    yield shop


def retiring_leftovers(conn: Any) -> list[str]:
    """Tables of months that an earlier test left detached."""
    alone = text(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition"
        " AND relname ~ '_2026_[0-9]{2}$'"
    )
    return list(conn.scalars(alone))


def publish(shop: Shop) -> None:
    with shop.runtime.engine.begin() as conn:
        outbox.publish(conn)


def sent(shop: Shop, name: str) -> list[dict[str, Any]]:
    file = shop.runtime.settings.data_dir / "archive" / f"{name}.jsonl.gz"
    with gzip.open(file, "rt") as lines:
        return [json.loads(line) for line in lines]


def test_the_books_add_up_before_and_after_a_month_has_left(old: Shop) -> None:
    old.audit()
    movements = old.scalar("SELECT count(*) FROM movement_2026_01")
    events = old.scalar("SELECT count(*) FROM outbox_2026_01")
    assert movements > 5 and events > 4
    assert set(JANUARY) <= set(retire_months(old.runtime))
    assert old.scalar("SELECT count(*) FROM movement") == 0
    assert old.scalar("SELECT count(*) FROM decision") == 0
    assert old.scalar(OPENING, place="WH:shelf") == 410
    assert old.scalar(OPENING, place="supplier") == -413
    old.audit()
    assert len(sent(old, "movement_2026_01")) == movements
    assert [row["type"] for row in sent(old, "outbox_2026_01")].count("order.placed") == 4
    assert old.scalar("SELECT rows FROM retired_month WHERE name = 'outbox_2026_01'") == events
    assert old.place("jun-1", ("A1", 3), method="ship").status_code == 201
    assert old.admin.get("/v1/orders/jan-1").status_code == 200
    old.audit()


def test_an_opening_balance_that_is_wrong_is_found(old: Shop) -> None:
    retire_months(old.runtime)
    wrong = text("UPDATE ledger_opening SET quantity = quantity + 1 WHERE place = 'WH:shelf'")
    right = text("UPDATE ledger_opening SET quantity = quantity - 1 WHERE place = 'WH:shelf'")
    with old.runtime.engine.begin() as conn:
        conn.execute(wrong)
        found = audit(conn)
        assert {one.kind for one in found.differences} == {Kind.ON_HAND}
        conn.execute(right)
        assert audit(conn).agrees


def test_a_second_month_adds_to_the_opening_balances(old: Shop) -> None:
    retire_months(old.runtime)
    stock_up(old.runtime, ("WH", "A1", 7))
    assert old.place("jun-1", ("A1", 1), method="ship").status_code == 201
    publish(old)
    old.watch.forward(days=100)
    make_partitions(old.runtime)
    assert "movement_2026_06" in retire_months(old.runtime)
    assert old.scalar(OPENING, place="WH:shelf") == 417
    old.audit()


def test_orders_go_on_while_months_leave(old: Shop) -> None:
    buyers = Buyers(old)
    try:
        while buyers.placed < 5 and not buyers.refused:
            time.sleep(0.05)
        seen = buyers.placed
        assert JANUARY[1] in retire_months(old.runtime)
        with old.runtime.engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
            assert audit(conn).agrees
        while buyers.placed < seen + 5 and not buyers.refused:
            time.sleep(0.05)
    finally:
        buyers.stop()
    assert not buyers.refused
    old.audit()


def test_without_an_archive_months_are_dropped_while_orders_come_in(old: Shop) -> None:
    assert old.admin.put("/v1/retention", json=RULES | {"archive": False}).status_code == 200
    old.runtime.refresher.look()
    events = old.scalar("SELECT max(seq) FROM outbox_2026_01")
    buyers = Buyers(old)
    try:
        while buyers.placed < 5 and not buyers.refused:
            time.sleep(0.05)
        seen = buyers.placed
        assert set(JANUARY) <= set(retire_months(old.runtime))
        with old.runtime.engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
            assert audit(conn).agrees
        while buyers.placed < seen + 5 and not buyers.refused:
            time.sleep(0.05)
    finally:
        buyers.stop()
    assert not buyers.refused
    gone = "SELECT array_agg(to_regclass(name)::text) FROM unnest(CAST(:names AS text[])) name"
    assert old.scalar(gone, names=JANUARY) == [None] * len(JANUARY)
    kept = (
        "SELECT count(*) FROM retired_month WHERE file IS NOT NULL OR rows IS NOT NULL OR finished_at IS NULL"
    )
    assert old.scalar(kept) == 0
    assert not (old.runtime.settings.data_dir / "archive").exists()
    assert old.scalar("SELECT count(*) FROM \"order\" WHERE id LIKE 'jan-%'") == 4, "orders are not months"
    assert old.scalar(OPENING, place="WH:shelf") == 410
    told = old.admin.get("/v1/events", params={"after": 1}).json()
    assert (told["code"], told["continue_after"]) == ("events_gone", events)
    old.audit()


def test_a_month_left_half_done_is_archived_or_not_by_the_rule_of_then(
    old: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(retiring, "_write", full_disk)
        with pytest.raises(OSError, match="no room"):
            retire_months(old.runtime)
    assert old.admin.put("/v1/retention", json=RULES | {"archive": False}).status_code == 200
    old.runtime.refresher.look()
    assert set(JANUARY) <= set(retire_months(old.runtime))
    assert old.scalar("SELECT to_regclass('movement_2026_01')") is None
    old.audit()


def test_a_long_reader_puts_it_off_and_stops_nobody(old: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retiring, "TRIES", 4)
    engine, at = old.runtime.engine, old.runtime.clock.now()
    with engine.connect() as reading:
        reading.execute(text("SELECT count(*) FROM movement"))
        buyers = Buyers(old, 2)
        try:
            assert not detach(engine, "movement", "movement_2026_01", at)
        finally:
            buyers.stop()
        assert buyers.placed and not buyers.refused
    assert old.scalar("SELECT count(*) FROM ledger_opening") == 0
    assert old.scalar("SELECT relispartition FROM pg_class WHERE relname = 'movement_2026_01'")
    old.audit()
    assert detach(engine, "movement", "movement_2026_01", at)


def test_a_month_left_half_done_is_finished_the_next_time(old: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(retiring, "_write", full_disk)
        with pytest.raises(OSError, match="no room"):
            retire_months(old.runtime)
    assert old.scalar("SELECT count(*) FROM retired_month WHERE finished_at IS NULL") >= 3
    old.audit()
    assert set(JANUARY) <= set(retire_months(old.runtime))
    assert len(sent(old, "movement_2026_01")) > 5
    assert old.scalar("SELECT count(*) FROM retired_month WHERE finished_at IS NULL") == 0
    assert retire_months(old.runtime) == []


def full_disk(*args: Any) -> int:
    raise OSError("no room")


def test_events_without_a_number_stay(old: Shop) -> None:
    with old.runtime.engine.begin() as conn:
        conn.execute(text("UPDATE outbox SET seq = NULL WHERE id = (SELECT max(id) FROM outbox_2026_01)"))
    gone = retire_months(old.runtime)
    assert "outbox_2026_01" not in gone and "movement_2026_01" in gone


def test_a_reader_of_events_that_are_gone_is_told(old: Shop) -> None:
    retire_months(old.runtime)
    publish(old)
    told = old.admin.get("/v1/events", params={"after": 1})
    assert (told.status_code, told.json()["code"]) == (410, "events_gone")
    on = told.json()["continue_after"]
    assert old.admin.get("/v1/events", params={"after": on}).status_code == 200
    first = old.admin.get("/v1/events").json()["items"][0]
    assert first["seq"] == on + 1
    streamed = old.admin.get("/v1/events/stream", headers={"Last-Event-ID": "1"})
    assert streamed.status_code == 410


def test_without_rules_everything_stays(shop: Shop) -> None:
    make_partitions(shop.runtime)
    shop.watch.forward(days=2_000)
    assert retire_months(shop.runtime) == []


def test_months_are_counted_back_over_the_year_s_end() -> None:
    at = datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert [month_before(at, n) for n in (1, 2, 14)] == [
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2025, 12, 1, tzinfo=UTC),
        datetime(2024, 12, 1, tzinfo=UTC),
    ]
    assert Retention().months("movement") is None
