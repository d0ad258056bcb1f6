"""A what-if whose process does not survive it is begun again, and given up after some times."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from oms.lab.apart import Died, leave_with_parent, play_apart
from oms.lab.history import read_history
from oms.lab.playing import Variant
from oms.store import what_ifs as store
from oms.usecases.what_ifs import run_what_ifs
from tests.lab.conftest import DAY, Shop
from tests.lab.test_history import DAYS
from tests.platform.waiting import eventually

WORKER = """
import os
from oms.bootstrap import start
from oms.settings import from_environment
from oms.usecases.what_ifs import run_what_ifs
run_what_ifs(start(from_environment(os.environ)))
"""
SERVER = """
import multiprocessing
from tests.lab.test_attempts import play_long
multiprocessing.get_context("spawn").Process(target=play_long).start()
"""
ROOT = Path(__file__).parents[2]


def asked(shop: Shop) -> str:
    """A run that waits; its address."""
    body = {"first_day": DAY, "last_day": DAY, "stock": 0.5, "policies": ["nearest"]}
    answer = shop.post("/v1/what-ifs", body, shop.admin)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def shown(shop: Shop, where: str) -> Any:
    return shop.admin.get(where).json()


def children(pid: int) -> list[int]:
    """Processes begun by one of the process's threads."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for thread in threads for child in thread.read_text().split()]


def living(pid: int) -> bool:
    """Also not one that has ended and nobody has asked for its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_run_whose_server_is_killed_is_played_by_another(sold: Shop, tmp_path: Path) -> None:
    where = asked(sold)
    settings = {"ANYSHELF_DATABASE_URL": sold.runtime.url, "ANYSHELF_DATA_DIR": str(tmp_path)}
    worker = subprocess.Popen([sys.executable, "-c", WORKER], env=os.environ | settings)
    try:
        assert eventually(lambda: bool(players(worker.pid)) or worker.poll() is not None, 120)
        left_behind = players(worker.pid)
        assert left_behind and shown(sold, where)["state"] == "running"
    finally:
        worker.kill()
        worker.wait(30)
    assert eventually(lambda: not any(map(living, left_behind)), 60), "nobody plays for a dead server"
    sold.watch.forward(seconds=(datetime.now(UTC) - sold.watch.now()).total_seconds())
    assert run_what_ifs(sold.runtime) == 0, "it may live yet"
    sold.watch.forward(minutes=3)
    assert run_what_ifs(sold.runtime) == 1
    found = shown(sold, where)
    assert (found["state"], found["attempts"], found["detail"]) == ("done", 2, "")


def test_what_plays_long_leaves_with_the_server_that_began_it() -> None:
    """It would else hold a processor until it has figures that nobody waits for."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT)
    try:
        assert eventually(lambda: bool(players(server.pid)) or server.poll() is not None, 60)
        [player] = players(server.pid)
    finally:
        server.kill()
        server.wait(30)
    assert eventually(lambda: not living(player), 30)


def play_long() -> None:
    leave_with_parent()
    time.sleep(120)


def players(pid: int) -> list[int]:
    """What it has begun to play runs, once there is such a process."""
    begun = [child for child in children(pid) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return [child for child in begun if living(child)]


def test_a_run_that_ends_its_processes_is_given_up_and_holds_up_no_other(sold: Shop) -> None:
    poison, healthy = asked(sold), asked(sold)
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.05):
            if shown(sold, poison)["state"] == "running":
                for child in multiprocessing.active_children():
                    child.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        assert run_what_ifs(sold.runtime) == store.ATTEMPTS_MOST + 1
    finally:
        over.set()
        killer.join(10)
    given_up, fine = shown(sold, poison), shown(sold, healthy)
    assert (given_up["state"], given_up["attempts"]) == ("failed", store.ATTEMPTS_MOST)
    assert "was killed" in given_up["detail"] and "begun 3 times" in given_up["detail"]
    assert (fine["state"], fine["attempts"]) == ("done", 1)
    assert fine["ended_at"] <= given_up["ended_at"]
    assert run_what_ifs(sold.runtime) == 0


def test_a_silent_run_is_begun_again_and_the_silent_process_writes_nothing_more(sold: Shop) -> None:
    where = asked(sold)
    claims = []
    for _ in range(store.ATTEMPTS_MOST):
        with sold.runtime.engine.begin() as conn:
            claims.append(store.claim_what_if(conn, sold.watch.now()))
            assert store.claim_what_if(conn, sold.watch.now()) is None
        sold.watch.forward(minutes=3)
    first, *_, last = claims
    assert first is not None and last is not None
    with sold.runtime.engine.begin() as conn:
        assert not store.write_what_if(conn, first, done=1)
        assert not store.put_back(conn, first, sold.watch.now(), "It came back")
        assert store.write_what_if(conn, last, done=1)
    assert run_what_ifs(sold.runtime) == 0
    found = shown(sold, where)
    assert found["state"] == "failed" and found["detail"].startswith(store.LOST)
    with sold.runtime.engine.begin() as conn:
        assert not store.write_what_if(conn, last, done=2)


def test_a_process_that_is_killed_says_so(sold: Shop) -> None:
    with sold.runtime.engine.connect() as conn:
        folder = read_history(conn, DAYS).folder

    def kill() -> bool:
        for child in multiprocessing.active_children():
            child.kill()
        return False

    with pytest.raises(Died, match="was killed"):
        play_apart(folder, [Variant("cheapest")], lambda done: None, kill)
