"""How much of the way from the exact myopic engine to hindsight prices close, on the multi-item instances.

python -m benchmarks.multi_item.table [--network small] [--instances 10] [--streams 3]
    [--levels 0.7 0.9 1.1 1.3] [--processes 2] [--kept FILE] [--past-orders] [--roundings] [--write]

Hindsight is a bound by dual ascent over the stream as it came, a little below the linear programme's value,
so shares closed are told a little too small. `--roundings` adds the papers' policies, over their fluid
programme. The large network takes hours: `--kept` writes each stream to a file as it is done, and what is in
the file already is not played again. `--past-orders` plays only what needs no basket types.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from benchmarks.machine import write_result
from benchmarks.multi_item.instances import PARCEL, Instance, instance
from benchmarks.multi_item.rounding import ROUNDINGS, fluid, played, static_nearest
from routing.problem import Floats, Ints
from routing.replay.dual import ascend
from routing.replay.forecast import BasketTypes
from routing.replay.foresight import Outlook
from routing.replay.places import BY_COST
from routing.replay.policies import POLICIES
from routing.replay.run import Run
from routing.replay.simulate import Settings, simulate

STAGES = ((400, 0.3), (400, 0.1), (400, 0.03), (400, 0.01))
"""Rounds of dual ascent and first steps, in parcels, each stage from where the last one ended: a single one
of 400 rounds stays 0.5 % of the cost below.
"""
LEARNED = 2_000
OUTLOOK = Outlook(solves=100, scenarios=4, rounds=16, step=0.1)
SIGMAS = {"rates off by σ 0.3": 0.3, "rates off by σ 1.0": 1.0}
Stream = tuple[float, int, int]
"""Level of stock, instance, which of its streams."""
SOURCES = ("known rates", "learned from 2,000 orders", "learned on the way", *SIGMAS)
PAST_ORDERS = "past orders, from 2,000"
"""What checkout and `anyshelf replay` do: no basket type is known, the past is drawn anew."""


def closed(one: Instance, seed: int, sources: Sequence[str]) -> dict[str, float]:
    """Costs of one stream in dollars: myopic, hindsight, and lookahead by each source of rates."""
    types = one.arrivals(seed)
    stream, pool = one.stream(types), one.stream(np.arange(len(one.share)))
    counts = np.bincount(types, minlength=len(one.share)).astype(np.float64)
    cost = {
        "myopic": simulate(one.ground, stream, POLICIES["cheapest"]).objective_minor,
        "hindsight": hindsight_minor(one, Run(one.ground, pool, BY_COST), counts),
    }
    for source in sources:
        cost[source] = _lookahead(one, types, source, seed)
    return {name: value / 1e4 for name, value in cost.items()}


def hindsight_minor(one: Instance, run: Run, counts: Floats) -> float:
    """A bound of what the stream costs whoever knew how often each basket comes, a little below the linear
    programme.
    """
    found, best = None, 0.0
    for rounds, step in STAGES:
        from_there = None if found is None else replace(found, swing=None)
        found = ascend(run, counts, one.ground.on_hand, rounds, step * PARCEL, from_there)
        best = max(best, found.bound_minor)
    return best


def _lookahead(one: Instance, types: Ints, source: str, seed: int) -> float:
    chance = np.random.default_rng([seed, 3])
    given: Floats | None = one.share / one.share.sum()
    sure = source == "known rates"
    if source in SIGMAS:
        given = given * np.exp(SIGMAS[source] * chance.normal(size=len(one.share)))
        given = given / given.sum()
    elif not sure:
        given = None
    past = LEARNED if source in ("learned from 2,000 orders", PAST_ORDERS) else 0
    earlier = one.arrivals(seed + 10**6, 3 * LEARNED)[:past]
    every = np.concatenate([earlier, types])
    pool = one.stream(np.arange(len(one.share)))
    types_known = BasketTypes(pool, every, one.region, one.basket, given, sure)
    outlook = replace(OUTLOOK, forecast=None if source == PAST_ORDERS else types_known)
    settings = Settings(past=past, outlook=outlook)
    return simulate(one.ground, one.stream(every), POLICIES["lookahead"], settings).objective_minor


def row(network: str, sources: Sequence[str], level: float, seed: int, turn: int) -> Mapping[str, Any]:
    """Costs and shares closed of one stream."""
    began = time.process_time()
    cost = closed(instance(network, level, seed), 1_000 * seed + turn, sources)
    gap = cost["myopic"] - cost["hindsight"]
    shares = {source: (cost["myopic"] - cost[source]) / gap for source in sources}
    told = {"level": level, "instance": seed, "stream": turn, "closed": shares}
    return {**told, "cost": cost, "cpu_s": time.process_time() - began}


def rows(
    network: str, sources: Sequence[str], streams: Collection[Stream], processes: int
) -> Iterator[Mapping[str, Any]]:
    """One a stream, in turn, as they are done."""
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield from pool.map(partial(row, network, sources), *zip(*streams, strict=True))


def stream_of(found: Mapping[str, Any]) -> Stream:
    """Which stream a row tells of."""
    return found["level"], found["instance"], found["stream"]


def read(kept: Path | None) -> dict[Stream, Mapping[str, Any]]:
    """The rows of an earlier run by their streams."""
    lines = kept.read_text().splitlines() if kept is not None and kept.exists() else []
    return {stream_of(found): found for found in map(json.loads, lines)}


def over_fluid(network: str, instances: int, streams: int) -> dict[str, float]:
    """Mean cost over the fluid programme at the standard stock: the papers' own metric."""
    ratios: dict[str, list[float]] = {}
    for seed in range(instances):
        one = instance(network, 1.0, seed)
        least, shares = fluid(one)
        for turn in range(streams):
            chance = 1_000 * seed + turn
            types = one.arrivals(chance)
            ratios.setdefault("static nearest", []).append(static_nearest(one, types) / least)
            for name, rounding in ROUNDINGS.items():
                ratios.setdefault(name, []).append(played(one, types, shares, rounding, chance) / least)
            myopic = simulate(one.ground, one.stream(types), POLICIES["cheapest"]).objective_minor
            ratios.setdefault("exact myopic", []).append(myopic / least)
            for source in SOURCES[:3]:
                ahead = _lookahead(one, types, source, chance)
                ratios.setdefault(f"lookahead, {source}", []).append(ahead / least)
    return {name: round(fmean(found), 4) for name, found in ratios.items()}


def summary(found: list[Mapping[str, Any]], sources: Sequence[str]) -> dict[str, dict[str, float]]:
    """Share closed by level and source: of the summed distances, so that small ones do not weigh double."""
    table: dict[str, dict[str, float]] = {}
    for level in sorted({row["level"] for row in found}):
        here = [row["cost"] for row in found if row["level"] == level]
        gap = sum(cost["myopic"] - cost["hindsight"] for cost in here)
        table[f"{level:.0%}"] = {
            source: round(sum(cost["myopic"] - cost[source] for cost in here) / gap, 4) for source in sources
        }
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--network", choices=("small", "large"), default="small")
    parser.add_argument("--instances", type=int, default=10)
    parser.add_argument("--streams", type=int, default=3)
    parser.add_argument("--levels", type=float, nargs="+", default=[0.7, 0.9, 1.1, 1.3])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--kept", type=Path, help="file of rows done, one a line, read first and added to")
    parser.add_argument("--past-orders", action="store_true", help="only by past orders drawn anew")
    parser.add_argument("--roundings", action="store_true")
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    wanted = list(product(given.levels, range(given.instances), range(given.streams)))
    done = read(given.kept)
    left = [stream for stream in wanted if stream not in done]
    sources = (PAST_ORDERS,) if given.past_orders else SOURCES
    for one in rows(given.network, sources, left, given.processes) if left else ():
        done[stream_of(one)] = one
        if given.kept is not None:
            with given.kept.open("a") as file:
                print(json.dumps(one), file=file)
        shares = "  ".join(f"{source} {share:.1%}" for source, share in one["closed"].items())
        print(f"{one['level']:.0%} {one['instance']}/{one['stream']}: {shares}", file=sys.stderr, flush=True)
    found = [done[stream] for stream in wanted]
    result: dict[str, Any] = {
        "network": given.network,
        "instances": given.instances,
        "streams": given.streams,
        "closed": summary(found, sources),
    }
    if given.roundings:
        result["cost_over_fluid"] = over_fluid(given.network, given.instances, given.streams)
    if given.write:
        result["rows"] = found
        name = f"multi-item-{given.network}" + ("-past-orders" if given.past_orders else "")
        print(write_result(name, result), file=sys.stderr)
    print(json.dumps({key: value for key, value in result.items() if key != "rows"}, indent=1))


if __name__ == "__main__":
    main()
