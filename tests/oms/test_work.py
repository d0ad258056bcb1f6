"""A change, its events and its answer are one commit; the same Idempotency-Key has one effect and one
answer."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from oms.actors import SYSTEM
from oms.adapters.ids import Ids, RandomIds
from oms.refusals import Code, Fault, LostRace, Refusal, Refused, refuse
from oms.store import requests
from oms.store.requests import KEPT
from oms.work import Answer, RequestKey, Work, answer_once, transact


class Hands:
    """A clock with hands to turn."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 16, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class Ground:
    """What a transaction needs."""

    engine: Engine
    clock: Hands
    ids: Ids


KEY = RequestKey("key_1", "once", b"digest")


@pytest.fixture
def ground(engine: Engine) -> Iterator[Ground]:
    yield Ground(engine, Hands(), RandomIds())


def place(work: Work) -> Answer:
    """An effect that can be counted."""
    work.emit("order.placed", "order", "1001", {"channel": "web"})
    return Answer.of(201, {"id": work.ids.new("ord")}, {"Location": "/v1/orders/1001"})


def effects(ground: Ground) -> int:
    with ground.engine.begin() as conn:
        found: int = conn.scalar(text("SELECT count(*) FROM outbox")) or 0
    return found


def refused(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.refusal


def test_a_change_and_its_event_are_one_commit(ground: Ground) -> None:
    def fail(work: Work) -> None:
        work.emit("order.placed", "order", "1", {})
        work.flush()
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        transact(ground, SYSTEM, fail)
    assert effects(ground) == 0
    transact(ground, SYSTEM, lambda work: work.emit("order.placed", "order", "1", {}))
    assert effects(ground) == 1


def test_a_repetition_gets_the_first_answer_to_the_byte(ground: Ground) -> None:
    first = answer_once(ground, SYSTEM, KEY, place)
    assert answer_once(ground, SYSTEM, KEY, place) == first
    assert effects(ground) == 1


def test_another_request_with_the_key_is_refused(ground: Ground) -> None:
    answer_once(ground, SYSTEM, KEY, place)
    other = replace(KEY, digest=b"another")
    assert refused(lambda: answer_once(ground, SYSTEM, other, place)).code == Code.IDEMPOTENCY_KEY_REUSED
    assert effects(ground) == 1


def test_keys_of_different_callers_are_different(ground: Ground) -> None:
    answer_once(ground, SYSTEM, KEY, place)
    answer_once(ground, SYSTEM, replace(KEY, key_id="key_2"), place)
    assert effects(ground) == 2


def test_a_refusal_undoes_its_writes_and_is_the_answer_from_then_on(ground: Ground) -> None:
    fault = Fault("/lines/0", "insufficient_stock", "3 left")

    def no(work: Work) -> Answer:
        place(work)
        work.flush()
        raise refuse(Code.INSUFFICIENT_STOCK, "There is not enough", fault, left=3)

    first = refused(lambda: answer_once(ground, SYSTEM, KEY, no))
    assert refused(lambda: answer_once(ground, SYSTEM, KEY, place)) == first
    assert (first.faults, first.extra) == ((fault,), {"left": 3})
    assert effects(ground) == 0


@pytest.mark.parametrize("code", [Code.UNAVAILABLE, Code.RATE_LIMITED, Code.IDEMPOTENCY_IN_PROGRESS])
def test_a_refusal_that_is_not_about_the_request_is_not_kept(ground: Ground, code: Code) -> None:
    def no(work: Work) -> Answer:
        raise refuse(code, "Not now")

    assert refused(lambda: answer_once(ground, SYSTEM, KEY, no)).code == code
    assert answer_once(ground, SYSTEM, KEY, place).status == 201


@pytest.mark.parametrize("failure", [LostRace(frozenset({"A1"})), KeyError("a bug")])
def test_a_crash_or_a_lost_race_leaves_nothing_and_the_key_free(ground: Ground, failure: Exception) -> None:
    def crash(work: Work) -> Answer:
        place(work)
        work.flush()
        raise failure

    with pytest.raises(type(failure)):
        answer_once(ground, SYSTEM, KEY, crash)
    assert effects(ground) == 0
    assert answer_once(ground, SYSTEM, KEY, place).status == 201
    assert effects(ground) == 1


def test_while_one_runs_the_other_is_told_so_at_once(ground: Ground) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slowly(work: Work) -> Answer:
        entered.set()
        assert leave.wait(10)
        return place(work)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(answer_once, ground, SYSTEM, KEY, slowly)
        assert entered.wait(10)
        second = refused(lambda: answer_once(ground, SYSTEM, KEY, place))
        leave.set()
        first = running.result()
    assert second.code == Code.IDEMPOTENCY_IN_PROGRESS
    assert answer_once(ground, SYSTEM, KEY, place) == first
    assert effects(ground) == 1


def test_many_at_once_have_one_effect(ground: Ground) -> None:
    together = threading.Barrier(8)

    def client(_: int) -> Answer | None:
        together.wait()
        for _ in range(200):
            try:
                return answer_once(ground, SYSTEM, KEY, place)
            except Refused as error:
                assert error.refusal.code == Code.IDEMPOTENCY_IN_PROGRESS
        return None

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client, range(8)))
    assert len({answer.body for answer in answers if answer}) == 1
    assert None not in answers
    assert effects(ground) == 1


def test_an_overtaken_writer_looks_again(ground: Ground) -> None:
    """The window between look and lock: someone else finishes with the same key, then our insert meets its
    row."""
    calls = []

    def overtaken(work: Work) -> Answer:
        calls.append(work)
        with ground.engine.begin() as other:
            requests.record(other, work.at, [(KEY, Answer.of(200, {"first": True}))])
        return place(work)

    assert answer_once(ground, SYSTEM, KEY, overtaken).body == b'{"first":true}'
    assert (len(calls), effects(ground)) == (1, 0)


def test_a_key_is_forgotten_when_two_clocks_say_that_a_day_has_passed(ground: Ground) -> None:
    first = answer_once(ground, SYSTEM, KEY, place)
    ground.clock.at += 2 * KEPT
    assert answer_once(ground, SYSTEM, KEY, place) == first, "who looks does not judge its age"
    with ground.engine.begin() as conn:
        assert requests.forget_old(conn, ground.clock.at) == 0, "by the database's clock it is young"
        conn.execute(text("UPDATE request SET stored_at = stored_at - :kept"), {"kept": KEPT})
        assert requests.forget_old(conn, ground.clock.at - KEPT - timedelta(seconds=1)) == 0
        assert requests.forget_old(conn, ground.clock.at) == 1
    assert answer_once(ground, SYSTEM, replace(KEY, digest=b"another"), place) != first


def test_work_that_gives_way_in_a_dead_lock_is_done_again(engine: Engine) -> None:
    """Two transactions take two locks crosswise; PostgreSQL ends one, and both are done in the end."""
    ground = Ground(engine, Hands(), RandomIds())
    met = threading.Barrier(2)
    runs: list[str] = []

    def crosswise(name: str, first: int, second: int) -> None:
        def fn(work: Work) -> None:
            runs.append(name)
            work.conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": first})
            if runs.count(name) == 1:
                met.wait(10)
            work.conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": second})
            work.emit("test.done", "test", name, {})

        transact(ground, SYSTEM, fn)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(crosswise, "a", 1, 2), pool.submit(crosswise, "b", 2, 1)]:
            done.result(30)
    assert len(runs) == 3
    with engine.connect() as conn:
        told = conn.execute(text("SELECT subject_id FROM outbox WHERE type = 'test.done'")).scalars()
        assert sorted(told) == ["a", "b"]
