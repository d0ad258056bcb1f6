"""What the pool of a database takes in a process that does nothing else: python -m benchmarks.scale_pool URL.

Prints JSON: seconds until it is filled, and megabytes: what its arrays have, what the process has grown by,
and by how much at most meanwhile.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

from inventory.feed import Feed
from inventory.pool import AvailabilityPool
from oms.adapters.clock import elapsed_s
from oms.store.database import connect

MB = 1 << 20


def main() -> None:
    engine, pool = connect(sys.argv[1]), AvailabilityPool()
    with engine.connect():
        pass  # what a connection needs is not the pool's
    gc.collect()
    before_mb, begun_s = _memory_mb("VmRSS"), elapsed_s()
    feed = Feed(engine, pool)
    feed.look()
    filled_s = elapsed_s() - begun_s
    pool.weigh()
    gc.collect()
    state = pool.state
    figures = {
        "filled_s": round(filled_s, 1),
        "weighed_s": round(elapsed_s() - begun_s - filled_s, 2),
        "arrays_mb": round((state.rows.nbytes + state.catalogue.skus.nbytes) / MB, 1),
        "rss_growth_mb": round(_memory_mb("VmRSS") - before_mb, 1),
        "peak_growth_mb": round(_memory_mb("VmHWM") - before_mb, 1),
        "positions": state.rows.positions,
    }
    moved = state.rows.moved()  # as when rows written anew have filled the arrays
    figures["growth_while_rows_move_mb"] = round(_memory_mb("VmRSS") - before_mb, 1)
    assert moved.positions == state.rows.positions
    feed.close()
    print(json.dumps(figures))


def _memory_mb(field: str) -> float:
    told = Path("/proc/self/status").read_text()
    return int(told.split(f"{field}:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
