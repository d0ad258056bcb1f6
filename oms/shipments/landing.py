"""What a change of a shipment means for its order and for the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inventory import places
from inventory.movements import Cause, Move, Note
from inventory.places import Area
from oms.orders.order import Order
from oms.orders.stages import HANDED_OUT, Counts, Stage
from oms.shipments.lifecycle import ShipmentState, stage_of
from oms.shipments.shipment import Shipment


def on_the_road(fulfilment_order_id: str) -> str:
    """The place of units that left under a fulfilment order and have not arrived."""
    return places.in_transit(f"fo:{fulfilment_order_id}")


def landed(order: Order, before: Shipment, after: Shipment) -> Order | None:
    """The order after its shipment changed; None when units of it came back, or were credited, another way
    meanwhile.
    """
    source, target = stage_of(before.state), stage_of(after.state)
    back = after.state is ShipmentState.RETURNED
    credit = (after.state in NOT_OWED) - (before.state in NOT_OWED)
    counts: dict[str, Counts] = {}
    for part in after.parcel.lines:
        line = order.line(part.line_id)
        assert line is not None, "a shipment is of lines of its order"
        now = _moved(line.counts, source, target, part.quantity, back, credit)
        if now is None:
            return None
        counts[line.id] = now
    return order.with_counts(counts)


NOT_OWED = (ShipmentState.LOST, ShipmentState.RETURNED)
"""What the customer never got is not paid for."""


def _moved(
    counts: Counts, source: Stage, target: Stage, units: int, back: bool, credit: int
) -> Counts | None:
    def out(*stages: Stage) -> int:
        return counts.at(*stages) + units * ((target in stages) - (source in stages))

    returned = counts.returned + (units if back else 0)
    credited = counts.credited + credit * units
    fits = returned <= out(Stage.DELIVERED, Stage.REFUSED, Stage.RETURNING) and credited <= out(*HANDED_OUT)
    if counts.at(source) < units or credited < 0 or not fits:
        return None
    # All at once: no count may be looked at while another has not followed.
    tallies = {"returned": returned, "credited": credited}
    if source is not target:
        tallies |= {source.value: counts.at(source) - units, target.value: counts.at(target) + units}
    return replace(counts, **tallies)


def moves(before: Shipment, after: Shipment, note: Note) -> Sequence[Move]:
    """What the ledger records of the change."""
    source, target = _place(before), _place(after)
    if source == target:
        return ()
    cause = _CAUSE[after.state]
    return [Move(part.sku, part.quantity, source, target, cause, note) for part in after.parcel.lines]


_CAUSE = {
    ShipmentState.DELIVERED: Cause.POST,
    ShipmentState.RETURNED: Cause.RETURN,
    ShipmentState.LOST: Cause.SHORTFALL,
}


def _place(one: Shipment) -> str:
    match one.state:
        case ShipmentState.DELIVERED:
            return places.CUSTOMER
        case ShipmentState.LOST:
            return places.missing(one.node)
        case ShipmentState.RETURNED:
            return places.in_area(one.return_node or one.node, Area.INSPECTION)
        case _:
            return on_the_road(one.fulfilment_order_id)
