"""A bounded memory for pure functions of one value and a key."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Memo:
    """Remembers at most ``limit`` answers and forgets all when full.

    Only for functions without side effects: two threads may compute the same answer, which is harmless.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: dict[Hashable, Any] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` says for ``key``, made at most once while remembered."""
        known = self._known.get(key)
        if known is not None:
            return cast(T, known)
        made = make()
        if len(self._known) >= self._limit:
            self._known = {}
        self._known[key] = made
        return made
