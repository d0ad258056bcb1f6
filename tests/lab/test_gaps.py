"""A sweep with the clairvoyant bound: once for each stream, and the same whoever computes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from distributed import LocalCluster
from typer.testing import CliRunner

from api.cli import app
from oms.adapters.folder import read_folder
from oms.adapters.folder_replay import replay_of
from oms.adapters.folder_values import Folder
from oms.lab.axes import read_axes, variants
from oms.lab.gaps import measured, measures, tasks
from oms.lab.playing import Bounding, Done, Task, Variant, Weights, World, perform
from routing.replay.report import Figures, compare
from tests.replay.test_days import FILES

ROUNDS = 12
SCARCE = {
    "nodes.csv": "id,lat,lon,country\nEAST,40.7,-74.0,US\nWEST,37.8,-122.4,US\n",
    "skus.csv": "id,weight_g\nMUG,350\nPOT,900\n",
    "stock.csv": "node,sku,on_hand\nEAST,MUG,1\nEAST,POT,1\nWEST,MUG,5\n",
    "orders.csv": "id,placed_at,lat,lon,country\n"
    "1,2017-10-06T17:00:00Z,39.0,-98.0,US\n"
    "2,2017-10-07T17:00:00Z,40.7,-74.0,US\n",
    "lines.csv": "order,sku,quantity\n1,MUG,1\n2,MUG,1\n2,POT,1\n",
    "tariffs.csv": "name,up_to_g,minor\nnear,5000,500\nfar,5000,510\n",
    "lanes.csv": "node,tariff,transit_days\nEAST,near,2\nWEST,far,2\n",
    "network.json": "{}",
}
"""The first order takes the mug that the second would have had in one parcel with its pot: for ten cents."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {**FILES, **SCARCE, "calendars.csv": None, "replenishments.csv": None}.items():
        if text is not None:
            (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def read(folder: Path) -> Folder:
    return read_folder(folder)


def test_the_gap_is_that_of_a_plain_replay(read: Folder) -> None:
    named = variants(read_axes(["policy=nearest,cheapest,sparing"]), World())
    by = measures(read, named, ROUNDS)
    done = {task: perform(read, task) for task in tasks(named, by)}
    plain = compare(*replay_of(read), ("nearest", "cheapest", "sparing"), rounds=ROUNDS)
    assert plain.bound_per_order_minor == pytest.approx(505)  # (510 + 500) / 2 for one who knew
    for one in named:
        figures, bound = measured(one, done, by)
        assert figures == plain.policies[one.policy]
        assert bound == plain.bound_per_order_minor
    assert plain.policies["cheapest"].cost_per_order_minor == pytest.approx(755)
    assert plain.policies["cheapest"].gap_closed == 0


def test_each_stream_has_one_bound_and_each_world_one_myopic_engine(read: Folder) -> None:
    words = [
        "policy=sparing",
        "parcel_minor=0,50",
        "close=none,WEST",
        "reject_rate=0,0.2",
        "promise_days=2,5",
    ]
    named = variants(read_axes(words), World())
    asked = tasks(named, measures(read, named, ROUNDS))
    bounds = [task for task in asked if isinstance(task, Bounding)]
    assert len(bounds) == 2 and len(asked) == len(named) + 2 + 8
    assert list(asked.values())[:2] == [
        "bound with close=none,reject_rate=0,promise_days=2",
        "cheapest for the gap with close=none,reject_rate=0,promise_days=2, seed 0",
    ]
    of_chance = variants(read_axes(["demand=2,2.5", "seed=1,2"]), World())
    found = [task for task in tasks(of_chance, measures(read, of_chance, 1)) if isinstance(task, Bounding)]
    assert sorted(one.stream.seed for one in found) == [0, 1, 2]
    assert len(tasks(named, measures(read, named, 0))) == len(named)


def test_a_variant_that_is_the_myopic_engine_is_not_played_twice(read: Folder) -> None:
    named = variants(read_axes(["policy=cheapest,sparing", "parcel_minor=0,50"]), World())
    asked = tasks(named, measures(read, named, ROUNDS))
    assert len(asked) == 4 + 1
    assert Variant("cheapest", Weights(0.0, 0.0)) not in asked


def test_what_is_felt_does_not_move_the_bound(read: Folder) -> None:
    """A variant that feels parcels dearly has a cost above the bound on costs."""
    named = variants(
        read_axes(["policy=cheapest,sparing", "parcel_minor=0,5000", "late_day_minor=0,70"]), World()
    )
    by = measures(read, named, ROUNDS)
    done = {task: perform(read, task) for task in tasks(named, by)}
    told = [measured(one, done, by) for one in named]
    assert len({bound for _, bound in told}) == 1
    for figures, bound in told:
        assert bound is not None and figures.gap_closed is not None
        assert bound <= figures.cost_per_order_minor + 1e-6


def test_without_its_bound_a_variant_has_no_gap(read: Folder) -> None:
    [one] = variants(read_axes(["policy=sparing"]), World())
    by = measures(read, [one], ROUNDS)
    done: dict[Task, Done] = {one.variant: perform(read, one.variant)}
    figures, bound = measured(one, done, by)
    assert isinstance(figures, Figures) and (figures.gap_closed, bound) == (None, None)


def test_one_process_several_and_a_cluster_tell_the_same(folder: Path, tmp_path: Path) -> None:
    words = [
        "--vary=policy=nearest,sparing",
        "--vary=tariffs=1,2",
        "--vary=seed=1,2",
        "--rounds",
        str(ROUNDS),
    ]
    asked = ["sweep", str(folder), *words, "--out"]
    ways = {"one": ["--processes=1"], "two": ["--processes=2"]}
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:  # type: ignore[no-untyped-call]
        ways["far"] = ["--dask", cluster.scheduler_address]
        for name, way in ways.items():
            page = ["--report", str(tmp_path / f"{name}.html")]
            done = CliRunner().invoke(app, [*asked, str(tmp_path / name), *way, *page])
            assert done.exit_code == 0, done.output
            assert "clairvoyant bound" in done.stdout and "gap" in done.stdout
    files = [(tmp_path / name).read_bytes() for name in ways]
    assert files[0] == files[1] == files[2]
    told = json.loads(files[0])["variants"]
    assert [one["bound_per_order_minor"] for one in told] == pytest.approx([505, 505, 1010, 1010])
    assert all(one["figures"]["gap_closed"] is not None for one in told)
    shown = (tmp_path / "far.html").read_text()
    assert shown.count("<h2>tariffs=2: share of the gap closed") == 1
    assert "cost an order (line: clairvoyant bound, 10.10)" in shown


def test_without_rounds_nothing_is_said_of_a_gap(folder: Path) -> None:
    done = CliRunner().invoke(app, ["sweep", str(folder), "--vary=policy=nearest", "--processes=1"])
    assert done.exit_code == 0 and "gap" not in done.stdout and "bound" not in done.stdout
