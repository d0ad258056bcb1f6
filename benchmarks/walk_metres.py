"""How many metres pickers save: the shortest walk beside the S-shape, on floors of one to three blocks.

python -m benchmarks.walk_metres [--lists 100] [--write]

Ten aisles, 5 m apart and 40 m long, cut into equal blocks by cross-aisles; spots drawn evenly; from and back
to the front end of the first aisle. Ten to thirty spots: the pick list of one wave.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from typing import Any

from benchmarks.machine import write_result
from routing.walk import s_shape_walk, shortest_walk
from routing.walk_spots import Floor, Spot

AISLES, APART_M, DEEP_M = 10, 5.0, 40.0
BLOCKS = (1, 2, 3)
SPOTS = (10, 20, 30)


def floor_of(blocks: int) -> Floor:
    aisles = tuple(APART_M * n for n in range(AISLES))
    return Floor(aisles, tuple(DEEP_M * n / blocks for n in range(blocks + 1)))


def drawn(count: int, seed: int) -> list[Spot]:
    """Spots to the half metre."""
    rng = random.Random(seed)
    return [Spot(rng.randrange(AISLES), rng.randint(1, int(2 * DEEP_M) - 1) / 2) for _ in range(count)]


def compared(blocks: int, count: int, lists: int) -> dict[str, Any]:
    """Mean metres of both walks and the processor time of the shortest."""
    floor, start = floor_of(blocks), Spot(0, 0.0)
    short, thumb, seconds = [], [], []
    for seed in range(lists):
        spots = drawn(count, seed)
        began = time.process_time()
        short.append(shortest_walk(floor, start, spots).metres)
        seconds.append(time.process_time() - began)
        thumb.append(s_shape_walk(floor, start, spots).metres)
    return {
        "blocks": blocks,
        "spots": count,
        "lists": lists,
        "shortest_m": round(statistics.fmean(short), 1),
        "s_shape_m": round(statistics.fmean(thumb), 1),
        "saved_percent": round(100 * (1 - sum(short) / sum(thumb)), 1),
        "median_cpu_ms": round(1000 * statistics.median(seconds), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lists", type=int, default=100)
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    rows = [compared(blocks, count, given.lists) for blocks in BLOCKS for count in SPOTS]
    if given.write:
        print(write_result("walks", {"rows": rows}), file=sys.stderr)
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
