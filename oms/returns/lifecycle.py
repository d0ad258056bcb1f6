"""What may happen to a return, as one table; what is not listed is refused by name.

The refund for it is a machine of its own (`oms.money.refunds`): money may be late, or fail, without
disturbing the goods.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from oms.machine import Machine


class ReturnState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ReturnEvent(StrEnum):
    APPROVE = "approve"
    DECLINE = "decline"
    SEND = "send"
    RECEIVE = "receive"
    INSPECT_PART = "inspect_part"
    INSPECT = "inspect"
    CLOSE = "close"
    CANCEL = "cancel"


_S, _E = ReturnState, ReturnEvent

ANNOUNCED: tuple[ReturnState, ...] = (_S.REQUESTED, _S.APPROVED)
"""The goods are still with the customer, and spoken for by this return."""
OVER: tuple[ReturnState, ...] = (_S.DECLINED, _S.CANCELLED)
"""Nothing came back, and nothing will under this return."""

RETURN: Machine[ReturnState, ReturnEvent] = Machine(
    "return",
    MappingProxyType(
        {
            (_S.REQUESTED, _E.APPROVE): _S.APPROVED,
            (_S.REQUESTED, _E.DECLINE): _S.DECLINED,
            (_S.REQUESTED, _E.CANCEL): _S.CANCELLED,
            (_S.APPROVED, _E.SEND): _S.IN_TRANSIT,
            (_S.APPROVED, _E.RECEIVE): _S.RECEIVED,
            (_S.APPROVED, _E.CANCEL): _S.CANCELLED,
            (_S.IN_TRANSIT, _E.RECEIVE): _S.RECEIVED,
            (_S.RECEIVED, _E.INSPECT_PART): _S.RECEIVED,
            (_S.RECEIVED, _E.INSPECT): _S.INSPECTED,
            (_S.INSPECTED, _E.CLOSE): _S.CLOSED,
        }
    ),
)


class Disposition(StrEnum):
    """What becomes of a unit that came back."""

    RESTOCK = "restock"
    RESTOCK_ELSEWHERE = "restock_elsewhere"
    REFURBISH = "refurbish"
    DAMAGED = "damaged"
    SCRAP = "scrap"


class Release(StrEnum):
    """When the new order of an exchange may leave."""

    ON_REQUEST = "on_request"
    ON_SCAN = "on_scan"
    ON_RECEIPT = "on_receipt"


RELEASED_IN: Mapping[Release, frozenset[ReturnState]] = MappingProxyType(
    {
        Release.ON_RECEIPT: frozenset({_S.RECEIVED, _S.INSPECTED, _S.CLOSED}),
        Release.ON_SCAN: frozenset({_S.IN_TRANSIT, _S.RECEIVED, _S.INSPECTED, _S.CLOSED}),
        Release.ON_REQUEST: frozenset({_S.APPROVED, _S.IN_TRANSIT, _S.RECEIVED, _S.INSPECTED, _S.CLOSED}),
    }
)
"""The states of the return in which the exchange is no longer held."""
