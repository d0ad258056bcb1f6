"""What may happen to a shipment, as one table.

What a carrier says comes late and out of order; `tracking` decides what is known of a shipment, and this
table which way that may change. A shipment that has ended changes only by a fact that ends it another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from oms.machine import Machine
from oms.orders.stages import Stage


class ShipmentState(StrEnum):
    CREATED = "created"
    LABELLED = "labelled"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPTED = "attempted"
    RETURNING = "returning"
    LOST = "lost"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class ShipmentEvent(StrEnum):
    LABEL = "label"
    HAND_OVER = "hand_over"
    MOVE = "in_transit"
    BRING = "out_for_delivery"
    ATTEMPT = "attempted"
    TURN_BACK = "returning"
    LOSE = "lost"
    DELIVER = "delivered"
    TAKE_BACK = "returned"
    CANCEL = "cancel"


_S, _E = ShipmentState, ShipmentEvent

NOT_LEFT: tuple[ShipmentState, ...] = (_S.CREATED, _S.LABELLED)
UNDER_WAY: tuple[ShipmentState, ...] = (_S.HANDED_OVER, _S.IN_TRANSIT, _S.OUT_FOR_DELIVERY, _S.ATTEMPTED)
ENDED: tuple[ShipmentState, ...] = (_S.LOST, _S.DELIVERED, _S.RETURNED, _S.CANCELLED)

_ENDINGS = {_E.LOSE: _S.LOST, _E.DELIVER: _S.DELIVERED, _E.TAKE_BACK: _S.RETURNED}
_STEPS = {_E.MOVE: _S.IN_TRANSIT, _E.BRING: _S.OUT_FOR_DELIVERY, _E.ATTEMPT: _S.ATTEMPTED}

TRANSITIONS: Mapping[tuple[ShipmentState, ShipmentEvent], ShipmentState] = MappingProxyType(
    {
        **{(state, _E.LABEL): _S.LABELLED for state in NOT_LEFT},
        **{(state, _E.HAND_OVER): _S.HANDED_OVER for state in NOT_LEFT},
        **{(state, _E.CANCEL): _S.CANCELLED for state in NOT_LEFT},
        **{(state, event): after for state in UNDER_WAY for event, after in _STEPS.items()},
        **{(state, _E.TURN_BACK): _S.RETURNING for state in (*UNDER_WAY, _S.RETURNING)},
        **{
            (state, event): after
            for state in (*UNDER_WAY, _S.RETURNING, _S.LOST, _S.DELIVERED)
            for event, after in _ENDINGS.items()
        },
    }
)

SHIPMENT: Machine[ShipmentState, ShipmentEvent] = Machine("shipment", TRANSITIONS)

_STAGE: Mapping[ShipmentState, Stage] = {
    **dict.fromkeys(UNDER_WAY, Stage.IN_TRANSIT),
    _S.RETURNING: Stage.RETURNING,
    _S.LOST: Stage.LOST,
    _S.DELIVERED: Stage.DELIVERED,
    _S.RETURNED: Stage.RETURNING,
}


def stage_of(state: ShipmentState) -> Stage:
    """Where the units of a shipment stand once it has left; those that came back are counted as returned."""
    return _STAGE[state]
