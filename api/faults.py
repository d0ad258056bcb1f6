"""Pydantic's findings in our words: where, what kind, and whether the shape is wrong (400) or the meaning
(422)."""

from collections.abc import Iterator
from typing import Any

from fastapi.exceptions import RequestValidationError

from oms.refusals import Code, Fault

MOST_FAULTS = 100

_MEANING = {
    "greater_than": ("out_of_range", "Has to be more than {gt}"),
    "greater_than_equal": ("out_of_range", "Has to be at least {ge}"),
    "less_than": ("out_of_range", "Has to be less than {lt}"),
    "less_than_equal": ("out_of_range", "Has to be at most {le}"),
    "multiple_of": ("out_of_range", "Has to be a multiple of {multiple_of}"),
    "finite_number": ("out_of_range", "Has to be a finite number"),
    "string_too_short": ("bad_length", "Has to be at least {min_length} long"),
    "string_too_long": ("bad_length", "May be at most {max_length} long"),
    "too_short": ("bad_length", "Has to hold at least {min_length}"),
    "too_long": ("bad_length", "May hold at most {max_length}"),
    "string_pattern_mismatch": ("bad_format", "Has to match {pattern}"),
    "literal_error": ("unknown_value", "Has to be {expected}"),
    "enum": ("unknown_value", "Has to be {expected}"),
    "value_error": ("invalid", ""),
}
"""Well-formed but meaningless: a name, and what would do. What is neither here nor a name of ours is a matter
of shape."""

_FORMS = {
    r"^[^\x00-\x20/:]+$": "An id holds no blanks, slashes or colons",
    r"^[^\x00-\x20:]+$": "An id holds no blanks or colons",
    r"^[A-Za-z0-9._-]+$": "Only the letters A to Z, digits, dot, underscore and hyphen",
    r"^[A-Za-z0-9_.-]+$": "Only the letters A to Z, digits, dot, underscore and hyphen",
    r"^[A-Za-z0-9 -]*$": "Only the letters A to Z, digits, blanks and hyphens",
    r"^[a-z0-9][a-z0-9_.-]*$": "Only small letters, digits, dot, underscore, hyphen; a sign not first",
    r"^[A-Z]{2}$": "Two capital letters, as in ISO 3166: US, GB",
    r"^[A-Z]{3}$": "Three capital letters, as in ISO 4217: USD, EUR",
    r"^[^@\s]+@[^@\s]+$": "Not an e-mail address",
    r"^[^\x00-\x1f\x7f]*$": "No control characters",
}
"""What a pattern wants, in words; the others are shown as they are."""

_NAMES = frozenset(code.value for code in Code)

_SHAPE = {
    "missing": ("missing", "This member is required"),
    "extra_forbidden": ("unknown_member", "This member is not known here"),
    "int_type": ("wrong_type", "Has to be a whole number"),
    "int_from_float": ("wrong_type", "Has to be a whole number"),
    "float_type": ("wrong_type", "Has to be a number"),
    "string_type": ("wrong_type", "Has to be text"),
    "bool_type": ("wrong_type", "Has to be true or false"),
    "list_type": ("wrong_type", "Has to be a list"),
    "dict_type": ("wrong_type", "Has to be an object"),
    "model_type": ("wrong_type", "Has to be an object"),
    "model_attributes_type": ("wrong_type", "Has to be an object"),
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
            yield Code.INVALID, Fault(pointer, _MEANING[kind][0], _wanted(found))
        elif kind in _NAMES:
            yield Code(kind), Fault(pointer, kind, found["msg"])
        elif kind == "json_invalid":
            yield Code.MALFORMED, Fault(pointer, "bad_json", found["ctx"]["error"])
        elif kind in _SHAPE:
            yield Code.MALFORMED, Fault(pointer, *_SHAPE[kind])
        else:
            yield Code.MALFORMED, Fault(pointer, "wrong_type", _sentence(found["msg"]))


def _wanted(found: dict[str, Any]) -> str:
    """What would have done, from the limits that pydantic names; never from the input."""
    limits = found.get("ctx", {})
    words = _MEANING[found["type"]][1]
    return _FORMS.get(limits.get("pattern", "")) or words.format(**limits) or _sentence(found["msg"])


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
