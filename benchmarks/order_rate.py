"""How many orders a second: placed over HTTP, beside the same statements run by ``pgbench`` (the floor).

`python -m benchmarks.order_rate` starts a durable server of its own and the product on it, and takes turns:
a short round of orders, a short round of the floor, so that whatever else the machine does meets both. Orders
spread over all SKUs, then all want the same ten. Prints a table and writes results/DATE-orders.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import create_engine, text

from benchmarks.cpu_time import cpu_s
from benchmarks.http_load import request, run_load
from benchmarks.machine import write_result
from benchmarks.order_floor import floor_script, run_floor
from benchmarks.order_world import HOT, SKUS, bodies, write_world
from benchmarks.serving import serving
from oms.actors import SYSTEM, Role
from oms.adapters.postgres import Embedded, postmaster_pid
from oms.audit import audit
from oms.bootstrap import start
from oms.settings import Settings
from oms.store.database import migrate
from oms.usecases.keys import create_key
from oms.work import transact

CLIENTS, ROUNDS, SECONDS, WARM_S = 32, 5, 6, 5
PREPARED = 20_000
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
Scripts = dict[str, Path]


@dataclass(frozen=True)
class Bench:
    """The product's ports and a key, the database, and the floor's scripts by how orders are spread."""

    server: Embedded
    ports: list[int]
    key: str
    scripts: Scripts
    ids: Iterator[int]

    def orders(self, skus: int, seconds: float) -> dict[str, float]:
        """Place orders over the first so many SKUs: how many a second, how long each took."""
        chance = random.Random(next(self.ids))
        made = bodies(chance, 2_000, skus)

        def make() -> bytes:
            number = next(self.ids)
            return request("PUT", f"/v1/orders/b-{number}", self.key, made[number % len(made)])

        before_s = self._cpu_s()
        load = run_load(self.ports, CLIENTS, seconds, make)
        assert set(load.statuses) == {201}, (load.statuses, load.odd[:1])
        figures = {f"p{share}_ms": round(load.took_ms(share / 100), 1) for share in (50, 99)}
        return {"per_s": round(load.per_s, 1), **figures, **self._cpu_ms(before_s, len(load.took_s))}

    def floor(self, spread: str, seconds: int) -> dict[str, float]:
        """The same statements without us."""
        before_s = self._cpu_s()
        done = run_floor(self.server.home, self.scripts[spread], CLIENTS, seconds, next(self.ids) * 1_000)
        return done | self._cpu_ms(before_s, round(done["per_s"] * seconds))

    def _cpu_s(self) -> dict[str, float]:
        """Processor time so far of ourselves with what we started (clients, servers), and of PostgreSQL."""
        database = postmaster_pid(self.server.home)
        assert database is not None, "the server runs"
        return {"clients and servers": cpu_s(os.getpid()), "database": cpu_s(database)}

    def _cpu_ms(self, before_s: dict[str, float], orders: int) -> dict[str, float]:
        """Processor time an order took; what works all the time (feed, jobs) counts with it."""
        spent = {name: now - before_s[name] for name, now in self._cpu_s().items()}
        return {f"cpu_ms {name}": round(1000 * s / orders, 2) for name, s in spent.items()}


@contextmanager
def benched(processes: int) -> Iterator[Bench]:
    """Everything at its place; the books are audited in the end."""
    with tempfile.TemporaryDirectory(prefix="anyshelf-orders-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with Embedded(folder / "server") as server:
            migrate(server.url())
            key, scripts = _prepare(server.url(), folder)
            with serving(server.url(), folder, processes) as ports:
                yield Bench(server, ports, key, scripts, count(1))
            _checked(server.url())


def _prepare(url: str, folder: Path) -> tuple[str, Scripts]:
    runtime = start(Settings(database_url=url, data_dir=folder))
    try:
        write_world(runtime)
        made = transact(
            runtime, SYSTEM, lambda work: create_key(work, name="b", role=Role.STOREFRONT, channels=["web"])
        )
        runtime.refresher.look()
        scripts = {"spread": folder / "spread.sql", "hot": folder / "hot.sql"}
        script = floor_script(runtime, made.secret, SKUS)
        scripts["spread"].write_text(script)
        scripts["hot"].write_text(
            script.replace(f"random(1, {SKUS // 2})", f"random(1, {HOT // 2})").replace(
                f"random({SKUS // 2 + 1}, {SKUS})", f"random({HOT // 2 + 1}, {HOT})"
            )
        )
        return made.secret, scripts
    finally:
        runtime.close()


def _checked(url: str) -> None:
    """What was acknowledged is there, and the books agree, but for what only the floor wrote."""
    engine = create_engine(url)
    with engine.begin() as conn:
        report = audit(conn)
    engine.dispose()
    assert not report.differences, report.differences[:3]


def durable(url: str) -> dict[str, str]:
    """The server's settings that make a commit durable; each must be on, for the floor and for us."""
    engine = create_engine(url)
    with engine.connect() as conn:
        shown = {name: str(conn.scalar(text(f"SHOW {name}"))) for name in DURABLE}
    engine.dispose()
    assert set(shown.values()) == {"on"}, shown
    return shown


def measure(bench: Bench, rounds: int) -> dict[str, Any]:
    """Rounds in turn; of each kind the median of its rounds."""
    kinds: dict[str, list[dict[str, float]]] = {"spread": [], "hot": []}
    floors: dict[str, list[dict[str, float]]] = {"spread": [], "hot": []}
    for spread, skus in (("spread", SKUS), ("hot", HOT)):
        bench.orders(skus, WARM_S)
        bench.floor(spread, 2)
    for _ in range(rounds):
        for spread, skus in (("spread", SKUS), ("hot", HOT)):
            kinds[spread].append(bench.orders(skus, SECONDS))
            floors[spread].append(bench.floor(spread, SECONDS))
    ours = {spread: _median(found) for spread, found in kinds.items()}
    floor = {spread: _median(found) for spread, found in floors.items()}
    return {
        "orders": ours,
        "floor": floor,
        "of_the_floor": round(ours["spread"]["per_s"] / floor["spread"]["per_s"], 3),
        "hot_of_spread": round(ours["hot"]["per_s"] / ours["spread"]["per_s"], 3),
        "rounds": {"orders": kinds, "floor": floors},
    }


def _median(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(median(one[name] for one in rounds), 2) for name in rounds[0]}


def main() -> None:
    """All rounds, a table, a file."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--keep", action=argparse.BooleanOptionalAction, default=True)
    chosen = asked.parse_args()
    with benched(chosen.processes) as bench:
        settings = durable(bench.server.url())
        figures = measure(bench, chosen.rounds)
    figures = {"clients": CLIENTS, "processes": chosen.processes, "durable": settings, **figures}
    print(json.dumps({name: part for name, part in figures.items() if name != "rounds"}, indent=1))
    if chosen.keep:
        print(f"Written to {write_result('orders', figures).name}")


if __name__ == "__main__":
    main()
