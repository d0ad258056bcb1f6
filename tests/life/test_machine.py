"""The whole life of orders, anything in any order; every invariant holds after every step."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine

from tests.life.nodes import NodeRules
from tests.life.orders import OrderRules
from tests.life.roads import RoadRules
from tests.life.tables import tables, watched

SOAK = "ANYSHELF_LIFE_EXAMPLES" in os.environ
"""Other examples every time, as many as are wanted."""
PHASES = (Phase.generate, Phase.shrink) if os.environ.get("ANYSHELF_LIFE_SHRINK") else (Phase.generate,)
EXAMPLES = int(os.environ.get("ANYSHELF_LIFE_EXAMPLES", "8"))
STEPS = int(os.environ.get("ANYSHELF_LIFE_STEPS", "80"))


class LifeMachine(OrderRules, NodeRules, RoadRules):
    """All rules in one world."""


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_anything_in_any_order(engine: Engine, database_url: str) -> None:
    LifeMachine.engine, LifeMachine.url = engine, database_url
    LifeMachine.said.clear()
    with watched() as taken:
        _run()
    if SOAK:
        _print(taken)


def _print(taken: Counter[tuple[str, str, str]]) -> None:
    """What was done how often, and which transitions were never taken."""
    for said, times in sorted(LifeMachine.said.items()):
        print(f"{times:6} {said}")
    listed = {
        (what, state.value, event.value) for what, one in tables().items() for state, event in one.transitions
    }
    print(f"transitions taken: {len(taken.keys() & listed)} of {len(listed)}; never:")
    for never in sorted(listed - taken.keys()):
        print("  ", *never)


def _run() -> None:
    run_state_machine_as_test(
        LifeMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            derandomize=not SOAK,
            database=None,
            phases=PHASES,
            print_blob=True,
        ),
    )
