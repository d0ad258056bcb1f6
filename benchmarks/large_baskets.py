"""How far from proven the plans of large baskets are, and what they cost in time, on the US grocer's orders.

python -m benchmarks.large_baskets [--every 4] [--write]

Every ``every``-th order of more than ``FEW`` lines, against the opening stock, is routed as a checkout
would; those that leave the exact kernel are counted by size class. Every plan is recounted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.machine import ROOT, write_result
from oms.adapters.folder_read import read_folder
from oms.adapters.folder_replay import replay_of
from routing.kernel_call import settle
from routing.kernel_pieces import pieces_of
from routing.plan import Plan, Status
from routing.problem import Problem
from routing.replay.node_by_node import problem_at
from routing.route import WORK_LIMIT, route, work_of
from routing.verify import recount
from routing.warm import warm_up

FEW = 8
CLASSES = ((9, 12), (13, 16), (17, 24), (25, 40), (41, 100))


@dataclass(frozen=True, slots=True)
class Routed:
    """One basket beyond the exact kernel."""

    lines: int
    plan: Plan
    seconds: float  # of processor time


def baskets(every: int) -> Iterator[Problem]:
    """The ``every``-th of the orders with more than ``FEW`` lines, each against the opening stock."""
    ground, stream = replay_of(read_folder(ROOT / "samples" / "us_grocer"))
    large = np.flatnonzero(np.diff(stream.start) > FEW)[::every]
    for order in large.tolist():
        yield problem_at(ground, stream, order, ground.on_hand)


def leaves_the_kernel(problem: Problem) -> bool:
    """Whether the exact kernel gives this basket up: too many states, or too many overused nodes."""
    pieces = pieces_of(problem)
    return work_of(pieces) > WORK_LIMIT or not settle(problem, pieces, WORK_LIMIT).exact


def routed(problem: Problem) -> Routed:
    began = time.process_time()
    plan = route(problem)
    seconds = time.process_time() - began
    faults = recount(problem, plan).faults
    assert faults == (), faults
    return Routed(len(problem.line_ids), plan, seconds)


def figures(found: list[Routed]) -> dict[str, dict[str, Any]]:
    """By size class: baskets, proven ones, gaps, objective and processor time."""
    document = {}
    for low, high in CLASSES:
        here = [r for r in found if low <= r.lines <= high]
        if not here:
            continue
        gaps = [r.plan.gap for r in here]
        seconds = sorted(r.seconds for r in here)
        document[f"{low}-{high}"] = {
            "baskets": len(here),
            "proven": sum(r.plan.status is Status.OPTIMAL for r in here),
            "mean_gap_percent": round(100 * statistics.fmean(gaps), 3),
            "max_gap_percent": round(100 * max(gaps), 3),
            "objective_minor": round(sum(r.plan.objective_minor for r in here)),
            "bound_minor": round(sum(r.plan.bound_minor for r in here)),
            "median_cpu_ms": round(1000 * statistics.median(seconds), 1),
            "p95_cpu_ms": round(1000 * seconds[int(0.95 * (len(seconds) - 1))], 1),
            "max_cpu_ms": round(1000 * seconds[-1], 1),
        }
    return document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    warm_up()
    found = [routed(problem) for problem in baskets(given.every) if leaves_the_kernel(problem)]
    result = {"every": given.every, "classes": figures(found)}
    if given.write:
        print(write_result("large-baskets", result), file=sys.stderr)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
