"""Reading one JSON object field by field, with a named fault and its JSON pointer for everything
unexpected.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping


class Malformed(Exception):
    """The document cannot be read: where (JSON pointer), which kind of fault, and in words."""

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        super().__init__(f"{pointer or '/'}: {detail} ({code})")
        self.pointer = pointer
        self.code = code
        self.detail = detail


def as_object(value: object, at: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise Malformed(at, "not_an_object", f"expected an object, found {_kind(value)}")
    return value


def as_list(value: object, at: str, length: int | None = None) -> list[object]:
    if not isinstance(value, list | tuple):
        raise Malformed(at, "not_a_list", f"expected a list, found {_kind(value)}")
    if length is not None and len(value) != length:
        raise Malformed(at, "wrong_length", f"expected {length} entries, found {len(value)}")
    return list(value)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", str: "a string", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")


class Fields:
    """One object; what nobody asked for is a fault at the end (``nothing_else``)."""

    def __init__(self, values: Mapping[str, object], at: str) -> None:
        self.values = values
        self.at = at
        self.asked: set[str] = set()

    def absent(self, name: str) -> bool:
        self.asked.add(name)
        return self.values.get(name) is None

    def names(self) -> Iterator[str]:
        return iter(self.values)

    def child(self, name: str) -> Fields:
        return Fields(as_object(self._get(name), self._at(name)), self._at(name))

    def items(self, name: str, most: int) -> list[tuple[str, object]]:
        """(pointer, entry) of a list."""
        entries = as_list(self._get(name), self._at(name))
        if len(entries) > most:
            raise Malformed(self._at(name), "too_many", f"{len(entries)} entries, at most {most} are read")
        return [(f"{self._at(name)}/{i}", entry) for i, entry in enumerate(entries)]

    def text(self, name: str) -> str:
        value = self._get(name)
        if not isinstance(value, str) or not value:
            raise Malformed(self._at(name), "not_a_string", f"expected some text, found {_kind(value)}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        if self.absent(name):
            return default
        value = self.values[name]
        if not isinstance(value, bool):
            raise Malformed(self._at(name), "not_a_boolean", f"expected true or false, found {_kind(value)}")
        return value

    def whole(self, name: str, *, most: int, least: int = 0, default: int | None = None) -> int:
        if default is not None and self.absent(name):
            return default
        value = self._get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise Malformed(self._at(name), "not_a_whole_number", f"expected a whole number, found {value!r}")
        if not least <= value <= most:
            raise Malformed(self._at(name), "out_of_range", f"{value} is not within {least} and {most}")
        return value

    def number(self, name: str, *, default: float) -> float:
        """A finite number from 0 to a thousand million."""
        if self.absent(name):
            return default
        value = self.values[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise Malformed(self._at(name), "not_a_number", f"expected a number, found {value!r}")
        if not 0 <= value <= 1e9:
            raise Malformed(self._at(name), "out_of_range", f"{value} is not within 0 and 1000000000")
        return float(value)

    def nothing_else(self) -> None:
        for name in self.values:
            if name not in self.asked:
                raise Malformed(self._at(name), "unknown_field", f"the format has no field {name!r} here")

    def _get(self, name: str) -> object:
        self.asked.add(name)
        if name not in self.values:
            raise Malformed(self._at(name), "missing", f"{name!r} is required")
        return self.values[name]

    def _at(self, name: str) -> str:
        escaped = name.replace("~", "~0").replace("/", "~1")
        return f"{self.at}/{escaped}"
