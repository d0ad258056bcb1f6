"""What may happen to a stop of a courier and to a run, as two tables; what is not listed is refused by name.

An event of a stop has the name of the state it leads to, as phones report it; only ``unassigned`` leads back.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

from oms.machine import Machine


class StopState(StrEnum):
    CREATED = "created"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    EN_ROUTE_TO_PICKUP = "en_route_to_pickup"
    ARRIVED_AT_PICKUP = "arrived_at_pickup"
    PICKED_UP = "picked_up"
    EN_ROUTE_TO_DROPOFF = "en_route_to_dropoff"
    ARRIVED_AT_DROPOFF = "arrived_at_dropoff"
    COMPLETED = "completed"
    RETURNING = "returning"
    ARRIVED_AT_RETURN = "arrived_at_return"
    RETURNED = "returned"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class StopEvent(StrEnum):
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    ACCEPTED = "accepted"
    EN_ROUTE_TO_PICKUP = "en_route_to_pickup"
    ARRIVED_AT_PICKUP = "arrived_at_pickup"
    PICKED_UP = "picked_up"
    EN_ROUTE_TO_DROPOFF = "en_route_to_dropoff"
    ARRIVED_AT_DROPOFF = "arrived_at_dropoff"
    COMPLETED = "completed"
    RETURNING = "returning"
    ARRIVED_AT_RETURN = "arrived_at_return"
    RETURNED = "returned"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How a completed stop went."""

    DELIVERED = "delivered"
    PARTIALLY_ACCEPTED = "partially_accepted"
    REFUSED = "refused"
    FAILED_ATTEMPT = "failed_attempt"


_S, _E = StopState, StopEvent

WAY: tuple[StopState, ...] = tuple(_S)[1:12]
"""The states a stop passes from its assignment on, in order."""

BEFORE_PICKUP: tuple[StopState, ...] = WAY[:4]
"""A courier has the stop and not yet the goods."""

WITHOUT_GOODS: tuple[StopState, ...] = (_S.CREATED, *BEFORE_PICKUP)

STOP: Machine[StopState, StopEvent] = Machine(
    "stop",
    MappingProxyType(
        {
            (_S.CREATED, _E.ASSIGNED): _S.ASSIGNED,
            (_S.DECLINED, _E.ASSIGNED): _S.ASSIGNED,
            **{(before, _E(after.value)): after for before, after in pairwise(WAY)},
            (_S.ARRIVED_AT_PICKUP, _E.COMPLETED): _S.COMPLETED,
            **{(state, _E.ASSIGNED): _S.ASSIGNED for state in BEFORE_PICKUP},
            **{(state, _E.UNASSIGNED): _S.CREATED for state in BEFORE_PICKUP},
            **{(state, _E.DECLINED): _S.DECLINED for state in BEFORE_PICKUP},
            **{(state, _E.CANCELLED): _S.CANCELLED for state in (*WITHOUT_GOODS, _S.DECLINED)},
        }
    ),
)
"""From the pick-up straight to completed: the goods were not there, which is a failed attempt."""


class RunState(StrEnum):
    PLANNED = "planned"
    STARTED = "started"
    ENDED = "ended"
    CANCELLED = "cancelled"


class RunEvent(StrEnum):
    START = "start"
    END = "end"
    CANCEL = "cancel"


OPEN_RUN: tuple[RunState, ...] = (RunState.PLANNED, RunState.STARTED)

RUN: Machine[RunState, RunEvent] = Machine(
    "run",
    MappingProxyType(
        {
            (RunState.PLANNED, RunEvent.START): RunState.STARTED,
            (RunState.PLANNED, RunEvent.CANCEL): RunState.CANCELLED,
            (RunState.STARTED, RunEvent.END): RunState.ENDED,
            (RunState.STARTED, RunEvent.CANCEL): RunState.CANCELLED,
        }
    ),
)
"""A run started by mistake may still be cancelled, and ended only once, both with an empty van."""
