"""The example of the engine without a server gives the plan it shows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.docs.blocks import blocks, differences

ROUTING = "docs/routing.md"


def test_the_example_gets_the_plan_shown(tmp_path: Path) -> None:
    problem, command, plan = blocks(ROUTING)
    assert command.text.split() == ["anyshelf", "route", "problem.json"]
    (tmp_path / "problem.json").write_text(problem.text, encoding="utf-8")
    anyshelf = Path(sys.executable).with_name("anyshelf")
    done = subprocess.run(
        [anyshelf, "route", "problem.json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(differences(json.loads(plan.text), json.loads(done.stdout))) == []
