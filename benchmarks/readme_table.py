"""Put the newest committed results, and a tour of a real run, into the README.

python -m benchmarks.readme_table [--tour FILE]

Reads from benchmarks/results, whose names hold kind and date: kernel (`benchmarks.kernel_report`), demo
(what `anyshelf demo --json` printed), checkout, orders, races, races-schedules, resource, scale and
stock-feed. FILE is what `anyshelf demo --once` printed.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"
SIZES = ("4x50", "4x300", "4x1000", "8x1000", "12x1000", "14x1000")
NAMES = {"us_grocer": "US grocer", "uk_retailer": "UK retailer"}
POLICIES = {"nearest": "`nearest`", "fewest_parcels": "`fewest_parcels`", "anyshelf": "**Anyshelf**"}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def bench() -> str:
    """All tables, from the newest file of each kind; what has not been measured is left out."""
    parts = []
    if kernel := _newest("kernel"):
        parts.append(kernel_table(json.loads(kernel.read_text())))
    if demo := _newest("demo"):
        parts.append(demo_table(json.loads(demo.read_text()), _date(demo)))
    if races := _newest("races"):
        parts.append(races_table(json.loads(races.read_text())))
    if schedules := _newest("races-schedules"):
        parts.append(schedules_line(json.loads(schedules.read_text())))
    if checkout := _newest("checkout"):
        parts.append(checkout_table(json.loads(checkout.read_text())))
    if orders := _newest("orders"):
        parts.append(orders_line(json.loads(orders.read_text())))
    if resource := _newest("resource"):
        parts.append(resource_line(json.loads(resource.read_text())))
    if scale := _newest("scale"):
        parts.append(scale_line(json.loads(scale.read_text())))
    if feed := _newest("stock-feed"):
        parts.append(stock_feed_line(json.loads(feed.read_text())))
    return "\n\n".join(parts)


def _newest(kind: str) -> Path | None:
    files = [path for path in RESULTS.glob("*.json") if DAY.sub("", path.stem).strip("-") == kind]
    return max(files, key=_date, default=None)


def _date(path: Path) -> str:
    found = DAY.search(path.stem)
    assert found, f"{path.name} does not say its date"
    return found[0]


def schedules_line(result: Mapping[str, Any]) -> str:
    """How many interleavings of the verbs were tried, and what went wrong."""
    return (
        f"Interleavings of the same verbs, statement by statement, {result['date']}, commit "
        f"`{result['commit']}`: {result['schedules']:,} schedules, {result['lock_waits']:,} waits for a "
        f"lock, {result['faults']} outcomes that no order one after the other has."
    )


def checkout_table(result: Mapping[str, Any]) -> str:
    """Availability and promises beside the empty endpoint."""
    rows = [
        f"| {one['operation']} | {one['ours']['per_second']:,} | {one['empty']['per_second']:,} "
        f"| {one['ratio']:.1%} | {one['ours']['p50_ms']:.2g} ms | {one['ours']['p99_ms']:.2g} ms |"
        for one in result["operations"]
    ]
    head = (
        f"Out of memory, over HTTP, {result['processes']} server processes and their client on "
        f"{result['machine']['cores']} cores, beside an empty ASGI endpoint with the same bodies on the same "
        f"server, {result['date']}, commit `{result['commit']}`:"
    )
    table = [
        "| | a second | empty endpoint | share | p50 | p99 |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
    ]
    return head + "\n\n" + "\n".join(table)


def orders_line(result: Mapping[str, Any]) -> str:
    """Orders placed, beside the same statements by pgbench."""
    spread = result["orders"]["spread"]
    return (
        f"Orders of two lines placed over HTTP by {result['clients']} clients, durable, {result['date']}, "
        f"commit `{result['commit']}`: {spread['per_s']:.0f} a second, {result['of_the_floor']:.0%} of what "
        f"`pgbench` does with the same statements; {spread['p50_ms']:.0f} ms at p50, "
        f"{spread['p99_ms']:.0f} ms at p99; all wanting the same ten SKUs "
        f"{result['hot_of_spread']:.0%} of that."
    )


def resource_line(result: Mapping[str, Any]) -> str:
    """How long it takes until another node has what one gave back."""
    took, open_orders = result["reject_to_next_queue_ms"], result["open_orders"]
    return (
        f"From a node's reject to the next node's queue, with {open_orders:,} open orders, over HTTP on "
        f"{result['machine']['cores']} cores, {result['date']}, commit `{result['commit']}`: "
        f"{took['p50']:.0f} ms at p50, {took['p99']:.0f} ms at p99."
    )


def scale_line(result: Mapping[str, Any]) -> str:
    """One process with 20 million positions, beside a small network."""
    large, small = result["large"], result["small"]
    promises = next(row for row in result["questions"] if row["question"] == "promises, 3 lines")
    return (
        f"{large['skus']:,} SKUs at {large['nodes']:,} nodes, {large['positions']:,} positions, one server "
        f"process, {result['date']}, commit `{result['commit']}`: ready after {large['ready_s']:.0f} s, pool "
        f"{large['pool']['rss_growth_mb']:.0f} MB of {large['rss_mb']:,} MB; promises for 3 lines in "
        f"{promises['large']['p50_ms']:.1f} ms at p50, beside {promises['small']['p50_ms']:.1f} ms with "
        f"{small['skus']:,} SKUs at {small['nodes']} nodes."
    )


def stock_feed_line(result: Mapping[str, Any]) -> str:
    """What a file of counts takes, and what there is to compare it with."""
    bare, kept, nightly, new, *_ = (way["rows_per_s"] for way in result["ways"].values())
    return (
        f"A file of {result['rows_per_file']:,} counts, from its text to the last commit, {result['date']}, "
        f"commit `{result['commit']}`: {nightly:,} rows a second with one count in ten new, {new:,} with "
        f"every count new; `COPY` into a bare table {bare:,}, into a bare ledger and bare positions {kept:,}."
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
