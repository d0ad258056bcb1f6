"""What looking ahead is worth where baskets hardly ever repeat: a US grocer's households, scarce stock.

python -m benchmarks.long_tail [--history DIR] [--levels 1.1 1.6] [--seeds 0 1 2] [--wait-days 0 4]
    [--promise-days 5] [--solves 20] [--scenarios 5] [--rounds 10] [--sample us_grocer] [--reference]
    [--sets 2 5 20] [--weeks 26 --articles 100 300 1000 3000] [--write]

Played are the sample's orders of at most ten lines that the exact kernel takes whole, four weeks of them;
learned is only from what the same households bought before: with `--history`, a folder with orders, lines and
skus of The Complete Journey as Parquet, from the 13 weeks before the sample; without, from its first two
weeks, and the last two are played. With ``--weeks`` what these households bought in so many weeks at the end
of the year is played and as many before are learned from, both of the articles bought oftenest before: many
orders, and many units of each article. Stock: of each SKU ``level`` times what is asked for in the time
played, laid where the sample has it. So everybody can fill every order, and the cost tells.

"Rehearsed" prices are felt as far as they paid on the younger half of the past, or not at all, as checkout
does it.

Beside the policies stands the best plan known to one who knew all orders: what is then left of the distance
is the bound's. With ``--reference`` also prices of the true future, which nobody has, and those of a future
with the same SKUs in other baskets. With ``--sets`` also prices of past orders that are taken apart into sets
of articles bought together at least so often, and single lines: what clustering costs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.long_tail_sets import parts
from benchmarks.long_tail_streams import chosen, compact, stocked, world
from benchmarks.machine import write_result
from routing.problem import Floats
from routing.replay.clairvoyant import clairvoyant
from routing.replay.forecast import Forecast
from routing.replay.foresight import Outlook
from routing.replay.hindsight import hindsight
from routing.replay.policies import POLICIES, Policy
from routing.replay.rehearsal import rehearsed
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import Ground, Stream


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The future itself, as nobody has it: how often each order of the pool still comes."""

    pool: Stream

    def future(self, now: int, coming: float, chance: np.random.Generator) -> Floats:
        weights = np.zeros(len(self.pool.order_ids))
        weights[now:] = 1.0
        return weights


def torn(stream: Stream, past: int, seed: int) -> Stream:
    """The same SKUs as often, in orders of the same sizes, but dealt out anew: what belongs together is
    lost.
    """
    sku, first = stream.sku.copy(), int(stream.start[past])
    sku[first:] = np.random.default_rng(seed).permutation(sku[first:])
    order = np.repeat(np.arange(len(stream.order_ids)), np.diff(stream.start))
    _, once = np.unique(order * (sku.max() + 1) + sku, return_index=True)
    once.sort()  # a SKU that an order drew twice counts once
    start = np.searchsorted(order[once], np.arange(len(stream.order_ids) + 1)).astype(np.int64)
    return replace(stream, sku=sku[once], quantity=stream.quantity[once], start=start)


def ways(
    ground: Ground, stream: Stream, past: int, given: argparse.Namespace, seed: int
) -> dict[str, tuple[Policy, Settings]]:
    """What is played, with how it looks ahead."""

    def outlook(scenarios: int, forecast: Forecast | None = None) -> Outlook:
        return Outlook(given.solves, scenarios, given.rounds, seed=seed, forecast=forecast)

    plain = Settings(promise_days=given.promise_days, past=past)
    played = {name: (POLICIES[name], plain) for name in ("nearest", "fewest_parcels", "cheapest", "sparing")}
    for count in given.scenarios:
        name = "lookahead" if count == given.scenarios[0] else f"lookahead, {count} futures"
        played[name] = POLICIES["lookahead"], replace(plain, outlook=outlook(count))
    for least in given.sets:
        clustered = outlook(given.scenarios[0], parts(stream, past, least))
        played[f"lookahead, sets of {least}"] = POLICIES["lookahead"], replace(plain, outlook=clustered)
    known, guess = Policy(foresight=True), outlook(given.scenarios[0])
    before = chosen(stream, np.arange(past))
    scale = rehearsed(ground, before, len(stream.order_ids) - past, guess).scale
    best = POLICIES["lookahead" if scale else "sparing"]
    played["lookahead, rehearsed"] = best, replace(plain, outlook=replace(guess, scale=scale))
    for days in given.wait_days:
        settings = replace(plain, outlook=guess, wait_days=days)
        played[f"sparing, waves, {days} days"] = Policy(sparing=True, wave=True), settings
        played[f"lookahead_wave, {days} days"] = POLICIES["lookahead_wave"], settings
    if given.reference:
        sure, apart = outlook(1, Known(stream)), outlook(1, Known(torn(stream, past, seed)))
        played["prices of the true future"] = known, replace(plain, outlook=sure)
        played["prices of its SKUs, baskets torn"] = known, replace(plain, outlook=apart)
        longest = replace(plain, outlook=sure, wait_days=max(given.wait_days))
        played["prices of the true future, waves"] = Policy(foresight=True, wave=True), longest
    return played


def figures(
    ground: Ground, stream: Stream, past: int, given: argparse.Namespace, seed: int
) -> dict[str, Any]:
    """Costs per order of the policies and the bound, and the shares closed."""
    began = time.process_time()
    orders = len(stream.order_ids) - past
    dual = clairvoyant(ground, stream, given.bound_rounds, past).bound_minor / orders
    proven = time.process_time()
    whole = hindsight(ground, stream, past, lambda: given.wave_s - (time.process_time() - proven))
    runs = {
        name: simulate(ground, stream, policy, settings)
        for name, (policy, settings) in ways(ground, stream, past, given, seed).items()
    }
    cost = {name: run.objective_minor / orders for name, run in runs.items()}
    cost["best plan known"] = whole.cost_minor / orders
    bound = max(dual, whole.bound_minor / orders)
    return {
        "orders": orders,
        "past": past,
        "lines_per_order": round(float(np.diff(stream.start)[past:].mean()), 2),
        "units_per_sku": round(float(ground.on_hand.sum() / len(ground.sku_ids)), 1),
        "nodes_per_sku": round(float((ground.on_hand > 0).sum() / len(ground.sku_ids)), 1),
        "cost_per_order_minor": {name: round(value, 2) for name, value in cost.items()},
        "unit_fill": {name: round(run.filled_units / run.units, 4) for name, run in runs.items()},
        "days": {name: round(run.order_days / max(1, run.sent_orders), 2) for name, run in runs.items()},
        "bound_per_order_minor": round(bound, 2),
        "bound_by_dual_ascent_minor": round(dual, 2),
        "closed": {
            name: round((cost["cheapest"] - value) / (cost["cheapest"] - bound), 4)
            for name, value in cost.items()
            if name not in ("nearest", "fewest_parcels", "cheapest")
        },
        "cpu_s": round(time.process_time() - began, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sample", default="us_grocer")
    parser.add_argument("--history", type=Path)
    parser.add_argument("--weeks", type=int, default=0, help="play the year's last weeks (wants --history)")
    parser.add_argument("--articles", type=int, nargs="+", default=[3000])
    parser.add_argument("--levels", type=float, nargs="+", default=[1.1, 1.6])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--wait-days", type=int, nargs="+", default=[0, 4])
    parser.add_argument("--promise-days", type=int, default=5, help="no order waits beyond its promise")
    parser.add_argument("--solves", type=int, default=20)
    parser.add_argument("--scenarios", type=int, nargs="+", default=[5])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--bound-rounds", type=int, default=120)
    parser.add_argument("--reference", action="store_true", help="also what nobody can know")
    parser.add_argument("--sets", type=int, nargs="*", default=[], help="how often together, to be a set")
    parser.add_argument("--wave-s", type=float, default=60.0)
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    rows = []
    for articles in given.articles if given.weeks else [0]:
        ground, stream, past = world(given.sample, given.history, given.weeks, articles)
        for level, seed in product(given.levels, given.seeds):
            there = compact(stocked(ground, stream, past, level, seed), stream, past)
            told = {"level": level, "seed": seed, **figures(*there, past, given, seed)}
            told |= {"articles": articles} if articles else {}
            print(json.dumps(told), file=sys.stderr, flush=True)
            rows.append(told)
    result = {"history": given.history is not None, "outlook": vars(given) | {"history": None}, "rows": rows}
    if given.write:
        sizes = "-articles" if len(given.articles) > 1 else ""
        span = f"-{given.weeks}-weeks{sizes}" if given.weeks else ""
        print(write_result(f"long-tail-{given.sample}{span}", result), file=sys.stderr)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
