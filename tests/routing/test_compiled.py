"""What is compiled before the first order, and that it is told of, once."""

import subprocess
import sys
from pathlib import Path

from routing.compiled import readiness, told
from routing.warm import warm_up

SLICED = """
import sys
from routing import compiled

@compiled.compiled
def twice(n):
    return 2 * n

seen = []
with compiled.told(lambda ready, of: seen.append((ready, of))):
    assert twice(4) == 8
    assert twice(5) == 10
print(seen, compiled.readiness())
"""


def test_nothing_of_the_engine_is_left_to_compile_for_the_first_order() -> None:
    warm_up()
    ready, of = readiness()
    assert 0 < ready <= of, "what is loaded whole from disk needs no parts of its own"
    heard: list[tuple[int, int]] = []
    with told(lambda *so_far: heard.append(so_far)):
        warm_up()
    assert heard == [], "what is ready is not compiled again"


def test_compiling_is_told_the_first_time_and_found_on_disk_after(tmp_path: Path) -> None:
    script = tmp_path / "engine.py"
    script.write_text(SLICED)
    runs = [_run(script, tmp_path / "cache") for _ in range(2)]
    assert runs == ["[(0, 1), (1, 1)] (1, 1)", "[] (1, 1)"]


def _run(script: Path, cache: Path) -> str:
    root = str(Path(__file__).parents[2])
    ran = subprocess.run(
        [sys.executable, str(script)],
        env={"PYTHONPATH": root, "NUMBA_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()
