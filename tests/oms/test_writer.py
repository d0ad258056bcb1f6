"""The writer by itself: who shares a group, and who hears of an error."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from inventory.stock_reserve import ReserveOutcome
from oms.actors import SYSTEM
from oms.group_commit import Entry, OrderKey, Outcome
from oms.refusals import Refused
from oms.store.requests import Overtaken
from oms.work import Answer, Work
from oms.writer import MOST, Writer
from tests.coroutines import run


class Log:
    """Stands in for the commit: notes who is committed together, and fails where told to."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.poison = ""
        self.error: Exception = IntegrityError("", None, psycopg.errors.CheckViolation())
        self.go = threading.Event()
        self.begun = threading.Event()

    def commit(self, entries: Sequence[Entry]) -> list[Outcome]:
        names = [entry.name[1] for entry in entries]
        self.groups.append(names)
        if names == ["first"]:
            self.begun.set()
            assert self.go.wait(30)
        if self.poison in names:
            raise self.error
        return [_answer(name) for name in names]


def _answer(name: str) -> Answer:
    return Answer(201, name.encode(), {})


def _entry(name: str) -> Entry:
    def never(work: Work, outcome: ReserveOutcome | None = None) -> NoReturn:
        raise AssertionError("the ways to commit are stood in for")

    ask: Any = never
    draft: Any = never
    return Entry(SYSTEM, OrderKey(name, "d"), ask, draft)


def _said(log: Log, names: list[str]) -> list[str]:
    """What each is answered when the first keeps the writer busy until all the others wait."""

    async def all_of_them() -> list[Any]:
        first = asyncio.ensure_future(writer.write(_entry("first")))
        assert await asyncio.to_thread(log.begun.wait, 30)
        others = [asyncio.ensure_future(writer.write(_entry(name))) for name in names]
        await asyncio.sleep(0)
        log.go.set()
        return await asyncio.gather(first, *others, return_exceptions=True)

    writer = Writer(log.commit)
    writer.start()
    try:
        answers = run(all_of_them())
    finally:
        writer.close()
    assert answers.pop(0) == _answer("first")
    return [one.body.decode() if isinstance(one, Answer) else type(one).__name__ for one in answers]


def test_who_comes_while_the_writer_writes_shares_the_next_group() -> None:
    log, names = Log(), [f"o{number}" for number in range(5)]
    assert _said(log, names) == names
    assert log.groups == [["first"], names]


def test_a_group_is_bounded() -> None:
    log, names = Log(), [f"o{number}" for number in range(MOST + 3)]
    assert _said(log, names) == names
    assert log.groups == [["first"], names[:MOST], names[MOST:]]


def test_no_key_is_twice_in_a_group() -> None:
    log = Log()
    assert _said(log, ["a", "b", "a", "c", "a"]) == ["a", "b", "a", "c", "a"]
    assert log.groups == [["first"], ["a", "b", "c"], ["a"], ["a"]]


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("", None, psycopg.errors.CheckViolation()),
        OperationalError("", None, psycopg.errors.DeadlockDetected()),
        OperationalError("", None, psycopg.errors.QueryCanceled()),
        Overtaken(),
        AssertionError(),
    ],
)
def test_a_group_that_fails_is_sent_on_one_by_one(error: Exception) -> None:
    log = Log()
    log.poison, log.error = "b", error
    assert _said(log, ["a", "b", "c"]) == ["Elsewhere"] * 3


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("", None, psycopg.OperationalError()),
        OperationalError("", None, psycopg.errors.DiskFull()),
        OperationalError("", None, psycopg.errors.AdminShutdown()),
        PoolTimeout(),
    ],
)
def test_when_the_database_ails_all_hear_of_it_at_once(error: Exception) -> None:
    log = Log()
    log.poison, log.error = "b", error
    assert _said(log, ["a", "b", "c"]) == [type(error).__name__] * 3


def test_closing_writes_what_was_accepted_and_takes_nothing_more() -> None:
    log = Log()
    writer = Writer(log.commit)
    writer.start()

    async def closing() -> list[Any]:
        first = asyncio.ensure_future(writer.write(_entry("first")))
        assert await asyncio.to_thread(log.begun.wait, 30)
        second = asyncio.ensure_future(writer.write(_entry("second")))
        await asyncio.sleep(0)
        ending = asyncio.ensure_future(asyncio.to_thread(writer.close))
        while not writer.closing:
            await asyncio.sleep(0.001)
        late = asyncio.ensure_future(writer.write(_entry("late")))
        log.go.set()
        answers = await asyncio.gather(first, second, late, return_exceptions=True)
        await ending
        return list(answers)

    first, second, late = run(closing())
    assert (first, second) == (_answer("first"), _answer("second"))
    assert isinstance(late, Refused) and late.refusal.code == "unavailable"


def test_a_client_who_left_holds_up_nobody() -> None:
    log = Log()
    writer = Writer(log.commit)
    writer.start()

    async def leaving() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.write(_entry("first")), 0.05)

    run(leaving())
    log.go.set()
    try:
        assert run(writer.write(_entry("next"))) == _answer("next")
    finally:
        writer.close()
    assert log.groups == [["first"], ["next"]]
