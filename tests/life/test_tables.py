"""Every (state, event) pair of every table: listed ones lead on, all others are refused by name."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from oms.machine import Machine
from oms.refusals import Code, Refused
from tests.life.tables import tables

KNOWN = {
    "delivery",
    "fulfilment order",
    "pick list",
    "pick task",
    "pickup",
    "refund",
    "return",
    "run",
    "shipment",
    "stop",
    "webhook",
}


def kinds(member: Any) -> list[Any]:
    """All members of the enumeration that this one is of."""
    found: Any = type(member)
    return list(found)


def states_of(machine: Machine[Any, Any]) -> list[Any]:
    return kinds(next(iter(machine.transitions.values())))


def test_no_table_is_forgotten() -> None:
    assert set(tables()) == KNOWN, "a new lifecycle comes with threads, rules and a line here"


@pytest.mark.parametrize("what", sorted(KNOWN))
def test_every_pair(what: str) -> None:
    machine: Machine[Any, Any] = tables()[what]
    states, events = states_of(machine), kinds(next(iter(machine.transitions))[1])
    refused = 0
    for state, event in product(states, events):
        if (state, event) in machine.transitions:
            assert machine.step(state, event) in states
            assert event in machine.possible(state)
            continue
        with pytest.raises(Refused) as no:
            machine.step(state, event)
        assert no.value.refusal.code is Code.ILLEGAL_TRANSITION
        assert no.value.refusal.extra["state"] == state.value
        refused += 1
    assert refused and refused + len(machine.transitions) == len(states) * len(events)


@pytest.mark.parametrize("what", sorted(KNOWN))
def test_every_state_is_reached_and_an_end_is_in_reach_of_each(what: str) -> None:
    machine: Machine[Any, Any] = tables()[what]
    states = set(states_of(machine))
    starts = states - set(machine.transitions.values())
    assert len(starts) <= 1, "a thing begins in one state"
    ending = {state for state in states if machine.final(state)} or {
        state for state in states if set(machine.transitions.values()) >= {state}
    }
    for _ in states:
        ending |= {at for (at, _), after in machine.transitions.items() if after in ending}
    assert ending == states
