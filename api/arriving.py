"""Waiting for what is mostly there already, without starting a clock for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from functools import partial
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


async def within(seconds: float, thing: Awaitable[Value]) -> Value:
    """What `thing` comes to. Raises TimeoutError when it takes longer.

    It is asked once by hand: `asyncio.timeout` costs more than reading a small body that has come already.
    """
    steps = thing.__await__()
    try:
        waits_for = next(steps)
    except StopIteration as there:
        value: Value = there.value
        return value
    async with asyncio.timeout(seconds):
        return await _Begun(waits_for, steps)


class _Begun(Generic[Value]):
    """The rest of something whose first step was taken, which `waits_for` what the event loop knows."""

    def __init__(self, waits_for: Any, steps: Generator[Any, Any, Value]) -> None:
        self._waits_for = waits_for
        self._steps = steps

    def __await__(self) -> Generator[Any, Any, Value]:
        while True:
            try:
                yield self._waits_for
            except BaseException as error:  # given up, or what it waited for has failed: that is its to judge
                step = partial(self._steps.throw, error)
            else:
                step = partial(next, self._steps)
            try:
                self._waits_for = step()
            except StopIteration as over:
                value: Value = over.value
                return value
