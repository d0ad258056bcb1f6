"""What `make bench` asks pytest for has all it needs; that it is fast is not for here."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_benchmark_finds_its_fixtures() -> None:
    arguments = ["-m", "pytest", "--setup-plan", "-q", "-p", "no:cacheprovider", "benchmarks"]
    planned = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert planned.returncode == 0, planned.stdout[-2000:]
    assert "test_audit_of_a_million_movements" in planned.stdout
