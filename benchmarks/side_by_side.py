"""Every policy of the replay lab on the same orders, with the clairvoyant bound beside them.

python -m benchmarks.side_by_side [FOLDER …] [--policy a,b,c] [--rounds 60] [--write NAME]
    [--solves 20] [--scenarios 5] [--horizon-days DAYS]

Without a folder both samples are played. A grocer's whole year, too large to be one, comes from
`python scripts/derive_us_grocer_year.py DATA FOLDER`; there a solve that looked to the end of the year would
take hours and see little. Every policy is told as soon as it is done.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import ROOT, write_result
from oms.adapters.folder_read import read_folder
from oms.adapters.folder_replay import replay_of
from routing.replay.clairvoyant import USUAL_ROUNDS
from routing.replay.foresight import Outlook
from routing.replay.policies import POLICIES
from routing.replay.report import compare
from routing.replay.simulate import Settings

SAMPLES = (ROOT / "samples" / "us_grocer", ROOT / "samples" / "uk_retailer")
DAY = np.timedelta64(1, "D")
TOLD = (
    "cost_per_order_minor",
    "objective_per_order_minor",
    "paid_per_order_minor",
    "parcels_per_order",
    "line_fill",
    "unit_fill",
    "days",
    "on_time",
    "co2_kg_per_order",
    "gap_closed",
    "beyond_exact",
    "digest",
)


def played(folder: Path, policies: Sequence[str], rounds: int, outlook: Outlook) -> dict[str, Any]:
    """What each policy came to on the orders of a folder."""
    ground, stream = replay_of(read_folder(folder))
    began, last = time.process_time(), len(stream.order_ids)

    def progress(name: str, done: int) -> None:
        if done == last:
            print(f"{folder.name}: {name}, {time.process_time() - began:,.0f} s so far", file=sys.stderr)

    found = compare(ground, stream, policies, Settings(outlook=outlook), rounds, progress)
    return {
        "orders": found.orders,
        "lines": found.lines,
        "units": found.units,
        "nodes": len(ground.node_ids),
        "currency": found.currency,
        "bound_per_order_minor": found.bound_per_order_minor,
        "bound_rounds": rounds,
        "outlook": {
            "solves": outlook.solves,
            "scenarios": outlook.scenarios,
            "rounds": outlook.rounds,
            "horizon_days": None if outlook.horizon is None else int(outlook.horizon / DAY),
        },
        "cpu_s": round(time.process_time() - began),
        "policies": {
            name: {key: value for key, value in asdict(one).items() if key in TOLD}
            for name, one in found.policies.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="*", type=Path, default=SAMPLES)
    parser.add_argument("--policy", default=",".join(POLICIES), help="names with commas between")
    parser.add_argument("--rounds", type=int, default=USUAL_ROUNDS, help="that lift the bound; 0: without it")
    parser.add_argument("--solves", type=int, default=20, help="of policies that look ahead")
    parser.add_argument("--scenarios", type=int, default=5, help="futures of each solve")
    parser.add_argument("--horizon-days", type=int, help="how far a solve looks; usually to the last order")
    parser.add_argument("--write", metavar="NAME", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    horizon = given.horizon_days * DAY if given.horizon_days else None
    outlook = Outlook(given.solves, given.scenarios, horizon=horizon)
    policies = given.policy.split(",")
    result = {folder.name: played(folder, policies, given.rounds, outlook) for folder in given.folder}
    if given.write:
        print(write_result(given.write, result), file=sys.stderr)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
