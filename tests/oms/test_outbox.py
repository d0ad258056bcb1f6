"""Events get a dense sequence after their commit, whoever commits when; none is skipped, none shown twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from oms.actors import SYSTEM
from oms.bootstrap import Runtime, start
from oms.jobs import Background
from oms.settings import Settings
from oms.store import outbox
from oms.work import transact
from tests.platform.waiting import eventually

AT = datetime(2026, 1, 16, tzinfo=UTC)


def event(name: str) -> outbox.Event:
    return outbox.Event("test.happened", "test", name, {"n": 1}, AT, "key_1")


def publish(engine: Engine) -> int:
    with engine.begin() as conn:
        return outbox.publish(conn)


def read(engine: Engine, after: int = 0, limit: int = 1000) -> list[outbox.Published]:
    with engine.begin() as conn:
        return outbox.read(conn, after, limit)


def test_an_event_is_seen_after_it_is_published(engine: Engine) -> None:
    with engine.begin() as conn:
        outbox.append(conn, [event("a"), event("b")])
    assert read(engine) == []
    assert publish(engine) == 2
    assert publish(engine) == 0
    assert read(engine) == [outbox.Published(1, event("a")), outbox.Published(2, event("b"))]
    assert [one.seq for one in read(engine, after=1)] == [2]


def test_a_late_commit_comes_later_and_is_not_skipped(engine: Engine) -> None:
    with engine.connect() as late:
        outbox.append(late, [event("late")])
        with engine.begin() as conn:
            outbox.append(conn, [event("early")])
        assert publish(engine) == 1
        cursor = read(engine)[-1].seq
        late.commit()
    assert publish(engine) == 1
    assert [one.event.subject_id for one in read(engine, after=cursor)] == ["late"]


def test_what_is_rolled_back_leaves_no_gap(engine: Engine) -> None:
    with engine.connect() as conn:
        outbox.append(conn, [event("never")])
        conn.rollback()
    with engine.begin() as conn:
        outbox.append(conn, [event("a")])
    publish(engine)
    assert [one.seq for one in read(engine)] == [1]


def test_writers_and_publishers_at_once_make_a_dense_sequence(engine: Engine) -> None:
    def write(name: int) -> None:
        for number in range(40):
            with engine.connect() as conn:
                outbox.append(conn, [event(f"{name}-{number}-{part}") for part in range(number % 3 + 1)])
                if number % 7:
                    conn.commit()

    def keep_publishing(_: int) -> None:
        for _ in range(60):
            publish(engine)

    with ThreadPoolExecutor(7) as pool:
        list(
            pool.map(
                lambda act: act(), [lambda n=n: write(n) for n in range(5)] + [lambda: keep_publishing(0)] * 2
            )
        )
    while publish(engine):
        pass
    found = read(engine, limit=100_000)
    assert [one.seq for one in found] == list(range(1, len(found) + 1))
    names = [one.event.subject_id for one in found]
    assert len(set(names)) == len(names) == 5 * sum(n % 3 + 1 for n in range(40) if n % 7)
    for writer in range(5):
        own = [name.split("-") for name in names if name.startswith(f"{writer}-")]
        assert [int(part[1]) for part in own] == sorted(int(part[1]) for part in own)


def test_two_processes_publish_once_and_tell_within_moments(
    fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    settings = Settings(database_url=fresh_database(), data_dir=tmp_path)
    processes = [start(settings), start(settings)]
    works = [Background(running) for running in processes]
    for work in works:
        work.start()
    try:
        for number in range(20):
            _tell(processes[number % 2], str(number))
        assert eventually(lambda: all(running.tail.seq == 20 for running in processes))
        assert [one.seq for one in read(processes[0].engine)] == list(range(1, 21))
    finally:
        for work in works:
            work.close()
        for running in processes:
            running.close()


def _tell(running: Runtime, name: str) -> None:
    transact(running, SYSTEM, lambda work: work.emit("test.happened", "test", name, {}))
