"""One table of what was measured: operation, ours, floor, their ratio, p50 and p99, and what must be reached.

`make bench` ends with `python -m benchmarks.bench_table --since FILE`: of each kind of result it takes the
file that was written after FILE was touched, says which kinds this run has not measured, and writes
results/DATE-bench.json. Without `--since` it takes the newest file of each kind and writes nothing.

Kinds: checkout, orders, stock-feed, scale, hosts, resource.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.machine import RESULTS, write_result

Result = Mapping[str, Any]
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
STALE_MS, SLOWEST, READY_S, POOL_MB = 1000.0, 5.0, 60.0, 600.0


@dataclass(frozen=True, slots=True)
class Bar:
    """What must be reached and, where that is more, what is aimed at: of the ratio, or of `ours` where there
    is no floor.
    """

    way: Literal["at least", "at most"]
    must: float
    aim: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """`ours` and `floor` in `unit`; times in milliseconds; None: does not apply, or was not measured."""

    operation: str
    unit: str
    ours: float
    floor: float | None = None
    ratio: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    bar: Bar | None = None

    @property
    def reached(self) -> bool | None:
        """Whether what must be was reached; None where nothing must."""
        if self.bar is None:
            return None
        judged = self.ours if self.ratio is None else self.ratio
        return judged >= self.bar.must if self.bar.way == "at least" else judged <= self.bar.must


def of_checkout(result: Result) -> Iterator[Row]:
    """Beside the empty endpoint."""
    for one in result["operations"]:
        ours = one["ours"]
        bar = Bar("at least", one["least"], one["aim"]) if one["least"] else None
        floor = one["empty"]["per_second"]
        times = ours["p50_ms"], ours["p99_ms"]
        yield Row(one["operation"], "a second", ours["per_second"], floor, one["ratio"], *times, bar)


def of_orders(result: Result) -> Iterator[Row]:
    """Beside `pgbench` with the same statements; the hot ones beside those spread out."""
    spread, hot = result["orders"]["spread"], result["orders"]["hot"]
    times = spread["p50_ms"], spread["p99_ms"]
    floor, share = result["floor"]["spread"]["per_s"], result["of_the_floor"]
    name = f"orders of 2 lines, {result['clients']} clients"
    yield Row(name, "a second", spread["per_s"], floor, share, *times, Bar("at least", 0.35, 0.50))
    slower = round(times[1] / times[0], 2)
    yield Row("their p99 beside their p50", "ms", times[1], times[0], slower, bar=Bar("at most", SLOWEST))
    times = hot["p50_ms"], hot["p99_ms"]
    beside, bar = result["hot_of_spread"], Bar("at least", 0.70)
    yield Row(
        "all wanting the same 10 SKUs, beside these",
        "a second",
        hot["per_s"],
        spread["per_s"],
        beside,
        *times,
        bar,
    )


def of_stock_feed(result: Result) -> Iterator[Row]:
    """Beside `COPY` into a bare table, and beside the barest books that are kept of the same file."""
    ways, unit = result["ways"], "rows a second"
    floor = ways["COPY into a bare table"]["rows_per_s"]
    for new in ("no count new", "one count in ten new", "every count new"):
        way = ways[f"file, {new}"]
        ours, ratio = way["rows_per_s"], way["of_bare_copy"]
        yield Row(f"stock file, {new}", unit, ours, floor, ratio, bar=Bar("at least", result["least"]))
        bare = ways[f"bare books, {new}"]["rows_per_s"]
        yield Row("the same beside the barest books", unit, ours, bare, round(ours / bare, 4))


def of_scale(result: Result) -> Iterator[Row]:
    """The large network, beside the small one where that is the floor."""
    large = result["large"]
    size = f"{large['positions'] / 1e6:.0f} million positions"
    yield Row(f"{size}: ready", "s after start", large["ready_s"], bar=Bar("at most", READY_S))
    pool_mb = large["pool"]["rss_growth_mb"]
    yield Row(f"{size}: pool", "MB", pool_mb, bar=Bar("at most", POOL_MB))
    for one in result["questions"]:
        if one["question"] == "promises, 3 lines":
            ours, small = one["large"], one["small"]["p50_ms"]
            name, bar = f"{size}: {one['question']}", Bar("at most", 1.5)
            yield Row(name, "ms", ours["p50_ms"], small, one["ratio"], ours["p50_ms"], ours["p99_ms"], bar)


def of_hosts(result: Result) -> Iterator[Row]:
    """Orders of several processes beside those of one, each on its host; all on the cores of one machine."""
    alone, *more = result["hosts"]
    for row in more:
        ours, floor = row["orders"], alone["orders"]["per_s"]
        share, name = round(ours["per_s"] / floor, 3), f"orders, {row['processes']} hosts on one machine"
        yield Row(name, "a second", ours["per_s"], floor, share, ours["p50_ms"], ours["p99_ms"])
    largest = result["hosts"][-1]
    for member, when in (("staleness", "at rest"), ("staleness_under_load", "under load")):
        stale, name = largest[member], f"{largest['processes']} hosts {when}: committed until shown, worst"
        bar = Bar("at most", STALE_MS)
        yield Row(name, "ms", stale["most_ms"], None, None, stale["p50_ms"], stale["p99_ms"], bar)


def of_resource(result: Result) -> Iterator[Row]:
    """From a reject to the next queue."""
    took = result["reject_to_next_queue_ms"]
    name, bar = "reject until in the next queue, p99", Bar("at most", result["bound_ms"])
    yield Row(name, "ms", took["p99"], None, None, took["p50"], took["p99"], bar)


KINDS: Mapping[str, Callable[[Result], Iterator[Row]]] = {
    "checkout": of_checkout,
    "orders": of_orders,
    "stock-feed": of_stock_feed,
    "scale": of_scale,
    "hosts": of_hosts,
    "resource": of_resource,
}
HEAD = ("operation", "ours", "floor", "ratio", "p50", "p99", "must (aim)", "reached")


def date_of(path: Path) -> str:
    """The day in a result's name."""
    found = DAY.search(path.stem)
    assert found, f"{path.name} does not say its date"
    return found[0]


def newest(kind: str, since_s: float = 0.0, results: Path = RESULTS) -> Path | None:
    """The newest file of a kind, None where none was written after that instant (seconds of the epoch)."""
    files = [path for path in results.glob("*.json") if DAY.sub("", path.stem).strip("-") == kind]
    return max((path for path in files if path.stat().st_mtime >= since_s), key=date_of, default=None)


def rows_of(kind: str, path: Path) -> list[Row]:
    """What a file says."""
    return list(KINDS[kind](json.loads(path.read_text())))


def cells(row: Row) -> tuple[str, ...]:
    """The row in words."""
    bar = row.bar
    share = row.unit not in ("ms", "s after start", "MB")
    must = (
        ""
        if bar is None
        else _bar(bar, "%" if share else "×" if row.ratio is not None else row.unit.split()[0])
    )
    ratio = "" if row.ratio is None else f"{row.ratio:.1%}" if share else f"{row.ratio:.2f} ×"
    times = ("" if ms is None else f"{_short(ms)} ms" for ms in (row.p50_ms, row.p99_ms))
    floor = "" if row.floor is None else _short(row.floor)
    reached = {None: "", True: "yes", False: "no"}[row.reached]
    return row.operation, f"{_short(row.ours)} {row.unit}", floor, ratio, *times, must, reached


def _bar(bar: Bar, unit: str) -> str:
    sign = "≥" if bar.way == "at least" else "≤"
    values = [
        f"{100 * value:.0f} %" if unit == "%" else f"{value:g} {unit}"
        for value in (bar.must, bar.aim)
        if value
    ]
    return f"{sign} {values[0]}" + (f" ({values[1]})" if len(values) > 1 else "")


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def plain(rows: Sequence[Row]) -> str:
    """The table for a terminal."""
    lines = [HEAD, *map(cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--since", type=Path, help="a file that was touched when the run began")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the results are")
    given = parser.parse_args(arguments)
    results: Path = given.results
    since_s = given.since.stat().st_mtime if given.since else 0.0
    files = {kind: path for kind in KINDS if (path := newest(kind, since_s, results)) is not None}
    rows = [row for kind, path in files.items() for row in rows_of(kind, path)]
    print(plain(rows))
    missing = [kind for kind in KINDS if kind not in files]
    print("From " + ", ".join(path.name for path in files.values()))
    if missing:
        print("Not measured: " + ", ".join(missing))
    if given.since and rows:
        made = [asdict(row) | {"reached": row.reached} for row in rows]
        about = {"from": [path.name for path in files.values()], "not_measured": missing}
        print(f"Written to {write_result('bench', about | {'rows': made}).name}")
    return 0


if __name__ == "__main__":
    main()
