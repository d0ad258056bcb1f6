"""Units of a return that nobody announced: they belong to its orders as far as these sold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from oms.orders.order import Line, Order
from oms.returns.announcing import Room
from oms.returns.policy import KIT_PART
from oms.returns.values import ReturnLine


@dataclass(frozen=True, slots=True)
class Terms:
    """``rules``: those that stand against paying for a unit of a picked line in this condition, but for
    parts of kits, which are taken (``kit_parts``) or not.
    """

    rules: Callable[[Order, Line, str], Sequence[str]]
    kit_parts: bool = False


@dataclass(frozen=True, slots=True)
class Came:
    """Units of a SKU that lie at the node and were not announced."""

    sku: str
    quantity: int
    condition: str = ""


def lines_of(came: Sequence[Came], room: Room, first_no: int, terms: Terms) -> Iterator[ReturnLine]:
    """A line for each line of the room's orders that sold such units and that are still with the customer,
    and one of no order for the rest.
    """
    no = first_no
    for one in came:
        left = one.quantity
        for order, line in _sold(room.orders, one.sku):
            units = min(left, room.left((order.id, line.id)))
            if not units:
                continue
            room.claim((order.id, line.id), units)
            broken = tuple(terms.rules(order, line, one.condition))
            yield ReturnLine(
                no=no,
                sku=one.sku,
                quantity=0,
                order_id=order.id,
                line_id=line.id,
                sold_line=line.kit_line or line.id,
                condition=one.condition,
                received=units,
                breaches=broken,
            )
            no, left = no + 1, left - units
        if left:
            yield ReturnLine(no, one.sku, 0, condition=one.condition, received=left)
            no += 1


def kits_judged(lines: Sequence[ReturnLine], orders: Mapping[str, Order], terms: Terms) -> list[ReturnLine]:
    """The lines, those nobody announced that came as parts of a kit only with that rule broken."""
    if terms.kit_parts:
        return list(lines)
    units: Counter[tuple[str | None, str | None]] = Counter()
    for line in lines:
        units[line.order_id, line.line_id] += line.received

    def whole(line: ReturnLine) -> bool:
        if line.order_id is None or line.sold_line in (None, line.line_id):
            return True
        parts = orders[line.order_id].components(line.sold_line or "")
        return len({units[line.order_id, part.id] / (part.per_kit or 1) for part in parts}) == 1

    return [
        line if line.announced or whole(line) else replace(line, breaches=(*line.breaches, KIT_PART))
        for line in lines
    ]


def _sold(orders: Mapping[str, Order], sku: str) -> list[tuple[Order, Line]]:
    """The lines of the SKU, those sold by themselves before parts of kits, by the orders' ids."""
    found = [
        (orders[order_id], line)
        for order_id in sorted(orders)
        for line in orders[order_id].picked_lines
        if line.sku == sku
    ]
    return sorted(found, key=lambda one: one[1].kit_line is not None)
