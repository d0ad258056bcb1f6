"""All lifecycle tables there are in the code, found by looking, so that a new one cannot be forgotten."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import oms
from oms.machine import Machine


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
def watched() -> Iterator[Counter[tuple[str, str, str]]]:
    """How often each listed transition is taken meanwhile: (thing, state, event)."""
    taken: Counter[tuple[str, str, str]] = Counter()
    step = Machine.step

    def counting(self: Machine[Any, Any], state: Any, event: Any, pointer: str = "") -> Any:
        after = step(self, state, event, pointer)
        taken[self.what, state.value, event.value] += 1
        return after

    with patch.object(Machine, "step", counting):
        yield taken
