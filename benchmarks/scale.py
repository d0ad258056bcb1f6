"""A million SKUs at a thousand nodes with 20 million positions in one server process, beside a small network.

`python -m benchmarks.scale` loads both into servers of their own (`benchmarks.scale_world`; about 5 GB of
disk, gone afterwards unless `--keep`), starts one server process on each, and measures the time until it is
ready, its memory, and what the pool alone takes (`benchmarks.scale_pool`). Then it plays short rounds in
turn, small and large, one request at a time; ratios are the median of those of neighbouring rounds.

Prints a table and writes results/DATE-scale.json; ends with 1 where a figure is not what must be reached.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.checkout_world import availability_asks, promise_asks
from benchmarks.cpu_time import cpu_s
from benchmarks.http_load import Load, request, run_load
from benchmarks.machine import write_result
from benchmarks.scale_world import BROAD, Size, World, world
from benchmarks.serving import served
from oms.adapters.clock import elapsed_s
from routing.warm import warm_up

SMALL, LARGE = Size(50, 10_000, 20), Size(1_000, 1_000_000, 20)
ASKS = 5_000
ROUNDS, ROUND_S, WARM_S = 7, 2.0, 3.0
READY_S, POOL_MB, PROMISES = 60.0, 600.0, 1.5
HOT = "S100"
"""A SKU that lies at as many nodes as most."""


@dataclass(frozen=True, slots=True)
class Question:
    """`small` and `large`: requests, whole, that are sent in turn."""

    name: str
    small: Sequence[bytes]
    large: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Shop:
    """A server process on a world, and how it came up."""

    port: int
    pid: int
    key: str
    came_up: Mapping[str, float]


@contextmanager
def opened(place: World) -> Iterator[Shop]:
    """One server process, ready."""
    url = place.server.url()
    with tempfile.TemporaryDirectory() as data:
        begun_s = elapsed_s()
        with served(url, Path(data), 1, "api.server:application") as running:
            ready_s = elapsed_s() - begun_s
            [(port, pid)] = running.items()
            took = {"ready_s": round(ready_s, 1), "ready_cpu_s": round(cpu_s(pid), 1)}
            yield Shop(port, pid, place.key, took | _memory(pid))


def _memory(pid: int) -> dict[str, float]:
    """Resident now, and at most so far."""
    told = Path(f"/proc/{pid}/status").read_text()
    kilobytes = dict(re.findall(r"(Vm\w+):\s+(\d+) kB", told))
    fields = {"rss_mb": "VmRSS", "peak_mb": "VmHWM"}
    return {name: round(int(kilobytes[field]) / 1024) for name, field in fields.items()}


def pool_alone(place: World) -> dict[str, float]:
    """What `benchmarks.scale_pool` finds, in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale_pool", place.server.url()],
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(told.stdout))


def questions(shops: Mapping[Size, Shop], number: int) -> list[Question]:
    """The same of both."""
    small, large = shops

    def asked(path: str, asks: Mapping[Size, Sequence[dict[str, Any]]]) -> tuple[list[bytes], list[bytes]]:
        made = {
            size: [request("POST", path, shops[size].key, json.dumps(ask).encode()) for ask in asks[size]]
            for size in shops
        }
        return made[small], made[large]

    spread = {size: availability_asks(number, False, size.skus) for size in shops}
    near = {size: availability_asks(number, True, size.skus) for size in shops}
    baskets = {size: promise_asks(number, size.skus) for size in shops}
    hot = {size: [_hot(ask) for ask in asks] for size, asks in baskets.items()}
    same = {size: [{"skus": [HOT], "channel": "web"}] for size in shops}
    broad = {size: [_by_node(place, ask) for place, ask in enumerate(asks)] for size, asks in near.items()}
    return [
        Question("availability, 3 SKUs", *asked("/v1/availability", spread)),
        Question("the same near a customer", *asked("/v1/availability", near)),
        Question("the same hot SKU, always", *asked("/v1/availability", same)),
        Question("one SKU at half of the nodes", *asked("/v1/availability", broad)),
        Question("promises, 3 lines", *asked("/v1/promises", baskets)),
        Question("promises of the hot SKU", *asked("/v1/promises", hot)),
    ]


def _by_node(place: int, ask: dict[str, Any]) -> dict[str, Any]:
    return {**ask, "skus": [f"S{place % BROAD}"], "detail": "node", "limit_nodes": 1_000}


def _hot(ask: dict[str, Any]) -> dict[str, Any]:
    return {**ask, "lines": [{"id": "1", "sku": HOT, "quantity": 1}]}


def play(port: int, requests: Iterator[bytes], seconds: float) -> Load:
    """One round, one request at a time."""
    load = run_load([port], 1, seconds, lambda: next(requests))
    assert set(load.statuses) == {200}, (load.statuses, load.odd[:1])
    return load


def measure(shops: Mapping[Size, Shop], asks: int, rounds: int, round_s: float) -> list[dict[str, Any]]:
    """Every question, rounds in turn."""
    small, large = shops.values()
    rows = []
    for question in questions(shops, asks):
        asked = cycle(question.small), cycle(question.large)
        for shop, requests in zip((small, large), asked, strict=True):
            play(shop.port, requests, WARM_S * round_s / ROUND_S)
        played = [
            (play(small.port, asked[0], round_s), play(large.port, asked[1], round_s)) for _ in range(rounds)
        ]
        ratios = [other.took_ms(0.5) / one.took_ms(0.5) for one, other in played]
        rows.append(
            {
                "question": question.name,
                "small": _took([one for one, _ in played]),
                "large": _took([other for _, other in played]),
                "ratio": round(statistics.median(ratios), 2),
            }
        )
        print(table(rows[-1:]), flush=True)
    return rows


def _took(rounds: Sequence[Load]) -> dict[str, float]:
    whole = Load([second for one in rounds for second in one.took_s])
    return {f"p{share}_ms": round(whole.took_ms(share / 100), 3) for share in (50, 99)}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Question, small, large, ratio."""
    lines = [f"{'':30}{'small p50':>11}{'large p50':>11}{'ratio':>8}{'small p99':>11}{'large p99':>11}  ms"]
    lines += [
        f"{row['question']:30}{row['small']['p50_ms']:>11}{row['large']['p50_ms']:>11}{row['ratio']:>8}"
        f"{row['small']['p99_ms']:>11}{row['large']['p99_ms']:>11}"
        for row in rows
    ]
    return "\n".join(lines)


def shortfalls(figures: Mapping[str, Any]) -> list[str]:
    """What is not as it must be."""
    large, rows = figures["large"], {row["question"]: row for row in figures["questions"]}
    found = {
        f"ready within {READY_S:.0f} s": large["ready_s"] <= READY_S,
        f"pool within {POOL_MB:.0f} MB": large["pool"]["rss_growth_mb"] <= POOL_MB,
        f"promises within {PROMISES} × of the small network": rows["promises, 3 lines"]["ratio"] <= PROMISES,
    }
    return [what for what, holds in found.items() if not holds]


def _size(given: str) -> Size:
    return Size(*(int(part) for part in given.split("x")))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=_size, default=SMALL, help="NODESxSKUSxNODES_PER_SKU")
    parser.add_argument("--large", type=_size, default=LARGE)
    parser.add_argument("--asks", type=int, default=ASKS, help="different requests of each kind")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=ROUND_S, help="of each round")
    parser.add_argument("--keep", type=Path, help="a folder in which both worlds stay for another time")
    parser.add_argument("--dry", action="store_true", help="write no result")
    given = parser.parse_args(arguments)
    figures = _figures(given)
    print(table(figures["questions"]))
    print(json.dumps({name: figures[name] for name in ("small", "large")}, indent=1))
    if not given.dry:
        write_result("scale", figures)
    short = shortfalls(figures)
    print("Falls short: " + "; ".join(short) if short else "As it must be")
    return 1 if short else 0


def _figures(given: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="anyshelf-scale-") as scratch, ExitStack() as open_:
        folder = given.keep or Path(scratch)
        folder.chmod(0o711)
        places = {
            size: open_.enter_context(world(size, folder / name))
            for name, size in (("small", given.small), ("large", given.large))
        }
        warm_up()  # compiled once an installation, not at every start
        pools = {size: pool_alone(place) for size, place in places.items()}
        shops = {size: open_.enter_context(opened(place)) for size, place in places.items()}
        rows = measure(shops, given.asks, given.rounds, given.seconds)
        about = {
            name: {
                **asdict(size),
                "positions": places[size].positions,
                "pool": pools[size],
                **shop.came_up,
                "rss_after_load_mb": _memory(shop.pid)["rss_mb"],
            }
            for (size, shop), name in zip(shops.items(), ("small", "large"), strict=True)
        }
    return {**about, "rounds": given.rounds, "questions": rows}


if __name__ == "__main__":
    sys.exit(main())
