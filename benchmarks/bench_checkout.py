"""Availability and promises beside an empty endpoint: the same bodies, the same server process, the same
minute.

`python -m benchmarks.bench_checkout` starts a server on a generated network of 200 nodes, then of 1,000,
and plays short rounds in turn: ours, then the empty endpoint, which reads the same request and sends the
same answer (`benchmarks.empty`). The ratio is the median of those of neighbouring rounds, so that whatever
else the machine does meanwhile weighs on both; `cpu_ratio` compares the processor time of server and client
a request, which does not depend on what else runs. Two server processes and the client share two cores, as
`anyshelf serve --workers 2` would. Writes benchmarks/results/DATE-checkout.json; ends with 1 where a ratio
is below what must be reached.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx

from benchmarks.checkout_world import availability_asks, furnish, promise_asks
from benchmarks.cpu_time import cpu_s
from benchmarks.empty import PREFIX
from benchmarks.http_load import Load, request, run_load
from benchmarks.machine import throwaway_database, write_result
from benchmarks.serving import served
from oms.actors import SYSTEM, Role
from oms.bootstrap import start
from oms.settings import Settings
from oms.usecases.keys import create_key
from oms.work import transact

ASKS = 256
PROCESSES = 2
CONNECTIONS = 8
ROUNDS, ROUND_S, WARM_S = 12, 1.0, 2.0
RATE_PER_MINUTE = 10_000_000


@dataclass(frozen=True, slots=True)
class Operation:
    """`least` and `aim`: the share of the empty endpoint's throughput that must, and should, be reached.

    Both are 0 where the figure is only told.
    """

    name: str
    nodes: int
    path: str
    asks: Sequence[dict[str, Any]]
    least: float
    aim: float


def operations() -> tuple[Operation, ...]:
    """The rows of the table."""
    goods, near, baskets = availability_asks(ASKS, False), availability_asks(ASKS, True), promise_asks(ASKS)
    return (
        Operation("availability, 3 SKUs × 200 nodes", 200, "/v1/availability", goods, 0.60, 0.80),
        Operation("the same near a customer", 200, "/v1/availability", near, 0.0, 0.0),
        Operation("promises, 3 lines × 200 nodes", 200, "/v1/promises", baskets, 0.40, 0.60),
        Operation("promises, 3 lines × 1,000 nodes", 1_000, "/v1/promises", baskets, 0.25, 0.40),
    )


@contextmanager
def shop(nodes: int, processes: int) -> Iterator[tuple[dict[int, int], str]]:
    """Server processes, by port, and a storefront's key on a network of so many nodes."""
    with throwaway_database() as url, tempfile.TemporaryDirectory() as data:
        runtime = start(Settings(database_url=url, data_dir=Path(data)))
        furnish(runtime, nodes)
        made = transact(
            runtime,
            SYSTEM,
            lambda work: create_key(
                work, name="bench", role=Role.STOREFRONT, channels=["web"], rate_per_minute=RATE_PER_MINUTE
            ),
        )
        runtime.close()
        with served(url, Path(data), processes, "benchmarks.empty:application") as running:
            yield running, made.secret


def keep(ports: Sequence[int], key: str, operation: Operation) -> int:
    """Have the empty endpoints keep the product's answer to every request; their mean length in bytes."""
    length = 0
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        for number, ask in enumerate(operation.asks):
            answer = client.post(f"http://127.0.0.1:{ports[0]}{operation.path}", json=ask)
            assert answer.status_code == 200, answer.text
            length += len(answer.content)
            for port in ports:
                kept = f"http://127.0.0.1:{port}{PREFIX}{number}"
                client.put(kept, content=answer.content).raise_for_status()
    return length // len(operation.asks)


@dataclass(frozen=True, slots=True)
class Round:
    """What the client saw, and what the servers took of the processor meanwhile."""

    load: Load
    server_cpu_s: float


def play(running: Mapping[int, int], requests: Sequence[bytes], seconds: float) -> Round:
    """One round of the requests in turn."""
    turn = cycle(requests)
    before_s = sum(cpu_s(pid) for pid in running.values())
    load = run_load(list(running), CONNECTIONS, seconds, lambda: next(turn))
    assert set(load.statuses) == {200}, (load.statuses, load.odd[:1])
    return Round(load, sum(cpu_s(pid) for pid in running.values()) - before_s)


def measure(
    running: Mapping[int, int], key: str, operation: Operation, rounds: int, round_s: float
) -> dict[str, Any]:
    """Rounds in turn."""
    answer_bytes = keep(list(running), key, operation)
    bodies = [json.dumps(ask).encode() for ask in operation.asks]
    ours = [request("POST", operation.path, key, body) for body in bodies]
    empty = [request("POST", f"{PREFIX}{number}", key, body) for number, body in enumerate(bodies)]
    for requests in (ours, empty):
        play(running, requests, WARM_S)
    played = [(play(running, ours, round_s), play(running, empty, round_s)) for _ in range(rounds)]
    ratios = [one.load.per_s / floor.load.per_s for one, floor in played]
    mine, floor = (figures([pair[side] for pair in played]) for side in (0, 1))
    return {
        "operation": operation.name,
        "answer_bytes": answer_bytes,
        "ours": mine,
        "empty": floor,
        "cpu_ratio": round(_cpu_us(floor) / _cpu_us(mine), 3),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_quartiles": [round(at, 3) for at in statistics.quantiles(ratios, n=4)[::2]],
        "least": operation.least,
        "aim": operation.aim,
    }


def figures(rounds: Sequence[Round]) -> dict[str, Any]:
    """Requests a second (median of the rounds), milliseconds they took, processor time of each."""
    whole = Load([second for one in rounds for second in one.load.took_s])
    requests = len(whole.took_s)
    return {
        "server_cpu_us": round(1e6 * sum(one.server_cpu_s for one in rounds) / requests, 1),
        "client_cpu_us": round(1e6 * sum(one.load.cpu_s for one in rounds) / requests, 1),
        "per_second": round(statistics.median(one.load.per_s for one in rounds)),
        "p50_ms": round(whole.took_ms(0.50), 2),
        "p99_ms": round(whole.took_ms(0.99), 2),
    }


def _cpu_us(one: Mapping[str, Any]) -> float:
    return float(one["server_cpu_us"] + one["client_cpu_us"])


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Operation, ours, floor, ratio, p50 and p99."""
    head = ("ours/s", "empty/s", "ratio", "by cpu", "p50 ms", "p99 ms", "must")
    lines = [f"{'operation':34}" + "".join(f"{name:>9}" for name in head)]
    lines += [
        f"{row['operation']:34}{row['ours']['per_second']:>9,}{row['empty']['per_second']:>9,}"
        f"{row['ratio']:>9.1%}{row['cpu_ratio']:>9.1%}{row['ours']['p50_ms']:>9}{row['ours']['p99_ms']:>9}"
        f"{row['least']:>9.0%}"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=ROUND_S, help="of each round")
    parser.add_argument("--nodes", type=int, help="only the operations over so many nodes")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="of the server")
    parser.add_argument("--dry", action="store_true", help="write no result")
    given = parser.parse_args()
    rows = []
    chosen = [one for one in operations() if given.nodes in (None, one.nodes)]
    for nodes in sorted({one.nodes for one in chosen}):
        with shop(nodes, given.processes) as (running, key):
            for one in chosen:
                if one.nodes == nodes:
                    rows.append(measure(running, key, one, given.rounds, given.seconds))
                    print(table(rows[-1:]), flush=True)
    about = {"processes": given.processes, "rounds": given.rounds, "connections": CONNECTIONS}
    if not given.dry:
        write_result("checkout", about | {"operations": rows})
    print(table(rows))
    return 0 if all(row["ratio"] >= row["least"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
