"""Monthly partitions: made ahead, once, and taking over what the default partition has caught."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, DateTime, Engine, Integer, MetaData, Table, insert, inspect, text

from oms.store.partitions import ensure_months, partitioned_tables

HISTORY = MetaData()
fact = Table(
    "fact",
    HISTORY,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), primary_key=True),
    postgresql_partition_by="RANGE (at)",
)
Table("plain", HISTORY, Column("id", Integer, primary_key=True))
OCTOBER = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)


@pytest.fixture
def history(engine: Engine) -> Engine:
    HISTORY.drop_all(engine)
    HISTORY.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE fact_default PARTITION OF fact DEFAULT"))
    return engine


def test_only_tables_declared_so_are_partitioned() -> None:
    assert partitioned_tables(HISTORY) == ["fact"]


def test_months_are_made_ahead_over_the_year_s_end_and_only_once(history: Engine) -> None:
    made = ensure_months(history, HISTORY, OCTOBER, ahead=3)
    again = ensure_months(history, HISTORY, OCTOBER, ahead=3)
    assert made == ["fact_2026_10", "fact_2026_11", "fact_2026_12", "fact_2027_01"]
    assert again == []
    assert set(made) <= set(inspect(history).get_table_names())
    HISTORY.drop_all(history)


def test_months_are_counted_in_utc(history: Engine) -> None:
    new_year_in_sydney = datetime(2027, 1, 1, 9, tzinfo=timezone(timedelta(hours=11)))
    assert ensure_months(history, HISTORY, new_year_in_sydney, ahead=0) == ["fact_2026_12"]
    HISTORY.drop_all(history)


def test_rows_caught_by_the_default_partition_move_into_their_month(history: Engine) -> None:
    rows = [{"id": n, "at": OCTOBER + timedelta(hours=n)} for n in range(3)]
    with history.begin() as connection:
        connection.execute(insert(fact), rows)
    ensure_months(history, HISTORY, OCTOBER, ahead=0)
    with history.connect() as connection:
        where = connection.scalars(text("SELECT tableoid::regclass::text FROM fact ORDER BY at")).all()
    assert where == ["fact_2026_10", "fact_default", "fact_default"]
    HISTORY.drop_all(history)
