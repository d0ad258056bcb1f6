"""The command line as a person meets it: help, exit codes, one clear sentence when something is wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from typer import Typer
from typer.core import TyperGroup
from typer.main import get_command

from api.cli import MODULES, assembled
from oms.store.database import connect, is_empty, migrate

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def anyshelf(*arguments: str, url: str = NOWHERE, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the installed command; its words are not folded, so that they can be compared."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("anyshelf")), *arguments],
        env=os.environ | {"ANYSHELF_DATABASE_URL": url, "COLUMNS": "200"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_help_lists_every_command() -> None:
    shown = anyshelf("--help")
    assert shown.returncode == 0
    for command in MODULES:
        assert f"│ {command} " in shown.stdout


def test_each_command_is_where_it_is_looked_for() -> None:
    """Only the module of what was asked for is imported."""
    for command in MODULES:
        assert command in commands(assembled([command]))
    assert commands(assembled(MODULES)) == list(MODULES)


def commands(line: Typer) -> list[str]:
    whole = get_command(line)
    assert isinstance(whole, TyperGroup)
    return list(whole.commands)


@pytest.mark.parametrize("arguments", [["migrat"], ["backup"], ["serve", "--port", "0"], ["keys", "create"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert anyshelf(*arguments).returncode == 2


PROBLEM = {
    "currency": "USD",
    "tariffs": {"z1": [[500, 420], [1000, 510], [30000, 1900]]},
    "nodes": [{"id": "N1", "tariff": "z1", "fixed_minor": 120}],
    "lines": [{"id": "1", "sku": "A", "quantity": 2, "unit_weight_g": 480}],
    "stock": [{"node": "N1", "sku": "A", "available": 3, "unit_cost_minor": 25}],
    "unfilled_penalty_minor": 100000,
}


def test_route_needs_no_database_and_prints_a_plan_a_line(tmp_path: Path) -> None:
    file = tmp_path / "problems.jsonl"
    hopeless = PROBLEM | {"stock": [], "allow_unfilled": False}
    file.write_text("\n".join(json.dumps(problem) for problem in (PROBLEM, hopeless)))
    solved = anyshelf("route", str(file))
    plans = [json.loads(line) for line in solved.stdout.splitlines()]
    assert solved.returncode == 1, "one of them has no plan"
    assert [plan["status"] for plan in plans] == ["optimal", "infeasible"]
    assert plans[0]["cost_minor"] == 510 + 120 + 2 * 25
    assert plans[0]["elapsed_us"] >= 0


def test_route_names_the_place_of_a_fault_and_solves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "problems.jsonl"
    file.write_text(json.dumps(PROBLEM) + "\n" + json.dumps({"currency": "USD"}))
    refused = anyshelf("route", str(file))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("✗ problem 2, /tariffs: ")


@pytest.mark.parametrize(
    ("content", "said"), [(b" \n", "there is nothing in it"), (b"{\xff}", "is not UTF-8 at byte 2")]
)
def test_route_says_what_is_wrong_with_its_file(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "problem.json"
    file.write_bytes(content)
    refused = anyshelf("route", str(file))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert said in refused.stderr


def test_wave_needs_no_database_and_keeps_its_deadline(tmp_path: Path) -> None:
    file = tmp_path / "wave.json"
    order = {"lines": PROBLEM["lines"], "nodes": {"N1": {"tariff": "z1"}}}
    asked = {key: PROBLEM[key] for key in ("currency", "tariffs", "stock")}
    file.write_text(json.dumps(asked | {"orders": [order | {"id": "1"}, order | {"id": "2"}]}))
    solved = json.loads(anyshelf("wave", str(file), "--deadline", "5").stdout)
    assert solved["gap"] == 0
    assert sum(line["quantity"] for o in solved["orders"] for line in o["unfilled"]) == 1
    assert solved["elapsed_s"] < 5


def test_wave_names_the_place_of_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "wave.json"
    file.write_text(json.dumps({"currency": "USD", "tariffs": {}, "stock": [], "orders": []}))
    refused = anyshelf("wave", str(file))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("✗ /orders: ")


def test_a_database_that_does_not_answer_ends_with_3_and_a_sentence() -> None:
    failed = anyshelf("migrate")
    assert failed.returncode == 3
    assert failed.stderr.startswith("✗ The database does not answer")
    assert "Traceback" not in failed.stderr
    assert failed.stdout == ""


def test_a_setting_that_cannot_be_meant_ends_with_2() -> None:
    failed = anyshelf("migrate", url="mysql://host/database")
    assert failed.returncode == 2
    assert "ANYSHELF_DATABASE_URL must look like" in failed.stderr


def test_migrate_brings_an_empty_database_up_to_date(empty_database: Callable[[], str]) -> None:
    url = empty_database()
    assert anyshelf("migrate", "--check", url=url).returncode == 1
    assert anyshelf("keys", "list", url=url).returncode == 3, "other commands ask for the migration"
    migrated = anyshelf("migrate", "--json", url=url)
    assert migrated.returncode == 0
    said = json.loads(migrated.stdout)
    assert said["before"] is None
    assert said["up_to_date"] is True
    assert anyshelf("migrate", "--check", url=url).returncode == 0


def test_keys_are_made_shown_once_listed_and_revoked(fresh_database: Callable[[], str]) -> None:
    url = fresh_database()
    made = json.loads(
        anyshelf("keys", "create", "--role", "storefront", "--channel", "web", "--json", url=url).stdout
    )
    listed = anyshelf("keys", "list", "--json", url=url).stdout
    assert made["key"].startswith(made["id"] + ".")
    assert made["key"] not in listed
    assert [(key["id"], key["channels"]) for key in json.loads(listed)["keys"]] == [(made["id"], ["web"])]
    assert anyshelf("keys", "revoke", made["id"], url=url).returncode == 0
    assert json.loads(anyshelf("keys", "list", "--json", url=url).stdout)["keys"][0]["revoked_at"] is not None
    refused = anyshelf("keys", "revoke", "key_nobody", url=url)
    assert (refused.returncode, refused.stderr) == (1, "✗ There is no such key\n")


def test_a_key_is_rotated_and_the_list_shows_when_the_old_secret_ends(
    fresh_database: Callable[[], str],
) -> None:
    url = fresh_database()
    made = json.loads(anyshelf("keys", "create", "--role", "admin", "--json", url=url).stdout)
    turned = anyshelf("keys", "rotate", made["id"], url=url)
    secret = turned.stdout.strip()
    assert turned.returncode == 0 and secret.startswith(made["id"] + ".") and secret != made["key"]
    assert "Former secrets open the key until" in turned.stderr
    until = json.loads(anyshelf("keys", "list", "--json", url=url).stdout)["keys"][0]["old_secret_until"]
    hours = (datetime.fromisoformat(until) - datetime.now(UTC)) / timedelta(hours=1)
    assert 23.9 < hours <= 24
    assert f"old secret {until[:16].replace('T', ' ')}" in anyshelf("keys", "list", url=url).stdout
    again = json.loads(anyshelf("keys", "rotate", made["id"], "--overlap", "0", "--json", url=url).stdout)
    assert again["old_secret_until"] is None and again["key"] not in (made["key"], secret)
    for wrong in ("8d", "1w", "-1h", "24", ""):
        refused = anyshelf("keys", "rotate", made["id"], f"--overlap={wrong}", url=url)
        assert refused.returncode == 2 and "write 90s, 30m, 24h or 7d" in refused.stderr
    refused = anyshelf("keys", "rotate", "key_nobody", url=url)
    assert (refused.returncode, refused.stderr) == (1, "✗ There is no such key\n")


def test_an_audit_of_books_that_agree_ends_with_0_and_of_others_with_1(
    fresh_database: Callable[[], str],
) -> None:
    url = fresh_database()
    agreed = anyshelf("audit", "--json", url=url)
    assert agreed.returncode == 0
    assert json.loads(agreed.stdout)["differences"] == []
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO node (id, name, kind) VALUES ('ST-1', 'One', 'store')"))
        connection.execute(text("INSERT INTO sku (id, name) VALUES ('A', 'A')"))
        connection.execute(
            text("INSERT INTO position (node_no, sku_no, on_hand) SELECT node.no, sku.no, 7 FROM node, sku")
        )
    engine.dispose()
    differs = anyshelf("audit", "--json", url=url)
    assert differs.returncode == 1
    found = [
        (row["kind"], row["node"], row["sku"], row["found"])
        for row in json.loads(differs.stdout)["differences"]
    ]
    assert ("on_hand", "ST-1", "A", 7) in found
    assert differs.stderr.startswith("✗ ")
    assert "on_hand" in anyshelf("audit", url=url).stdout


def test_a_backup_comes_back_whole_with_new_stamps(
    fresh_database: Callable[[], str], empty_database: Callable[[], str], tmp_path: Path
) -> None:
    source, target, file = fresh_database(), empty_database(), tmp_path / "all.dump"
    key = json.loads(anyshelf("keys", "create", "--role", "admin", "--json", url=source).stdout)
    written = anyshelf("backup", str(file), "--json", url=source)
    assert json.loads(written.stdout)["bytes"] == file.stat().st_size
    assert anyshelf("backup", str(file), url=source).returncode == 1, "an older backup is never overwritten"
    assert anyshelf("restore", str(file), url=source).returncode == 1, "nor a database in use"
    assert anyshelf("restore", str(file), url=target).returncode == 0
    listed = json.loads(anyshelf("keys", "list", "--json", url=target).stdout)["keys"]
    assert [row["id"] for row in listed] == [key["id"]]


def test_a_file_that_is_no_backup_changes_nothing(empty_database: Callable[[], str], tmp_path: Path) -> None:
    file, url = tmp_path / "letter.txt", empty_database()
    file.write_text("Dear all")
    refused = anyshelf("restore", str(file), url=url)
    assert refused.returncode == 1
    assert refused.stderr.startswith("✗ Nothing was restored: pg_restore said:")
    assert anyshelf("restore", str(tmp_path / "missing"), url=url).returncode == 1


@pytest.mark.parametrize(
    ("statement", "code", "says"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", 3, "later release"),
        ("DROP TABLE alembic_version", 1, "no backup of Anyshelf"),
        ("DELETE FROM alembic_version", 1, "no backup of Anyshelf"),
    ],
)
def test_a_backup_this_release_cannot_read_leaves_the_database_empty(
    fresh_database: Callable[[], str],
    empty_database: Callable[[], str],
    tmp_path: Path,
    statement: str,
    code: int,
    says: str,
) -> None:
    source, target, file = fresh_database(), empty_database(), tmp_path / "later.dump"
    engine, restored = connect(source), connect(target)
    with engine.begin() as connection:
        connection.execute(text(statement))
    assert anyshelf("backup", str(file), url=source).returncode == 0
    refused = anyshelf("restore", str(file), url=target)
    assert refused.returncode == code
    assert says in refused.stderr
    assert is_empty(restored)
    migrate(target)
    engine.dispose()
    restored.dispose()
