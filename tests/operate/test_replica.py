"""Lists and events are read from a replica while it keeps up, from the primary when it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from benchmarks.cluster import Server, replica
from oms.adapters.postgres import Embedded, stop
from oms.bootstrap import Runtime, start
from oms.reads import LAG_MOST_S, NotItsReplica, Reads
from oms.settings import Settings
from oms.store.database import connect, conninfo, migrate
from tests.api.conftest import make_key
from tests.api.test_events import happen, read_frames, serving
from tests.platform.waiting import eventually
from tests.support import furnish

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Pair:
    """A process on a primary and its replica."""

    running: Runtime
    replica: Server
    folder: Path

    def on_replica(self, statement: str) -> None:
        engine = connect(self.replica.url)
        with engine.begin() as conn:
            conn.execute(text(statement))
        engine.dispose()

    def from_replica(self) -> bool:
        with self.running.reads.connect() as conn:
            return bool(conn.scalar(text("SELECT pg_is_in_recovery()")))


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="anyshelf-replica-"))
    folder.chmod(0o711)
    try:
        with Embedded(folder / "primary", durable=False) as server:
            migrate(server.url())
            with replica(folder / "replica", conninfo(server.url())) as second:
                settings = Settings(server.url(), folder, database_read_url=second.url)
                running = start(settings)
                furnish(running)
                try:
                    yield Pair(running, second, folder)
                finally:
                    running.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def admin(pair: Pair) -> Iterator[TestClient]:
    key = make_key(pair.running)
    with TestClient(create_app(pair.running), headers={"Authorization": f"Bearer {key}"}) as client:
        assert eventually(pair.from_replica, 60)
        yield client


def named(client: TestClient) -> list[str]:
    found = client.get("/v1/events?limit=200&type=test.happened")
    assert found.status_code == 200, found.text
    return [event["subject_id"] for event in found.json()["items"]]


def test_lists_come_from_the_replica_and_what_is_written_follows(pair: Pair, admin: TestClient) -> None:
    assert eventually(lambda: bool(admin.get("/v1/stock").json()["items"]))
    before = pair.running.reads.of_replica
    assert admin.get("/v1/stock").json()["items"]
    assert admin.get("/v1/stock/movements").json()["items"]
    assert admin.get("/v1/orders").status_code == 200
    assert pair.running.reads.of_replica == before + 3
    happen(pair.running, "a")
    assert eventually(lambda: named(admin) == ["a"])
    told = admin.get("/metrics").text
    assert "anyshelf_process_replica_age_seconds" in told and 'reads_total{server="replica"}' in told


def test_one_that_lags_is_left_until_it_has_caught_up(pair: Pair, admin: TestClient) -> None:
    pair.on_replica("SELECT pg_wal_replay_pause()")
    try:
        happen(pair.running, "b")
        assert eventually(lambda: not pair.from_replica(), LAG_MOST_S + 20)
        assert named(admin)[-1] == "b"
        age_s = pair.running.reads.age_s()
        assert age_s is not None and age_s > LAG_MOST_S
    finally:
        pair.on_replica("SELECT pg_wal_replay_resume()")
    assert eventually(pair.from_replica) and named(admin)[-1] == "b"


def test_a_stream_skips_nothing_that_the_replica_does_not_have_yet(pair: Pair, admin: TestClient) -> None:
    ask = {"Authorization": admin.headers["Authorization"], "Last-Event-ID": str(pair.running.tail.seq)}
    with serving(pair.running) as base:
        pair.on_replica("SELECT pg_wal_replay_pause()")
        happen(pair.running, "c", "d")
        with httpx.stream("GET", f"{base}/v1/events/stream", headers=ask, timeout=60) as stream:
            pair.on_replica("SELECT pg_wal_replay_resume()")
            happen(pair.running, "e")
            frames = read_frames(stream.iter_lines(), 3)
    assert [int(frame["id"]) for frame in frames] == [int(ask["Last-Event-ID"]) + n for n in (1, 2, 3)]


@pytest.mark.parametrize("arguments", [("audit",), ("export", "files"), ("backup", "whole.dump")])
def test_audit_export_and_backup_work_on_the_replica(pair: Pair, arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", *arguments],
        env={**os.environ, "ANYSHELF_DATABASE_URL": pair.replica.url},
        cwd=pair.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert arguments == ("audit",) or (pair.folder / arguments[1]).exists()


def test_a_server_that_follows_another_primary_is_never_read(pair: Pair, server_url: str) -> None:
    strange = Reads(pair.running.engine, connect(server_url))
    with pytest.raises(NotItsReplica, match="another primary"):
        strange.look()
    assert strange.age_s() is None
    strange.close()


def test_one_that_is_gone_refuses_nobody_and_one_that_is_promoted_is_not_read(
    pair: Pair, admin: TestClient
) -> None:
    stop(pair.replica.home)
    assert named(admin)[-1] == "e"
    assert not pair.from_replica()
    pair.replica.begin()
    assert eventually(pair.from_replica, 60)
    pair.on_replica("SELECT pg_promote()")
    assert eventually(lambda: pair.running.reads.age_s() is None, 60)
    assert named(admin)[-1] == "e" and not pair.from_replica()
