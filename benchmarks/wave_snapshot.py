"""How long a full wave takes in the product, step by step: reading 2,000 open orders, solving, applying.

`python -m benchmarks.wave_snapshot`: orders over HTTP's use cases into a database of its own, then waves over
them by the worker's code. By the clock and by processor time of this process.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

from api.app import create_app
from benchmarks.checkout_world import CITIES, SEED, SKUS, furnish
from benchmarks.machine import throwaway_database, write_result
from oms.actors import SYSTEM, Role
from oms.bootstrap import Runtime, start
from oms.settings import Settings
from oms.usecases import waves
from oms.usecases.keys import create_key
from oms.usecases.waves import MOST_ORDERS, run_waves, submit_wave
from oms.work import transact
from routing.warm import warm_up
from routing.wave.warm import warm_waves

STEPS = ("look", "join", "solve_wave", "dated", "_apply")


def main() -> None:
    """Print and write down the seconds of each step."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--orders", type=int, default=MOST_ORDERS)
    asked.add_argument("--nodes", type=int, default=200)
    asked.add_argument("--write", action="store_true")
    given = asked.parse_args()
    warm_up()
    warm_waves()
    with throwaway_database() as url, tempfile.TemporaryDirectory() as folder:
        running = start(Settings(database_url=url, data_dir=Path(folder)))
        try:
            furnish(running, given.nodes)
            began = time.perf_counter()
            _place(running, given.orders)
            print(f"{given.orders} orders placed in {time.perf_counter() - began:.1f} s")
            rows = [_wave(running) for _ in range(2)]
        finally:
            running.close()
    for row in rows:
        print(
            {name: value if isinstance(value, (str, int)) else round(value, 3) for name, value in row.items()}
        )
    if given.write:
        print(write_result("wave-snapshot", {"orders": given.orders, "nodes": given.nodes, "waves": rows}))


def _place(running: Runtime, orders: int) -> None:
    """Baskets of one to four SKUs, popular ones more often, to homes around the cities."""
    made = transact(
        running, SYSTEM, lambda work: create_key(work, name="b", role=Role.STOREFRONT, channels=["web"])
    )
    running.refresher.look()
    chance = np.random.default_rng([SEED, orders])
    popular = 1.0 / np.arange(1, SKUS + 1)
    with TestClient(create_app(running), headers={"Authorization": f"Bearer {made.secret}"}) as client:
        for number in range(orders):
            lat, lon, _ = CITIES[chance.integers(len(CITIES))]
            wanted = chance.choice(SKUS, size=chance.integers(1, 5), replace=False, p=popular / popular.sum())
            body = {
                "channel": "web",
                "currency": "USD",
                "method": "ship",
                "lines": [
                    {"id": str(line), "sku": f"S{sku}", "quantity": 1, "unit_price_minor": 1_000}
                    for line, sku in enumerate(wanted.tolist(), 1)
                ],
                "destination": {
                    "country": "US",
                    "postcode": "10001",
                    "street": "1 Main St",
                    "lat": float(lat + chance.normal(0, 0.3)),
                    "lon": float(lon + chance.normal(0, 0.3)),
                },
            }
            answer = client.put(f"/v1/orders/o-{number}", json=body)
            assert answer.status_code == 201, answer.text


def _wave(running: Runtime) -> dict[str, Any]:
    running.feed.look()
    taken: dict[str, Any] = {}
    mine = transact(running, SYSTEM, lambda work: submit_wave(work, ""))
    with _timed(taken):
        began = time.perf_counter()
        run_waves(running)
        taken["all"] = time.perf_counter() - began
    with running.engine.connect() as conn:
        done = waves.get_wave(conn, mine.id)
    assert done.state == "done", done
    return taken | {
        "orders": done.orders,
        "before": done.before_minor,
        "after": done.after_minor,
        "gap": done.gap,
    }


@contextmanager
def _timed(taken: dict[str, Any]) -> Iterator[None]:
    """The use case with a clock around each of its steps."""
    kept = {name: vars(waves)[name] for name in STEPS}

    def clocked(name: str) -> Any:
        def run(*given: Any, **more: Any) -> Any:
            began, used = time.perf_counter(), time.process_time()
            try:
                return kept[name](*given, **more)
            finally:
                taken[name.strip("_")] = time.perf_counter() - began
                taken[f"{name.strip('_')}_cpu"] = time.process_time() - used

        return run

    for name in STEPS:
        setattr(waves, name, clocked(name))
    try:
        yield
    finally:
        for name, step in kept.items():
            setattr(waves, name, step)


if __name__ == "__main__":
    main()
