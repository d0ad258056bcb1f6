"""SIGTERM under load, with the real server: what was acknowledged is there, what was accepted is answered."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from api.cli.serve import FINISHING_S
from oms.actors import SYSTEM, Role
from oms.audit import audit
from oms.bootstrap import start
from oms.settings import Settings
from oms.usecases.keys import create_key
from oms.work import transact
from tests.platform.waiting import eventually
from tests.support import HOME, furnish, stock_up

CLIENTS = 6


def prepared(url: str, folder: Path) -> str:
    """A furnished database; the secret of an admin's key."""
    runtime = start(Settings(url, folder))
    try:
        furnish(runtime)
        stock_up(runtime, ("WH", "A1", 5_000))
        return transact(runtime, SYSTEM, lambda work: create_key(work, name="t", role=Role.ADMIN)).secret
    finally:
        runtime.close()


def served(url: str, folder: Path, port: int, workers: int) -> subprocess.Popen[str]:
    options = ["--port", str(port), "--workers", str(workers)]
    return subprocess.Popen(
        [sys.executable, "-c", "from api.cli import main; main()", "serve", *options],
        env={**os.environ, "ANYSHELF_DATABASE_URL": url, "ANYSHELF_DATA_DIR": str(folder)},
        stderr=(folder / "log").open("w"),
        stdout=subprocess.DEVNULL,
        text=True,
    )


class Shoppers:
    """Clients that place one order after the other until the server will have no more of them."""

    def __init__(self, base: str, key: str) -> None:
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        self.broken: list[str] = []
        self._base, self._headers = base, {"Authorization": f"Bearer {key}"}
        self._threads = [threading.Thread(target=self._shop, args=(n,)) for n in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _shop(self, number: int) -> None:
        body = {
            "channel": "web",
            "currency": "USD",
            "method": "ship",
            "destination": HOME,
            "lines": [{"id": "1", "sku": "A1", "quantity": 1, "unit_price_minor": 1000}],
        }
        with httpx.Client(base_url=self._base, headers=self._headers, timeout=60) as client:
            for turn in range(10_000):
                id = f"s-{number}-{turn}"
                try:
                    answer = client.put(f"/v1/orders/{id}", json=body)
                except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError) as error:
                    self.broken.append(f"{id} {type(error).__name__}")
                    return
                (self.acknowledged if answer.status_code == 201 else self.refused).append(id)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(90)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_server_told_to_end_finishes_what_it_accepted(
    fresh_database: Callable[[], str], tmp_path: Path, workers: int
) -> None:
    url = fresh_database()
    key = prepared(url, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    process = served(url, tmp_path, port, workers)
    try:
        assert eventually(lambda: ready(base) or process.poll() is not None, 120)
        with httpx.stream(
            "GET", f"{base}/v1/events/stream", headers={"Authorization": f"Bearer {key}"}, timeout=60
        ) as listening:
            assert listening.status_code == 200
            shoppers = Shoppers(base, key)
            assert eventually(lambda: len(shoppers.acknowledged) >= 20, 60)
            process.send_signal(signal.SIGTERM)
            for _ in listening.iter_raw():
                pass
        shoppers.join()
        process.wait(FINISHING_S + 15)
    finally:
        if process.poll() is None:
            process.kill()
    found = orders_in(url)
    assert not shoppers.refused
    assert set(shoppers.acknowledged) <= found, "an acknowledged order is missing"
    # An idle connection may be closed while its client begins to write; nothing accepted goes unanswered.
    accepted = placements(tmp_path / "log")
    assert len(found) == len(shoppers.acknowledged) == accepted, (shoppers.broken, len(found), accepted)
    assert len(shoppers.broken) == CLIENTS


def ready(base: str) -> bool:
    try:
        return httpx.get(f"{base}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def orders_in(url: str) -> set[str]:
    """The ids of all orders, their books audited."""
    engine = create_engine(url)
    with engine.begin() as conn:
        report = audit(conn)
        assert report.agrees, report
        ids = set(conn.scalars(text('SELECT id FROM "order"')))
    engine.dispose()
    return ids


def placements(log: Path) -> int:
    """How many placements the server says it answered with 201."""
    lines: list[Any] = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    answered = [line for line in lines if line["logger"] == "anyshelf.access" and line["method"] == "PUT"]
    assert all(line["status"] == 201 for line in answered), answered
    return len(answered)
