"""The demo from nothing to its summary, on both samples; and once more on what is there."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.demo.play import bodies
from api.demo.samples import SAMPLES, chosen
from oms.adapters.folder import read_folder

ORDERS = 30


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="anyshelf-demo-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def first(data: Path) -> Any:
    """Both samples, one after the other, as each takes minutes where others work too."""
    found = [
        summary(run(data, "--once", "--json", "--sample", name, "--orders", str(ORDERS))) for name in SAMPLES
    ]
    return {"ok": all(one["ok"] for one in found), "samples": found[0]["samples"] | found[1]["samples"]}


@pytest.mark.slow
@pytest.mark.timeout(1300)
def test_both_samples_are_played_and_everything_holds(first: Any) -> None:
    assert first["ok"] is True
    assert list(first["samples"]) == ["us_grocer", "uk_retailer"]
    for found in first["samples"].values():
        assert found["reused"] is False
        assert found["orders_played"] == found["sent_now"] == ORDERS
        assert found["placed"] + sum(found["refused"].values()) == ORDERS
        assert found["placed"] > 0.9 * ORDERS
        assert found["server_errors"] == []
        assert {check["name"]: check["holds"] for check in found["invariants"]} == {
            "no_server_error": True,
            "every_order_answered": True,
            "nothing_oversold": True,
            "every_order_came_to_an_end": True,
            "nobody_met_a_failure": True,
            "every_unit_has_a_place": True,
            "every_penny_is_settled": True,
            "events_tell_every_status": True,
            "books_agree": True,
            "fills_no_less_than_nearest": True,
        }
        ours, nearest = found["policies"]["anyshelf"], found["policies"]["nearest"]
        assert found["cost_per_order_minor"] == ours["cost_per_order_minor"] < nearest["cost_per_order_minor"]
        assert ours["line_fill"] >= nearest["line_fill"]
        assert 1 <= found["parcels_per_order"] < 6
        lived = found["life"]
        assert lived["orders"] == sum(lived["ends"].values()) == found["placed"]
        assert lived["ends"]["fulfilled"] > 0.8 * ORDERS
        assert lived["unit_fill"] > 0.8
        assert lived["deliveries"]["delivered"] > 0
        assert lived["pickups"]["collected"] > 0
        assert lived["captured_minor"] > lived["refunded_minor"] > 0
    assert [found["currency"] for found in first["samples"].values()] == ["USD", "GBP"]


@pytest.mark.slow
def test_the_next_run_finds_everything_there_and_prints_the_tour(first: Any, data: Path) -> None:
    arguments = ("--once", "--sample", "uk_retailer", "--orders", str(ORDERS))
    again = summary(run(data, "--json", *arguments))["samples"]["uk_retailer"]
    before = first["samples"]["uk_retailer"]
    assert again["reused"] is True
    assert again["sent_now"] == ORDERS - before["placed"]
    same = ("orders_played", "placed", "refused", "policies", "parcels_per_order", "line_fill")
    assert again["life"] == before["life"]
    assert {name: again[name] for name in same} == {name: before[name] for name in same}
    shown = run(data, *arguments).stdout
    for part in (
        "What is there",
        "POST /v1/promises",
        "pickup",
        "courier",
        "tour-1 is open",
        "The days after",
        "Anyshelf  ",
    ):
        assert part in shown
    assert "✗" not in shown
    assert all(len(line) <= 80 for line in shown.splitlines())


@pytest.mark.slow
def test_the_key_is_kept_for_its_owner_alone(first: Any, data: Path) -> None:
    for name in SAMPLES:
        assert (data / name / "demo.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sample", "moon"), "moon is none of us_grocer, uk_retailer"),
        (("--orders", "some"), "--orders is a number or all, not some"),
        (("--orders", "0"), "--orders is a number or all, not 0"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_starts(
    arguments: tuple[str, str], said: str, tmp_path: Path
) -> None:
    ended = CliRunner().invoke(app, ["demo", *arguments], env={"ANYSHELF_DATA_DIR": str(tmp_path)})
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_name_one_sample_stays_up_and_both_end() -> None:
    assert [sample.id for sample in chosen(None, False)] == ["us_grocer"]
    assert [sample.id for sample in chosen(None, True)] == list(SAMPLES)
    assert [sample.id for sample in chosen("uk_retailer", True)] == ["uk_retailer"]


def test_orders_go_out_as_the_folder_has_them() -> None:
    folder = read_folder(SAMPLES["uk_retailer"].folder)
    found = bodies(folder, ORDERS)
    assert list(found) == folder.orders.id[:ORDERS].tolist()
    assert len(bodies(folder, None)) == len(folder.orders.id)
    everything = sum(len(body["lines"]) for body in bodies(folder, None).values())
    assert everything == len(folder.lines.order)


def run(data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environ = {name: value for name, value in os.environ.items() if name != "ANYSHELF_DATABASE_URL"}
    ended = subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", "demo", *arguments],
        env=environ | {"ANYSHELF_DATA_DIR": str(data), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended


def summary(ended: "subprocess.CompletedProcess[str]") -> Any:
    """The one document on standard output."""
    assert ended.stdout.count("\n") == 1
    return json.loads(ended.stdout)
