"""What can still be done with an order, said with every "too late"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oms.orders.order import Line, Order, OrderStatus
from oms.orders.stages import HANDED_OUT, WITH_THE_NODE, Counts, Stage

WITHOUT_A_NODE = (Stage.UNROUTED, Stage.BACKORDERED)
CHANGES = ("address", "method", "lines")
"""What can be changed of an order while all of it is still with us."""


def cancellable(counts: Counts) -> int:
    """Units that have not left: everything before the hand-over."""
    return counts.at(*WITHOUT_A_NODE, *WITH_THE_NODE, Stage.READY_FOR_PICKUP)


def cancellable_of(order: Order, line_id: str) -> int:
    """Units of a line as sold that can still be cancelled; of a kit, as many as all its components allow."""
    return min(cancellable(part.counts) // (part.per_kit or 1) for part in order.components(line_id))


def has_left(order: Order) -> bool:
    """Whether any unit has been handed over: from then on nothing is changed."""
    return any(line.counts.at(Stage.IN_TRANSIT, *HANDED_OUT) for line in order.picked_lines)


def possible(order: Order) -> dict[str, Any]:
    """What can still be changed, lines with the units that can still be cancelled, and those that can be sent
    back.
    """
    fixed = has_left(order) or order.status is OrderStatus.CANCELLED
    return {
        "change": [] if fixed else list(CHANGES),
        "cancel": _lines(order, lambda line: cancellable_of(order, line.id)),
        "return": _lines(order, lambda line: line.counts.delivered - line.counts.returned),
    }


def _lines(order: Order, units_of: Callable[[Line], int]) -> list[dict[str, Any]]:
    found = [(line.id, units_of(line)) for line in order.sold_lines]
    return [{"id": id, "quantity": units} for id, units in found if units > 0]
