"""What may happen to a pickup, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from oms.machine import Machine


class PickupState(StrEnum):
    PREPARING = "preparing"
    READY = "ready"
    CUSTOMER_ARRIVED = "customer_arrived"
    VERIFIED = "verified"
    COLLECTED = "collected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class PickupEvent(StrEnum):
    MAKE_READY = "make_ready"
    ARRIVE = "arrive"
    VERIFY = "verify"
    COLLECT = "collect"
    LEAVE = "leave"
    EXPIRE = "expire"
    CANCEL = "cancel"


_S, _E = PickupState, PickupEvent

WAITING: tuple[PickupState, ...] = (_S.READY, _S.CUSTOMER_ARRIVED, _S.VERIFIED)
"""States in which the goods lie ready at the counter."""
OPEN: tuple[PickupState, ...] = (_S.PREPARING, *WAITING)

TRANSITIONS: Mapping[tuple[PickupState, PickupEvent], PickupState] = MappingProxyType(
    {
        (_S.PREPARING, _E.MAKE_READY): _S.READY,
        (_S.READY, _E.ARRIVE): _S.CUSTOMER_ARRIVED,
        (_S.CUSTOMER_ARRIVED, _E.VERIFY): _S.VERIFIED,
        (_S.VERIFIED, _E.COLLECT): _S.COLLECTED,
        (_S.VERIFIED, _E.LEAVE): _S.READY,  # a part was collected, or nothing; the rest stays
        **{(state, _E.EXPIRE): _S.EXPIRED for state in WAITING},
        **{(state, _E.CANCEL): _S.CANCELLED for state in OPEN},
    }
)

PICKUP: Machine[PickupState, PickupEvent] = Machine("pickup", TRANSITIONS)
