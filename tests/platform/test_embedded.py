"""The embedded server: starts by itself, is shared, outlives crashes of clients and its own, then stops."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from oms.adapters.postgres import Embedded, postmaster_pid, ready
from oms.adapters.postgres_home import DatabaseUnavailable
from oms.store.database import conninfo
from tests.platform.waiting import eventually

CLIENT = """
import sys, time
from contextlib import suppress
from pathlib import Path
from oms.adapters.postgres import Embedded
with Embedded(Path(sys.argv[1]), durable=False) as server:
    print(server.url(), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """A short folder that the account of a root user can reach, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="anyshelf-embedded-"))
    folder.chmod(0o711)
    yield folder / "data"
    assert eventually(lambda: not mentioned(folder)), "a server or a warden stays behind"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def client(data: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts other processes that use the same server until their input closes."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql+psycopg://")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def mentioned(folder: Path) -> bool:
    """Whether any process was started with this folder in its command line."""
    for command_line in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(folder) in command_line.read_text():
                return True
    return False


def ask(server: Embedded, question: str) -> object:
    with psycopg.connect(conninfo(server.url())) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return row[0]


def test_starts_answers_and_stops(data: Path) -> None:
    with Embedded(data, durable=False) as server:
        assert str(ask(server, "SHOW server_version")).startswith("18.")
        home = server.home
    assert not ready(home)
    assert postmaster_pid(home) is None


def test_commits_are_durable_unless_asked_otherwise(data: Path) -> None:
    with Embedded(data) as server:
        assert [ask(server, f"SHOW {name}") for name in ("fsync", "synchronous_commit")] == ["on", "on"]


def test_nobody_else_reaches_it(data: Path) -> None:
    with Embedded(data, durable=False) as server:
        assert ask(server, "SHOW listen_addresses") == ""
        assert server.home.socket_dir.stat().st_mode & 0o777 == 0o700
        assert server.home.cluster.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="the rule for root")
def test_root_runs_it_as_an_account_without_rights(data: Path) -> None:
    with Embedded(data, durable=False) as server:
        pid = postmaster_pid(server.home)
        assert Path(f"/proc/{pid}").stat().st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="the rule for root")
def test_root_may_keep_its_data_in_a_closed_folder(data: Path) -> None:
    data.parent.chmod(0o700)
    with Embedded(data, durable=False) as server:
        elsewhere = server.home.cluster
        assert ask(server, "SELECT 1") == 1
    assert not elsewhere.is_relative_to(data)
    assert data.parent.stat().st_mode & 0o777 == 0o700
    with Embedded(data, durable=False) as server:
        assert server.home.cluster == elsewhere
    assert eventually(lambda: not mentioned(elsewhere.parent)), "it still writes there"
    shutil.rmtree(elsewhere.parent)


def test_a_long_path_gets_a_socket_elsewhere(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(data.parent))
    with Embedded(data / ("long" * 30), durable=False) as server:
        assert ask(server, "SELECT 1") == 1
        assert not server.home.socket_dir.is_relative_to(data)


def test_the_last_of_two_processes_stops_it(
    data: Path, client: Callable[[], "subprocess.Popen[str]"]
) -> None:
    other = client()
    with Embedded(data, durable=False) as server:
        first_pid = postmaster_pid(server.home)
        home = server.home
    assert postmaster_pid(home) == first_pid, "the other process still uses it"
    other.communicate("")
    assert eventually(lambda: not ready(home))


def test_a_killed_client_takes_nothing_with_it(
    data: Path, client: Callable[[], "subprocess.Popen[str]"]
) -> None:
    killed = client()
    with Embedded(data, durable=False) as server:
        pid = postmaster_pid(server.home)
        killed.kill()
        killed.wait()
        time.sleep(0.6)  # two rounds of the warden
        assert postmaster_pid(server.home) == pid
        assert ask(server, "SELECT 1") == 1


def test_it_stops_after_all_clients_were_killed(
    data: Path, client: Callable[[], "subprocess.Popen[str]"]
) -> None:
    killed = client()
    with Embedded(data, durable=False) as server:
        home = server.home
        warden_up = (data / "warden.lock").exists
        assert eventually(warden_up)
        killed_too = client()
    killed.kill()
    killed_too.kill()
    assert eventually(lambda: postmaster_pid(home) is None)


def test_a_killed_server_is_restarted_with_what_was_committed(data: Path) -> None:
    with Embedded(data) as server:
        with psycopg.connect(conninfo(server.url())) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
        pid = postmaster_pid(server.home)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: ready(server.home) and postmaster_pid(server.home) != pid)
        assert ask(server, "SELECT n FROM kept") == 42


def test_a_newcomer_finds_a_killed_server_running_again(data: Path) -> None:
    with Embedded(data, durable=False) as server:
        pid = postmaster_pid(server.home)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: postmaster_pid(server.home) != pid)
        with Embedded(data, durable=False) as newcomer:
            assert ask(newcomer, "SELECT 1") == 1


def test_a_stale_note_with_a_number_in_use_does_not_stop_a_start(data: Path) -> None:
    with Embedded(data, durable=False) as server:
        home = server.home
    (home.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{home.cluster}\n0\n5432\n")
    with Embedded(data, durable=False) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_cluster_of_another_release_is_named(data: Path) -> None:
    with Embedded(data, durable=False) as server:
        version = server.home.cluster / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(DatabaseUnavailable, match="PostgreSQL 17"), Embedded(data):
        pass
