"""The page on scaling: figures quoted from committed results, and sums worked out from them, put in anew.

`python -m tests.docs.scaling` renews both in place, with as many decimals as they have; the words stay.
"""

from __future__ import annotations

import ast
import json
import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.machine import RESULTS
from tests.docs.blocks import ROOT

PAGE = ROOT / "docs/scaling.md"
QUOTED = re.compile(r"^\| ([A-Z]) \| (.+?) \| ([\d,.]+)(.*?) \| `([\w.-]+)` `([\w. ,×-]+)` \|$", re.MULTILINE)
SUM = re.compile(r"`([^`=]+?) = ([\d,.]+)`")
OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def renewed(text: str, results: Path = RESULTS) -> str:
    """The page with the figures of today's results. Raises KeyError where a result has no such member."""
    values: dict[str, float] = {}

    def quoted(found: re.Match[str]) -> str:
        letter, name, old, unit, file, member = found.groups()
        new = like(old, measured(results / file, member))
        values[letter] = number(new)
        return f"| {letter} | {name} | {new}{unit} | `{file}` `{member}` |"

    text = QUOTED.sub(quoted, text)
    return SUM.sub(lambda found: f"`{found[1]} = {like(found[2], worth(found[1], values))}`", text)


def measured(path: Path, member: str) -> float:
    """A member of a result: names and places in lists, with dots between."""
    found: Any = json.loads(path.read_text())
    for step in member.split("."):
        found = found[int(step)] if isinstance(found, list) else found[step]
    return float(found)


def like(old: str, new: float) -> str:
    """The new figure with the decimals of the old one."""
    return f"{new:,.{len(old.partition('.')[2])}f}"


def number(written: str) -> float:
    """A figure without its commas."""
    return float(written.replace(",", ""))


def worth(sum_: str, values: Mapping[str, float]) -> float:
    """What a sum of numbers and letters of the table comes to."""

    def of(node: ast.expr) -> float:
        match node:
            case ast.Constant(value=int() | float() as plain):
                return float(plain)
            case ast.Name(id=letter):
                return values[letter]
            case ast.BinOp(left=one, op=sign, right=other):
                return OPERATORS[type(sign)](of(one), of(other))
        raise AssertionError(ast.dump(node))

    return of(ast.parse(sum_.replace(",", "").replace("×", "*").strip(), mode="eval").body)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
