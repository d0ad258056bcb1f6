"""Server processes of the product on one database, and clients that talk to one or another of them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, text

from oms.audit import AuditReport, audit
from tests.platform.waiting import eventually


@dataclass
class Servers:
    """Processes on one database, a shop's key and that of a till."""

    url: str
    key: str
    till_key: str
    ports: list[int]

    def client(self, number: int, key: str | None = None) -> httpx.Client:
        """A client that talks to one of them, with the shop's key or another."""
        base = f"http://127.0.0.1:{self.ports[number % len(self.ports)]}"
        return httpx.Client(
            base_url=base, headers={"Authorization": f"Bearer {key or self.key}"}, timeout=120
        )

    def scalar(self, statement: str) -> Any:
        """One value out of the database."""
        engine = create_engine(self.url)
        with engine.connect() as conn:
            found = conn.scalar(text(statement))
        engine.dispose()
        return found

    def audit(self) -> AuditReport:
        """Ledger against positions against reservations."""
        engine = create_engine(self.url)
        with engine.begin() as conn:
            report = audit(conn)
        engine.dispose()
        return report


@contextmanager
def serving(
    url: str, data: Path, processes: int = 2, application: str = "api.app:create_app"
) -> Iterator[list[int]]:
    """Server processes of their own, each on a free port."""
    with served(url, data, processes, application) as running:
        yield list(running)


@contextmanager
def served(url: str, data: Path, processes: int, application: str) -> Iterator[dict[int, int]]:
    """The same, with the number of each process by its port. Their log goes to a file beside the data."""
    environment = {**os.environ, "ANYSHELF_DATABASE_URL": url, "ANYSHELF_DATA_DIR": str(data)}
    command = [sys.executable, "-m", "uvicorn", application, "--factory", "--log-level", "error"]
    # as `anyshelf serve`, which writes its own log
    command += ["--no-access-log", "--http", "api.protocol:Protocol"]
    ports = [free_port() for _ in range(processes)]
    log = (data / "server.log").open("ab")
    running = [
        subprocess.Popen([*command, "--port", str(port)], env=environment, stderr=log) for port in ports
    ]
    try:
        assert eventually(lambda: all(answers(port) for port in ports), 180), (
            data / "server.log"
        ).read_text()
        yield dict(zip(ports, (process.pid for process in running), strict=True))
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)
        log.close()


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def answers(port: int) -> bool:
    """Whether a server there is ready for requests."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.HTTPError:
        return False
