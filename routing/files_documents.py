"""JSON documents out of a text: one, or one a line."""

from __future__ import annotations

import json

from routing.files_fields import Malformed


def read_documents(text: str) -> list[object]:
    """One JSON document, or one a line; blank lines are skipped."""
    if not text.strip():
        raise Malformed("", "not_json", "there is nothing in it, where a JSON object should be")
    try:
        return [_parse(text)]
    except json.JSONDecodeError as fault:
        lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith("{") for _, line in lines):
            raise _not_json(fault, fault.lineno) from None
    documents = []
    for n, line in lines:
        try:
            documents.append(_parse(line))
        except json.JSONDecodeError as fault:
            raise _not_json(fault, n) from None
    return documents


def _not_json(fault: json.JSONDecodeError, line: int) -> Malformed:
    return Malformed("", "not_json", f"line {line}, column {fault.colno}: {fault.msg}")


def _parse(text: str) -> object:
    def refuse(constant: str) -> float:
        raise Malformed("", "not_json", f"{constant} is not a JSON number")

    return json.loads(text, parse_constant=refuse)
