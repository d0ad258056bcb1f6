"""What it brings to price what nodes may send on a day, ahead of that day: the multi-item instances, limited.

python -m benchmarks.day_prices [--seeds 0 1 2 3 4] [--write]

The small network, 4,000 arrivals in four weeks, at any time; the first two weeks are only learned from. Units
are ample (1.3 times the standard). A node may send so many orders a day as it sends on average when nobody
is limited, times the limit; whoever finds a day full is sent the next day, or from elsewhere. A parcel is
felt to cost ``late`` of a parcel for each day until it arrives. Closed is the share of the distance from
``cheapest`` to the clairvoyant bound, of the sums over seeds.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.machine import write_result
from benchmarks.multi_item.instances import ARRIVALS, PARCEL, instance
from routing.problem import UNLIMITED
from routing.replay.clairvoyant import clairvoyant
from routing.replay.foresight import Outlook
from routing.replay.policies import Policy
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import Ground, Stream, plain_days
from routing.replay.tally import Replay

LEVEL, ORDERS, WEEKS, BOUND_ROUNDS = 1.3, 4_000, 4, 150
CASES = ((0.9, 0.5), (1.05, 0.5), (1.3, 0.5), (0.9, 0.0))
"""Limit, and what a day late is felt to cost in parcels."""
BEGINS = np.datetime64("2024-01-01", "us")
DAY = np.timedelta64(1, "D")
OUTLOOK = Outlook(solves=28, scenarios=5, rounds=10)
AHEAD = Policy(foresight=True)
WAYS = {
    "cheapest": (Policy(), OUTLOOK),
    "prices of units": (AHEAD, replace(OUTLOOK, days=False)),
    "prices of units and days": (AHEAD, OUTLOOK),
}


def world(seed: int) -> tuple[Ground, Stream, int]:
    """An instance with stock for the two weeks that are played, and how many orders are past."""
    one = instance("small", LEVEL, seed)
    stream = one.stream(one.arrivals(seed, ORDERS))
    span = WEEKS * 7 * DAY.astype("timedelta64[us]").astype(np.int64)
    drawn = np.sort(np.random.default_rng([seed, 2]).integers(0, span, len(stream.order_ids)))
    placed_at = BEGINS + drawn.astype("timedelta64[us]")
    days = plain_days(placed_at, stream.km.shape[1], len(stream.km))
    on_hand = np.ceil(one.ground.on_hand * (ORDERS / 2 / ARRIVALS)).astype(np.int64)
    past = int((placed_at < BEGINS + WEEKS / 2 * 7 * DAY).sum())
    return replace(one.ground, on_hand=on_hand), replace(stream, placed_at=placed_at, days=days), past


def limited(ground: Ground, stream: Stream, past: int, limit: float) -> Ground:
    """Every node but the outside may send ``limit`` times what it sends a day where none is limited."""
    free = simulate(ground, stream, Policy(), Settings(past=past))
    a_day = limit * free.node_parcels / (WEEKS / 2 * 7)
    most = np.maximum(1, np.rint(a_day)).astype(np.int64)
    most[-1] = UNLIMITED
    return replace(ground, most_orders=most)


def figures(seed: int, limit: float, late: float) -> dict[str, Any]:
    ground, stream, past = world(seed)
    felt = limited(replace(ground, late_day_minor=late * PARCEL), stream, past, limit)
    orders = len(stream.order_ids) - past
    bound = clairvoyant(felt, stream, BOUND_ROUNDS, past).bound_minor / orders
    runs = {
        name: simulate(felt, stream, policy, Settings(past=past, outlook=outlook))
        for name, (policy, outlook) in WAYS.items()
    }
    return {
        "seed": seed,
        "limit": limit,
        "late": late,
        "orders": orders,
        "bound_dollars": round(bound / 1e4, 4),
        "ways": {name: told(run) for name, run in runs.items()},
    }


def told(run: Replay) -> dict[str, float]:
    """Per order, in dollars; what is felt for days included in ``felt``."""
    return {
        "felt": round(run.objective_minor / run.orders / 1e4, 4),
        "paid": round(run.cost_minor / run.orders / 1e4, 4),
        "days": round(run.order_days / run.sent_orders, 4),
        "unit_fill": round(run.filled_units / run.units, 4),
    }


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By limit and lateness, over seeds."""
    found = []
    for limit, late in sorted({(row["limit"], row["late"]) for row in rows}):
        here = [row for row in rows if (row["limit"], row["late"]) == (limit, late)]
        mean = {
            name: {key: round(float(np.mean([row["ways"][name][key] for row in here])), 3) for key in
                   ("felt", "paid", "days", "unit_fill")}
            for name in WAYS
        }  # fmt: skip
        bound = float(np.mean([row["bound_dollars"] for row in here]))
        base = float(np.mean([row["ways"]["cheapest"]["felt"] for row in here]))
        for name in WAYS:
            felt = float(np.mean([row["ways"][name]["felt"] for row in here]))
            mean[name]["closed"] = round((base - felt) / (base - bound), 3)
        better = [
            row["ways"]["prices of units"]["felt"] > row["ways"]["prices of units and days"]["felt"]
            for row in here
        ]
        found.append(
            {
                "limit": limit, "late": late, "bound_dollars": round(bound, 3), "ways": mean,
                "days_better_in": f"{sum(better)} of {len(better)}",
            }
        )  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    rows = []
    for limit, late in CASES:
        for seed in given.seeds:
            rows.append(figures(seed, limit, late))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    result = {"summary": summary(rows), "rows": rows}
    if given.write:
        print(write_result("day-prices", result), file=sys.stderr)
    print(json.dumps(result["summary"], indent=1))


if __name__ == "__main__":
    main()
