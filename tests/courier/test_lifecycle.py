"""The tables of stops and runs in full: what is listed works, what is not is refused by name."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from itertools import product
from typing import TypeVar

import pytest

from oms.courier.lifecycle import RUN, STOP, WAY, RunEvent, RunState, StopEvent, StopState
from oms.courier.stop import Run, Stop, StopLine, emptied
from oms.machine import Machine
from oms.refusals import Code, Refused
from tests.support import T0

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)

EDGES = """
created: assigned cancelled
assigned: accepted unassigned=created assigned declined cancelled
accepted: en_route_to_pickup unassigned=created assigned declined cancelled
en_route_to_pickup: arrived_at_pickup unassigned=created assigned declined cancelled
arrived_at_pickup: picked_up completed unassigned=created assigned declined cancelled
picked_up: en_route_to_dropoff
en_route_to_dropoff: arrived_at_dropoff
arrived_at_dropoff: completed
completed: returning
returning: arrived_at_return
arrived_at_return: returned
declined: assigned cancelled
"""
RUN_EDGES = """
planned: start=started cancel=cancelled
started: end=ended cancel=cancelled
"""


def listed(text: str) -> dict[tuple[str, str], str]:
    """(state, event) → state of a table written as words."""
    found = {}
    for row in text.split("\n"):
        state, _, events = row.partition(":")
        for word in events.split():
            event, _, after = word.partition("=")
            found[state, event] = after or event
    return found


def test_every_event_in_every_state_of_a_stop() -> None:
    edges = listed(EDGES)
    for state, event in product(StopState, StopEvent):
        judge(STOP, state, event, edges.get((state.value, event.value)))


def test_every_event_in_every_state_of_a_run() -> None:
    edges = listed(RUN_EDGES)
    for state, event in product(RunState, RunEvent):
        judge(RUN, state, event, edges.get((state.value, event.value)))


def judge(machine: Machine[S, E], state: S, event: E, after: str | None) -> None:
    """It leads where it should, or is refused by name."""
    if after is not None:
        assert machine.step(state, event) == after, (state, event)
        return
    with pytest.raises(Refused) as refused:
        machine.step(state, event)
    assert refused.value.refusal.code is Code.ILLEGAL_TRANSITION, (state, event)


def test_every_state_is_reached_and_the_last_ones_are_final() -> None:
    assert set(STOP.transitions.values()) == set(StopState)
    final = {state for state in StopState if STOP.final(state)}
    assert final == {StopState.RETURNED, StopState.CANCELLED}
    assert WAY[0] is StopState.ASSIGNED and WAY[-1] is StopState.RETURNED


def test_a_run_does_not_end_with_goods_aboard() -> None:
    run = Run("run_1", "ST-1", "key_1", RunState.STARTED, T0)
    stop = Stop("o", "o-1", "ST-1", 1, StopState.COMPLETED, T0, lines=(StopLine("1", "A1", 2, aboard=2),))
    for event in (RunEvent.END, RunEvent.CANCEL):
        with pytest.raises(Refused) as refused:
            emptied(run, (stop,), event, T0)
        assert refused.value.refusal.extra["aboard"] == {"o-1-a1": 2}
    bare = Stop("o", "o-2", "ST-1", 1, StopState.ASSIGNED, T0)
    assert emptied(run, (bare,), RunEvent.END, T0 + timedelta(hours=1)).state is RunState.ENDED
