"""Waiting for what may be there already: the same as waiting for it with a clock."""

from __future__ import annotations

import asyncio

import pytest

from api.arriving import within
from tests.coroutines import run


async def _there() -> str:
    return "body"


def test_what_is_there_needs_no_loop() -> None:
    asked = within(30.0, _there())
    with pytest.raises(StopIteration) as got:
        asked.send(None)
    assert got.value.value == "body"


def test_what_comes_in_steps_is_waited_for() -> None:
    async def steps() -> list[int]:
        seen = []
        for number in range(3):
            await asyncio.sleep(0.001 * number)
            seen.append(number)
        return seen

    assert run(within(30.0, steps())) == [0, 1, 2]


def test_what_takes_too_long_is_given_up_and_may_tidy() -> None:
    tidied = []

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            tidied.append(True)

    with pytest.raises(TimeoutError):
        run(within(0.01, never()))
    assert tidied == [True]


def test_what_fails_later_fails_where_it_stands() -> None:
    """What it waited for fails: that is its own to judge."""

    async def judged() -> str:
        failing = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(failing.set_exception, ValueError("lost"))
        try:
            await failing
        except ValueError as error:
            await asyncio.sleep(0)
            return f"judged {error}"
        return "whole"

    assert run(within(30.0, judged())) == "judged lost"


def test_what_fails_at_once_fails() -> None:
    async def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run(within(30.0, broken()))
