"""What documents say about codes, roles, events and columns is what the code says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from api.cli import app
from api.problems import STATUS
from oms.adapters.folder import read_folder
from tests.docs.blocks import ROOT, blocks
from tests.docs.tables import TABLES, renewed


def test_the_table_of_codes_is_complete_and_right() -> None:
    text = (ROOT / "docs/http-api.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| (\d{3}) \| .{5,} \|$", text, re.MULTILINE)
    assert [(code, int(status)) for code, status in told] == [(c.value, s) for c, s in STATUS.items()]


@pytest.mark.parametrize(("document", "name", "make"), TABLES, ids=[name for _, name, _ in TABLES])
def test_generated_tables_are_those_of_the_code(document: str, name: str, make: Callable[[], str]) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert text == renewed(document, name, make()), "run: python -m tests.docs.tables"


def test_the_problem_shown_is_the_one_the_tutorial_meets() -> None:
    (shown,) = [block.text for block in blocks("docs/http-api.md") if block.language == "json"]
    assert json.loads(shown) in [
        json.loads(block.text) for block in blocks("docs/tutorial.md") if '"unknown_sku"' in block.text
    ]


def test_every_command_is_told_of() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    told = {
        name
        for row in re.findall(r"^\| (`anyshelf .*?) \|", text, re.MULTILINE)
        for name in COMMAND.findall(row)
    }
    assert told == set(group.commands)


COMMAND = re.compile(r"`anyshelf ([\w-]+)`")


def test_the_small_folder_shown_is_a_whole_folder(tmp_path: Path) -> None:
    text = (ROOT / "docs/files.md").read_text(encoding="utf-8")
    names = re.findall(r"^`(\w+\.csv)`", text, re.MULTILINE)
    shown = [block.text for block in blocks("docs/files.md") if block.language == "csv"]
    assert len(names) == len(shown) == 6
    for name, content in zip(names, shown, strict=True):
        (tmp_path / name).write_text(content, encoding="utf-8")
    folder = read_folder(tmp_path)
    assert folder.nodes.id.tolist() == ["WH", "ST-1"]
    assert folder.stock.on_hand.tolist() == [10, 20, 5]
    assert folder.nodes.calendar.tolist() == ["", "shop"]
