"""What an installation may choose, and what it is told when it chose wrong."""

from pathlib import Path

import pytest

from oms.settings import BadSetting, from_environment, sqlalchemy_url


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgres://u:p@h:5433/d", "postgresql+psycopg://u:p@h:5433/d"),
        ("postgresql://u@h/d?sslmode=require", "postgresql+psycopg://u@h/d?sslmode=require"),
        ("postgresql+psycopg:///d?host=/run", "postgresql+psycopg:///d?host=/run"),
    ],
)
def test_every_spelling_of_an_address_is_understood(written: str, meant: str) -> None:
    assert sqlalchemy_url(written) == meant


@pytest.mark.parametrize(
    "written", ["mysql://h/d", "sqlite:///x.db", "localhost", "postgresql+asyncpg://h/d"]
)
def test_other_databases_are_refused_with_an_example(written: str) -> None:
    with pytest.raises(BadSetting, match="postgresql://user:password@host:5432/database"):
        from_environment({"ANYSHELF_DATABASE_URL": written})


def test_a_replica_is_named_beside_the_primary_and_judged_under_its_own_name() -> None:
    chosen = from_environment({"ANYSHELF_DATABASE_READ_URL": "postgres://r/d"})
    assert chosen.database_read_url == "postgresql+psycopg://r/d" and chosen.database_url is None
    assert from_environment({}).database_read_url is None
    with pytest.raises(BadSetting, match="ANYSHELF_DATABASE_READ_URL must look like"):
        from_environment({"ANYSHELF_DATABASE_READ_URL": "mysql://r/d"})


def test_without_an_address_the_embedded_server_is_meant(tmp_path: Path) -> None:
    chosen = from_environment({"ANYSHELF_DATABASE_URL": " ", "ANYSHELF_DATA_DIR": f"{tmp_path}/x/../data"})
    assert chosen.database_url is None
    assert chosen.data_dir == tmp_path / "data"


def test_the_data_has_a_home_of_its_own_by_default() -> None:
    assert from_environment({"XDG_DATA_HOME": "/somewhere"}).data_dir.name == "anyshelf"


def test_limits_of_time_are_whole_milliseconds() -> None:
    names = ("ANYSHELF_STATEMENT_TIMEOUT_MS", "ANYSHELF_LOCK_TIMEOUT_MS")
    usual = from_environment({})
    assert 0 < usual.lock_timeout_ms < usual.statement_timeout_ms
    chosen = from_environment(dict(zip(names, ("0", " 250 "), strict=True)))
    assert (chosen.statement_timeout_ms, chosen.lock_timeout_ms) == (0, 250)
    for name in names:
        for value in ("5s", "-1", "1.5", "3600001"):
            with pytest.raises(BadSetting, match=name):
                from_environment({name: value})
