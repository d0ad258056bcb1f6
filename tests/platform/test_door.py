"""Processes of one server: a burst of connections spreads over them, and the port is nobody else's."""

import os
import pickle
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from api.door import DEALS, adopted, bound
from benchmarks.serving import answers, free_port
from tests.platform.waiting import eventually

LOOPBACK = "127.0.0.1"
BURST = 60
LEAST = 10
"""Of 60 connections dealt by chance to two: fewer for one would happen once in some millions of times."""

deals = pytest.mark.skipif(not DEALS, reason="only Linux deals connections out among sockets on one port")


@deals
def test_nobody_else_gets_the_port_whether_anyone_listens_or_not() -> None:
    with bound(LOOPBACK, 0) as door:
        port = door.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            bound(LOOPBACK, port)
        with pickle.loads(pickle.dumps(door)) as own:
            own.listen()
            with pytest.raises(OSError, match="in use"):
                bound(LOOPBACK, port)
            with pytest.raises(OSError, match="in use"):
                socket.create_server((LOOPBACK, port))


@deals
def test_what_is_sent_to_a_process_is_another_socket_on_the_port_also_when_it_was_handed_down() -> None:
    with bound(LOOPBACK, 0) as door, adopted(os.dup(door.fileno())) as handed:
        with pickle.loads(pickle.dumps(handed)) as own:
            assert own.getsockname() == door.getsockname() and own.fileno() != handed.fileno()
            own.listen()
            with socket.create_connection(door.getsockname(), 5):
                own.accept()[0].close()  # the server's side first: it keeps a late connection in mind
        port = door.getsockname()[1]
    bound(LOOPBACK, port).close()


@deals
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_burst_of_kept_connections_spreads_and_a_dead_process_gets_none(
    fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    port = free_port()
    process = served(fresh_database(), tmp_path, port)
    try:
        assert eventually(lambda: len(listening(process.pid, port)) == 2 and answers(port), 240)
        assert min(spread(process.pid, port).values()) >= LEAST
        dead, left = listening(process.pid, port)
        os.kill(dead, signal.SIGKILL)
        # A dying process has no files any more for a moment before the kernel closes them.
        assert eventually(lambda: len(sockets(port, LISTEN)) == 1)
        assert listening(process.pid, port) == [left]
        assert spread(process.pid, port) == {left: BURST}
        assert eventually(lambda: len(listening(process.pid, port)) == 2, 240), "another takes its place"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def served(url: str, folder: Path, port: int) -> "subprocess.Popen[bytes]":
    arguments = ["serve", "--workers", "2", "--port", str(port)]
    return subprocess.Popen(
        [sys.executable, "-c", "from api.cli import main; main()", *arguments],
        env={**os.environ, "ANYSHELF_DATABASE_URL": url, "ANYSHELF_DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def spread(parent: int, port: int) -> Counter[int]:
    """Connections that came at once and stay, by the process that took them."""
    with ExitStack() as open_:
        for _ in range(BURST):
            open_.enter_context(socket.create_connection((LOOPBACK, port), 10))
        found: Counter[int] = Counter()

        def all_taken() -> bool:
            found.clear()
            found.update({pid: n for pid in workers(parent) if (n := len(held(pid, port, ESTABLISHED)))})
            return found.total() == BURST

        assert eventually(all_taken), found
        return found


def listening(parent: int, port: int) -> list[int]:
    """The processes that listen there."""
    return [pid for pid in workers(parent) if held(pid, port, LISTEN)]


ESTABLISHED, LISTEN = "01", "0A"


def workers(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children]


def held(pid: int, port: int, state: str) -> set[str]:
    """The process's sockets on the port in that state."""
    try:
        links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:  # gone meanwhile
        return set()
    own = {found[1] for link in links if (found := re.fullmatch(r"socket:\[(\d+)\]", link))}
    return sockets(port, state) & own


def sockets(port: int, state: str) -> set[str]:
    """Everybody's on the port in that state, as the kernel lists them."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == state and int(row[1].partition(":")[2], 16) == port}
