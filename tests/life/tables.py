"""All lifecycle tables there are in the code, found by looking, so that a new one cannot be forgotten."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, Engine, event

import oms
from oms.machine import Machine

Taken = tuple[str, str, str]
"""What a thing is of, its state, the event."""


def tables() -> dict[str, Machine[Any, Any]]:
    """Every `Machine` that a module of the project defines, by what it is of."""
    found: dict[str, Machine[Any, Any]] = {}
    for module in pkgutil.walk_packages(oms.__path__, "oms."):
        if "migrations" in module.name:
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Machine):
                assert found.setdefault(value.what, value) is value, f"two tables of a {value.what}"
    return found


@contextmanager
def watched() -> Iterator[Counter[Taken]]:
    """How often each listed transition is taken meanwhile, for good: counted when its transaction commits."""
    taken: Counter[Taken] = Counter()
    notes = _Notes(taken)
    step = Machine.step

    def noting(self: Machine[Any, Any], state: Any, what: Any, pointer: str = "") -> Any:
        after = step(self, state, what, pointer)
        notes.write((self.what, state.value, what.value))
        return after

    listeners = [(name, getattr(notes, name)) for name in _Notes.HEARD]
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        with patch.object(Machine, "step", noting):
            yield taken
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


class _Notes(local):
    """What a thread's transactions did so far; what is rolled back, whole or to a savepoint, is forgotten."""

    HEARD = ("begin", "commit", "rollback", "savepoint", "release_savepoint", "rollback_savepoint")

    def __init__(self, taken: Counter[Taken]) -> None:
        self.taken = taken
        self.open: list[tuple[Connection, list[Taken], list[int]]] = []

    def write(self, row: Taken) -> None:
        if self.open:
            self.open[-1][1].append(row)

    def begin(self, conn: Connection) -> None:
        self.open.append((conn, [], []))

    def commit(self, conn: Connection) -> None:
        self.taken.update(self._closed(conn))

    def rollback(self, conn: Connection) -> None:
        self._closed(conn)

    def savepoint(self, conn: Connection, name: str) -> None:
        written, marks = self._of(conn)
        marks.append(len(written))

    def release_savepoint(self, conn: Connection, name: str, context: None) -> None:
        self._of(conn)[1].pop()

    def rollback_savepoint(self, conn: Connection, name: str, context: None) -> None:
        written, marks = self._of(conn)
        del written[marks.pop() :]

    def _of(self, conn: Connection) -> tuple[list[Taken], list[int]]:
        return next((written, marks) for one, written, marks in self.open if one is conn)

    def _closed(self, conn: Connection) -> list[Taken]:
        place = next((n for n, (one, _, _) in enumerate(self.open) if one is conn), None)
        return [] if place is None else self.open.pop(place)[1]
