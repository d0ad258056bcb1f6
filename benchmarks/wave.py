"""How good waves are, how proven and how fast, on instances of one's own making; every wave is recounted.

python -m benchmarks.wave [--only 1000x200,…] [--seeds 1] [--cpu] [--write]

Each size is solved without a deadline, with one of 2 s, and (thin stock) where units are so scarce that the
linear programme itself is no longer tight. Routing one by one is the baseline. ``--cpu`` counts deadlines in
processor time, for machines that are shared: of two cores that is more than they would take by the clock.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from typing import Any

from benchmarks.machine import write_result
from benchmarks.wave_instances import instance
from routing.wave.problem import Wave
from routing.wave.solve import solve_wave
from routing.wave.verify import wave_faults
from routing.wave.warm import warm_waves

SIZES = ((1_000, 200, 3.0, 0.0005), (5_000, 500, 30.0, 0.001), (10_000, 1_000, 60.0, 0.005))
SHORT_S = 2.0


def solved(wave: Wave, deadline_s: float, slow: float | None) -> dict[str, Any]:
    """Gap, costs and times of one wave within a deadline, by the clock, or in processor time where by the
    clock everything takes ``slow`` times as long."""
    began, cpu = time.monotonic(), time.process_time()

    def left() -> float:
        if slow is None:
            return deadline_s - (time.monotonic() - began)
        return (deadline_s - (time.process_time() - cpu)) * slow

    result = solve_wave(wave, time_left=left)
    seconds, cpu_s = time.monotonic() - began, time.process_time() - cpu
    faults = wave_faults(wave, result)
    assert faults == [], faults[:3]
    return {
        "deadline_s": deadline_s,
        "gap_percent": round(100 * result.gap, 4),
        "cost_minor": round(result.cost_minor),
        "bound_minor": round(result.bound_minor),
        "one_by_one_minor": round(result.before_minor),
        "saved_percent": round(100 * (1 - result.cost_minor / result.before_minor), 2),
        "rounds": result.rounds,
        "seconds": round(seconds, 2),
        "cpu_s": round(cpu_s, 2),
    }


def slowdown() -> float:
    """How much longer than its processor time a wave takes on this machine just now."""
    wave = instance(1_000, 200, seed=99)
    began, cpu = time.monotonic(), time.process_time()
    solve_wave(wave)
    return max(1.0, (time.monotonic() - began) / (time.process_time() - cpu))


def figures(only: set[str], seeds: int, by_cpu: bool) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for orders, nodes, deadline_s, gap in SIZES:
        name = f"{orders}x{nodes}"
        if only and name not in only:
            continue
        slow = slowdown() if by_cpu else None
        waves = [instance(orders, nodes, seed) for seed in range(seeds)]
        document[name] = {
            "wanted": {"gap_percent": 100 * gap, "seconds": deadline_s},
            "full": [solved(wave, deadline_s, slow) for wave in waves],
            "short": [solved(wave, SHORT_S, slow) for wave in waves],
            "thin": [solved(instance(orders, nodes, thin=True), deadline_s, slow)],
        }
        print(json.dumps({name: document[name]}), file=sys.stderr)
    return document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="sizes, as 1000x200,5000x500")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--cpu", action="store_true", help="deadlines in processor time")
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    warm_waves()
    only = set(filter(None, given.only.split(",")))
    result: dict[str, Any] = {"deadlines_by": "processor time" if given.cpu else "the clock"}
    result["instances"] = figures(only, given.seeds, given.cpu)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    result["peak_memory_mb"] = peak_mb
    if given.write:
        print(write_result("wave", result), file=sys.stderr)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
