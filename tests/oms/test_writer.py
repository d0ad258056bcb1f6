"""The writer by itself: who shares a group, who is written alone, and who hears of an error."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from inventory.stock_reserve import ReserveOutcome
from oms.actors import SYSTEM
from oms.group_commit import Entry, OrderKey, Outcome
from oms.refusals import Refused
from oms.store.drafts import Draft
from oms.work import Answer, Work
from oms.writer import MOST, Writer


class Log:
    """Stands in for the two ways to commit: notes who is committed how, and fails where told to."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.alone: list[str] = []
        self.poison = ""
        self.error: Exception = IntegrityError("", None, psycopg.errors.CheckViolation())
        self.go = threading.Event()
        self.begun = threading.Event()

    def group(self, entries: Sequence[Entry]) -> list[Outcome]:
        names = [entry.name[1] for entry in entries]
        self.groups.append(names)
        if self.poison in names:
            raise self.error
        return [_answer(name) for name in names]

    def one(self, entry: Entry) -> Outcome:
        self.alone.append(entry.name[1])
        if entry.name[1] == "first":
            self.begun.set()
            assert self.go.wait(30)
        if entry.name[1] == self.poison:
            raise self.error
        return _answer(entry.name[1])


def _answer(name: str) -> Answer:
    return Answer(201, name.encode(), {})


def _entry(name: str) -> Entry:
    def never(work: Work, outcome: ReserveOutcome | None = None) -> NoReturn:
        raise AssertionError("the ways to commit are stood in for")

    ask: Any = never
    draft: Draft | Any = never
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

    writer = Writer(log.group, log.one)
    writer.start()
    try:
        answers = asyncio.run(all_of_them())
    finally:
        writer.close()
    assert answers.pop(0) == _answer("first")
    return [one.body.decode() if isinstance(one, Answer) else type(one).__name__ for one in answers]


def test_who_comes_while_the_writer_writes_shares_the_next_group() -> None:
    log, names = Log(), [f"o{number}" for number in range(5)]
    assert _said(log, names) == names
    assert (log.alone, log.groups) == (["first"], [names])


def test_a_group_is_bounded() -> None:
    log, names = Log(), [f"o{number}" for number in range(MOST + 3)]
    assert _said(log, names) == names
    assert log.groups == [names[:MOST], names[MOST:]]


def test_no_key_is_twice_in_a_group() -> None:
    log = Log()
    assert _said(log, ["a", "b", "a", "c", "a"]) == ["a", "b", "a", "c", "a"]
    assert (log.groups, log.alone) == ([["a", "b", "c"]], ["first", "a", "a"])


def test_one_request_that_fails_takes_no_other_down() -> None:
    log = Log()
    log.poison = "b"
    assert _said(log, ["a", "b", "c"]) == ["a", "IntegrityError", "c"]
    assert log.alone == ["first", "a", "b", "c"]


@pytest.mark.parametrize(
    "cause", [psycopg.OperationalError(), psycopg.errors.DiskFull(), psycopg.errors.AdminShutdown()]
)
def test_when_the_database_ails_all_hear_of_it_at_once(cause: psycopg.Error) -> None:
    log = Log()
    log.poison, log.error = "b", OperationalError("", None, cause)
    assert _said(log, ["a", "b", "c"]) == ["OperationalError"] * 3
    assert log.alone == ["first"]


def test_a_dead_lock_is_no_ailing_of_the_database() -> None:
    log = Log()
    log.poison, log.error = "b", OperationalError("", None, psycopg.errors.DeadlockDetected())
    assert _said(log, ["a", "b", "c"]) == ["a", "OperationalError", "c"]


def test_closing_writes_what_was_accepted_and_takes_nothing_more() -> None:
    log = Log()
    writer = Writer(log.group, log.one)
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
        return answers

    first, second, late = asyncio.run(closing())
    assert (first, second) == (_answer("first"), _answer("second"))
    assert isinstance(late, Refused) and late.refusal.code == "unavailable"


def test_a_client_who_left_holds_up_nobody() -> None:
    log = Log()
    writer = Writer(log.group, log.one)
    writer.start()

    async def leaving() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.write(_entry("first")), 0.05)

    asyncio.run(leaving())
    log.go.set()
    try:
        assert asyncio.run(writer.write(_entry("next"))) == _answer("next")
    finally:
        writer.close()
    assert log.alone == ["first", "next"]
