"""How many order lines a minute the replay plays, by the exact engine without prices, on one core.

python -m benchmarks.replay_speed [--write]

Processor time, compilation done: each sample whole, and its orders that the exact kernel takes whole.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from benchmarks.long_tail_streams import small
from benchmarks.machine import ROOT, write_result
from oms.adapters.folder_read import read_folder
from oms.adapters.folder_replay import replay_of
from routing.replay.policies import POLICIES
from routing.replay.simulate import simulate
from routing.replay.stream import Ground, Stream


def speed(ground: Ground, stream: Stream) -> dict[str, Any]:
    """Lines a minute, and how many orders went other ways than the exact kernel's first programme."""
    began = time.process_time()
    played = simulate(ground, stream, POLICIES["cheapest"])
    seconds = time.process_time() - began
    return {
        "orders": played.orders,
        "lines": played.lines,
        "cpu_s": round(seconds, 2),
        "lines_per_minute": round(played.lines / seconds * 60),
        "beyond_exact": played.large,
        "node_by_node": played.by_node,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    result: dict[str, Any] = {}
    for name in ("us_grocer", "uk_retailer"):
        ground, stream = replay_of(read_folder(ROOT / "samples" / name))
        simulate(ground, stream.part(0, 200), POLICIES["cheapest"])
        result[name] = {"all": speed(ground, stream), "taken whole": speed(ground, small(stream))}
    if given.write:
        print(write_result("replay-speed", result), file=sys.stderr)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
