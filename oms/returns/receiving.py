"""What arrived, against what was announced: as many, more, fewer, or something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oms.orders.order import Order
from oms.orders.stages import Counts, Stage
from oms.refusals import Code, Fault, refuse
from oms.returns.announcing import LineKey, Room
from oms.returns.lifecycle import ReturnEvent, ReturnState
from oms.returns.unannounced import Came, Terms, kits_judged, lines_of
from oms.returns.values import Return, ReturnLine


@dataclass(frozen=True, slots=True)
class Arrived:
    """Units that lie at the node: of a line of the return, or of a SKU that nobody announced."""

    quantity: int
    no: int | None = None
    sku: str | None = None
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """The return and its orders afterwards, and the units that came in by SKU."""

    back: Return
    orders: Mapping[str, Order]
    units: Mapping[str, int]


def receive(
    back: Return, room: Room, arrived: Sequence[Arrived] | None, node: str, at: datetime, terms: Terms
) -> Received:
    """Scan a return in at ``node``; ``arrived`` None: all of it as announced. What is missing stays with the
    customer. More than announced, and what is something else, belongs to the return's orders as far as that
    many were delivered by them (``terms`` say what stands against paying for it); the rest to no order.

    Raises Refused: illegal_transition, unknown_line, duplicate_line.
    """
    after = back.after(ReturnEvent.RECEIVE, at)
    counted, others = _sorted(back, arrived)
    here = _without_own(back, room)
    lines: list[ReturnLine] = []
    for line in back.lines:
        got = counted[line.no]
        mine = _of_order(line, got, here)
        lines.append(replace(line, received=mine))
        if got > mine:
            others.append(Arrived(got - mine, sku=line.sku, condition=line.condition))
    first = max((line.no for line in lines), default=0) + 1
    came = [Came(str(other.sku), other.quantity, other.condition) for other in others]
    lines = kits_judged([*lines, *lines_of(came, here, first, terms)], here.orders, terms)
    units = Counter[str]()
    for line in lines:
        units[line.sku] += line.received
    return Received(
        replace(after, node=node, lines=tuple(lines)), _scanned_in(here.orders, lines), dict(+units)
    )


def sent(orders: Mapping[str, Order], lines: Sequence[ReturnLine]) -> dict[str, Order]:
    """The orders once the goods are on their way back. Raises Refused illegal_transition when they are not
    with the customer any more: their parcel came back unopened.
    """

    def leave(counts: Counts, line: ReturnLine) -> Counts:
        if line.quantity > counts.delivered:
            detail = "Goods of this return are on their way back already, or came back"
            raise refuse(Code.ILLEGAL_TRANSITION, detail)
        return counts.moved(Stage.DELIVERED, Stage.RETURNING, line.quantity)

    return _changed(orders, lines, leave)


def _scanned_in(orders: Mapping[str, Order], lines: Sequence[ReturnLine]) -> dict[str, Order]:
    def arrive(counts: Counts, line: ReturnLine) -> Counts:
        return replace(counts, returned=counts.returned + line.received)

    return _changed(orders, lines, arrive)


def _without_own(back: Return, room: Room) -> Room:
    """What could come back if this return claimed nothing; its units on the road count as delivered again."""
    if back.state is ReturnState.IN_TRANSIT:

        def come_home(counts: Counts, line: ReturnLine) -> Counts:
            return counts.moved(Stage.RETURNING, Stage.DELIVERED, min(line.quantity, counts.returning))

        return Room(_changed(room.orders, back.lines, come_home), dict(room.claimed))
    claimed = dict(room.claimed)
    for line in back.lines:
        if line.order_id is not None and line.line_id is not None:
            key = (line.order_id, line.line_id)
            claimed[key] = max(0, claimed.get(key, 0) - line.quantity)
    return Room(room.orders, claimed)


def _changed(
    orders: Mapping[str, Order],
    lines: Sequence[ReturnLine],
    change: Callable[[Counts, ReturnLine], Counts],
) -> dict[str, Order]:
    counts: dict[LineKey, Counts] = {
        (order.id, line.id): line.counts for order in orders.values() for line in order.picked_lines
    }
    for line in lines:
        if line.order_id is not None and line.line_id is not None:
            key = (line.order_id, line.line_id)
            counts[key] = change(counts[key], line)
    return {
        order.id: order.with_counts({line.id: counts[order.id, line.id] for line in order.picked_lines})
        for order in orders.values()
    }


def _of_order(line: ReturnLine, got: int, room: Room) -> int:
    """How many of the units that came with the line belong to its order: no more than its customer had."""
    if line.order_id is None or line.line_id is None:
        return got
    key = (line.order_id, line.line_id)
    mine = min(got, room.left(key))
    room.claim(key, mine)
    return mine


def _sorted(back: Return, arrived: Sequence[Arrived] | None) -> tuple[Counter[int], list[Arrived]]:
    """Units by line of the return, and what nobody announced."""
    if arrived is None:
        return Counter({line.no: line.quantity for line in back.lines}), []
    counted = Counter[int]()
    others = []
    for place, one in enumerate(arrived):
        if one.no is None:
            others.append(one)
            continue
        if back.line(one.no) is None:
            fault = Fault(f"/lines/{place}/no", Code.UNKNOWN_LINE, "The return has no such line")
            raise refuse(Code.UNKNOWN_LINE, "A line of the return does not exist", fault)
        if one.no in counted:
            fault = Fault(f"/lines/{place}/no", Code.DUPLICATE_LINE, "This stands in an earlier line")
            raise refuse(Code.DUPLICATE_LINE, "A line of the return is named twice", fault)
        counted[one.no] = one.quantity
    return counted, others
