"""The measurements behind docs/mathematics.md at a size at which they take seconds, and their figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import return_nodes, walk_metres
from benchmarks.price_pictures import Rounds
from benchmarks.tour_gaps import chosen, run, summary
from benchmarks.vrp_files import SAMPLES, read_solomon, read_vrplib
from benchmarks.wave_instances import instance

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"


@pytest.mark.parametrize("solver", ["anyshelf", "or_tools"])
def test_both_solvers_plan_a_day_and_never_below_the_optimum(solver: str) -> None:
    found = run("samples", read_solomon(SAMPLES / "R101.txt"), solver, 1)
    assert found.unvisited == 0 and found.gap_percent is not None and 0 <= found.gap_percent < 10
    (row,) = summary([found])
    assert (row["instances"], row["mean_gap_percent"]) == (1, round(found.gap_percent, 2))


def test_a_day_without_a_plan_has_no_gap() -> None:
    found = run("samples", read_vrplib(SAMPLES / "R211R0.5.vrp"), "or_tools", 1)
    assert (found.gap_percent is None) == (found.unvisited > 0)


def test_every_sample_is_read() -> None:
    assert [instance.name for _, instance in chosen(None, 1, [], [])] == [
        "C201R0.5", "PR11A", "R101", "R211R0.5", "RC208", "r1_2_1",
    ]  # fmt: skip


def test_the_shortest_walk_saves_on_every_floor() -> None:
    for blocks in walk_metres.BLOCKS:
        row = walk_metres.compared(blocks, 10, lists=2)
        assert 0 < row["shortest_m"] < row["s_shape_m"] and row["saved_percent"] > 0


def test_no_rule_of_thumb_sends_returns_better() -> None:
    told = return_nodes.figures(every=150)
    net = told["net_minor_per_unit"]
    assert net["best"] >= max(net["nearest"], net["centre"])
    assert sum(told["went_units"].values()) == told["units"] > 0


def test_a_wave_drawn_by_rounds_stops_after_them_and_is_enclosed_by_any_other() -> None:
    wave = instance(60, 12, thin=True)
    early, late = Rounds(2), Rounds()
    found = [early.solved(wave), late.solved(wave)]
    assert found[0].rounds == 2 < found[1].rounds == len(late.bounds)
    for result, other in (found, reversed(found)):
        assert result.bound_minor <= other.cost_minor <= other.before_minor


def test_the_page_tells_what_the_results_say() -> None:
    page = (ROOT / "docs" / "mathematics.md").read_text(encoding="utf-8")
    for row in json.loads(max(RESULTS.glob("*-walks.json")).read_text())["rows"]:
        told = f"| {row['blocks']} | {row['spots']} | {row['s_shape_m']:.0f} m | {row['shortest_m']:.0f} m |"
        assert told in page
    for name in ("tours", "tours-solomon", "tours-multi_trip"):
        for row in json.loads(max(RESULTS.glob(f"*[0-9]-{name}.json")).read_text())["summary"]:
            if row["mean_gap_percent"] is not None:
                told = f"| {row['seconds']} | {row['instances']} | {row['mean_gap_percent']:.2f} % |"
                assert told in page, row
