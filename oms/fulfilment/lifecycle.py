"""What may happen to a fulfilment order, as one table; what is not listed is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from oms.machine import IllegalTransition, Machine


class FulfilmentState(StrEnum):
    SCHEDULED = "scheduled"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    PICKING = "picking"
    PICKED = "picked"
    PACKED = "packed"
    READY_FOR_CARRIER = "ready_for_carrier"
    READY_FOR_COURIER = "ready_for_courier"
    READY_FOR_PICKUP = "ready_for_pickup"
    HANDED_OVER = "handed_over"
    COMPLETED = "completed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class FulfilmentEvent(StrEnum):
    OFFER = "offer"
    ACCEPT = "accept"
    START_PICKING = "start_picking"
    FINISH_PICKING = "finish_picking"
    PACK = "pack"
    READY_CARRIER = "ready_for_carrier"
    READY_COURIER = "ready_for_courier"
    READY_PICKUP = "ready_for_pickup"
    HAND_OVER = "hand_over"
    COMPLETE = "complete"
    REJECT = "reject"
    EXPIRE = "expire"
    CANCEL = "cancel"


_S, _E = FulfilmentState, FulfilmentEvent

BEFORE_HAND_OVER: tuple[FulfilmentState, ...] = tuple(_S)[:9]
NOT_YET_PICKED: tuple[FulfilmentState, ...] = (_S.SCHEDULED, _S.OFFERED, _S.ACCEPTED)

TRANSITIONS: Mapping[tuple[FulfilmentState, FulfilmentEvent], FulfilmentState] = MappingProxyType(
    {
        (_S.SCHEDULED, _E.OFFER): _S.OFFERED,
        (_S.OFFERED, _E.ACCEPT): _S.ACCEPTED,
        (_S.OFFERED, _E.REJECT): _S.REJECTED,
        (_S.OFFERED, _E.EXPIRE): _S.EXPIRED,
        (_S.ACCEPTED, _E.START_PICKING): _S.PICKING,
        (_S.ACCEPTED, _E.REJECT): _S.REJECTED,
        (_S.PICKING, _E.FINISH_PICKING): _S.PICKED,
        (_S.PICKING, _E.REJECT): _S.REJECTED,
        (_S.PICKED, _E.PACK): _S.PACKED,
        (_S.PACKED, _E.READY_CARRIER): _S.READY_FOR_CARRIER,
        (_S.PACKED, _E.READY_COURIER): _S.READY_FOR_COURIER,
        (_S.PACKED, _E.READY_PICKUP): _S.READY_FOR_PICKUP,
        (_S.READY_FOR_CARRIER, _E.HAND_OVER): _S.HANDED_OVER,
        (_S.READY_FOR_COURIER, _E.HAND_OVER): _S.HANDED_OVER,
        (_S.READY_FOR_PICKUP, _E.HAND_OVER): _S.HANDED_OVER,
        (_S.HANDED_OVER, _E.COMPLETE): _S.COMPLETED,
        **{(state, _E.CANCEL): _S.CANCELLED for state in BEFORE_HAND_OVER},
    }
)


FULFILMENT: Machine[FulfilmentState, FulfilmentEvent] = Machine("fulfilment order", TRANSITIONS)


def advance(
    state: FulfilmentState, event: FulfilmentEvent
) -> FulfilmentState | IllegalTransition[FulfilmentState, FulfilmentEvent]:
    """The state after the event, or why it cannot be."""
    return FULFILMENT.advance(state, event)
