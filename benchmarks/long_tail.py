"""What looking ahead is worth where baskets hardly ever repeat: a US grocer's households, scarce stock.

python -m benchmarks.long_tail [--history DIR] [--levels 1.1 1.6] [--seeds 0 1 2] [--wait-days 0 4]
    [--solves 20] [--scenarios 5] [--rounds 10] [--sample us_grocer] [--reference] [--write]

Played are the sample's orders of at most ten lines that the exact kernel takes whole, four weeks of them;
learned is only from what the same households bought before: with `--history`, a folder with orders, lines and
skus of The Complete Journey as Parquet, from the 13 weeks before the sample; without, from its first two
weeks, and the last two are played. Stock: of each SKU ``level`` times what is asked for in the time played,
laid where the sample has it. So everybody can fill every order, and the cost tells.

Beside the policies stands the best plan known to one who knew all orders: what is then left of the distance
is the bound's. With ``--reference`` also prices of the true future, which nobody has, and those of a future
with the same SKUs in other baskets.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.machine import ROOT, write_result
from oms.adapters.folder_read import read_folder
from oms.adapters.folder_replay import replay_of
from routing.problem import Floats, Ints
from routing.replay.clairvoyant import clairvoyant
from routing.replay.forecast import Forecast
from routing.replay.foresight import Outlook
from routing.replay.hindsight import hindsight
from routing.replay.policies import POLICIES, Policy
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import Ground, Stream, no_arrivals, plain_days

LINES, UNITS = 10, 14
BEFORE_WEEKS = 13
SAMPLE_STARTS = np.datetime64("2017-09-25")


def small(stream: Stream) -> Stream:
    """The orders that the exact kernel takes whole, and no stock that comes in."""
    units = np.diff(np.append(0, np.cumsum(stream.quantity))[stream.start])
    return chosen(stream, np.flatnonzero((np.diff(stream.start) <= LINES) & (units <= UNITS)))


def chosen(stream: Stream, orders: Ints) -> Stream:
    sizes = np.diff(stream.start)[orders]
    lines = np.concatenate([np.arange(stream.start[o], stream.start[o + 1]) for o in orders])
    placed_at = stream.placed_at[orders]
    return replace(
        stream,
        order_ids=tuple(stream.order_ids[o] for o in orders),
        placed_at=placed_at,
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        sku=stream.sku[lines],
        quantity=stream.quantity[lines],
        destination=stream.destination[orders],
        days=plain_days(placed_at, stream.km.shape[1], len(stream.km)),
        arrivals=no_arrivals(),
    )


def with_history(ground: Ground, stream: Stream, homes: dict[str, int], folder: Path) -> tuple[Stream, int]:
    """The stream with what its households bought in the weeks before, and how many orders that is."""
    begins = SAMPLE_STARTS - np.timedelta64(7 * BEFORE_WEEKS, "D")
    orders = pq.read_table(folder / "orders.parquet", columns=["order_id", "household_id", "ts"]).to_pydict()
    at = np.array(orders["ts"], dtype="datetime64[us]")
    home = np.array([homes.get(f"household-{one}", -1) for one in orders["household_id"]])
    kept = np.flatnonzero((at >= begins) & (at < SAMPLE_STARTS) & (home >= 0))
    kept = kept[np.argsort(at[kept], kind="stable")]
    place = {str(orders["order_id"][o]): turn for turn, o in enumerate(kept)}
    index = {sku: place for place, sku in enumerate(ground.sku_ids)}
    articles = pq.read_table(folder / "skus.parquet", columns=["sku_id", "product_id"]).to_pydict()
    sku_of = {
        str(sku): index[str(product)]
        for sku, product in zip(articles["sku_id"], articles["product_id"], strict=True)
        if str(product) in index
    }
    lines = pq.read_table(folder / "lines.parquet", columns=["order_id", "sku_id", "qty"]).to_pydict()
    units: dict[tuple[int, int], int] = {}
    for order, sku, quantity in zip(lines["order_id"], lines["sku_id"], lines["qty"], strict=True):
        key = place.get(str(order), -1), sku_of.get(str(sku), -1)
        if min(key) >= 0 and quantity > 0:
            units[key] = units.get(key, 0) + int(quantity)
    keys = np.array(sorted(units), np.int64)
    start = np.searchsorted(keys[:, 0], np.arange(len(kept) + 1))
    past = small(
        replace(
            stream, order_ids=tuple(place), placed_at=at[kept], start=start, sku=keys[:, 1],
            quantity=np.array([units[int(o), int(s)] for o, s in keys], np.int64), destination=home[kept],
        )
    )  # fmt: skip
    filled = np.flatnonzero(np.diff(past.start) > 0)
    past = chosen(past, filled)
    return joined(past, stream), len(filled)


def joined(past: Stream, stream: Stream) -> Stream:
    placed_at = np.concatenate([past.placed_at, stream.placed_at])
    return replace(
        stream,
        order_ids=past.order_ids + stream.order_ids,
        placed_at=placed_at,
        start=np.concatenate([past.start, past.start[-1] + stream.start[1:]]),
        sku=np.concatenate([past.sku, stream.sku]),
        quantity=np.concatenate([past.quantity, stream.quantity]),
        destination=np.concatenate([past.destination, stream.destination]),
        days=plain_days(placed_at, stream.km.shape[1], len(stream.km)),
    )


def stocked(ground: Ground, stream: Stream, past: int, level: float, seed: int) -> Ground:
    """Of each SKU ``level`` times what the orders after ``past`` want, drawn to the shelves that have it."""
    chance = np.random.default_rng(seed)
    wanted = np.zeros(len(ground.sku_ids), np.int64)
    lines = int(stream.start[past])
    np.add.at(wanted, stream.sku[lines:], stream.quantity[lines:])
    on_hand = np.zeros_like(ground.on_hand)
    for sku in np.flatnonzero(wanted):
        has = ground.on_hand[sku].astype(np.float64)
        on_hand[sku] = chance.multinomial(int(np.ceil(level * wanted[sku])), has / has.sum())
    return replace(ground, on_hand=on_hand)


def compact(ground: Ground, stream: Stream, past: int) -> tuple[Ground, Stream]:
    """Without the SKUs that nobody asks for in the time played: none are stocked, and prices are dense."""
    wanted = np.unique(stream.sku[int(stream.start[past]) :])
    place = np.full(len(ground.sku_ids), -1, np.int64)
    place[wanted] = np.arange(len(wanted))
    keep = place[stream.sku] >= 0
    sizes = np.add.reduceat(keep, stream.start[:-1]) if len(keep) else np.zeros(0, np.int64)
    slim = replace(
        ground, sku_ids=tuple(ground.sku_ids[s] for s in wanted), weight_g=ground.weight_g[wanted],
        volume_mm3=ground.volume_mm3[wanted], on_hand=ground.on_hand[wanted],
    )  # fmt: skip
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return slim, replace(stream, sku=place[stream.sku[keep]], quantity=stream.quantity[keep], start=start)


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
    stream: Stream, past: int, given: argparse.Namespace, seed: int
) -> dict[str, tuple[Policy, Settings]]:
    """What is played, with how it looks ahead."""

    def outlook(scenarios: int, forecast: Forecast | None = None) -> Outlook:
        return Outlook(given.solves, scenarios, given.rounds, seed=seed, forecast=forecast)

    plain = Settings(past=past)
    played = {name: (POLICIES[name], plain) for name in ("nearest", "fewest_parcels", "cheapest", "sparing")}
    for count in given.scenarios:
        name = "lookahead" if count == given.scenarios[0] else f"lookahead, {count} futures"
        played[name] = POLICIES["lookahead"], replace(plain, outlook=outlook(count))
    known, guess = Policy(foresight=True), outlook(given.scenarios[0])
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
    whole = hindsight(ground, stream, past, lambda: given.wave_s - (time.process_time() - began))
    runs = {
        name: simulate(ground, stream, policy, settings)
        for name, (policy, settings) in ways(stream, past, given, seed).items()
    }
    cost = {name: run.objective_minor / orders for name, run in runs.items()}
    cost["best plan known"] = whole.cost_minor / orders
    bound = max(dual, whole.bound_minor / orders)
    return {
        "orders": orders,
        "past": past,
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


def world(sample: str, history: Path | None) -> tuple[Ground, Stream, int]:
    """The sample with the households' past: ground, stream and how many orders are past."""
    folder = read_folder(ROOT / "samples" / sample)
    ground, stream = replay_of(folder)
    by_time = np.argsort(folder.orders.placed_at, kind="stable")
    homes = dict(zip(folder.orders.customer[by_time].tolist(), stream.destination.tolist(), strict=True))
    played = small(stream)
    if history is not None:
        joint, past = with_history(ground, played, homes, history)
        return ground, joint, past
    half = played.placed_at[0] + (played.placed_at[-1] - played.placed_at[0]) / 2
    return ground, played, int((played.placed_at < half).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sample", default="us_grocer")
    parser.add_argument("--history", type=Path)
    parser.add_argument("--levels", type=float, nargs="+", default=[1.1, 1.6])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--wait-days", type=int, nargs="+", default=[0, 4])
    parser.add_argument("--solves", type=int, default=20)
    parser.add_argument("--scenarios", type=int, nargs="+", default=[5])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--bound-rounds", type=int, default=120)
    parser.add_argument("--reference", action="store_true", help="also what nobody can know")
    parser.add_argument("--wave-s", type=float, default=60.0)
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    ground, stream, past = world(given.sample, given.history)
    rows = []
    for level in given.levels:
        for seed in given.seeds:
            there = compact(stocked(ground, stream, past, level, seed), stream, past)
            told = {"level": level, "seed": seed, **figures(*there, past, given, seed)}
            print(json.dumps(told), file=sys.stderr, flush=True)
            rows.append(told)
    result = {"history": given.history is not None, "outlook": vars(given) | {"history": None}, "rows": rows}
    if given.write:
        print(write_result(f"long-tail-{given.sample}", result), file=sys.stderr)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
