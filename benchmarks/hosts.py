"""One, two, four server processes, each on a host of its own, on one PostgreSQL with a replica.

`python -m benchmarks.hosts` makes the hosts itself, as network namespaces (`benchmarks.host_network`), and
ends with 2 and says why where that is not permitted. It measures orders (durable), availability and lists
over HTTP through the network between them, how busy each part is meanwhile, and how long until other hosts
show what one has committed; then it kills hosts and adds others under load. Everything shares this machine's
cores: more processes can use no more than these, which is why the figures say who used them.

Writes benchmarks/results/DATE-hosts.json; ends with 1 where anything was lost, doubled or stale for long.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count, cycle
from typing import Any

import orjson
from sqlalchemy import TextClause, text

from benchmarks import host_kills
from benchmarks.cpu_time import cpu_s
from benchmarks.crash_house import furnished
from benchmarks.host_house import PORT, Hosts, hosts
from benchmarks.host_network import NotPermitted
from benchmarks.host_staleness import APART, staleness
from benchmarks.http_load import Load, Make, request, run_load
from benchmarks.machine import write_result
from benchmarks.order_world import SKUS, bodies, sku, write_world
from oms.actors import SYSTEM, Role
from oms.adapters.clock import elapsed_s
from oms.bootstrap import start
from oms.settings import Settings
from oms.usecases.keys import create_key
from oms.work import Work, transact

PROCESSES = (1, 2, 4)
CLIENTS, ROUNDS, SECONDS, WARM_S = 32, 3, 5.0, 4.0
WRITES = 60
TURNS, SHOPPERS = 4, 8
RATE_PER_MINUTE = 10_000_000
STALE_MS = 1000.0
REST_S = 10.0
_WRITTEN = text("SELECT pg_current_wal_insert_lsn() - '0/0'")
_CONNECTIONS = text("SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'")

_ids = count(1)


@dataclass(frozen=True, slots=True)
class Round:
    """What clients saw; the seconds of processor time that each part took, and the log that was written."""

    load: Load
    spent_s: dict[str, float]
    wal_bytes: int


def furnish(settings: Settings) -> tuple[str, str]:
    """The world that orders are measured in; keys that may ask as often as they like."""
    runtime = start(settings)
    try:
        write_world(runtime)
        return transact(runtime, SYSTEM, _keys)
    finally:
        runtime.close()


def _keys(work: Work) -> tuple[str, str]:
    shop = create_key(
        work, name="shop", role=Role.STOREFRONT, channels=["web"], rate_per_minute=RATE_PER_MINUTE
    )
    admin = create_key(work, name="admin", role=Role.ADMIN, rate_per_minute=RATE_PER_MINUTE)
    return shop.secret, admin.secret


def play(house: Hosts, bases: Sequence[str], make: Make, seconds: float) -> Round:
    """One round at some of the hosts."""
    before, written = _cpu_s(house), _one(house, _WRITTEN)
    doors = [(base.split("/")[2].split(":")[0], PORT) for base in bases]
    load = run_load(doors, CLIENTS, seconds, make)
    assert set(load.statuses) <= {200, 201}, (load.statuses, load.odd[:1])
    spent = {part: now - before[part] for part, now in _cpu_s(house).items()}
    return Round(load, spent | {"clients": load.cpu_s}, _one(house, _WRITTEN) - written)


def _cpu_s(house: Hosts) -> dict[str, float]:
    spent = {"servers": sum(cpu_s(one.pid) for one in house.running.values())}
    spent["primary"] = cpu_s(house.primary.pid())
    return spent | ({"replica": cpu_s(house.replica.pid())} if house.replica else {})


def in_turn(
    house: Hosts, groups: Sequence[Sequence[str]], make: Make, given: argparse.Namespace
) -> list[dict[str, Any]]:
    """Rounds at each group of hosts in turn, so that whatever else the machine does meets them all."""
    for bases in groups:
        play(house, bases, make, WARM_S * given.seconds / SECONDS)
    played: list[list[Round]] = [[] for _ in groups]
    for _ in range(given.rounds):
        for bases, rounds in zip(groups, played, strict=True):
            rounds.append(play(house, bases, make, given.seconds))
    return [figures_of(rounds) for rounds in played]


def figures_of(played: Sequence[Round]) -> dict[str, Any]:
    """The median rate, times over all; by part how many cores it kept busy, and its processor time an answer,
    which depends less on what else the machine does.
    """
    whole = Load([s for one in played for s in one.load.took_s])
    parts = {part: sum(one.spent_s[part] for one in played) for part in played[0].spent_s}
    parts["all"] = sum(parts.values())
    seconds = sum(one.load.seconds for one in played)
    return {
        "per_s": round(statistics.median(one.load.per_s for one in played), 1),
        "p50_ms": round(whole.took_ms(0.50), 2),
        "p99_ms": round(whole.took_ms(0.99), 2),
        "cores": {part: round(s / seconds, 2) for part, s in parts.items()},
        "cpu_ms": {part: round(1000 * s / len(whole.took_s), 3) for part, s in parts.items()},
        "wal_bytes": round(sum(one.wal_bytes for one in played) / len(whole.took_s)),
        "rounds_per_s": [round(one.load.per_s, 1) for one in played],
    }


def at_rest(house: Hosts) -> dict[str, Any]:
    """What processes take that nobody asks anything: cores by part, and connections to the primary."""
    before, begun_s = _cpu_s(house), elapsed_s()
    time.sleep(REST_S)
    took_s = elapsed_s() - begun_s
    cores = {part: round((now - before[part]) / took_s, 3) for part, now in _cpu_s(house).items()}
    return {"cores": cores, "connections": _one(house, _CONNECTIONS)}


def _one(house: Hosts, statement: TextClause) -> int:
    with house.engine.connect() as conn:
        return int(conn.execute(statement).scalar_one())


def orders(house: Hosts) -> Make:
    """Orders of two lines over all SKUs but one."""
    made = bodies(random.Random(next(_ids)), 2_000, APART - 1)

    def make() -> bytes:
        number = next(_ids)
        return request("PUT", f"/v1/orders/h-{number}", house.shop_key, made[number % len(made)])

    return make


def availability(house: Hosts) -> Make:
    """Three SKUs at a time."""
    dice = random.Random(1)
    asks = [{"skus": [sku(no) for no in dice.sample(range(1, SKUS), 3)]} for _ in range(256)]
    turn = cycle([request("POST", "/v1/availability", house.shop_key, orjson.dumps(ask)) for ask in asks])
    return lambda: next(turn)


def lists(house: Hosts) -> Make:
    """The newest fifty orders."""
    wanted = request("GET", "/v1/orders?limit=50", house.admin_key, b"")
    return lambda: wanted


def stale_under_load(house: Hosts, bases: Sequence[str], writes: int) -> dict[str, float]:
    """The same while orders come in as fast as they can."""
    make = orders(house)
    with ThreadPoolExecutor(1) as pool:
        measured = pool.submit(staleness, house.admin_key, bases, writes)
        while not measured.done():
            play(house, bases, make, 1.0)
        return measured.result()


def measure(house: Hosts, given: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each number of processes: at rest as they are added, then, all of them there, with so many of
    them in use.
    """
    rows: list[dict[str, Any]] = []
    for processes in given.processes:
        house.add(processes - len(house.running))
        rows.append({"processes": processes, "at_rest": at_rest(house)})
    groups = [house.bases[: row["processes"]] for row in rows]
    for what in (orders, availability, lists):
        for row, figures in zip(rows, in_turn(house, groups, what(house), given), strict=True):
            row[what.__name__] = figures
    for row, bases in zip(rows, groups, strict=True):
        row["staleness"] = staleness(house.admin_key, bases, given.writes)
        row["staleness_under_load"] = stale_under_load(house, bases, given.writes)
    print(table(rows), flush=True)
    return rows


def without_replica(house: Hosts, given: argparse.Namespace) -> dict[str, Any]:
    """Lists at a process that was not told of the replica, in turn with one that was."""
    first = house.bases[0]
    house.replica = None
    groups = [[first], house.add()]
    told, not_told = in_turn(house, groups, lists(house), given)
    return {"with": told, "without": not_told}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """What a number of processes did; cores kept busy, processor time an answer of servers and primary."""
    head = ("per s", "p50 ms", "p99 ms", "cores", "server ms", "prim. ms")
    lines = [f"{'':34}" + "".join(f"{name:>10}" for name in head)]
    for row in rows:
        for what in ("orders", "availability", "lists"):
            one = row[what]
            figures = [one["per_s"], one["p50_ms"], one["p99_ms"]]
            figures += [one["cores"]["all"], one["cpu_ms"]["servers"], one["cpu_ms"]["primary"]]
            lines.append(f"{row['processes']} × {what:30}" + "".join(f"{n:>10,}" for n in figures))
        for what in ("staleness", "staleness_under_load"):
            one = row[what]
            name = f"{row['processes']} × {what}"
            lines.append(f"{name:34}{'':>10}{one['p50_ms']:>10}{one['p99_ms']:>10}  most {one['most_ms']} ms")
    return "\n".join(lines)


def shortfalls(figures: dict[str, Any]) -> list[str]:
    """What is not as it must be."""
    most = max(row["staleness"]["most_ms"] for row in figures["hosts"])
    found = [f"stale for {most} ms without load"] if most > STALE_MS else []
    wrong = figures["kills"]["wrong"]
    return found + ([f"kills: {wrong}"] if wrong else [])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--processes", type=int, nargs="+", default=PROCESSES, help="rising")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each round")
    parser.add_argument("--writes", type=int, default=WRITES, help="whose staleness is measured")
    parser.add_argument("--turns", type=int, default=TURNS, help="hosts killed, and added, under load")
    parser.add_argument("--dry", action="store_true", help="write no result")
    given = parser.parse_args(arguments)
    try:
        with hosts(furnish) as house:
            rows = measure(house, given)
            compared = without_replica(house, given)
        with hosts(furnished) as house:
            house.add(2)
            house.add_worker()
            kills = host_kills.run(house, given.turns, SHOPPERS)
    except NotPermitted as error:
        print(f"Several hosts cannot be made on this machine: {error}", file=sys.stderr)
        return 2
    figures = {"clients": CLIENTS, "hosts": rows, "lists_by_replica": compared, "kills": kills}
    print(json.dumps({"lists_by_replica": compared, "kills": kills}, indent=1))
    if not given.dry:
        print(f"Written to {write_result('hosts', figures).name}")
    short = shortfalls(figures)
    print("Falls short: " + "; ".join(short) if short else "As it must be")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
