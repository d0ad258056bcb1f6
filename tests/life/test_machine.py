"""The whole life of orders, anything in any order; every invariant holds after every step."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test
from sqlalchemy import Engine

from tests.life.bench import FEW, SKU
from tests.life.nodes import NodeRules
from tests.life.orders import METHOD, OrderRules
from tests.life.roads import RoadRules
from tests.life.tables import tables, watched
from tests.life.test_tables import KNOWN

SOAK = "ANYSHELF_EXAMPLES" in os.environ
"""Other examples every time, as many as are wanted."""
PHASES = (Phase.generate, Phase.shrink) if os.environ.get("ANYSHELF_LIFE_SHRINK") else (Phase.generate,)
EXAMPLES = int(os.environ.get("ANYSHELF_EXAMPLES", "8"))
STEPS = int(os.environ.get("ANYSHELF_LIFE_STEPS", "80"))
ROUNDS = 12
"""What is drawn follows the answers, and these what memory had weighed by then: on a busy machine eight
lives may all miss one of the ends. So more are lived, each eight from a seed of their own, so many times."""


class LifeMachine(OrderRules, NodeRules, RoadRules):
    """All rules in one world."""

    @initialize(
        methods=st.lists(METHOD, min_size=1, max_size=4),
        skus=st.lists(SKU, min_size=4, max_size=4),
        auto=st.booleans(),
        units=FEW,
        far=st.sampled_from([0, 6, 14, 24]),
        there=st.booleans(),
        back=st.booleans(),
    )
    def a_morning(
        self, methods: list[str], skus: list[str], auto: bool, units: int, far: int, there: bool, back: bool
    ) -> None:
        """There is something to do from the start, and some of it is done: so much that all ends are near."""
        if auto:
            assert self.shop.admin.put("/v1/work", json={"auto_accept": ["*"]}).status_code == 200
        for method, sku in zip(methods, skus, strict=False):
            self.place(method, "ST-1", [(sku, units), ("B2", 1)], True, True, True, 0)
        self.work_begins()
        self.go_on(0, far)
        if there:
            self.all_arrives()
        if there and back:
            self.announce(0, 1, "ship", False, True, True)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_anything_in_any_order(engine: Engine, database_url: str) -> None:
    LifeMachine.engine, LifeMachine.url = engine, database_url
    LifeMachine.said.clear()
    wanted = KNOWN - {"webhook", "delivery"}
    with watched() as taken:
        for number in range(ROUNDS):
            _run(EXAMPLES, number)
            if _reached(taken) >= wanted:
                break
    if SOAK:
        _print(taken)
    assert wanted - _reached(taken) == set(), "the machine gets to everything that belongs to an order"


def _reached(taken: Counter[tuple[str, str, str]]) -> set[str]:
    return {what for what, _, _ in taken}


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


def _run(examples: int, number: int) -> None:
    """So many lives; the same ones for the same number, but for the soak's."""
    machine = type("LifeMachine", (LifeMachine,), {})
    run_state_machine_as_test(
        machine if SOAK else seed(number)(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            database=None,
            phases=PHASES,
            print_blob=True,
        ),
    )
