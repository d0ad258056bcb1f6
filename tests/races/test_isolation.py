"""Two server processes, each with a pool in memory: how stale it is, and what that costs."""

from __future__ import annotations

import os
import random
import signal
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, create_engine, text

from benchmarks.serving import Servers, serving
from inventory import places, stock
from inventory.catalogue_edit import SkuRow
from inventory.feed import NAME
from inventory.movements import Cause, Move
from oms.actors import SYSTEM, Role
from oms.bootstrap import start
from oms.settings import Settings
from oms.usecases.keys import create_key
from oms.work import transact
from tests.platform.waiting import eventually
from tests.support import HOME, T0, furnish

SOLD = ("W0", "W1", "W2")
"""What the writers sell, one SKU each."""
UNITS, SECONDS = 400, 6.0
STALE_S = 1.0


@pytest.fixture
def servers(fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[Servers]:
    url = fresh_database()
    runtime = start(Settings(database_url=url, data_dir=tmp_path))
    skus = tuple(SkuRow(sku, sku, weight_g=200, unit_price_minor=500) for sku in (*SOLD, "LAST", "RACE"))
    held = [("WH", sku, UNITS) for sku in SOLD] + [("WH", "LAST", 2), ("ST-1", "LAST", 1), ("WH", "RACE", 4)]
    furnish(runtime, skus, held)
    secret = transact(runtime, SYSTEM, lambda work: create_key(work, name="t", role=Role.ADMIN)).secret
    runtime.close()
    with serving(url, tmp_path) as ports:
        yield Servers(url, secret, secret, ports)


@dataclass(frozen=True, slots=True)
class Written:
    """A sale that left so many: its transaction, and when its commit was asked for and had been answered, by
    this process's clock (s), and by the database's.
    """

    left: int
    xid: int
    asked_s: float
    done_s: float
    done_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What a pool showed of every SKU, and when it was asked and had answered, by this process's clock."""

    available: dict[str, int]
    as_of: datetime
    version: int
    asked_s: float
    answered_s: float


@dataclass
class Watched:
    """Writers and readers at work for a while."""

    servers: Servers
    engine: Engine
    until_s: float
    written: dict[str, list[Written]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    paused_s: float = 0.0
    """The longest that this process was kept from running when it wanted to."""

    def write(self, sku: str) -> None:
        """One sale after the other; some transactions dawdle, and commit after younger ones."""
        dice, done = random.Random(sku), self.written.setdefault(sku, [])
        one = Move(sku, 1, places.shelf("WH"), places.CUSTOMER, Cause.SALE)
        while time.monotonic() < self.until_s and len(done) < UNITS:
            with self.engine.connect() as conn:
                stock.record(conn, T0, [one])
                xid = int(conn.scalar(text("SELECT pg_current_xact_id()::text")) or 0)
                time.sleep(dice.choice((0, 0, 0, 0.02, 0.3)))
                asked_s = time.monotonic()
                conn.commit()
                done_s = time.monotonic()
                done_at = conn.scalar(text("SELECT clock_timestamp()"))
                assert isinstance(done_at, datetime)
                conn.rollback()
            done.append(Written(UNITS - len(done) - 1, xid, asked_s, done_s, done_at))

    def read(self, number: int) -> None:
        """What one server's memory shows, again and again."""
        with self.servers.client(number) as client:
            while time.monotonic() < self.until_s:
                self.seen.append(shown(client))
                time.sleep(0.02)

    def rest(self) -> None:
        """Notice when the machine gives no time."""
        while time.monotonic() < self.until_s:
            since = time.monotonic()
            time.sleep(0.01)
            self.paused_s = max(self.paused_s, time.monotonic() - since - 0.01)


def shown(client: httpx.Client, skus: tuple[str, ...] = SOLD) -> Seen:
    asked_s = time.monotonic()
    answer = client.post("/v1/availability", json={"skus": list(skus)})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    available = {item["sku"]: item["available"] for item in told["items"]}
    return Seen(available, datetime.fromisoformat(told["as_of"]), told["version"], asked_s, time.monotonic())


@pytest.mark.slow
def test_a_pool_shows_all_that_was_committed_up_to_its_instant_and_that_is_never_long_ago(
    servers: Servers,
) -> None:
    engine = create_engine(servers.url)
    watched = Watched(servers, engine, time.monotonic() + SECONDS)
    jobs: list[Callable[[], None]] = [watched.rest]
    jobs += [lambda sku=sku: watched.write(sku) for sku in SOLD]  # type: ignore[misc]
    jobs += [lambda number=number: watched.read(number) for number in (0, 1)]  # type: ignore[misc]
    with ThreadPoolExecutor(len(jobs)) as pool:
        for running in [pool.submit(job) for job in jobs]:
            running.result()
    judge(watched)
    in_the_end(watched)
    engine.dispose()


def judge(watched: Watched) -> None:
    """Every answer against every write."""
    assert all(len(done) > 10 for done in watched.written.values()) and len(watched.seen) > 40
    lags: list[float] = []
    for sku, done in watched.written.items():
        # Sales of one SKU wait for each other, so they are committed in the order of what they left.
        done_at = [one.done_at for one in done]
        for seen in watched.seen:
            shows = seen.available[sku]
            counted = UNITS - shows
            by_instant = bisect_right(done_at, seen.as_of)
            assert counted >= by_instant, f"{sku}: {shows} left as of {seen.as_of}, {by_instant} sold"
            older = sum(one.xid < seen.version for one in done)
            assert counted >= older, f"{sku}: {shows} left at {seen.version}, but {older} sold before"
            begun = sum(one.asked_s <= seen.answered_s for one in done)
            assert counted <= begun, f"{sku}: {counted} sold before {begun} were committed"
            missing = done[counted : counted + 1]
            lags += [seen.asked_s - one.done_s for one in missing if one.done_s < seen.asked_s]
    sales = sum(map(len, watched.written.values()))
    longest_s, median_s = max(lags, default=0.0), median(lags or [0.0])
    told = (
        f"{len(watched.seen)} answers over {sales} sales; {len(lags)} numbers lacked a sale, committed at "
        f"most {longest_s:.3f} s before, median {median_s:.3f} s; kept from running {watched.paused_s:.3f} s"
    )
    print("\n" + told)
    assert longest_s <= STALE_S + watched.paused_s, told


def in_the_end(watched: Watched) -> None:
    """Both pools show what the ledger says."""
    with watched.engine.connect() as conn:
        folded = conn.execute(_FOLD, {"skus": list(SOLD)})
        ledger = {row.sku: int(row.units) for row in folded}
    assert ledger == {sku: UNITS - len(done) for sku, done in watched.written.items()}
    for number in (0, 1):
        with watched.servers.client(number) as client:
            assert eventually(lambda client=client: shown(client).available == ledger, 5)  # type: ignore[misc]
    assert not watched.servers.audit().differences


_FOLD = text(
    """
    SELECT s.id AS sku, sum(CASE WHEN to_place = 'WH:shelf' THEN quantity ELSE 0 END
        - CASE WHEN from_place = 'WH:shelf' THEN quantity ELSE 0 END) AS units
    FROM movement m JOIN sku s ON s.no = m.sku_no WHERE s.id = ANY(:skus) GROUP BY s.id
    """
)


@pytest.mark.slow
@pytest.mark.skipif(
    "ANYSHELF_TEST_DATABASE_URL" in os.environ, reason="stops a process of the server, which has to be ours"
)
def test_with_its_feed_stopped_a_process_plans_again_and_sells_nothing_twice(servers: Servers) -> None:
    with servers.client(0) as one, servers.client(1) as other, feed_stopped(servers, one, other) as stale:
        fresh = other if stale is one else one
        quoted = stale.post("/v1/promises", json=basket("LAST", 3) | {"methods": ["ship"]}).json()
        assert placed(fresh, "f-1", "LAST", 2) == (201, ["WH"])
        assert eventually(lambda: left(fresh, "LAST") == 1)
        assert left(stale, "LAST") == 3, "its memory knows nothing of it"
        choice = {"quote_id": quoted["quote_id"], "option_id": quoted["options"][0]["option_id"]}
        assert placed(stale, "s-0", "LAST", 3, **choice) == (409, "insufficient_stock")
        assert placed(stale, "s-1", "LAST", 1) == (201, ["ST-1"]), "planned again, on what is there"
        assert placed(stale, "s-2", "LAST", 1) == (409, "insufficient_stock")
        assert placed(fresh, "f-2", "LAST", 1) == (409, "insufficient_stock")
        with ThreadPoolExecutor(8) as pool:
            orders = [pool.submit(placed, (one, other)[n % 2], f"r-{n}", "RACE", 1) for n in range(8)]
        answers = [order.result() for order in orders]
        assert sorted(status for status, _ in answers) == [201] * 4 + [409] * 4, answers
        assert left(stale, "RACE") == 4
        assert stale.get("/readyz").status_code == 503
        assert eventually(lambda: fresh.get("/readyz").status_code == 200)
    assert not servers.audit().differences
    with servers.client(0) as one, servers.client(1) as other:
        for client in (one, other):
            assert eventually(lambda client=client: client.get("/readyz").status_code == 200)  # type: ignore[misc]
            assert (left(client, "LAST"), left(client, "RACE")) == (0, 0)


@contextmanager
def feed_stopped(servers: Servers, one: httpx.Client, other: httpx.Client) -> Iterator[httpx.Client]:
    """The client whose server's feed hears nothing any more, without knowing: as when the network is gone."""
    pid = stopped(servers)
    try:
        assert eventually(lambda: abs((instant(one) - instant(other)).total_seconds()) > 2.5)
        yield one if instant(one) < instant(other) else other
    finally:
        os.kill(pid, signal.SIGCONT)


def instant(client: httpx.Client) -> datetime:
    return shown(client).as_of


def stopped(servers: Servers) -> int:
    """Stop the server process behind one of the feeds, at a moment when it holds nothing."""
    engine = create_engine(servers.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        pid = int(conn.scalars(_FEEDS, {"name": NAME}).all()[0])
        while True:
            os.kill(pid, signal.SIGSTOP)
            if conn.scalar(_STATE, {"pid": pid}) == "idle":
                break
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.01)
    engine.dispose()
    return pid


_FEEDS = text(
    "SELECT pid FROM pg_stat_activity WHERE application_name = :name AND datname = current_database()"
)
_STATE = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")


def basket(sku: str, units: int) -> dict[str, Any]:
    return {"channel": "web", "lines": [{"id": "1", "sku": sku, "quantity": units}], "destination": HOME}


def placed(client: httpx.Client, id: str, sku: str, units: int, **choice: str) -> tuple[int, Any]:
    """(201, the nodes) or (status, the refusal)."""
    body = basket(sku, units) | {"currency": "USD"} | (choice or {"method": "ship"})
    body["lines"][0]["unit_price_minor"] = 500
    answer = client.put(f"/v1/orders/{id}", json=body)
    document = answer.json()
    if answer.status_code != 201:
        return answer.status_code, document["code"]
    return 201, sorted(parcel["node"] for parcel in document["parcels"])


def left(client: httpx.Client, sku: str) -> int:
    return shown(client, (sku,)).available[sku]
