"""Put the newest committed results, and a tour of a real run, into the README.

python -m benchmarks.readme_table [--tour FILE]

Reads from benchmarks/results, whose names hold kind and date: kernel (`benchmarks.kernel_report`), demo
(what `anyshelf demo --json` printed), races, races-schedules, and those of `benchmarks.bench_table`. FILE is
what `anyshelf demo --once` printed.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.bench_table import HEAD, KINDS, cells, date_of, newest, rows_of

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SIZES = ("4x50", "4x300", "4x1000", "8x1000", "12x1000", "14x1000")
NAMES = {"us_grocer": "US grocer", "uk_retailer": "UK retailer"}
POLICIES = {"nearest": "`nearest`", "fewest_parcels": "`fewest_parcels`", "anyshelf": "**Anyshelf**"}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def bench() -> str:
    """All tables, from the newest file of each kind; what has not been measured is left out."""
    parts = []
    if kernel := newest("kernel"):
        parts.append(kernel_table(json.loads(kernel.read_text())))
    if demo := newest("demo"):
        parts.append(demo_table(json.loads(demo.read_text()), date_of(demo)))
    if races := newest("races"):
        parts.append(races_table(json.loads(races.read_text())))
    if schedules := newest("races-schedules"):
        parts.append(schedules_line(json.loads(schedules.read_text())))
    parts.append(operations_table())
    return "\n\n".join(parts)


def operations_table() -> str:
    """Operations beside their floors: what `make bench` prints at its end."""
    files = {kind: path for kind in KINDS if (path := newest(kind)) is not None}
    rows = [cells(row) for kind, path in files.items() for row in rows_of(kind, path)]
    results = {kind: json.loads(path.read_text()) for kind, path in files.items()}
    told = ", ".join(f"{kind} {one['date']} `{one['commit']}`" for kind, one in results.items())
    said = (
        "Operations beside their floors, servers, database and clients together on 2 cores: an empty ASGI "
        "endpoint with the same bodies on the same server; `pgbench` with the same statements, both durable; "
        "`COPY` into a bare table, and into a ledger and positions without anything else "
        "(`benchmarks/stock_feed_floors.py`); 10,000 SKUs at 50 nodes; one host. Measured, with commits: "
        + told
        + "."
    )
    return f"{said}\n\n{_table(HEAD, rows)}"


def schedules_line(result: Mapping[str, Any]) -> str:
    """How many interleavings of the verbs were tried, and what went wrong."""
    return (
        f"Interleavings of the same verbs, statement by statement, {result['date']}, commit "
        f"`{result['commit']}`: {result['schedules']:,} schedules, {result['lock_waits']:,} waits for a "
        f"lock, {result['faults']} outcomes that no order one after the other has."
    )


def kernel_table(result: Mapping[str, Any]) -> str:
    """Medians by lines and nodes, beside one NumPy pass over the same arrays and beside CP-SAT."""
    median, machine = result["median_us"], result["machine"]
    cp_sat = median["cp_sat"]
    rows = [
        (
            _size(size),
            time_text(median["kernel"][size]),
            time_text(median["floor_arrays"][size]),
            time_text(median["route"][size]),
            time_text(cp_sat[size]) if size in cp_sat else "not run",
        )
        for size in SIZES
        if size in median["kernel"]
    ]
    head = ("lines × nodes", "exact kernel", "NumPy minimum of its arrays", "problem to plan", "CP-SAT")
    said = (
        f"One order, cheapest plan, medians on {machine['processor']} ({machine['cores']} cores), "
        f"{result['date']}, commit `{result['commit']}`. CP-SAT finds the same plan; one run each."
    )
    return f"{said}\n\n{_table(head, rows)}"


def _size(size: str) -> str:
    lines, nodes = (int(number) for number in size.split("x"))
    return f"{lines} × {nodes:,}"


def time_text(us: float) -> str:
    """Three digits and a unit: 9.57 µs, 15.7 ms, 221 s."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if us >= size:
            return f"{us / size:.3g} {unit}"
    return f"{us:.3g} µs"


def demo_table(result: Mapping[str, Any], date: str) -> str:
    """The policies on the same real orders and opening stock."""
    rows = [
        (NAMES[name], POLICIES[policy], *_figures(sample["currency"], found))
        for name, sample in result["samples"].items()
        for policy, found in sample["policies"].items()
    ]
    played = ", ".join(
        f"{sample['orders_played']:,} of the {NAMES[name]}" for name, sample in result["samples"].items()
    )
    penalties = ", ".join(
        f"{sample['unfilled_penalty_minor'] / 100:,.0f} {sample['currency']}"
        for sample in result["samples"].values()
    )
    said = (
        f"Real orders ({played}), the same opening stock and tariffs for all policies, {date}. "
        f"Cost is what is paid plus a penalty for each unit not sent ({penalties}). `nearest` serves a line "
        "from the nearest node that has it; `fewest_parcels` tries one node, a pair, a triple for all of it."
    )
    head = ("sample", "policy", "cost an order", "paid an order", "parcels an order", "lines filled")
    return f"{said}\n\n{_table(head, rows)}"


def _figures(currency: str, found: Mapping[str, float]) -> tuple[str, ...]:
    return (
        f"{found['cost_per_order_minor'] / 100:,.2f} {currency}",
        f"{found['paid_per_order_minor'] / 100:,.2f} {currency}",
        f"{found['parcels_per_order']:.2f}",
        f"{found['line_fill']:.1%}",
    )


def races_table(result: Mapping[str, Any]) -> str:
    """What went wrong when many wanted the same few units at once."""
    carts, shoppers, books = result["carts"], result["shoppers"], result["books"]
    race = f"{carts['carts']} carts for {carts['units']} units, {carts['races']} times"
    crowd = f"{shoppers['clients']} clients × {shoppers['steps']} random steps on {shoppers['skus']} SKUs"
    rows = [
        (race, str(carts["oversold"]), str(carts["spurious_refusals"])),
        (crowd, str(shoppers["oversold"]), str(shoppers["spurious_refusals"])),
    ]
    said = (
        f"Races over HTTP against two server processes, {result['date']}, commit `{result['commit']}`: "
        f"{books['deadlocks']} dead-locks, {books['audit_differences']} differences in the audit afterwards."
    )
    return f"{said}\n\n{_table(('race', 'units oversold', 'refused while stock remained'), rows)}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = tuple(head)
    lines = [titles, ("---",) * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def between(text: str, name: str, content: str) -> str:
    """The text with `content` between the markers of that name."""
    before, begin, rest = text.partition(f"<!-- {name}:begin -->\n")
    _, end, after = rest.partition(f"<!-- {name}:end -->")
    assert begin and end, f"the README has no markers {name}"
    return f"{before}{begin}{content}\n{end}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tour", type=Path, help="what `anyshelf demo --once` printed")
    given = parser.parse_args()
    text = between(README.read_text(encoding="utf-8"), "bench", bench())
    if given.tour is not None:
        lines = COLOUR.sub("", given.tour.read_text(encoding="utf-8")).splitlines()
        tour = "\n".join(line.rstrip() for line in lines).strip("\n")
        text = between(text, "tour", f"```text\n{tour}\n```")
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
