"""Order and reservation verbs under thousands of schedules, one statement at a time; see tests/races.

`make soak`, or `python -m benchmarks.race_schedules`, runs every schedule with at most two preemptions of the
scenarios with two clients, and seeded ones of the others, on a database server of its own, and writes
benchmarks/results/DATE-races-schedules.json. Arguments: preemptions, seeds, most schedules of a scenario.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.machine import write_result
from oms.adapters.clock import elapsed_s
from oms.adapters.postgres import Embedded
from oms.store.database import migrate
from tests.races.playing import Tally, explored
from tests.races.scenarios import LARGE, SMALL
from tests.races.world import world

PREEMPTIONS, SEEDS, MOST = 2, 300, 5_000


def soaked(folder: Path, preemptions: int, seeds: int, most: int) -> list[Tally]:
    """Every scenario explored; told as it goes."""
    tallies = []
    # What is on disk does not matter to the order of statements.
    with Embedded(folder / "server", durable=False) as server:
        migrate(server.url())
        with world(server.url(), folder / "data") as made:
            for scenario in (*SMALL, *LARGE):
                small = scenario in SMALL
                tally = explored(
                    made,
                    scenario,
                    preemptions=preemptions if small else None,
                    seeds=0 if small else seeds,
                    most=most,
                )
                print(f"{scenario.name}: {tally.schedules} schedules, {len(tally.faults)} faults", flush=True)
                tallies.append(tally)
    return tallies


def figures(tallies: list[Tally], seconds: float) -> dict[str, Any]:
    """The document of a soak."""
    return {
        "schedules": sum(tally.schedules for tally in tallies),
        "statements": sum(tally.steps for tally in tallies),
        "lock_waits": sum(tally.lock_waits for tally in tallies),
        "deadlocks_retried": sum(tally.deadlocks_retried for tally in tallies),
        "faults": sum(len(tally.faults) for tally in tallies),
        "seconds": round(seconds, 1),
        "scenarios": [tally.document() for tally in tallies],
    }


def main(preemptions: int = PREEMPTIONS, seeds: int = SEEDS, most: int = MOST) -> None:
    """The full form."""
    folder = Path(tempfile.mkdtemp(prefix="anyshelf-schedules-"))
    folder.chmod(0o711)
    begun = elapsed_s()
    try:
        tallies = soaked(folder, preemptions, seeds, most)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found = figures(tallies, elapsed_s() - begun)
    path = write_result("races-schedules", found)
    print("\n".join(fault for tally in tallies for fault in tally.faults[:3]))
    print(f"{found['schedules']} schedules, {found['faults']} faults. Written to {path.name}")
    sys.exit(1 if found["faults"] else 0)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]))
