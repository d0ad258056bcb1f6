"""The schema: from nothing to the present, equal to the table definitions, partitions ahead of time."""

from sqlalchemy import Engine, inspect

from oms.store.database import check_drift, revisions


def test_a_migrated_database_is_at_the_newest_revision(database_url: str) -> None:
    found, wanted = revisions(database_url)
    assert found == wanted
    assert wanted is not None


def test_the_migrations_make_what_the_definitions_say(database_url: str) -> None:
    check_drift(database_url)


def test_the_job_queue_is_there(engine: Engine) -> None:
    assert inspect(engine).has_table("procrastinate_jobs")
