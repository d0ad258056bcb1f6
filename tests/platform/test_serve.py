"""`anyshelf serve` from a bare data directory: starts its database, answers, and takes all down with it."""

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
import pytest

from oms.adapters.postgres import Embedded, ready
from tests.platform.waiting import eventually


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="anyshelf-serve-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_two_workers_share_the_port_and_the_embedded_database(data: Path) -> None:
    with Embedded(data, durable=False) as server:
        home = server.home
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert start(data, port).wait(60) == 3, "the port is taken"
    process = start(data, port)
    try:
        assert eventually(lambda: answers(port), 60)
        assert ready(home)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert eventually(lambda: not ready(home))


def start(data: Path, port: int) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if name != "ANYSHELF_DATABASE_URL"}
    return subprocess.Popen(
        [Path(sys.executable).with_name("anyshelf"), "serve", "--port", str(port), "--workers", "2"],
        env=environment | {"ANYSHELF_DATA_DIR": str(data)},
        stderr=subprocess.DEVNULL,
    )


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/v1/nothing-here").status_code == 404
    except httpx.TransportError:
        return False
