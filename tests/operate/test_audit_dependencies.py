"""The audit of dependencies fails on a finding, and says so when it could not look."""

from __future__ import annotations

import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
SCRIPT = runpy.run_path(str(ROOT / "scripts/audit_dependencies.py"))
CLEAN = {"name": "one", "version": "1", "vulns": []}
HOLED = {"name": "two", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "three", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([CLEAN], 0, "1 dependencies audited"),
        ([CLEAN, HOLED], 1, "two 2: PYSEC-1, fixed in: 3"),
        ([CLEAN, UNKNOWN], 0, "NOT AUDITED, unknown to the advisory service: three"),
        ([UNKNOWN], 0, "NOT AUDITED: requirements.lock"),
        ([], 0, "NOT AUDITED: requirements.lock"),
    ],
)
def test_what_is_found_is_said(
    found: list[dict[str, Any]], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert SCRIPT["judged"](found) == code
    written = capsys.readouterr()
    assert said in written.out + written.err


@pytest.mark.parametrize("silent", [True, False])
def test_a_service_out_of_reach_is_said_aloud(
    silent: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ran(*args: Any, **more: Any) -> Any:
        if silent:
            raise subprocess.TimeoutExpired("pip-audit", 1)
        return subprocess.CompletedProcess(args, 1, stdout="", stderr="ConnectionError: no way")

    monkeypatch.setattr(subprocess, "run", ran)
    assert SCRIPT["main"]() == 0
    assert "NOT AUDITED" in capsys.readouterr().err
