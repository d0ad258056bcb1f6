"""What the page on scaling quotes stands in committed results, and what it works out comes out."""

from __future__ import annotations

import ast
import json
import operator
import re
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.machine import RESULTS
from tests.docs.blocks import ROOT

TEXT = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
QUOTED = re.findall(
    r"^\| ([A-Z]) \| .+? \| ([\d,.]+) ?(.*?) \| `([\w.-]+)` `([\w. ,×-]+)` \|$", TEXT, re.MULTILINE
)
WORKED_OUT = re.findall(r"`([^`=]+?) = ([\d,.]+)`", TEXT)
VALUES = {letter: float(value.replace(",", "")) for letter, value, *_ in QUOTED}
OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@pytest.mark.parametrize(("letter", "value", "unit", "file", "member"), QUOTED, ids=[q[0] for q in QUOTED])
def test_what_is_quoted_is_what_was_measured(
    letter: str, value: str, unit: str, file: str, member: str
) -> None:
    found: Any = json.loads((RESULTS / file).read_text())
    for step in member.split("."):
        found = found[int(step)] if isinstance(found, list) else found[step]
    digits = len(value.partition(".")[2])
    assert float(value.replace(",", "")) == pytest.approx(round(float(found), digits), abs=10.0**-digits), (
        unit
    )


@pytest.mark.parametrize(("left", "right"), WORKED_OUT)
def test_what_is_worked_out_comes_out(left: str, right: str) -> None:
    plain = left.replace(",", "").replace("×", "*").replace("%", "/100")
    told = float(right.replace(",", ""))
    assert worth(ast.parse(plain.strip(), mode="eval").body) == pytest.approx(told, rel=0.03)


def worth(node: ast.expr) -> float:
    """A number, a letter of the table, or a sum, difference, product or quotient of such."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=letter):
            return VALUES[letter]
        case ast.BinOp(left=one, op=sign, right=other):
            return OPERATORS[type(sign)](worth(one), worth(other))
    raise AssertionError(ast.dump(node))


def test_there_is_something_to_check() -> None:
    assert len(QUOTED) > 8 and len(WORKED_OUT) > 8
