"""What happens by itself happens, once, and in time."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from oms import jobs
from oms.actors import SYSTEM
from oms.bootstrap import Runtime, start
from oms.jobs import DEFAULT, PERIODIC, QUEUES, Background, forget_requests, make_partitions, queue_of
from oms.settings import Settings
from oms.steps.expiring import expire_reservations
from oms.store import requests
from oms.work import Answer, RequestKey, answer_once, transact
from tests.platform.waiting import eventually


def leave_cart(running: Runtime, name: str, age: timedelta) -> None:
    """A reservation made so long ago, for a quarter of an hour."""
    with running.engine.begin() as conn:
        conn.execute(
            text(
                """
                INSERT INTO reservation_group
                  (id, digest, channel, owner, reference, state, created_at, expires_at)
                VALUES (:id, '', 'web', '', '', 'active', :at, :at + interval '15 minutes')
                """
            ),
            {"id": name, "at": running.clock.now() - age},
        )


def states(running: Runtime) -> dict[str, str]:
    with running.engine.begin() as conn:
        return {row.id: row.state for row in conn.execute(text("SELECT id, state FROM reservation_group"))}


def test_only_what_is_due_expires_and_it_is_told(running: Runtime) -> None:
    leave_cart(running, "old", timedelta(minutes=16))
    leave_cart(running, "young", timedelta(minutes=14))
    assert expire_reservations(running) == 1
    assert expire_reservations(running) == 0
    assert states(running) == {"old": "expired", "young": "active"}
    with running.engine.begin() as conn:
        told = conn.execute(text("SELECT type, subject_id FROM outbox")).all()
    assert [tuple(row) for row in told] == [("reservation.expired", "old")]


def test_old_answers_go(running: Runtime) -> None:
    answer_once(running, SYSTEM, RequestKey("key_1", "a", b""), lambda work: Answer.of(200, {}))
    assert forget_requests(running) == 0
    with running.engine.begin() as conn:
        older = text("UPDATE request SET at = at - :kept, stored_at = stored_at - :kept")
        conn.execute(older, {"kept": requests.KEPT})
    assert forget_requests(running) == 1


def test_room_is_made_for_the_months_ahead(fresh_database: Callable[[], str], tmp_path: Path) -> None:
    running = start(Settings(database_url=fresh_database(), data_dir=tmp_path))
    transact(running, SYSTEM, lambda work: work.emit("test.happened", "test", "1", {}))
    made = make_partitions(running)
    assert sum(name.startswith("outbox_") for name in made) == 3
    assert make_partitions(running) == []
    with running.engine.begin() as conn:
        assert conn.scalar(text("SELECT count(*) FROM outbox_default")) == 0
        assert conn.scalar(text("SELECT count(*) FROM outbox")) == 1
    running.close()


def test_the_worker_does_it_and_leaves_no_litter(fresh_database: Callable[[], str], tmp_path: Path) -> None:
    running = start(Settings(database_url=fresh_database(), data_dir=tmp_path))
    leave_cart(running, "old", timedelta(minutes=16))
    background = Background(running)
    background.start()
    try:
        assert eventually(lambda: states(running) == {"old": "expired"})
    finally:
        background.close()
    with running.engine.begin() as conn:
        assert (conn.scalar(text("SELECT count(*) FROM procrastinate_jobs")) or 0) <= len(PERIODIC)
    running.close()


def test_what_takes_long_keeps_nobody_waiting(
    fresh_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three jobs that do not end, as many as run at once, and a reservation that has to."""
    assert {job for _, job in PERIODIC} >= {job for some in QUEUES.values() for job in some}
    assert queue_of(expire_reservations) == DEFAULT
    begun, over = threading.Event(), threading.Event()

    def endless(name: str) -> Callable[[Runtime], object]:
        def job(running: Runtime) -> None:
            begun.set()
            over.wait(60)

        job.__name__ = name
        return job

    long = [endless(name) for name in ("one", "two", "three")]
    often = "* * * * * *"
    monkeypatch.setattr(jobs, "PERIODIC", (*((often, job) for job in long), (often, expire_reservations)))
    monkeypatch.setattr(jobs, "QUEUES", {"long": frozenset(long)})
    running = start(Settings(database_url=fresh_database(), data_dir=tmp_path))
    background = Background(running)
    background.start()
    try:
        assert eventually(begun.is_set)
        leave_cart(running, "old", timedelta(minutes=16))
        assert eventually(lambda: states(running) == {"old": "expired"})
    finally:
        over.set()
        background.close()
        running.close()
