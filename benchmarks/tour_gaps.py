"""How far courier tours are from the best known, ours and OR-Tools', on instances of the literature.

python -m benchmarks.tour_gaps [--data DIR] [--run SECONDS:COUNT …] [--rival SECONDS:COUNT …]
    [--sets SET …] [--only NAME,NAME …] [--add FILE] [--write]

``DIR`` holds the sets as folders (see ``SETS``); without it what is in ``samples/vrp`` is run. Of each set so
many instances are taken, evenly spaced over the sorted names. Seconds are of processor time, on one thread:
on an idle machine the same on the clock, on a busy one the figures stay comparable. Every plan is recounted.
``--add`` goes on with the runs of an earlier result. What is run of some ``--sets`` alone is written to a
file of their name.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import write_result
from benchmarks.tours_or_tools import solved
from benchmarks.vrp_files import SAMPLES, Instance, read_solomon, read_vrplib
from routing.tour_values import Tours
from routing.tours import plan_tours
from routing.tours_recount import faults, recounted

SETS = {
    "solomon": ("solomon_100", "*.txt", 1),
    "gehring_homberger_200": ("GehringHomberger", "*_2_*.txt", 1),
    "multi_trip": ("MTVRPTWR", "*.vrp", 1),
    "multi_depot": ("MDVRPTW", "*.vrp", 6),
    "prizes": ("PCVRPTW", "*.vrp", 6),
}
"""Folder, files, and how many times fewer instances are taken."""

ENDLESS = 10**9


@dataclass(frozen=True, slots=True)
class Run:
    set: str
    instance: str
    stops: int
    solver: str
    seconds: int
    cpu_s: float
    wall_s: float
    rounds: int
    vans: int
    cost: int
    best: int
    gap_percent: float | None  # none where stops that have to be visited are not
    unvisited: int


def chosen(
    data: Path | None, count: int, sets: Sequence[str], only: Sequence[str]
) -> Iterator[tuple[str, Instance]]:
    """Set and instance, evenly spaced over the names of each of the ``sets``; ``only`` those named, if any
    are.
    """
    if data is None:
        for path in sorted([*SAMPLES.glob("*.txt"), *SAMPLES.glob("*.vrp")]):
            yield "samples", read(path)
        return
    for name, (folder, pattern, fewer) in ((name, SETS[name]) for name in sets):
        paths = sorted((data / folder).glob(pattern))
        if only:
            yield from ((name, read(path)) for path in paths if path.stem in only)
            continue
        wanted = count // fewer
        for k in range(min(wanted, len(paths))):
            yield name, read(paths[int((k + 0.5) * len(paths) / wanted)])


def read(path: Path) -> Instance:
    return read_solomon(path) if path.suffix == ".txt" else read_vrplib(path)


def run(name: str, instance: Instance, solver: str, seconds: int) -> Run:
    """One solver for so many seconds of processor time."""
    cpu, wall, problem = time.process_time(), time.perf_counter(), instance.problem

    def left() -> float:
        return seconds - (time.process_time() - cpu)

    if solver == "anyshelf":
        tours: Tours = plan_tours(problem, rounds=ENDLESS, time_left=left)
    else:
        routes = solved(problem, lambda: left() <= 0)
        assert all(fault.endswith("not visited") for fault in faults(problem, routes))
        tours = recounted(problem, routes)
    gap = None if tours.failed else round(100 * (tours.cost / instance.best - 1), 3)
    spent, passed = time.process_time() - cpu, time.perf_counter() - wall
    return Run(
        name, instance.name, len(problem.stops), solver, seconds, round(spent, 1), round(passed, 1),
        tours.rounds, len(tours.tours), tours.cost, instance.best, gap, len(tours.failed),
    )  # fmt: skip


def summary(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Mean and worst gap by set, solver and seconds."""
    keys = sorted({(r.set, r.solver, r.seconds) for r in runs})
    rows = []
    for key in keys:
        here = [r for r in runs if (r.set, r.solver, r.seconds) == key]
        gaps = [r.gap_percent for r in here if r.gap_percent is not None]
        rows.append(
            {
                "set": key[0], "solver": key[1], "seconds": key[2], "instances": len(here),
                "without_a_plan": len(here) - len(gaps),
                "mean_gap_percent": round(statistics.fmean(gaps), 2) if gaps else None,
                "worst_gap_percent": round(max(gaps), 2) if gaps else None,
            }
        )  # fmt: skip
    return rows


def _pair(told: str) -> tuple[int, int]:
    seconds, _, count = told.partition(":")
    return int(seconds), int(count or 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--run", type=_pair, action="append", default=[])
    parser.add_argument("--rival", type=_pair, action="append", default=[])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=[])
    parser.add_argument("--only", type=lambda told: told.split(","), default=[])
    parser.add_argument("--add", type=Path)
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    plans = [("anyshelf", *pair) for pair in given.run] + [("or_tools", *pair) for pair in given.rival]
    runs = [Run(**told) for told in json.loads(given.add.read_text())["runs"]] if given.add else []
    kept_as = "-".join(["tours", *given.sets])
    for solver, seconds, count in sorted(plans, key=lambda plan: plan[1]) or [("anyshelf", 1, 1)]:
        for name, instance in chosen(given.data, count, given.sets or list(SETS), given.only):
            runs.append(run(name, instance, solver, seconds))
            print(runs[-1], file=sys.stderr)
            if given.write:  # after each, so that a run that is broken off is not lost
                write_result(kept_as, {"summary": summary(runs), "runs": [asdict(r) for r in runs]})
    print(json.dumps(summary(runs), indent=1))


if __name__ == "__main__":
    main()
