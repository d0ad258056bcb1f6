"""Sweeps: every combination, by whomever it is played, and what nothing beats."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import LocalCluster
from typer.testing import CliRunner

from api.cli import app
from api.cli.sweep_report import sweep_html
from oms.adapters.folder import read_folder
from oms.adapters.folder_values import Folder
from oms.lab import crew
from oms.lab.axes import BadAxis, read_axes, variants
from oms.lab.changes import ALL, Changes
from oms.lab.crew import Lost, NoCluster, in_processes, over_dask
from oms.lab.playing import Variant, World, play
from oms.lab.sweep import outcomes
from routing.replay.report import Figures, unbeaten
from tests.replay.test_days import FILES

VARY = [
    "policy=nearest,cheapest,sparing",
    "late_day_minor=0,300",
    "close=none,A",
    "reject_rate=0.2",
    "seed=1,2",
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers where a test asks for a cluster that is not there, however long it is waited for."""
    monkeypatch.setattr(crew, "REACH_S", 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def read(folder: Path) -> Folder:
    return read_folder(folder)


def test_every_combination_is_a_variant_with_a_name() -> None:
    named = variants(read_axes(VARY), World())
    assert len(named) == len({one.variant for one in named}) == (1 + 2 * 2) * 2 * 2
    assert named[0].policy == "nearest"
    assert {one.world for one in named} == {"close=none,reject_rate=0.2", "close=A,reject_rate=0.2"}
    assert {one.variant.world.seed for one in named} == {1, 2}
    [one] = variants(read_axes(["tariff:flat=1.5", "tariffs=2", "demand=2", "close=A+B"]), World())
    assert one.variant.world.changes == Changes(("A", "B"), (), (("flat", 1.5), (ALL, 2.0)), 2.0)
    assert one.variant.policy == "sparing"


@pytest.mark.parametrize(
    "word",
    [
        *("policy", "policy=best", "what=1", "demand=-1", "seed=x", "demand=nan"),
        *("demand=1,1.0", "policy=sparing,sparing", "close=A+B,B+A"),
    ],
)
def test_what_cannot_be_varied_is_refused(word: str) -> None:
    with pytest.raises(BadAxis):
        read_axes([word])
    with pytest.raises(BadAxis):
        variants(read_axes([f"seed={','.join(map(str, range(10_001)))}"]), World())


def test_too_many_combinations_are_counted_and_not_built() -> None:
    many = ",".join(map(str, range(9_000)))
    words = [f"{key}={many}" for key in ("parcel_minor", "late_day_minor", "seed")]
    with pytest.raises(BadAxis, match="729,000,000,000"):
        variants(read_axes(words), World())


def test_processes_and_a_dask_cluster_come_to_the_same(read: Folder) -> None:
    asked = [one.variant for one in variants(read_axes(VARY), World())][2:12]
    alone = [play(read, variant) for variant in asked]
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:  # type: ignore[no-untyped-call]
        far = dict(over_dask(read, asked, cluster.scheduler_address))
    near = dict(in_processes(read, asked, 2))
    assert [near[n] for n in range(len(asked))] == alone
    assert [far[n] for n in range(len(asked))] == alone
    assert len({one.digest for one in alone}) > 1


def test_a_cluster_that_is_not_there_is_said(read: Folder) -> None:
    with pytest.raises(NoCluster, match="answers"):
        list(over_dask(read, [Variant("cheapest")], "tcp://127.0.0.1:9"))


def test_what_nothing_beats_is_marked_in_each_world(read: Folder) -> None:
    named = variants(read_axes(VARY), World())
    played = [play(read, one.variant) for one in named]
    found = outcomes(read, named, played)
    assert len(found) == len(named) / 2  # seeds are averaged
    for world in {one.world for one in found}:
        here = {one.policy: one.figures for one in found if one.world == world}
        assert {one.policy for one in found if one.world == world and one.front} == set(unbeaten(here))
    first = found[0]
    costs = [played[n].cost_per_order_minor for n, one in enumerate(named) if one.policy == first.policy][:2]
    assert first.figures.cost_per_order_minor == pytest.approx(sum(costs) / 2)
    assert (first.cost_from, first.cost_to) == (min(costs), max(costs))
    assert len(first.digests) == 2


def test_the_report_names_the_front_and_how_to_install_it(read: Folder) -> None:
    named = variants(read_axes(["policy=nearest,sparing", "close=none,A"]), World())
    found = outcomes(read, named, [play(read, one.variant) for one in named])
    found = [replace(one, front=True) for one in found]
    page = sweep_html(found, "USD", "Sweep of <x>", Path("it's.json"))
    assert "Sweep of &lt;x&gt;" in page and "<script" not in page
    assert page.count("<svg") == 2
    assert (
        page.count("anyshelf policy install &#x27;it&#x27;&quot;&#x27;&quot;&#x27;s.json&#x27; sparing") == 2
    )
    assert "install &#x27;it&#x27;&quot;&#x27;&quot;&#x27;s.json&#x27; nearest" not in page


def test_the_command_tells_shows_and_keeps(folder: Path, tmp_path: Path) -> None:
    kept, page = tmp_path / "sweep.json", tmp_path / "sweep.html"
    vary = ["--vary", "parcel_minor=0,50", "--vary", "demand=1,2", "--processes", "2"]
    asked = ["sweep", str(folder), *vary, "--out", str(kept), "--report", str(page)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    for word in ("●", "demand=2", "sparing,parcel_minor=50"):
        assert word in done.stdout
    told = json.loads(kept.read_text())
    assert [one["policy"] for one in told["variants"]][:2] == [
        "sparing,parcel_minor=0",
        "sparing,parcel_minor=50",
    ]
    assert told["variants"][1]["install"] == {
        "parcel_minor": 50.0, "late_day_minor": 0.0, "breadth_weight": 0.75, "lookahead_weight": 0.0,
    }  # fmt: skip
    again = json.loads(CliRunner().invoke(app, [*asked[:6], "--json"]).stdout)
    assert again == told
    assert "sparing,parcel_minor=50" in page.read_text()


def test_the_command_refuses_by_name(folder: Path) -> None:
    for vary, code in ((["policy=best"], 2), (["close=X"], 2), (["tariff:none=2"], 2)):
        done = CliRunner().invoke(app, ["sweep", str(folder), *(f"--vary={one}" for one in vary)])
        assert done.exit_code == code, done.output
    lost = ["sweep", str(folder), "--vary=demand=1", "--dask", "tcp://127.0.0.1:9"]
    assert CliRunner().invoke(app, lost).exit_code == 3


def test_a_process_that_ends_takes_only_what_was_not_done_yet(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The last of the variants ends its process, as one without memory would."""
    monkeypatch.setattr(crew, "_play_here", play_or_end)
    kept = tmp_path / "kept.json"
    asked = ["sweep", str(folder), "--vary=policy=nearest,cheapest", "--vary=seed=1,13", "--processes=1"]
    done = CliRunner().invoke(app, [*asked, "--out", str(kept)])
    assert done.exit_code == 3, done.output
    assert "nearest" in done.stdout and "cheapest" in done.stdout
    assert "2 of 4 were not played" in done.stderr and "cheapest, seed 13" in done.stderr
    told = json.loads(kept.read_text())
    assert told["missing"] == ["nearest, seed 13", "cheapest, seed 13"]
    assert [(one["policy"], len(one["digests"])) for one in told["variants"]] == [
        ("nearest", 1),
        ("cheapest", 1),
    ]


def play_or_end(variant: Variant) -> Figures:
    if variant.world.seed == 13:
        time.sleep(1)  # those before it are told by then
        os._exit(9)
    return play(crew._here[0], variant)


def test_what_a_cluster_cannot_play_is_missing(read: Folder) -> None:
    asked = [Variant("cheapest"), Variant("unheard of")]
    with LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:  # type: ignore[no-untyped-call]
        got: list[int] = []
        with pytest.raises(Lost, match="KeyError"):
            for number, _ in over_dask(read, asked, cluster.scheduler_address):
                got.append(number)
    assert got == [0]


def test_where_nothing_can_be_written_nothing_is_played(folder: Path, tmp_path: Path) -> None:
    asked = [
        "sweep",
        str(folder),
        "--vary=demand=1",
        "--dask",
        "tcp://127.0.0.1:9",
    ]  # playing would end with 3
    for more in (["--out", str(tmp_path)], ["--report", str(tmp_path / "none" / "page.html")]):
        done = CliRunner().invoke(app, asked + more)
        assert done.exit_code == 2 and "cannot be written" in done.stderr, done.output
    same = ["--out", str(tmp_path / "a"), "--report", str(tmp_path / "a")]
    assert CliRunner().invoke(app, asked + same).exit_code == 2
    fine = ["--out", str(tmp_path / "b")]
    assert CliRunner().invoke(app, asked + fine).exit_code == 3
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    "words", [["--since=2030-01-01"], ["--until=2000-01-01"], ["--vary=demand=0"], ["--vary=demand=1,0.1"]]
)
def test_where_no_order_is_left_nothing_is_played(folder: Path, words: list[str]) -> None:
    done = CliRunner().invoke(app, ["sweep", str(folder), "--vary=policy=nearest", *words])
    assert done.exit_code == 2 and "No order is left" in done.stderr, done.output
