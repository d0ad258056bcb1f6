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
from itertools import count, cycle
from typing import Any

import httpx
import orjson
from sqlalchemy import TextClause, text

from benchmarks import host_kills
from benchmarks.cpu_time import cpu_s
from benchmarks.crash_house import client_of, furnished
from benchmarks.host_house import PORT, Hosts, hosts
from benchmarks.host_network import NotPermitted
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
APART = SKUS
"""The number of the SKU that no order wants: what changes of it is what staleness writes."""
LOOK_S = 0.002
REST_S = 10.0
_WRITTEN = text("SELECT pg_current_wal_insert_lsn() - '0/0'")
_CONNECTIONS = text("SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'")

_ids = count(1)


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


def play(house: Hosts, make: Make, seconds: float, clients: int = CLIENTS) -> tuple[Load, dict[str, float]]:
    """One round at all hosts; and the seconds of processor time that each part took."""
    before = _cpu_s(house)
    load = run_load(
        [(base.split("/")[2].split(":")[0], PORT) for base in house.bases], clients, seconds, make
    )
    assert set(load.statuses) <= {200, 201}, (load.statuses, load.odd[:1])
    spent = {part: now - before[part] for part, now in _cpu_s(house).items()}
    spent["clients"] = load.cpu_s
    return load, spent


def _cpu_s(house: Hosts) -> dict[str, float]:
    spent = {"servers": sum(cpu_s(one.pid) for one in house.running.values())}
    spent["primary"] = cpu_s(house.primary.pid())
    return spent | ({"replica": cpu_s(house.replica.pid())} if house.replica else {})


def rate(house: Hosts, make: Make, rounds: int, seconds: float) -> dict[str, Any]:
    """Rounds; the median rate, times over all; by part how many cores it kept busy, and its processor time an
    answer, which does not depend on what else the machine does.
    """
    play(house, make, WARM_S * seconds / SECONDS)
    written = _one(house, _WRITTEN)
    played = [play(house, make, seconds) for _ in range(rounds)]
    written = _one(house, _WRITTEN) - written
    whole = Load([s for load, _ in played for s in load.took_s])
    parts = {part: sum(spent[part] for _, spent in played) for part in played[0][1]}
    parts["all"] = sum(parts.values())
    seconds_played = sum(load.seconds for load, _ in played)
    return {
        "per_s": round(statistics.median(load.per_s for load, _ in played), 1),
        "p50_ms": round(whole.took_ms(0.50), 2),
        "p99_ms": round(whole.took_ms(0.99), 2),
        "cores": {part: round(s / seconds_played, 2) for part, s in parts.items()},
        "cpu_ms": {part: round(1000 * s / len(whole.took_s), 3) for part, s in parts.items()},
        "wal_bytes": round(written / len(whole.took_s)),
        "rounds_per_s": [round(load.per_s, 1) for load, _ in played],
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


def staleness(house: Hosts, writes: int, seed: int = 1) -> dict[str, float]:
    """Milliseconds from the answer that a unit is committed at one host until another shows it. Of a single
    host: until it shows it itself.
    """
    dice, took_ms = random.Random(seed), []
    with client_of(house.admin_key) as client:
        shown = available(client, house.bases[0])
        for _ in range(writes):
            one, other = dice.sample(house.bases, 2) if len(house.bases) > 1 else house.bases * 2
            name = f"stale-{next(_ids)}"
            line = {"node": "WH", "sku": sku(APART), "cause": "receive", "quantity": 1, "reference": name}
            body, head = {"movements": [line]}, {"Idempotency-Key": name}
            client.post(f"{one}/v1/stock/movements", json=body, headers=head).raise_for_status()
            since_s, shown = elapsed_s(), shown + 1
            while available(client, other) < shown:
                time.sleep(LOOK_S)
            took_ms.append(1000 * (elapsed_s() - since_s))
            time.sleep(dice.uniform(0, 0.5))
    took_ms.sort()
    p99 = took_ms[min(writes - 1, int(0.99 * writes))]
    return {
        "writes": writes,
        "p50_ms": round(statistics.median(took_ms), 1),
        "p99_ms": round(p99, 1),
        "most_ms": round(took_ms[-1], 1),
    }


def available(client: httpx.Client, base: str) -> int:
    """Of the SKU apart, as that host has it in memory."""
    answer = client.post(f"{base}/v1/availability", json={"skus": [sku(APART)]})
    return int(answer.raise_for_status().json()["items"][0]["available"])


def stale_under_load(house: Hosts, writes: int) -> dict[str, float]:
    """The same while orders come in as fast as they can."""
    make = orders(house)
    with ThreadPoolExecutor(1) as pool:
        measured = pool.submit(staleness, house, writes)
        while not measured.done():
            play(house, make, 1.0)
        return measured.result()


def measure(house: Hosts, given: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each number of processes, more of them being added each time."""
    rows = []
    for processes in given.processes:
        house.add(processes - len(house.running))
        row: dict[str, Any] = {"processes": processes}
        for what in (orders, availability, lists):
            row[what.__name__] = rate(house, what(house), given.rounds, given.seconds)
        row["at_rest"] = at_rest(house)
        row["staleness"] = staleness(house, given.writes)
        row["staleness_under_load"] = stale_under_load(house, given.writes)
        rows.append(row)
        print(table(rows[-1:]), flush=True)
    return rows


def without_replica(house: Hosts, given: argparse.Namespace) -> dict[str, Any]:
    """Lists by as many processes again that were not told of the replica."""
    for base in house.bases:
        house.kill(base)
    house.replica = None
    house.add(given.processes[-1])
    return rate(house, lists(house), given.rounds, given.seconds)


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
            primary_only = without_replica(house, given)
        with hosts(furnished) as house:
            house.add(2)
            house.add_worker()
            kills = host_kills.run(house, given.turns, SHOPPERS)
    except NotPermitted as error:
        print(f"Several hosts cannot be made on this machine: {error}", file=sys.stderr)
        return 2
    figures = {"clients": CLIENTS, "hosts": rows, "lists_without_replica": primary_only, "kills": kills}
    print(table(rows))
    print(json.dumps({"lists_without_replica": primary_only, "kills": kills}, indent=1))
    if not given.dry:
        print(f"Written to {write_result('hosts', figures).name}")
    short = shortfalls(figures)
    print("Falls short: " + "; ".join(short) if short else "As it must be")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
