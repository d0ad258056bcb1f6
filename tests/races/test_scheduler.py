"""The scheduler itself: it finds what it should, and the same schedule is the same interleaving."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from time import sleep

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError

from oms.store.database import connect
from tests.races import scheduler
from tests.races.explore import Follow, Play, bounded, wandering
from tests.races.scheduler import Choose, Run, Scheduler

READ = text("SELECT left_over FROM toy WHERE id = 1")
LOCK = text("SELECT left_over FROM toy WHERE id = :id FOR UPDATE")
WRITE = text("UPDATE toy SET left_over = :left WHERE id = 1")
TAKE = text("UPDATE toy SET left_over = left_over - 1 WHERE id = :id AND left_over > 0")

Verb = Callable[[Engine], bool]


class Toy:
    """A table of two rows with a unit each, and two clients that want them."""

    def __init__(self, url: str) -> None:
        self.engines = [connect(url, pool_size=2) for _ in range(3)]
        self.scheduler = Scheduler(self.engines[2])
        for number in range(2):
            self.scheduler.watch(self.engines[number], number)
        with self.engines[2].begin() as conn:
            conn.execute(text("CREATE TABLE toy (id int PRIMARY KEY, left_over int NOT NULL)"))

    def play(self, *verbs: Verb) -> Play:
        """Runs the verbs, one each, on a fresh table."""

        def once(choose: Choose) -> Run:
            with self.engines[2].begin() as conn:
                conn.execute(text("DELETE FROM toy"))
                conn.execute(text("INSERT INTO toy VALUES (1, 1), (2, 1)"))
            pairs = zip(verbs, self.engines, strict=False)
            return self.scheduler.run([partial(verb, engine) for verb, engine in pairs], choose)

        return once

    def close(self) -> None:
        for engine in self.engines:
            engine.dispose()


@pytest.fixture
def toy(fresh_database: Callable[[], str]) -> Iterator[Toy]:
    made = Toy(fresh_database())
    yield made
    made.close()


def read_then_write(engine: Engine) -> bool:
    """What no shop should do."""
    with engine.begin() as conn:
        left = conn.scalar(READ)
        assert left is not None
        if left > 0:
            conn.execute(WRITE, {"left": left - 1})
        return bool(left > 0)


def guarded(engine: Engine) -> bool:
    with engine.begin() as conn:
        return conn.execute(TAKE, {"id": 1}).rowcount == 1


def both(*ids: int) -> Verb:
    """Locks the rows in this order and takes a unit of each."""

    def verb(engine: Engine) -> bool:
        with engine.begin() as conn:
            left = [conn.scalar(LOCK, {"id": id}) for id in ids]
            for id in ids if all(left) else ():
                conn.execute(TAKE, {"id": id})
            return all(left)

    return verb


def test_read_then_write_oversells_and_one_preemption_finds_it(toy: Toy) -> None:
    sold = [sum(run.results) for run in bounded(toy.play(read_then_write, read_then_write), 1)]
    assert 2 in sold, "the last unit, sold twice"
    assert sold.count(1) >= 2, "and the serial schedules, which sell it once"
    assert {sum(run.results) for run in bounded(toy.play(read_then_write, read_then_write), 0)} == {1}


def test_wandering_by_seed_finds_it_too(toy: Toy) -> None:
    runs = list(wandering(toy.play(read_then_write, read_then_write), range(40)))
    assert 2 in {sum(run.results) for run in runs}


def test_a_guarded_write_sells_once_in_every_schedule(toy: Toy) -> None:
    runs = list(bounded(toy.play(guarded, guarded), 2))
    assert {sum(run.results) for run in runs} == {1}
    assert any(run.waits for run in runs), "in some of them one waits for the row of the other"
    assert not any(run.deadlocks for run in runs)


def test_every_schedule_is_another_one_and_there_are_as_many_as_can_be_counted(toy: Toy) -> None:
    """Two clients that never wait, four steps each (start, read, read, commit): by hand."""

    def reader(engine: Engine) -> bool:
        with engine.begin() as conn:
            return bool(conn.scalar(READ) == conn.scalar(READ))

    for most, expected in ((0, 2), (1, 2 + 2 * 3), (2, 2 + 2 * 3 + 2 * 3 * 3)):
        runs = list(bounded(toy.play(reader, reader), most))
        assert len({run.choices for run in runs}) == len(runs)
        assert max(run.preemptions for run in runs) == most
        assert len(runs) == expected


def test_the_same_schedule_is_the_same_interleaving(toy: Toy) -> None:
    play = toy.play(both(1, 2), both(1, 2))
    for run in list(bounded(play, 2))[:30]:
        again = play(Follow(run.choices))
        assert (again.steps, again.results, again.waits) == (run.steps, run.results, run.waits)


def test_who_was_freed_while_the_locks_were_looked_at_is_not_left_behind(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(monitor: Connection, pids: list[int]) -> dict[int, set[int]]:
        found = waits(monitor, pids)
        sleep(0.04)  # by now it has committed and ended
        return found

    waits = scheduler._waits
    for engine in toy.engines[:2]:
        # As on a busy machine: it has not committed yet, and the freed one takes its time to go on.
        event.listen(engine, "commit", lambda _: sleep(0.02))
        event.listen(engine, "after_cursor_execute", lambda *_: sleep(0.1))
    monkeypatch.setattr(scheduler, "_waits", late)
    runs = list(bounded(toy.play(guarded, guarded), 1))
    assert {sum(run.results) for run in runs} == {1}
    assert any(run.waits for run in runs)


def test_rows_locked_crosswise_dead_lock_and_the_run_goes_on(toy: Toy) -> None:
    play = toy.play(both(1, 2), both(2, 1))
    ended = 0
    with pytest.raises(OperationalError, match="deadlock detected"):
        for _ in bounded(play, 1):
            ended += 1
    assert ended
    assert {sum(run.results) for run in bounded(toy.play(both(1, 2), both(1, 2)), 1)} == {1}
