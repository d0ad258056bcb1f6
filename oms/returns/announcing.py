"""From what somebody wants to give back to the lines of a return, or a named no."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from oms.orders.order import Line, Order
from oms.refusals import Code, Fault, refuse
from oms.returns.values import ReturnLine

LineKey = tuple[str, str]
"""An order and one of its picked lines."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Units to come back: of a line as sold (``sku``: only that component of its kit), or, without an order,
    of a SKU.
    """

    quantity: int
    order_id: str | None = None
    line_id: str | None = None
    sku: str | None = None
    reason: str = ""
    note: str = ""
    condition: str = ""


@dataclass
class Room:
    """Delivered units that may still come back. ``claimed``: what returns hold of them, kept up to date."""

    orders: Mapping[str, Order]
    claimed: dict[LineKey, int] = field(default_factory=dict)

    def left(self, key: LineKey) -> int:
        line = self.orders[key[0]].line(key[1])
        assert line is not None, "a claim is for a line of its order"
        return max(0, line.counts.delivered - self.claimed.get(key, 0))

    def claim(self, key: LineKey, units: int) -> None:
        self.claimed[key] = self.claimed.get(key, 0) + units


def lines_of_wish(room: Room, place: int, wish: Wish, first_no: int) -> Iterator[ReturnLine]:
    """The lines of a wish for goods of an order, one for each picked line; they are claimed at once.

    Raises Refused: unknown_line, bad_quantity when fewer units than that are with the customer.
    """
    assert wish.order_id is not None
    order = room.orders[wish.order_id]
    parts = _parts(order, place, wish)
    free = min(room.left((order.id, part.id)) // each for part, each in parts)
    if wish.quantity > free:
        detail = f"{free} units can be returned"
        fault = Fault(f"/lines/{place}/quantity", Code.BAD_QUANTITY, detail)
        raise refuse(Code.BAD_QUANTITY, "More than was delivered and is not on its way back", fault)
    for no, (part, each) in enumerate(parts, first_no):
        room.claim((order.id, part.id), wish.quantity * each)
        yield ReturnLine(
            no=no,
            sku=part.sku,
            quantity=wish.quantity * each,
            order_id=order.id,
            line_id=part.id,
            sold_line=part.kit_line or part.id,
            reason=wish.reason,
            note=wish.note,
            condition=wish.condition,
        )


def kit_part(order: Order, wish: Wish) -> bool:
    """Whether the wish is for a part of a kit only."""
    line = order.line(wish.line_id or "")
    return line is not None and line.is_kit and wish.sku not in (None, line.sku)


def one_customer(orders: Sequence[Order]) -> str | None:
    """The customer of all the orders. Raises Refused invalid when they are of several."""
    customers = {order.customer_id for order in orders}
    if len(customers) > 1:
        raise refuse(Code.INVALID, "A return is of one customer: these orders are of several")
    return next(iter(customers), None)


def _parts(order: Order, place: int, wish: Wish) -> list[tuple[Line, int]]:
    line = order.line(wish.line_id or "")
    if line is None or line.kit_line is not None:
        raise unknown_line(place, "line")
    if wish.sku in (None, line.sku):
        return [(part, part.per_kit or 1) for part in order.components(line.id)]
    found = [part for part in order.components(line.id) if part.kit_line and part.sku == wish.sku]
    if not found:
        raise unknown_line(place, "sku")
    return [(found[0], 1)]


def unknown_line(place: int, member: str) -> Exception:
    """The refusal of a line, order or component that does not exist, or is not for the caller to see."""
    fault = Fault(f"/lines/{place}/{member}", Code.UNKNOWN_LINE, "There is no such order, line or component")
    return refuse(Code.UNKNOWN_LINE, "A line names what was not sold", fault)
