"""The examples of the engine without a server give the plans they show."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import blocks, differences


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("docs/routing.md", ["anyshelf", "route", "problem.json"]),
        ("docs/waves.md", ["anyshelf", "wave", "wave.json", "--deadline", "10"]),
    ],
)
def test_the_example_gets_the_plan_shown(page: str, line: list[str], tmp_path: Path) -> None:
    problem, command, plan = blocks(page)
    assert command.text.split() == line
    (tmp_path / line[2]).write_text(problem.text, encoding="utf-8")
    anyshelf = Path(sys.executable).with_name("anyshelf")
    done = subprocess.run([anyshelf, *line[1:]], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(differences(json.loads(plan.text), json.loads(done.stdout))) == []
