"""Pydantic's findings in our words: where, what kind, and whether the shape is wrong (400) or the meaning
(422)."""

from collections.abc import Iterator
from typing import Any

from fastapi.exceptions import RequestValidationError

from oms.refusals import Code, Fault

MOST_FAULTS = 100

_MEANING = {
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "multiple_of": "out_of_range",
    "finite_number": "out_of_range",
    "string_too_short": "bad_length",
    "string_too_long": "bad_length",
    "too_short": "bad_length",
    "too_long": "bad_length",
    "string_pattern_mismatch": "bad_format",
    "literal_error": "unknown_value",
    "enum": "unknown_value",
    "value_error": "invalid",
}
"""Well-formed but meaningless; whatever is neither here nor a name of ours is a matter of shape."""

_NAMES = frozenset(code.value for code in Code)

_SHAPE = {
    "missing": ("missing", "This member is required"),
    "extra_forbidden": ("unknown_member", "This member is not known here"),
    "json_invalid": ("bad_json", "Not JSON"),
    "union_tag_invalid": ("unknown_value", "Not one of the documented kinds"),
    "union_tag_not_found": ("missing", "The kind is required"),
}


def faults_of(error: RequestValidationError) -> list[tuple[Code, Fault]]:
    """Each finding as a fault and the name it would have alone; at most a hundred."""
    return list(_translate(error))


def _translate(error: RequestValidationError) -> Iterator[tuple[Code, Fault]]:
    for found in error.errors()[:MOST_FAULTS]:
        kind: str = found["type"]
        pointer = _pointer(found["loc"], error.body, kind)
        if kind == "missing" and pointer == "header/idempotency-key":
            yield Code.IDEMPOTENCY_KEY_MISSING, Fault(pointer, Code.IDEMPOTENCY_KEY_MISSING, "Required here")
        elif kind in _MEANING and not pointer.startswith("header/"):
            yield Code.INVALID, Fault(pointer, _MEANING[kind], _sentence(found["msg"]))
        elif kind in _NAMES:
            yield Code(kind), Fault(pointer, kind, found["msg"])
        elif kind in _SHAPE:
            yield Code.MALFORMED, Fault(pointer, *_SHAPE[kind])
        else:
            yield Code.MALFORMED, Fault(pointer, "wrong_type", _sentence(found["msg"]))


def _sentence(message: str) -> str:
    """Pydantic quotes characters of the input after a comma or a colon; that part stays here."""
    return message.removeprefix("Value error, ").partition(", unexpected")[0].partition(", invalid")[0]


def _pointer(location: tuple[Any, ...], body: Any, kind: str) -> str:
    """A JSON pointer, without the names of union members that pydantic weaves into its path."""
    source, *path = location
    if source != "body":
        return "/".join([str(source), *(str(part).lower() for part in path)])
    if kind == "json_invalid":
        return ""
    parts = []
    here = body
    for place, part in enumerate(path):
        if _leads_on(here, part):
            here = here[part]
        elif not (kind == "missing" and place == len(path) - 1):
            continue
        parts.append(str(part).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{part}" for part in parts)


def _leads_on(here: Any, part: Any) -> bool:
    if isinstance(here, dict):
        return part in here
    return isinstance(here, list) and isinstance(part, int) and part < len(here)
