"""What the suite runs compiled, made ready before its workers would each compile the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

ENGINE = "from routing.warm import warm_up; warm_up()"
REPLAY_AND_WAVES = """
from routing.replay.policies import POLICIES
from routing.replay.simulate import simulate
from routing.wave.warm import warm_waves
from tests.replay.world import ground, stream
simulate(ground([[1, 1], [1, 0]]), stream(2, {0: 1, 1: 1}), POLICIES["cheapest"])
warm_waves()
"""


def compile_all() -> None:
    """On two cores at once; where something is wrong the tests will say so better."""
    begun = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
        for code in (ENGINE, REPLAY_AND_WAVES)
    ]
    for one in begun:
        one.wait()
