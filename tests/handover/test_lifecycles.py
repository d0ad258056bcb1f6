"""The tables of shipments and pickups in full: what is listed works, all else is refused by name."""

from __future__ import annotations

from enum import StrEnum
from itertools import product

import pytest

from oms.machine import Machine
from oms.pickups.lifecycle import OPEN, PICKUP, WAITING, PickupEvent, PickupState
from oms.refusals import Code, Refused
from oms.shipments.lifecycle import (
    ENDED,
    NOT_LEFT,
    SHIPMENT,
    UNDER_WAY,
    ShipmentEvent,
    ShipmentState,
    stage_of,
)

S, E = ShipmentState, ShipmentEvent
P, F = PickupState, PickupEvent


def agrees(machine: Machine, states: type[StrEnum], events: type[StrEnum], listed: dict) -> None:
    """Every pair of the table."""
    for state, event in product(states, events):
        if (state, event) in listed:
            assert machine.step(state, event) is listed[state, event]
            continue
        with pytest.raises(Refused) as no:
            machine.step(state, event)
        assert no.value.refusal.code is Code.ILLEGAL_TRANSITION
        assert no.value.refusal.extra["state"] == state.value


def test_a_shipment() -> None:
    listed: dict[tuple[ShipmentState, ShipmentEvent], ShipmentState] = {}
    for state in (S.CREATED, S.LABELLED):
        listed |= {(state, E.LABEL): S.LABELLED, (state, E.HAND_OVER): S.HANDED_OVER}
        listed |= {(state, E.CANCEL): S.CANCELLED}
    for state in (S.HANDED_OVER, S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.ATTEMPTED):
        listed |= {(state, E.MOVE): S.IN_TRANSIT, (state, E.BRING): S.OUT_FOR_DELIVERY}
        listed |= {(state, E.ATTEMPT): S.ATTEMPTED}
        listed |= {(state, E.TURN_BACK): S.RETURNING}
    listed |= {(S.RETURNING, E.TURN_BACK): S.RETURNING}
    for state in (*UNDER_WAY, S.RETURNING, S.LOST, S.DELIVERED):
        listed |= {(state, E.LOSE): S.LOST, (state, E.DELIVER): S.DELIVERED, (state, E.TAKE_BACK): S.RETURNED}
    agrees(SHIPMENT, S, E, listed)
    assert SHIPMENT.final(S.RETURNED) and SHIPMENT.final(S.CANCELLED)


def test_every_state_of_a_shipment_is_of_one_kind() -> None:
    kinds = [*NOT_LEFT, *UNDER_WAY, S.RETURNING, *ENDED]
    assert sorted(kinds) == sorted(S)
    assert {state for state in S if state not in (*NOT_LEFT, S.CANCELLED)} == {
        state for state in S if _has_stage(state)
    }


def _has_stage(state: ShipmentState) -> bool:
    try:
        stage_of(state)
    except KeyError:
        return False
    return True


def test_a_pickup() -> None:
    listed = {
        (P.PREPARING, F.MAKE_READY): P.READY,
        (P.READY, F.ARRIVE): P.CUSTOMER_ARRIVED,
        (P.CUSTOMER_ARRIVED, F.VERIFY): P.VERIFIED,
        (P.VERIFIED, F.COLLECT): P.COLLECTED,
        (P.VERIFIED, F.LEAVE): P.READY,
        (P.READY, F.EXPIRE): P.EXPIRED,
        (P.CUSTOMER_ARRIVED, F.EXPIRE): P.EXPIRED,
        (P.VERIFIED, F.EXPIRE): P.EXPIRED,
    }
    listed |= {(state, F.CANCEL): P.CANCELLED for state in OPEN}
    agrees(PICKUP, P, F, listed)
    assert {state for state in P if PICKUP.final(state)} == {P.COLLECTED, P.EXPIRED, P.CANCELLED}
    assert set(WAITING) < set(OPEN)
