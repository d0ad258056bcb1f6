"""`anyshelf import`: the whole folder, or nothing and the place of every fault."""

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from oms.adapters.folder import read_folder
from tests.platform.test_cli import anyshelf
from tests.samples.folders import FILES, put


def rows(url: str, table: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    engine.dispose()
    return int(found)


def test_a_folder_is_imported_and_may_be_imported_again(
    tmp_path: Path, fresh_database: Callable[[], str]
) -> None:
    url = fresh_database()
    for _ in range(2):
        run = anyshelf("import", str(put(tmp_path)), "--json", url=url)
        assert run.returncode == 0, run.stderr
        said = json.loads(run.stdout)
        assert said["imported"] is True
        assert said["put"]["stock"] == 3
        assert said["files"]["orders"] == 2
    assert (rows(url, "node"), rows(url, "sku"), rows(url, "position")) == (2, 2, 3)
    assert rows(url, "movement") == 3, "the second import counted what was there already"


def test_one_wrong_cell_and_nothing_is_changed(tmp_path: Path, fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    put(tmp_path, stock_csv=FILES["stock.csv"].replace("N2,A,7", "N2,A,-7"))
    run = anyshelf("import", str(tmp_path), url=url)
    assert run.returncode == 1
    assert "stock.csv row 4 column on_hand" in run.stderr
    assert "nothing was imported" in run.stderr
    assert rows(url, "node") == 0
    told = json.loads(anyshelf("import", str(tmp_path), "--json", url=url).stdout)
    assert told["imported"] is False
    assert [fault["code"] for fault in told["faults"]] == ["too_small"]


def test_check_and_explain_need_no_database(tmp_path: Path) -> None:
    checked = anyshelf("import", str(put(tmp_path)), "--check")
    assert checked.returncode == 0
    assert "nothing is wrong" in checked.stderr
    explained = anyshelf("import", "--explain")
    assert explained.returncode == 0
    assert "daily_order_capacity" in explained.stdout
    columns = json.loads(anyshelf("import", "--explain", "--json").stdout)["columns"]
    told = {(one["file"], one["column"]): one for one in columns}
    assert told["skus", "weight_g"]["required"] is True
    assert told["nodes", "calendar"]["allowed"] == "an id of calendars"
    assert told["calendars", "opens"]["default"] == "closed"


def test_what_was_exported_is_what_was_imported(tmp_path: Path, fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    imported = read_folder(put(tmp_path / "in"))
    assert anyshelf("import", str(tmp_path / "in"), url=url).returncode == 0
    run = anyshelf("export", str(tmp_path / "out"), "--json", url=url)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["files"]["stock"] == 3
    exported = read_folder(tmp_path / "out")
    for table in ("nodes", "calendars", "skus", "stock", "tariffs", "lanes"):
        for field in fields(getattr(imported, table)):
            there = getattr(getattr(exported, table), field.name).tolist()
            assert there == getattr(getattr(imported, table), field.name).tolist(), (table, field.name)
    assert exported.network == imported.network
    again = anyshelf("export", str(tmp_path / "out"), url=url)
    assert again.returncode == 2
    assert "not empty" in again.stderr


@pytest.mark.parametrize("arguments", [[], ["somewhere", "--only", "moons"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert anyshelf("import", *arguments).returncode == 2
