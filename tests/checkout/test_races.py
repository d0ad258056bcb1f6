"""Two server processes, many clients at once: nothing oversold, nobody refused while stock remains."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from inventory.audit import audit
from inventory.catalogue_edit import SkuRow
from oms.actors import SYSTEM, Role
from oms.bootstrap import start
from oms.settings import Settings
from oms.usecases.keys import create_key
from oms.work import transact
from tests.platform.waiting import eventually
from tests.support import HOME, furnish

RACES, CARTS, UNITS = 20, 20, 5
CLIENTS, STEPS, HOT = 64, 12, 50
NODES = ("WH", "ST-1", "ST-2", "FAR")


@dataclass
class Servers:
    """Two processes on one database, and a shop's key."""

    url: str
    key: str
    ports: list[int]

    def client(self, number: int) -> httpx.Client:
        """A client that talks to one of the two."""
        base = f"http://127.0.0.1:{self.ports[number % 2]}"
        return httpx.Client(base_url=base, headers={"Authorization": f"Bearer {self.key}"}, timeout=60)

    def scalar(self, statement: str) -> Any:
        engine = create_engine(self.url)
        with engine.connect() as conn:
            found = conn.scalar(text(statement))
        engine.dispose()
        return found

    def audit(self) -> None:
        engine = create_engine(self.url)
        with engine.begin() as conn:
            report = audit(conn)
        engine.dispose()
        assert not report.differences, report


@contextmanager
def serving(url: str, data: Path, processes: int = 2) -> Iterator[list[int]]:
    """Server processes of their own, each on a free port."""
    environment = {**os.environ, "ANYSHELF_DATABASE_URL": url, "ANYSHELF_DATA_DIR": str(data)}
    command = [sys.executable, "-m", "uvicorn", "api.app:create_app", "--factory", "--log-level", "error"]
    ports = [_free_port() for _ in range(processes)]
    running = [subprocess.Popen([*command, "--port", str(port)], env=environment) for port in ports]
    try:
        assert eventually(lambda: all(_answers(port) for port in ports), 90)
        yield ports
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def servers(fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[Servers]:
    """Furnished with 20 rare SKUs and 50 hot ones."""
    url = fresh_database()
    runtime = start(Settings(database_url=url, data_dir=tmp_path))
    rare = [f"R{number}" for number in range(RACES)]
    hot = [f"H{number}" for number in range(HOT)]
    stock = [(node, sku, units) for sku in rare for node, units in (("WH", 2), ("ST-1", 2), ("FAR", 1))]
    stock += [(node, sku, 3) for sku in hot for node in NODES]
    skus = tuple(SkuRow(sku, sku, weight_g=200, unit_price_minor=500) for sku in rare + hot)
    furnish(runtime, skus, stock)
    made = transact(
        runtime, SYSTEM, lambda work: create_key(work, name="t", role=Role.STOREFRONT, channels=["web"])
    )
    runtime.close()
    with serving(url, tmp_path) as ports:
        yield Servers(url, made.secret, ports)


def order_body(sku: str, quantity: int = 1) -> dict[str, Any]:
    """The body of a bare order."""
    line = {"id": "1", "sku": sku, "quantity": quantity, "unit_price_minor": 500}
    return {"channel": "web", "currency": "USD", "lines": [line], "destination": HOME, "method": "ship"}


@pytest.mark.slow
def test_two_processes_sell_every_unit_once(servers: Servers) -> None:
    carts_race_for_five_units(servers)
    random_traffic_neither_oversells_nor_locks_up(servers)


def carts_race_for_five_units(servers: Servers) -> None:
    """Exactly five of twenty get it, twenty times."""
    clients = [servers.client(number) for number in range(CARTS)]
    with ThreadPoolExecutor(CARTS) as pool:
        for race in range(RACES):

            def cart(number: int, sku: str = f"R{race}") -> tuple[int, str]:
                answer = clients[number].put(f"/v1/orders/{sku}-{number}", json=order_body(sku))
                return answer.status_code, answer.json().get("code", "")

            outcomes = Counter(pool.map(cart, range(CARTS)))
            assert outcomes == {(201, ""): UNITS, (409, "insufficient_stock"): CARTS - UNITS}, outcomes
    assert servers.scalar('SELECT count(*) FROM "order"') == RACES * UNITS
    servers.audit()


def random_traffic_neither_oversells_nor_locks_up(servers: Servers) -> None:
    """Reserve, extend, void, order and cancel at random on hot SKUs; every "no" is one that can be right."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = sum(pool.map(lambda number: _shopper(servers, number), range(CLIENTS)), Counter[str]())
    unexpected = {name: n for name, n in statuses.items() if name.partition(" ")[2] not in EXPECTED}
    assert not unexpected, statuses
    assert statuses["order 201"] > CLIENTS and statuses["void 200"] > 0 and statuses["cancel 200"] > 0
    assert servers.scalar("SELECT count(*) FROM position WHERE reserved > on_hand OR reserved < 0") == 0
    held = "SELECT coalesce(sum(quantity), 0) FROM reservation WHERE state = 'held' AND kind = 'shelf'"
    assert servers.scalar(held) == servers.scalar("SELECT sum(reserved) FROM position")
    routed = "SELECT coalesce(sum(routed), 0) FROM order_line"
    firm = f"{held} AND group_id IN (SELECT id FROM reservation_group WHERE state = 'firm')"
    assert servers.scalar(routed) == servers.scalar(firm)
    assert servers.scalar("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0
    servers.audit()


EXPECTED = {"200", "201", "insufficient_stock", "reservation_expired", "illegal_transition"}


def _shopper(servers: Servers, number: int) -> Counter[str]:
    """One client's random walk; what it was answered, by verb."""
    chance = random.Random(number)
    seen: Counter[str] = Counter()
    held: list[str] = []
    placed: list[str] = []
    with servers.client(number) as client:

        def post(verb: str, path: str, body: Any) -> httpx.Response:
            key = {"Idempotency-Key": f"{number}-{sum(seen.values())}"}
            answer = client.post(path, json=body, headers=key)
            code = answer.json().get("code", "") if answer.status_code >= 400 else str(answer.status_code)
            seen[f"{verb} {code}"] += 1
            return answer

        for step in range(STEPS):
            verb = chance.choice(("reserve", "reserve", "order", "order", "extend", "void", "cancel"))
            sku = f"H{chance.randrange(HOT)}"
            if verb == "reserve":
                line = {"id": "1", "sku": sku, "quantity": chance.randint(1, 3)}
                ask = {"lines": [line], "destination": HOME, "reserve": {"option": "cheapest"}}
                answer = post(verb, "/v1/promises", {**ask, "methods": ["ship"]})
                if answer.status_code == 200:
                    held.append(answer.json()["reservation"]["reservation_id"])
            elif verb == "order":
                name = f"o-{number}-{step}"
                answer = client.put(f"/v1/orders/{name}", json=order_body(sku, chance.randint(1, 3)))
                code = answer.json().get("code", "") if answer.status_code >= 400 else str(answer.status_code)
                seen[f"order {code}"] += 1
                if answer.status_code == 201:
                    placed.append(name)
            elif verb in ("extend", "void") and held:
                path = f"/v1/reservations/{chance.choice(held)}/{verb}"
                post(verb, path, {"ttl_s": 900} if verb == "extend" else None)
            elif verb == "cancel" and placed:
                post(verb, f"/v1/orders/{chance.choice(placed)}/cancel", {})
    return seen
