"""How far forecasts are off, and how often quantiles hold, by rolling origin on two real data sets.

python -m benchmarks.forecast_backtest FOLDER [--every 1] [--write]

FOLDER holds two files with one row per series and period in which anything was sold, and one with what an
article is:

    completejourney/store_sku_week.parquet   store_id, sku_id, week (1..53), units
    completejourney/skus.parquet             sku_id, deliverable (false: fuel, coupons, fees)
    uci_online_retail/daily_demand.parquet   sku_id, day, units

The first is The Complete Journey (a US grocer's year 2017, CC0, package `completejourney` of R): the units of
each product that each store sold in a week, of pairs that sold in at least six weeks. The second is UCI data
set 352, Online Retail (https://archive.ics.uci.edu/dataset/352, CC BY 4.0): the units of each article that
were sold on a day. Both are summed from their published lines.

The earlier origins choose a method for each kind of demand, the later ones judge. Quantiles are calibrated on
the last three origins whose outcome was known.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.forecast_table import error_table, quantile_table
from benchmarks.machine import write_result
from routing.forecast.backtest import best_methods, pasts, usual_dispersion
from routing.problem import Bools, Floats, Ints

WEEKS = 51
"""Whole weeks of the grocer's year: its first and last have a day or two."""


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A data set and how it is gone through: origins that choose, and those that judge."""

    name: str
    units: Floats  # [S, T]
    horizon: int
    season: int
    choose_at: Sequence[int]
    judge_at: Sequence[int]


def grocer(folder: Path) -> Study:
    """Units a week by store and article."""
    units, _ = grocer_stores(folder)
    return Study("store_sku_week", units, 4, 4, (28, 32, 36), (39, 43, 47))


def grocer_stores(folder: Path) -> tuple[Floats, Ints]:
    """The same, [S, T], and the store of each series."""
    rows = pq.read_table(folder / "completejourney" / "store_sku_week.parquet")
    store, sku, week, units = (rows[name].to_numpy() for name in ("store_id", "sku_id", "week", "units"))
    articles = pq.read_table(folder / "completejourney" / "skus.parquet")
    goods = articles["sku_id"].to_numpy()[articles["deliverable"].to_numpy(zero_copy_only=False)]
    keep = np.isin(sku, goods) & (week >= 2) & (week < 2 + WEEKS)
    key = store.astype(np.int64) * 1_000_000 + sku
    return _table(key, week - 2, units, keep), np.unique(key[keep]) // 1_000_000


def retailer(folder: Path) -> Study:
    """Units a day by article."""
    rows = pq.read_table(folder / "uci_online_retail" / "daily_demand.parquet")
    day = rows["day"].to_numpy().astype("datetime64[D]").astype(np.int64)
    sku, units = rows["sku_id"].to_numpy(), rows["units"].to_numpy()
    table = _table(sku, day - day.min(), units, units > 0)
    return Study("daily_demand", table, 14, 7, (234, 248, 262), (276, 304, 332, 360))


def _table(key: Ints, period: Ints, units: Ints, keep: Bools) -> Floats:
    """[S, T]: units by series and period."""
    _, series = np.unique(key[keep], return_inverse=True)
    table = np.zeros((int(series.max()) + 1, int(period[keep].max()) + 1))
    np.add.at(table, (series, period[keep]), units[keep])
    return table


def figures(study: Study, every: int) -> dict[str, Any]:
    """Everything about one data set."""
    units = study.units[::every]
    seen = pasts(units, [*study.choose_at, *study.judge_at], study.horizon, study.season)
    before = [past for past in seen if past.origin in study.choose_at]
    chosen, usual = best_methods(before), usual_dispersion(before)
    after = [past for past in seen if past.origin in study.judge_at and past.kind in chosen]
    return {
        "series": len(units),
        "periods": units.shape[1],
        "horizon": study.horizon,
        "season": study.season,
        "chosen_at": list(study.choose_at),
        "judged_at": list(study.judge_at),
        "judged": len(after),
        "kinds": dict(Counter(past.kind.value for past in after)),
        "chosen": {kind.value: method for kind, method in chosen.items()},
        "usual_dispersion": {kind.value: round(wide, 3) for kind, wide in usual.items()},
        "errors": error_table(after, chosen),
        "quantiles": quantile_table(seen, after, chosen, usual, study.season),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="only every so many series")
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    studies = [read(given.folder) for read in (grocer, retailer)]
    result = {"every": given.every} | {study.name: figures(study, given.every) for study in studies}
    if given.write:
        print(write_result("forecast", result), file=sys.stderr)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
