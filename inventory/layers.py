"""A mapping whose changed copies are cheap: a large base that is shared, and a small layer of recent ones."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

Value = TypeVar("Value")

RECENT_MAX = 4096  # entries; a copy of that many costs microseconds, of a million tens of milliseconds


class Layers(Mapping[str, Value]):
    """Never changes once made; `changed` answers a new one."""

    __slots__ = ("_base", "_recent")

    def __init__(self, base: dict[str, Value], recent: dict[str, Value]) -> None:
        self._base = base
        self._recent = recent

    def __getitem__(self, key: str) -> Value:
        return self._recent[key] if key in self._recent else self._base[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The value or ``default``, without an exception in between."""
        found = self._recent.get(key)
        return self._base.get(key, default) if found is None else found

    def __iter__(self) -> Iterator[str]:
        yield from self._base
        yield from (key for key in self._recent if key not in self._base)

    def __len__(self) -> int:
        return len(self._base) + sum(key not in self._base for key in self._recent)

    def changed(self, values: Mapping[str, Value]) -> "Layers[Value]":
        """A copy in which these keys have these values; the base is copied only when the layer has grown."""
        if len(self._recent) + len(values) > RECENT_MAX:
            return Layers({**self._base, **self._recent, **values}, {})
        return Layers(self._base, {**self._recent, **values})
