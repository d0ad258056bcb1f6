"""What prices that look ahead cost a promise: processor time of one, in process, without prices and with.

python -m benchmarks.ahead_latency [--promises 2000] [--write]

Baskets of three lines over 200 nodes, all methods, as ``bench_checkout`` asks them, by
the compiled way. The way that explains and decides, which orders take, is measured without prices and with.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.routes.checkout import whereabouts
from api.wire.checkout import PromisesAsk
from benchmarks.checkout_world import SKUS, furnish, promise_asks
from benchmarks.machine import throwaway_database, write_result
from oms.actors import SYSTEM
from oms.bootstrap import Runtime, start
from oms.memory.bid_prices import Book, Row
from oms.orders.quote import Wanted
from oms.settings import Settings
from oms.steps.recent_days import EPOCH
from oms.store.bid_prices import DAY_CELL
from oms.usecases import promises, quick_promises

NODES = 200


def quick(running: Runtime, ask: PromisesAsk) -> object:
    """The checkout's way: the compiled one where it takes the basket, else the other."""
    told = quick_promises.promise(running, SYSTEM, ask, whereabouts(ask.destination), tuple(ask.methods))
    return told if told is not None else whole(running, ask)


def whole(running: Runtime, ask: PromisesAsk) -> object:
    """The way that explains and decides."""
    wanted = tuple(Wanted(line.id, line.sku, line.quantity) for line in ask.lines)
    basket = promises.Basket(wanted, ask.channel, tuple(ask.methods), whereabouts(ask.destination))
    return promises.promise(running, SYSTEM, basket)


def weigh(running: Runtime, weight: float, rows: Mapping[int, Row], days: NDArray[Any]) -> None:
    """Have this process feel these prices."""
    loaded = running.networks.current
    running.networks.current = replace(loaded, policy=replace(loaded.policy, lookahead_weight=weight))
    running.bid_prices.books = (Book(running.clock.now() + timedelta(days=1), rows, days),)


def microseconds(ask: Callable[[PromisesAsk], object], asks: list[PromisesAsk]) -> float:
    """Median processor time of one."""
    taken = []
    for one in asks:
        began = time.thread_time_ns()
        ask(one)
        taken.append(time.thread_time_ns() - began)
    return round(float(np.median(taken)) / 1000, 1)


def rows_of(running: Runtime, skus: range) -> dict[int, Row]:
    """A price at every second node for each of these."""
    chance = np.random.default_rng(0)
    nodes = np.array([node.no for node in running.pool.catalogue.nodes.values()], np.int32)[::2]
    find = running.pool.catalogue.skus
    return {find[f"S{i}"].no: (nodes, chance.uniform(1, 500, nodes.size)) for i in skus}


def days_of(running: Runtime) -> NDArray[Any]:
    """A price at every second node for each of the next two weeks' days."""
    chance, today = np.random.default_rng(0), (running.clock.now().date() - EPOCH).days
    numbers = [node.no for node in running.pool.catalogue.nodes.values()][::2]
    cells = [(no, today + day, chance.uniform(1, 500)) for no in numbers for day in range(14)]
    return np.array(cells, DAY_CELL)


def measured(running: Runtime, count: int) -> dict[str, float]:
    asks = [PromisesAsk.model_validate(ask) for ask in promise_asks(count)]
    all_skus, ways = rows_of(running, range(SKUS)), {}
    none, busy = np.zeros(0, DAY_CELL), days_of(running)
    cases: list[tuple[str, float, Mapping[int, Row], NDArray[Any], Any]] = [
        ("no_prices", 0.0, {}, none, quick),
        ("prices_of_other_skus", 1.0, {-1: next(iter(all_skus.values()))}, none, quick),
        ("prices_of_days", 1.0, {}, busy, quick),
        ("prices_of_its_skus", 1.0, all_skus, none, quick),
        ("prices_of_its_skus_and_days", 1.0, all_skus, busy, quick),
        ("no_prices_whole_way", 0.0, {}, none, whole),
        ("prices_of_its_skus_whole_way", 1.0, all_skus, none, whole),
        ("prices_of_its_skus_and_days_whole_way", 1.0, all_skus, busy, whole),
    ]
    for name, weight, rows, days, way in cases:
        weigh(running, weight, rows, days)
        microseconds(partial(way, running), asks[:50])
        ways[name] = microseconds(partial(way, running), asks)
    return ways


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--promises", type=int, default=2000)
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    with TemporaryDirectory() as folder, throwaway_database() as url:
        running = start(Settings(database_url=url, data_dir=Path(folder)))
        try:
            furnish(running, NODES)
            result = {"nodes": NODES, "promises": given.promises, "cpu_us": measured(running, given.promises)}
        finally:
            running.close()
    if given.write:
        print(write_result("ahead-latency", result), file=sys.stderr)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
