"""Rows of a stock feed a second, beside `COPY` of the same rows into a bare table.

`python -m benchmarks.stock_feed` starts a durable server of its own and the product on it, and takes turns:
a round of each way in, a round of each floor, so that whatever else the machine does meets all of them.

Ways in: a file of counts as `POST /v1/imports` takes it, from its text to the last commit, once without
news, once with one count in ten new, as a nightly file has it, and once with every count new; and 1,000 a
request, the same rows by `PUT /v1/stock/counts` and as receipts by `POST /v1/stock/movements`.

Floors: `COPY` of that file's rows into a table without key, index or check; of what has to be kept of them, a
row of the ledger and a position, into two such tables; and the same files into the barest books there can
be (`stock_feed_floors.py`).

Prints a table and writes results/DATE-stock-feed.json; ends with 1 where the file is below what must be
reached.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

from benchmarks.machine import write_result
from benchmarks.stock_feed_ways import Bench, benched
from oms.adapters.clock import elapsed_s

NODES, SKUS, ROUNDS = 10, 10_000, 5
NIGHTLY = 0.1
LEAST = 0.25

Round = tuple[int, float]
"""Rows, seconds."""


def ways(bench: Bench) -> dict[str, Callable[[], Callable[[], int]]]:
    """By name what prepares a round; what it answers is timed, and answers with its number of rows."""
    return {
        "COPY into a bare table": bench.copy_file,
        "COPY into bare ledger and positions": bench.copy_twice,
        "bare books, no count new": partial(bench.keep_bare, 0.0),
        "bare books, one count in ten new": partial(bench.keep_bare, NIGHTLY),
        "bare books, every count new": partial(bench.keep_bare, 1.0),
        "file, no count new": partial(bench.import_file, 0.0),
        "file, one count in ten new": partial(bench.import_file, NIGHTLY),
        "file, every count new": partial(bench.import_file, 1.0),
        "PUT counts, 1,000 each": bench.put_counts,
        "POST movements, 1,000 each": bench.post_movements,
    }


def measure(bench: Bench, rounds: int) -> dict[str, list[Round]]:
    """Rounds in turn, after one of each that does not count."""
    played: dict[str, list[Round]] = {}
    for number in range(rounds + 1):
        for name, prepare in ways(bench).items():
            run = prepare()
            begun_s = elapsed_s()
            rows = run()
            took_s = elapsed_s() - begun_s
            if number:
                played.setdefault(name, []).append((rows, took_s))
    return played


def figures(played: Mapping[str, Sequence[Round]]) -> dict[str, Any]:
    """Rows a second by way, medians; and ratios, medians of those of neighbouring rounds."""
    speeds = {name: [rows / took_s for rows, took_s in rounds] for name, rounds in played.items()}
    bare, kept, *_ = speeds
    return {
        name: {
            "rows_per_s": round(median(speed)),
            "of_bare_copy": round(median(a / b for a, b in zip(speed, speeds[bare], strict=True)), 4),
            "of_copy_of_both": round(median(a / b for a, b in zip(speed, speeds[kept], strict=True)), 4),
            "rounds_rows_per_s": [round(one) for one in speed],
        }
        for name, speed in speeds.items()
    }


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Way, rows a second, ratios."""
    lines = [f"{'way':38}{'rows/s':>12}{'of COPY':>10}{'of both':>10}"]
    lines += [
        f"{name:38}{one['rows_per_s']:>12,}{one['of_bare_copy']:>10.1%}{one['of_copy_of_both']:>10.1%}"
        for name, one in found.items()
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=NODES)
    parser.add_argument("--skus", type=int, default=SKUS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--dry", action="store_true", help="write no result")
    given = parser.parse_args(arguments)
    with benched(given.nodes, given.skus) as bench:
        found = figures(measure(bench, given.rounds))
        bench.check_books()
    print(table(found))
    if not given.dry:
        world = {"nodes": given.nodes, "skus": given.skus, "rows_per_file": given.nodes * given.skus}
        write_result("stock-feed", world | {"rounds": given.rounds, "least": LEAST, "ways": found})
    return 0 if found["file, one count in ten new"]["of_bare_copy"] >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
