"""Months are made while orders come in, whoever reads the tables for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from oms.jobs import Background, make_partitions
from oms.store.partitions import ONE_AT_A_TIME, partitioned_tables
from oms.store.tables import metadata
from tests.checkout.conftest import Shop, furnished
from tests.operate.buyers import Buyers
from tests.support import stock_up

TABLES = partitioned_tables(metadata)
MONTHS = {f"{table}_2026_0{month}" for table in TABLES for month in (1, 2, 3)}
PATIENCE_S = 2.0
"""Of a buyer: waits of a quarter of a second, and a busy machine. It was ten seconds once."""


@pytest.fixture
def new(fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[Shop]:
    """A shop without any month yet: all of its rows are in the default partitions."""
    with furnished(fresh_database(), tmp_path) as shop:
        stock_up(shop.runtime, ("WH", "A1", 5_000))
        assert shop.place("first", ("A1", 1), method="ship").status_code == 201
        yield shop


@contextmanager
def long_reader(shop: Shop) -> Iterator[None]:
    """Who has every partition open, as a backup has."""
    with shop.runtime.engine.connect() as reading:
        for table in TABLES:
            reading.execute(text(f"SELECT count(*) FROM {table}"))
        yield


def attached(shop: Shop) -> set[str]:
    names = (
        "SELECT string_agg(relname, ',') FROM pg_class WHERE relispartition AND relname ~ '_2026_[0-9]{2}$'"
    )
    return set((shop.scalar(names) or "").split(",")) - {""}


def in_default(shop: Shop) -> int:
    return sum(shop.scalar(f"SELECT count(*) FROM {table}_default") for table in TABLES)


def test_a_long_reader_puts_months_off_and_stops_nobody(new: Shop) -> None:
    made: list[str] = []
    job = threading.Thread(target=lambda: made.extend(make_partitions(new.runtime)))
    with long_reader(new):
        buyers = Buyers(new)
        try:
            job.start()
            time.sleep(4)
            assert job.is_alive() and not attached(new)
        except BaseException:
            buyers.stop()
            raise
    try:
        job.join(60)
        time.sleep(0.2)
    finally:
        buyers.stop()
    assert not buyers.refused and buyers.placed > 10
    assert buyers.slowest_s < PATIENCE_S
    assert set(made) == attached(new) == MONTHS
    assert in_default(new) == 0
    new.audit()


def test_a_start_behind_a_long_reader_neither_fails_nor_hangs(new: Shop) -> None:
    with long_reader(new):
        background = Background(new.runtime)
        begun = time.monotonic()
        background.start()
        took = time.monotonic() - begun
        try:
            assert took < PATIENCE_S
            assert not attached(new)
            assert new.place("o-1", ("A1", 1), method="ship").status_code == 201
        finally:
            background.close()
    assert in_default(new) > 0


def test_rows_of_a_month_that_could_not_be_made_move_when_it_can(new: Shop) -> None:
    counted = "SELECT (SELECT count(*) FROM movement) + (SELECT count(*) FROM outbox)"
    with long_reader(new):
        assert make_partitions(new.runtime, tries=1) == []
        assert new.place("o-1", ("A1", 2), method="ship").status_code == 201
    before = new.scalar(counted)
    assert set(make_partitions(new.runtime)) == MONTHS
    assert (in_default(new), new.scalar(counted)) == (0, before)
    assert new.scalar("SELECT count(*) FROM decision_2026_01") == 2
    new.audit()


def test_a_month_that_is_leaving_keeps_no_start_waiting(new: Shop) -> None:
    """Letting a large month go takes minutes, and goes one at a time with making months."""
    with new.runtime.engine.begin() as conn:
        conn.execute(ONE_AT_A_TIME)
        begun = time.monotonic()
        assert make_partitions(new.runtime, tries=1) == []
        assert time.monotonic() - begun < PATIENCE_S


def test_a_process_that_ends_does_not_go_on_trying(new: Shop) -> None:
    with long_reader(new):
        new.runtime.closing.set()
        begun = time.monotonic()
        assert make_partitions(new.runtime) == []
        assert time.monotonic() - begun < PATIENCE_S
