"""The schema: from nothing to the present, equal to the table definitions, partitions ahead of time."""

from collections.abc import Callable

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from oms.store.database import (
    WrongServer,
    _migrations,
    check_drift,
    connect,
    is_empty,
    migrate,
    renew_stamps,
    revisions,
)


def test_a_migrated_database_is_at_the_newest_revision(database_url: str) -> None:
    found, wanted = revisions(database_url)
    assert found == wanted
    assert wanted is not None


def test_the_migrations_make_what_the_definitions_say(database_url: str) -> None:
    check_drift(database_url)


def test_the_job_queue_is_there(engine: Engine) -> None:
    assert inspect(engine).has_table("procrastinate_jobs")


def test_a_migrated_database_is_not_taken_for_an_empty_one(engine: Engine) -> None:
    assert not is_empty(engine)


def test_stamps_of_another_server_give_way_to_this_one_s(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO node (id, name, kind, stamp) VALUES ('ST-1', 'One', 'store', '99999999999')")
        )
    assert renew_stamps(engine) == 1
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT bool_and(stamp < pg_current_xact_id()) FROM node")) is True


def test_a_database_of_a_later_release_is_left_as_it_is(database_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(WrongServer, match="later release"):
            migrate(database_url)
    finally:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})


def test_a_barcode_of_two_skus_stays_with_the_one_a_scan_found(empty_database: Callable[[], str]) -> None:
    url = empty_database()
    with _migrations(url) as config:
        command.upgrade(config, "0004")
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO sku (id, name, barcodes) VALUES ('B', 'Bread', '{3,1,1,2}'),"
                " ('A', 'Apple', '{1,A,9}'), ('2', 'Two', '{}'), ('C', 'Cake', '{}')"
            )
        )
    migrate(url)
    with engine.connect() as connection:
        kept = {row.id: row.barcodes for row in connection.execute(text("SELECT id, barcodes FROM sku"))}
        rows = connection.execute(text("SELECT code, id FROM sku_code JOIN sku ON no = sku_no"))
        codes = {row.code: row.id for row in rows}
        assert kept == {"B": ["3"], "A": ["1", "A", "9"], "2": [], "C": []}
        assert codes == {"1": "A", "2": "2", "3": "B", "9": "A", "A": "A", "B": "B", "C": "C"}
    engine.dispose()


def test_skus_from_before_there_were_categories_have_none(empty_database: Callable[[], str]) -> None:
    url = empty_database()
    with _migrations(url) as config:
        command.upgrade(config, "0021")
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO sku (id, name) VALUES ('A', 'Apple')"))
    migrate(url)
    with engine.begin() as connection:  # a server of the release before may go on writing
        connection.execute(text("INSERT INTO sku (id, name) VALUES ('B', 'Bread')"))
        assert connection.scalars(text("SELECT category FROM sku")).all() == ["", ""]
    engine.dispose()
