"""What a benchmark starts does not outlive it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from benchmarks.leash import leashed
from tests.platform.waiting import eventually

HOLDS = """
import subprocess
from benchmarks.leash import leashed
held = subprocess.Popen(["sleep", "600"])
leash = leashed(held.pid)
print(held.pid, flush=True)
held.wait()
"""


def test_a_leashed_process_dies_with_whoever_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        held = int(holder.stdout.readline())
        holder.kill()
    assert eventually(lambda: not lives(held))


def test_one_that_was_let_go_lives_on() -> None:
    with subprocess.Popen(["sleep", "600"]) as held:
        leashed(held.pid).let_go()
        assert lives(held.pid)
        os.kill(held.pid, signal.SIGTERM)


def lives(pid: int) -> bool:
    """A zombie does not."""
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
