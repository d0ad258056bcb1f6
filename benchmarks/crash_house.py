"""A whole house that can be killed: servers, a worker and the embedded PostgreSQL, each a process of its own.

What dies by our hand is started again at once, as a process manager would; PostgreSQL by its own warden.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine

from benchmarks.serving import answers, free_port
from inventory.catalogue_edit import SkuRow
from oms.actors import SYSTEM, Role
from oms.adapters.clock import elapsed_s
from oms.adapters.postgres import Embedded, postmaster_pid
from oms.bootstrap import start
from oms.memory.network_load import Kind
from oms.settings import Settings
from oms.store import network_documents
from oms.store.database import connect
from oms.usecases.keys import create_key
from oms.work import Work, transact
from tests.platform.waiting import eventually
from tests.support import furnish

SKUS = tuple(f"S{number}" for number in range(12))
NODES = ("WH", "ST-1", "ST-2", "FAR")
AT_EACH = 50_000
"""Plenty: nobody is refused for want of stock, so that every refusal in the run is a question."""
KINDS = ("server", "worker", "postgres", "connection")
"""What is killed: a server, the worker, PostgreSQL's head, or one of its connections' processes."""
START_S = 900.0
"""How long a start may take on a busy machine."""
WORK = {"auto_accept": ["*"], "lead_minutes": 10_000}
"""Nodes take what they are offered, and are offered it at once: there is always something to pick."""


@dataclass
class Member:
    """One process of the house. ``gave_up``: how often it ended by itself, as a start does that finds the
    database gone, and was started again.
    """

    kind: str
    arguments: tuple[str, ...]
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    gave_up: int = 0
    kills: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Kill:
    """What was killed, ``at_s`` into the run; ``back_s``: until it served again, None when it was killed
    again before.
    """

    kind: str
    at_s: float
    what: str
    back_s: float | None = None


@dataclass
class House:
    """The processes on one data directory, and the keys of a shop and of an admin."""

    server: Embedded
    engine: Engine
    log: Path
    shop_key: str
    admin_key: str
    members: list[Member] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    begun_s: float = field(default_factory=elapsed_s)
    closing: threading.Event = field(default_factory=threading.Event)
    watchers: list[threading.Thread] = field(default_factory=list)

    @property
    def ports(self) -> list[int]:
        """Where the servers listen."""
        return [member.port for member in self.members if member.port]

    @property
    def bases(self) -> list[str]:
        """The same as addresses."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def serves(self) -> bool:
        """Whether any server would take a request."""
        return any(answers(port) for port in self.ports)

    def kill(self, kind: str, dice: random.Random, back: Callable[[Kill, Member | None], bool]) -> None:
        """Kill one of a kind; ``back`` says whether it serves again, which is watched meanwhile."""
        member = None
        if kind in ("server", "worker"):
            member = dice.choice([one for one in self.members if one.kind == kind])
            kill = Kill(kind, self._now_s(), " ".join(member.arguments))
            with member.lock:
                self._end(member)
                self._begin(member)
                member.kills += 1
        else:
            kill = Kill(kind, self._now_s(), self._kill_postgres(kind == "connection", dice))
        self.kills.append(kill)
        print(f"{kill.at_s:8.2f} s  kill -9 {kind}: {kill.what}", flush=True)
        watcher = threading.Thread(target=self._watch, args=(kill, member, back), daemon=True)
        self.watchers.append(watcher)
        watcher.start()

    def start(self) -> None:
        """Start every member, and wait until all servers serve."""
        for member in self.members:
            self._begin(member)
        self.watchers.append(threading.Thread(target=self._manage, daemon=True))
        self.watchers[-1].start()
        assert eventually(lambda: all(answers(port) for port in self.ports), START_S), self.log.read_text()

    def close(self) -> None:
        """End every member and forget what is watched."""
        self.closing.set()
        for watcher in self.watchers:
            watcher.join(30)
        for member in self.members:
            self._end(member)
        self.engine.dispose()

    def _begin(self, member: Member) -> None:
        command = [sys.executable, "-c", "from api.cli import main; main()", *member.arguments]
        environment = {name: value for name, value in os.environ.items() if name != "ANYSHELF_DATABASE_URL"}
        environment |= {"ANYSHELF_DATA_DIR": str(self.log.parent), "ANYSHELF_LOG_LEVEL": "warning"}
        with self.log.open("a") as log:
            member.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
            )

    def _end(self, member: Member) -> None:
        if member.process is not None:
            member.process.kill()
            member.process.wait()

    def _manage(self) -> None:
        """What a process manager does: who ended is started again."""
        while not self.closing.wait(0.5):
            for member in self.members:
                with member.lock:
                    if member.process is not None and member.process.poll() is not None:
                        member.gave_up += 1
                        self._begin(member)

    def _kill_postgres(self, connection: bool, dice: random.Random) -> str:
        """Kill the head, or one of its children that serve a connection; what that one was doing."""
        while True:
            head = postmaster_pid(self.server.home)
            victims = [] if head is None else _connections(head) if connection else [(head, "postmaster")]
            with suppress(ProcessLookupError, IndexError):
                pid, what = dice.choice(victims)
                os.kill(pid, signal.SIGKILL)
                return what
            if self.closing.wait(0.02):
                return "nothing"

    def _watch(self, kill: Kill, member: Member | None, back: Callable[[Kill, Member | None], bool]) -> None:
        number = member.kills if member else 0
        place = len(self.kills)
        while not self.closing.wait(0.02):
            later = self.kills[place:]
            if (member and member.kills != number) or (not member and any(map(_of_postgres, later))):
                return
            if back(kill, member):
                kill.back_s = round(self._now_s() - kill.at_s, 2)
                return

    def _now_s(self) -> float:
        return round(elapsed_s() - self.begun_s, 2)


def _of_postgres(kill: Kill) -> bool:
    return kill.kind in ("postgres", "connection")


def _connections(head: int) -> list[tuple[int, str]]:
    """The processes of a PostgreSQL that serve a connection, with what they are at."""
    children = Path(f"/proc/{head}/task/{head}/children")
    found = []
    with suppress(OSError):
        for pid in sorted(int(number) for number in children.read_text().split()):
            title = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            if "[local]" in title:
                found.append((pid, title.partition("[local]")[2].strip() or "starting"))
    return found


@contextmanager
def house(servers: int = 2) -> Iterator[House]:
    """A furnished house that serves, in a folder of its own; everything ends and goes with the block."""
    data = Path(tempfile.mkdtemp(prefix="anyshelf-crash-"))
    data.chmod(0o711)
    try:
        shop_key, admin_key = furnished(Settings(None, data))
        with Embedded(data) as server:
            made = House(server, connect(server.url()), data / "log", shop_key, admin_key)
            ports = [free_port() for _ in range(servers)]
            made.members = [Member("server", ("serve", "--port", str(port)), port) for port in ports]
            made.members.append(Member("worker", ("work",)))
            try:
                made.start()
                yield made
            finally:
                made.close()
    finally:
        shutil.rmtree(data, ignore_errors=True)


def furnished(settings: Settings) -> tuple[str, str]:
    """Nodes, articles, plenty of stock, and two keys: a shop's and an admin's."""
    runtime = start(settings)
    try:
        skus = tuple(SkuRow(sku, sku, weight_g=200, unit_price_minor=500) for sku in SKUS)
        furnish(runtime, skus, [(node, sku, AT_EACH) for node in NODES for sku in SKUS])
        return transact(runtime, SYSTEM, _keys)
    finally:
        runtime.close()


def _keys(work: Work) -> tuple[str, str]:
    network_documents.write(work.conn, Kind.WORK, Kind.WORK, WORK, work.at)
    shop = create_key(work, name="shop", role=Role.STOREFRONT, channels=["web"])
    return shop.secret, create_key(work, name="admin", role=Role.ADMIN).secret


def client_of(key: str) -> httpx.Client:
    """A client that names a server with every request."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(headers=headers, timeout=httpx.Timeout(60.0, connect=5.0))


def figures_of(kills: list[Kill]) -> dict[str, Any]:
    """How many of each kind, and how long until they served again: median, worst, how many counted."""
    shown: dict[str, Any] = {}
    for kind in KINDS:
        times = sorted(k.back_s for k in kills if k.kind == kind and k.back_s is not None)
        shown[kind] = {"kills": sum(kill.kind == kind for kill in kills), "timed": len(times)}
        if times:
            shown[kind] |= {"back_s_median": times[len(times) // 2], "back_s_worst": times[-1]}
    return shown
