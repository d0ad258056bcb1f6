"""`anyshelf serve` and `work` from a bare data directory: the database comes and goes with them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from oms.adapters.postgres import DATABASE, ROLE, Embedded, ready
from oms.adapters.postgres_home import Home
from oms.jobs import WORKERS
from tests.platform.waiting import eventually

LAST_OUT_S = 120
"""The last one out stops the server, which may take it a minute's checkpoint on a slow disk."""


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="anyshelf-serve-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(600)
def test_two_workers_share_the_port_and_the_embedded_database(data: Path) -> None:
    with Embedded(data, durable=False) as server:
        home = server.home
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert start(data, port).wait(60) == 3, "the port is taken"
    process = start(data, port)
    try:
        assert eventually(lambda: process.poll() is not None or answers(port), 400)
        assert process.poll() is None
        assert ready(home)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(LAST_OUT_S)
    assert eventually(lambda: not ready(home))


def test_a_worker_ends_well_when_told_to(data: Path) -> None:
    with Embedded(data, durable=False) as server:
        home = server.home
    process = run(data, "work")
    try:
        assert eventually(lambda: ready(home) and working(home), 60)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(LAST_OUT_S) == 0
    assert eventually(lambda: not ready(home))


def start(data: Path, port: int) -> "subprocess.Popen[bytes]":
    return run(data, "serve", "--port", str(port), "--workers", "2")


def run(data: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if name != "ANYSHELF_DATABASE_URL"}
    return subprocess.Popen(
        [Path(sys.executable).with_name("anyshelf"), *arguments],
        env=environment | {"ANYSHELF_DATA_DIR": str(data)},
        stderr=subprocess.DEVNULL,
    )


def working(home: Home) -> bool:
    """Whether its workers have entered themselves in the job queue: one for each queue."""
    with psycopg.connect(host=str(home.socket_dir), user=ROLE, dbname=DATABASE) as connection:
        if connection.execute("SELECT to_regclass('procrastinate_workers')").fetchone() == (None,):
            return False
        return connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (WORKERS,)


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/v1/nothing-here").status_code == 404
    except httpx.TransportError:
        return False
