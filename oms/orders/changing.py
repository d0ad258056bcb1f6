"""What an order becomes when it is changed before anything of it has left: lines, fulfilment orders,
money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from inventory.catalogue import ComponentLine
from oms.fulfilment.job import AT_THE_NODE, Fulfilment
from oms.fulfilment.lifecycle import FulfilmentEvent
from oms.orders.making import lines_of
from oms.orders.order import Line, Order, OrderStatus
from oms.orders.placing import SoldLine
from oms.orders.possible import has_left, possible
from oms.orders.quote import Wanted
from oms.orders.stages import Counts
from oms.refusals import Code, Fault, refuse


@dataclass(frozen=True, slots=True)
class NewLine:
    """``quantity`` units wanted from now on, 0 drops the line; what is None stays as it is."""

    id: str
    quantity: int
    sku: str | None = None
    unit_price_minor: int | None = None
    discount_minor: int | None = None
    tax_minor: int | None = None


def changeable(order: Order) -> None:
    """Raises Refused illegal_transition once units have left, or nothing is left to change. Until then what
    was picked is put back.
    """
    gone = has_left(order)
    if gone or order.status is OrderStatus.CANCELLED:
        said = "Units have left already" if gone else "The order is cancelled"
        raise refuse(Code.ILLEGAL_TRANSITION, f"{said}; see what is still possible", possible=possible(order))


def wished(order: Order, changes: Sequence[NewLine]) -> tuple[SoldLine, ...]:
    """The lines wanted after the change, with the units alive. Raises Refused: duplicate_line, unknown_line,
    invalid for another SKU, bad_amount for a discount above the price, bad_quantity when nothing would be
    left.
    """
    ids = [change.id for change in changes]
    doubled = [place for place, id in enumerate(ids) if id in ids[:place]]
    if doubled:
        faults = [Fault(f"/lines/{p}/id", Code.DUPLICATE_LINE, "Another line has this id") for p in doubled]
        raise refuse(Code.DUPLICATE_LINE, "Every line has an id of its own", *faults)
    by_id = {change.id: change for change in changes}
    kept = [_changed(line, by_id.pop(line.id, None)) for line in order.sold_lines]
    added = [_new(change, ids.index(change.id)) for change in by_id.values()]
    _affordable(order, ids, (*kept, *added))
    lines = tuple(line for line in (*kept, *added) if line.quantity > 0)
    if not lines:
        raise refuse(Code.BAD_QUANTITY, "Nothing would be left: cancel the order instead")
    return lines


def wanted(lines: Sequence[SoldLine]) -> tuple[Wanted, ...]:
    """The lines as routing is asked for them."""
    return tuple(line.wanted for line in lines)


def rebuilt(
    order: Order, lines: Sequence[SoldLine], parts: Sequence[ComponentLine], counts: Mapping[str, Counts]
) -> tuple[Line, ...]:
    """The order's lines after the change. Units no longer wanted, and those cancelled before, stay on their
    line as cancelled, so that nothing ever ordered is forgotten.
    """
    live = {line.id: line for line in lines}
    dropped = [line for line in order.lines if (line.kit_line or line.id) not in live]
    gone = {line.id: Counts(cancelled=line.counts.total) for line in dropped}
    known = {line.id: line for line in order.picked_lines}
    after = {
        part.id: replace(
            counts[part.id],
            cancelled=counts[part.id].cancelled + _no_longer(known.get(part.id), part.quantity),
        )
        for part in parts
    }
    made = {line.id: line for line in lines_of(lines, parts, after)}
    stay = [made.pop(line.id) if line.id in made else _ended(line, gone) for line in order.lines]
    return (*stay, *made.values())


def ended(jobs: Sequence[Fulfilment], at: datetime) -> tuple[Fulfilment, ...]:
    """The fulfilment orders that the change takes back, cancelled whole; what is in a tote is to be put
    back.
    """
    closed = []
    for job in jobs:
        if job.state in AT_THE_NODE:
            lines = tuple(line.without(line.wanted) for line in job.lines)
            closed.append(replace(job, lines=lines).after(FulfilmentEvent.CANCEL, at, "changed"))
    return tuple(closed)


def _no_longer(line: Line | None, quantity: int) -> int:
    """Units of the line cancelled before, and those alive beyond the new quantity."""
    if line is None:
        return 0
    alive = line.counts.total - line.counts.cancelled
    return line.counts.cancelled + max(0, alive - quantity)


def _ended(line: Line, gone: Mapping[str, Counts]) -> Line:
    return replace(line, counts=gone[line.id])


def _changed(line: Line, change: NewLine | None) -> SoldLine:
    alive = line.counts.total - line.counts.cancelled
    if change is None:
        change = NewLine(line.id, alive)
    if change.sku not in (None, line.sku):
        raise refuse(Code.INVALID, "A line keeps its SKU: drop it and add another")
    return SoldLine(
        id=line.id,
        sku=line.sku,
        quantity=change.quantity,
        unit_price_minor=_or(change.unit_price_minor, line.unit_price_minor),
        discount_minor=_or(change.discount_minor, line.discount_minor),
        tax_minor=_or(change.tax_minor, line.tax_minor),
    )


def _new(change: NewLine, place: int) -> SoldLine:
    if change.sku is None or change.unit_price_minor is None or change.quantity == 0:
        fault = Fault(
            f"/lines/{place}", Code.UNKNOWN_LINE, "A new line needs sku, quantity and unit_price_minor"
        )
        raise refuse(Code.UNKNOWN_LINE, "The order has no such line", fault)
    return SoldLine(
        change.id,
        change.sku,
        change.quantity,
        change.unit_price_minor,
        change.discount_minor or 0,
        change.tax_minor or 0,
    )


def _affordable(order: Order, ids: Sequence[str], lines: Iterable[SoldLine]) -> None:
    """A discount is spread over all units ever ordered, as ``rebuilt`` counts them."""
    faults = []
    for line in lines:
        before = order.line(line.id)
        ordered = line.quantity
        if before is not None:
            ordered = max(before.ordered, before.counts.cancelled + line.quantity)
        if line.id in ids and line.discount_minor > line.unit_price_minor * ordered:
            where = f"/lines/{ids.index(line.id)}/discount_minor"
            faults.append(Fault(where, Code.BAD_AMOUNT, "the discount is more than the line costs"))
    if faults:
        raise refuse(Code.BAD_AMOUNT, "The sums of the order do not add up", *faults)


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
