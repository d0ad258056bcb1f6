"""The product on several hosts: a primary, a replica, any number of `anyshelf` processes, each on its own.

Whoever runs this block is on a host too, that of the clients, and so are the threads it starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import Engine

from benchmarks.cluster import Server, primary, replica
from benchmarks.host_network import Network, network
from benchmarks.leash import Leash, leashed
from oms.settings import Settings
from oms.store.database import connect, conninfo, migrate
from routing.warm import warm_up
from tests.platform.waiting import eventually

PORT = 8080
START_S = 300.0
"""How long a start may take on a busy machine."""
END_S = 60.0

Furnish = Callable[[Settings], tuple[str, str]]
"""Writes a world into a migrated database; the keys of a shop and of an admin."""


@dataclass(slots=True)
class Hosts:
    """``running``: the server processes by their address."""

    network: Network
    primary: Server
    replica: Server | None
    engine: Engine
    folder: Path
    shop_key: str
    admin_key: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    leashes: dict[int, Leash] = field(default_factory=dict)

    @property
    def bases(self) -> list[str]:
        """The addresses of all servers that were not taken away."""
        return list(self.running)

    def begin(self) -> str:
        """Start a server process on a new host; its address. It may not answer yet."""
        host = self.network.add()
        base = f"http://{host.address}:{PORT}"
        with host.inside():
            self.running[base] = self._started("serve", "--host", host.address, "--port", str(PORT))
        return base

    def add(self, number: int = 1) -> list[str]:
        """The same for several, once they are ready."""
        bases = [self.begin() for _ in range(number)]
        assert eventually(lambda: all(map(ready, bases)), START_S), self.log.read_text()
        return bases

    def add_worker(self) -> None:
        """Start a process for the background work on a new host."""
        with self.network.add().inside():
            self.workers.append(self._started("work"))

    def kill(self, base: str) -> None:
        """End a server with SIGKILL, as a machine that loses its power."""
        process = self.running.pop(base)
        process.kill()
        process.wait()
        self.leashes.pop(process.pid).let_go()

    def close(self) -> None:
        """End all processes."""
        everybody = [*self.running.values(), *self.workers]
        for process in everybody:
            process.terminate()
        for process in everybody:
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_S)
            process.kill()
            process.wait()
            self.leashes.pop(process.pid).let_go()
        self.running.clear()
        self.workers.clear()

    @property
    def log(self) -> Path:
        """What all processes say."""
        return self.folder / "log"

    def _started(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "ANYSHELF_DATABASE_URL": self.primary.url,
            "ANYSHELF_DATA_DIR": str(self.folder),
            "ANYSHELF_LOG_LEVEL": "warning",
        }
        if self.replica is not None:
            environment["ANYSHELF_DATABASE_READ_URL"] = self.replica.url
        command = [sys.executable, "-c", "from api.cli import main; main()", *arguments]
        with self.log.open("a") as log:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
            )
        self.leashes[process.pid] = leashed(process.pid)
        return process


@contextmanager
def hosts(furnish: Furnish, *, replicated: bool = True, durable: bool = True) -> Iterator[Hosts]:
    """Databases on hosts of their own, furnished, no server yet; everything ends with the block. Raises
    NotPermitted.
    """
    with ExitStack() as stack:
        wired = stack.enter_context(network())
        warm_up()  # compiled once an installation, not by the first host while others wait for it
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="anyshelf-hosts-")))
        folder.chmod(0o711)
        first = stack.enter_context(primary(folder / "primary", wired.add(), durable=durable))
        second = None
        if replicated:
            second = stack.enter_context(replica(folder / "replica", conninfo(first.url), wired.add()))
        stack.enter_context(wired.add().inside())
        migrate(first.url)
        keys = furnish(Settings(first.url, folder))
        engine = connect(first.url)
        stack.callback(engine.dispose)
        made = Hosts(wired, first, second, engine, folder, *keys)
        stack.callback(made.close)
        yield made


def ready(base: str) -> bool:
    """Whether a server there would take requests."""
    try:
        return httpx.get(f"{base}/readyz", timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
