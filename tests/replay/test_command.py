"""`anyshelf replay` in words and as JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.replay.test_days import FILES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_policies_stand_side_by_side_with_the_bound(folder: Path) -> None:
    done = CliRunner().invoke(app, ["replay", str(folder), "--policy", "nearest,cheapest", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert list(told["policies"]) == ["nearest", "cheapest"]
    cheapest = told["policies"]["cheapest"]
    assert told["orders"] == 3
    assert told["bound_per_order_minor"] <= cheapest["objective_per_order_minor"] + 1e-6
    assert [node["node"] for node in cheapest["nodes"]] == ["A", "B"]
    again = json.loads(
        CliRunner().invoke(app, ["replay", str(folder), "--policy", "cheapest", "--json"]).stdout
    )
    assert again["policies"]["cheapest"]["digest"] == cheapest["digest"]


def test_words_name_every_policy_and_the_bound(folder: Path) -> None:
    done = CliRunner().invoke(app, ["replay", str(folder), "--until", "2017-10-07"])
    assert done.exit_code == 0, done.output
    for word in ("2 orders", "rule_cascade", "cheapest", "clairvoyant bound"):
        assert word in done.stdout


def test_a_policy_nobody_knows_and_a_folder_that_is_not_one_are_refused(folder: Path) -> None:
    assert CliRunner().invoke(app, ["replay", str(folder), "--policy", "best"]).exit_code == 2
    assert CliRunner().invoke(app, ["replay", str(folder / "nowhere")]).exit_code == 1
    assert CliRunner().invoke(app, ["replay", str(folder), "--since", "2018-01-01"]).exit_code == 2


def test_earlier_orders_are_only_learned_from_and_the_report_is_written(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    asked = ["replay", str(folder), "--policy", "cheapest,lookahead", "--since", "2017-10-09", "--json"]
    done = CliRunner().invoke(app, [*asked, "--report", str(page)])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["orders"] == 1
    assert "lookahead" in page.read_text(encoding="utf-8")


def test_orders_may_wait_for_others_as_long_as_the_promise_allows(folder: Path) -> None:
    asked = ["replay", str(folder), "--policy", "lookahead_wave", "--json", "--rounds", "0"]
    told = [json.loads(CliRunner().invoke(app, [*asked, "--wait-days", days]).stdout) for days in ("0", "30")]
    at_once, later = (one["policies"]["lookahead_wave"] for one in told)
    assert later["unit_fill"] == at_once["unit_fill"]
    assert later["on_time"] == at_once["on_time"], "nobody waits longer than promised"
    assert later["days"] >= at_once["days"]
