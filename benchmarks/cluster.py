"""A PostgreSQL on a host's network with a password, and replicas that stream from a primary."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from benchmarks.host_network import NETWORK, Host
from benchmarks.leash import leashed
from oms.adapters.postgres import DATABASE, ROLE, postmaster_pid, stop
from oms.adapters.postgres_home import Home, find_home

START_S = 120.0
MEMORY = "256MB"
LAZY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL: its home, its address for SQLAlchemy with what lets us in, the host it listens on (None:
    a socket only), and its settings.
    """

    home: Home
    url: str
    host: Host | None
    settings: Mapping[str, str]

    def pid(self) -> int:
        """Its head's process, while it runs."""
        found = postmaster_pid(self.home)
        assert found is not None, "the server runs"
        return found

    def begin(self) -> None:
        """Start it, for the first time or again."""
        chosen = {
            "listen_addresses": self.host.address if self.host else "",
            "unix_socket_directories": str(self.home.socket_dir),
            "unix_socket_permissions": "0700",
            "max_connections": "300",
            "shared_buffers": MEMORY,
            "jit": "off",
            "timezone": "UTC",
            **self.settings,
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in chosen.items())
        log = self.home.cluster / "server.log"
        named = ["-D", str(self.home.cluster), "-l", str(log), "-o", options]
        with self.host.inside() if self.host else nullcontext():
            begun = self.home.run(
                "pg_ctl", *named, "-w", "-t", f"{START_S:.0f}", "start", timeout=START_S + 10
            )
        assert begun.returncode == 0, log.read_text()

    @contextmanager
    def running(self) -> Iterator[None]:
        """For the length of the block."""
        self.begin()
        leash = leashed(self.pid(), signal.SIGQUIT)
        try:
            yield
        finally:
            leash.let_go()
            stop(self.home)


@contextmanager
def primary(folder: Path, host: Host, *, durable: bool = True) -> Iterator[Server]:
    """A new server that other hosts reach with its password, and nobody without."""
    password = secrets.token_hex(16)
    home = _home(folder)
    options = ["-U", ROLE, "-E", "UTF8", "--no-locale", "--auth-local=trust", "--auth-host=reject"]
    done = home.run("initdb", *options, "-D", str(_new(home)), timeout=START_S)
    assert done.returncode == 0, done.stderr
    with (home.cluster / "pg_hba.conf").open("a") as who:
        who.write(
            "".join(f"host {what} all {NETWORK}.0/24 scram-sha-256\n" for what in ("all", "replication"))
        )
    url = f"postgresql+psycopg://{ROLE}:{password}@{host.address}/{DATABASE}"
    made = Server(home, url, host, {} if durable else LAZY)
    with made.running():
        with psycopg.connect(host=str(home.socket_dir), user=ROLE, dbname=DATABASE) as conn:
            conn.execute(f"ALTER ROLE {ROLE} PASSWORD '{password}'")
        yield made


@contextmanager
def replica(folder: Path, conninfo: str, host: Host | None = None) -> Iterator[Server]:
    """A copy of the server at `conninfo` that follows it; on a host's network, or on a socket only."""
    home = _home(folder)
    with host.inside() if host else nullcontext():
        ways = ["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"]
        copied = home.run("pg_basebackup", "-d", conninfo, "-D", str(_new(home)), *ways, timeout=START_S)
    assert copied.returncode == 0, copied.stderr
    made = Server(home, _address(home, conninfo, host), host, {"hot_standby_feedback": "on"})
    with made.running():
        yield made


def _address(home: Home, conninfo: str, host: Host | None) -> str:
    if host is None:
        return f"postgresql+psycopg://{ROLE}@/{DATABASE}?host={quote(str(home.socket_dir), safe='')}"
    password = psycopg.conninfo.conninfo_to_dict(conninfo)["password"]
    return f"postgresql+psycopg://{ROLE}:{password}@{host.address}/{DATABASE}"


def _home(folder: Path) -> Home:
    folder.mkdir(parents=True, exist_ok=True)
    return find_home(folder)


def _new(home: Home) -> Path:
    """An empty folder for the cluster that PostgreSQL's account owns."""
    home.cluster.mkdir(mode=0o700)
    if home.account:
        os.chown(home.cluster, home.account.uid, home.account.gid)
    return home.cluster
