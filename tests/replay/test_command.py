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


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_played(
    folder: Path, tmp_path: Path
) -> None:
    asked = [
        "replay",
        str(folder),
        "--policy",
        "cheapest",
        "--report",
        str(tmp_path / "nowhere" / "out.html"),
    ]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 2 and "cannot be written" in done.stderr
    assert "cheapest" not in done.stdout


def test_orders_may_wait_for_others_as_long_as_the_promise_allows(folder: Path) -> None:
    asked = ["replay", str(folder), "--policy", "lookahead_wave", "--json", "--rounds", "0"]
    told = [json.loads(CliRunner().invoke(app, [*asked, "--wait-days", days]).stdout) for days in ("0", "30")]
    at_once, later = (one["policies"]["lookahead_wave"] for one in told)
    assert later["unit_fill"] == at_once["unit_fill"]
    assert later["on_time"] == at_once["on_time"], "nobody waits longer than promised"
    assert later["days"] >= at_once["days"]


def test_looking_a_day_ahead_is_not_looking_to_the_end(folder: Path) -> None:
    """Mugs alone could come from B, cups only from A: what A has is enough for a day, not for five."""
    (folder / "nodes.csv").write_text(
        "id,lat,lon,country,fixed_minor\nA,40.7,-74.0,US,0\nB,40.7,-74.1,US,100\n"
    )
    (folder / "skus.csv").write_text("id,weight_g\nMUG,350\nCUP,150\n")
    (folder / "stock.csv").write_text("node,sku,on_hand\nA,MUG,50\nA,CUP,70\nB,MUG,70\n")
    placed = [f"2017-10-{2 + turn // 24:02}T{turn % 24:02}:00:00Z" for turn in range(120)]
    orders = "".join(f"{turn},{at},40.7,-74.0,US\n" for turn, at in enumerate(placed))
    lines = "".join(f"{turn},MUG,1\n" + f"{turn},CUP,1\n" * (turn % 2) for turn in range(120))
    (folder / "orders.csv").write_text(f"id,placed_at,lat,lon,country\n{orders}")
    (folder / "lines.csv").write_text(f"order,sku,quantity\n{lines}")
    asked = [
        "replay",
        str(folder),
        "--policy",
        "lookahead",
        "--since",
        "2017-10-03",
        "--rounds",
        "0",
        "--json",
    ]
    told = [
        json.loads(CliRunner().invoke(app, [*asked, *more]).stdout)["policies"]["lookahead"]
        for more in ([], ["--horizon-days", "1"], ["--horizon-days", "30"])
    ]
    assert told[0]["digest"] == told[2]["digest"] != told[1]["digest"]
    assert told[0]["parcels_per_order"] < told[1]["parcels_per_order"]
