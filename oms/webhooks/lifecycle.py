"""What may happen to an endpoint and to a delivery, as two tables."""

from __future__ import annotations

from enum import StrEnum

from oms.machine import Machine


class EndpointState(StrEnum):
    """paused: by its owner; disabled: by its receiver (410), or because nothing got through for days."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class EndpointEvent(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    DISABLE = "disable"


class DeliveryState(StrEnum):
    """waiting: for its first or next attempt; given_up: replay it by hand."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class DeliveryEvent(StrEnum):
    ACCEPT = "accept"
    FAIL = "fail"
    GIVE_UP = "give_up"
    REPLAY = "replay"


_S, _E = EndpointState, EndpointEvent
_D, _V = DeliveryState, DeliveryEvent

ENDPOINT: Machine[EndpointState, EndpointEvent] = Machine(
    "webhook",
    {
        (_S.ACTIVE, _E.PAUSE): _S.PAUSED,
        (_S.ACTIVE, _E.RESUME): _S.ACTIVE,
        (_S.ACTIVE, _E.DISABLE): _S.DISABLED,
        (_S.PAUSED, _E.PAUSE): _S.PAUSED,
        (_S.PAUSED, _E.RESUME): _S.ACTIVE,
        (_S.PAUSED, _E.DISABLE): _S.DISABLED,  # what was on its way when it was paused came back with 410
        (_S.DISABLED, _E.PAUSE): _S.DISABLED,
        (_S.DISABLED, _E.RESUME): _S.ACTIVE,
    },
)

DELIVERY: Machine[DeliveryState, DeliveryEvent] = Machine(
    "delivery",
    {
        (_D.WAITING, _V.ACCEPT): _D.DELIVERED,
        (_D.WAITING, _V.FAIL): _D.WAITING,
        (_D.WAITING, _V.GIVE_UP): _D.GIVEN_UP,
        (_D.WAITING, _V.REPLAY): _D.WAITING,
        (_D.DELIVERED, _V.REPLAY): _D.WAITING,
        (_D.GIVEN_UP, _V.REPLAY): _D.WAITING,
    },
)
