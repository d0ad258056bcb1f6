"""What a safety stock costs and saves on real store demand when books lag and shelves lie, simulated.

python -m benchmarks.safety_stock_backtest FOLDER [--every 10] [--write]

FOLDER as for `benchmarks.forecast_backtest`. Real: how many units each article sold at each store in a week.
Simulated, with a fixed seed: three units in ten are wanted online, the others walk in, in a random order over
the week; the books are brought up to date once a week and see no walk-in sale in between; a store is filled
to what sufficed for 95 % of the weeks before; a share of the books' units is not there, drawn for each store
(mean 4 %). Each order is picked at once: a unit that is not there is a cancellation. An order that the
safety stock holds back is refused, and its margin is gone. Earned is the margin of what was sent less the
cost of cancellations, in margins per 100 units wanted online.

The newsvendor knows what stores found of their books in the weeks before and the walk-in demand of the
past, and looks again every day.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.forecast_backtest import grocer_stores
from benchmarks.machine import write_result
from routing.forecast.ahead import outlooks
from routing.on_shelf import failure_rates
from routing.problem import Floats, Ints
from routing.safety_stock import safety_stock, unseen

SEED, ONLINE, FILL, LOST, ALIKE, DAYS = 20171231, 0.3, 0.95, 0.04, 20.0, 7
WEEKS = (39, 40, 41, 42, 43, 44, 45, 46)
CANCELS = (1.0, 3.0, 10.0)
"""What a cancellation costs, in margins."""


@dataclass(frozen=True, slots=True)
class Case:
    """One article at one store in one week: what the books say, what is there, who comes when."""

    books: int
    there: int
    online: tuple[bool, ...]  # by arrival
    day: tuple[int, ...]


@dataclass(slots=True)
class Outcome:
    wanted: int = 0
    sent: int = 0
    cancelled: int = 0
    refused: int = 0

    def shown(self, cancel: float) -> dict[str, float]:
        accepted = self.sent + self.cancelled
        return {
            "cancelled": round(self.cancelled / max(accepted, 1), 4),
            "refused": round(self.refused / self.wanted, 4),
            "earned": round(100 * (self.sent - cancel * self.cancelled) / self.wanted, 2),
        }


def play(case: Case, keep: Callable[[int], int], into: Outcome) -> None:
    """One week: ``keep`` says how many units stay unpromised on a day."""
    there, books = case.there, case.books
    for online, day in zip(case.online, case.day, strict=True):
        if not online:
            there = max(0, there - 1)
            continue
        into.wanted += 1
        if books - keep(day) < 1:
            into.refused += 1
        elif there:
            into.sent, there, books = into.sent + 1, there - 1, books - 1
        else:
            into.cancelled, books = into.cancelled + 1, 0  # the shelf is seen to be empty: blocked


def cases(units: Floats, walk_in: Ints, lost: Floats, week: int, chance: np.random.Generator) -> list[Case]:
    """That week of every series."""
    found = []
    for row, walking, rate in zip(units, walk_in, lost, strict=True):
        books = max(1, int(np.quantile(row[:week], FILL, method="inverted_cdf")))
        there = int(chance.binomial(books, 1 - rate))
        comes = chance.permutation(np.arange(int(row[week])) >= walking[week])
        day = np.sort(chance.integers(0, DAYS, len(comes)))
        found.append(Case(books, there, tuple(comes.tolist()), tuple(day.tolist())))
    return found


def figures(folder: Path, every: int) -> dict[str, Any]:
    """Fixed safety stocks and the newsvendor's, by what a cancellation costs."""
    units, store = grocer_stores(folder)
    units, store = units[::every], np.unique(store[::every], return_inverse=True)[1]
    chance = np.random.default_rng(SEED)
    walk_in = chance.binomial(units.astype(np.int64), 1 - ONLINE)
    rate = chance.beta(LOST * ALIKE, (1 - LOST) * ALIKE, store.max() + 1)
    outcomes = {(cancel, name): Outcome() for cancel in CANCELS for name in ("0", "1", "2", "newsvendor")}
    tried, missing = np.zeros(store.max() + 1), np.zeros(store.max() + 1)
    for week in (WEEKS[0] - 2, WEEKS[0] - 1, *WEEKS):
        now = cases(units, walk_in, rate[store], week, chance)
        if week in WEEKS:
            _week(now, walk_in, week, _not_found(tried, missing)[store], outcomes)
        np.add.at(tried, store, [case.books for case in now])
        np.add.at(missing, store, [case.books - case.there for case in now])
    return {
        "every": every,
        "series": len(units),
        "stores": int(store.max()) + 1,
        "weeks": len(WEEKS),
        "wanted_online": outcomes[CANCELS[0], "0"].wanted,
        "by_cancel_cost": {
            f"{cancel:g}": {name: one.shown(cancel) for (c, name), one in outcomes.items() if c == cancel}
            for cancel in CANCELS
        },
    }


def _not_found(tried: Floats, missing: Floats) -> Floats:
    return failure_rates(tried[:, None], missing[:, None], np.full(len(tried), np.nan))[:, 0]


def _week(
    now: list[Case], walk_in: Ints, week: int, not_found: Floats, into: dict[tuple[float, str], Outcome]
) -> None:
    told = outlooks(walk_in[:, :week].astype(np.float64), 1)
    for case, outlook, lost in zip(now, told, not_found, strict=True):
        if not any(case.online):
            continue
        days = {d for d, online in zip(case.day, case.online, strict=True) if online}
        ahead = {d: unseen(outlook.cdf, (d + 0.5) / DAYS) for d in days}
        for cancel in CANCELS:
            for fixed in (0, 1, 2):
                play(case, dict.fromkeys(days, fixed).__getitem__, into[cancel, str(fixed)])
            kept = {d: safety_stock(ahead[d], case.books, float(lost), 1.0, cancel) for d in days}
            play(case, kept.__getitem__, into[cancel, "newsvendor"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=10, help="only every so many series")
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    result = figures(given.folder, given.every)
    if given.write:
        print(write_result("safety-stock", result), file=sys.stderr)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
