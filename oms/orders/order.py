"""An order and its lines. Status is a view of the quantities; nobody sets it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from oms.orders.stages import HANDED_OUT, Counts, Stage, added


class OrderStatus(StrEnum):
    PENDING = "pending"
    ON_HOLD = "on_hold"
    OPEN = "open"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Line:
    """One line as sold, or one component line of a kit (``kit_line`` names the line it belongs to).

    Money in minor units: ``unit_price_minor`` for each unit, discount and tax for the whole line.
    Component lines carry none; the kit's line does.
    """

    id: str
    sku: str
    counts: Counts
    unit_price_minor: int = 0
    discount_minor: int = 0
    tax_minor: int = 0
    kit_line: str | None = None
    is_kit: bool = False
    per_kit: int = 0

    @property
    def ordered(self) -> int:
        return self.counts.total

    @property
    def amount_minor(self) -> int:
        """What the line costs for the units nobody cancelled; a discount and a tax shrink with the units."""
        return line_amount_minor(
            self.unit_price_minor, self.ordered, self.counts.cancelled, self.discount_minor, self.tax_minor
        )


def line_amount_minor(price: int, ordered: int, cancelled: int, discount: int, tax: int) -> int:
    """Price of the units kept, plus their share of tax less discount, rounded down."""
    kept = ordered - cancelled
    return price * kept + ((tax - discount) * kept // ordered if ordered else 0)


def order_status(counts: Iterable[Counts], on_hold: bool) -> OrderStatus:
    """The one place where an order's status comes from.

    ``closed``: nothing is with the customer any more; ``fulfilled``: everything reached its end;
    ``pending``: no unit has found a node yet.
    """
    total = added(*counts)
    live = total.total - total.cancelled
    if live == 0:
        return OrderStatus.CANCELLED
    if total.at(*HANDED_OUT) == live:
        gone = total.returned + total.lost
        return OrderStatus.CLOSED if gone == live else OrderStatus.FULFILLED
    if on_hold:
        return OrderStatus.ON_HOLD
    if total.at(*HANDED_OUT, Stage.IN_TRANSIT):
        return OrderStatus.PARTIALLY_FULFILLED
    if total.at(Stage.BACKORDERED, Stage.UNROUTED) == live:
        return OrderStatus.PENDING
    return OrderStatus.OPEN


def line_status(counts: Counts) -> OrderStatus:
    """A line's status by the same rule; holds belong to the order."""
    return order_status((counts,), on_hold=False)


@dataclass(frozen=True, slots=True)
class Money:
    """An order's sums in minor units: ``total = lines + shipping − discount``."""

    currency: str
    lines_minor: int
    shipping_minor: int
    discount_minor: int

    @property
    def total_minor(self) -> int:
        return self.lines_minor + self.shipping_minor - self.discount_minor
