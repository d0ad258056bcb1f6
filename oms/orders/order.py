"""An order and its lines. Status is a view of the quantities; nobody sets it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from oms.money.allocation import share
from oms.orders.stages import HANDED_OUT, Counts, Stage, added, of_kit

INSTEAD = "~"
"""Stands in the ids of lines that go instead of units of another line, and in no other but a component's."""


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
    def substitute(self) -> bool:
        """Whether it came instead of units that were ordered."""
        return self.kit_line is None and INSTEAD in self.id

    @property
    def amount_minor(self) -> int:
        """What the line costs for the units owed; a discount and a tax shrink with the units."""
        return self.amount_of(self.counts.owed)

    def amount_of(self, units: int) -> int:
        """What so many units of the line cost: price, and their share of tax less discount."""
        return self.unit_price_minor * units + share(
            self.tax_minor - self.discount_minor, units, self.ordered
        )


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
class Promise:
    """What the customer was shown: everything arrives (pickup: is ready) within the window, at this price.

    Both ends of the window are None while all of it waits on back-order: nobody can say when.
    """

    method: str
    window_from: datetime | None
    window_to: datetime | None
    price_minor: int
    pickup_node: str | None = None
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands. ``group_id``: the reservations that hold its stock; ``holds`` stop its release;
    ``substitution``: whether its customer takes something else instead ("none", "allowed").

    ``body_digest`` is that of the body first accepted, ``quote_ref`` the quote or reservation it came from,
    ``exchange_of`` the return it is exchanged for.
    """

    id: str
    version: int
    channel: str
    currency: str
    placed_at: datetime
    promise: Promise
    group_id: str
    body_digest: str
    actor: str
    lines: tuple[Line, ...]
    shipping_minor: int = 0
    shipping_credited_minor: int = 0
    discount_minor: int = 0
    allow_partial: bool = False
    substitution: str = "none"
    customer_id: str | None = None
    address_id: str | None = None
    quote_ref: str = ""
    external_refs: Mapping[str, str] = field(default_factory=dict)
    holds: tuple[str, ...] = ()
    exchange_of: str | None = None
    return_fee_minor: int = 0

    @property
    def status(self) -> OrderStatus:
        return order_status((line.counts for line in self.lines if not line.is_kit), bool(self.holds))

    @property
    def lines_minor(self) -> int:
        """Price less discounts plus tax of the units owed, before the order's own discount."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def discount_share_minor(self) -> int:
        """The part of the order's discount that the units owed carry, by what they cost of all that was
        ordered; a substitute was not ordered, and costs no more than what it stands for. What the goods
        cannot carry comes off shipping.
        """
        return self.discount_on(self.lines_minor)

    def discount_on(self, goods_minor: int) -> int:
        """The part of the order's discount that goods at this price carry, with what comes off shipping."""
        whole = sum(line.amount_of(line.ordered) for line in self.lines if not line.substitute)
        off_goods = min(self.discount_minor, whole)
        off_shipping = min(self.discount_minor - off_goods, self.shipping_owed_minor)
        return share(off_goods, goods_minor, whole) + off_shipping

    @property
    def shipping_owed_minor(self) -> int:
        """Shipping, less what was credited of it; nothing once nothing was delivered nor will be."""
        kept = any(line.counts.owed or line.counts.delivered for line in self.lines)
        return self.shipping_minor - self.shipping_credited_minor if kept else 0

    @property
    def total_minor(self) -> int:
        """What the customer owes: units not cancelled nor credited, their share of the discount, shipping,
        and what returning goods costs.
        """
        fees = self.shipping_owed_minor + self.return_fee_minor
        return self.lines_minor + fees - self.discount_share_minor

    def line(self, line_id: str) -> Line | None:
        """The line of that id, component lines included."""
        return next((line for line in self.lines if line.id == line_id), None)

    def components(self, line_id: str) -> tuple[Line, ...]:
        """The lines that are picked for a line as sold: its components, or itself."""
        parts = tuple(line for line in self.lines if line.kit_line == line_id)
        return parts or tuple(line for line in self.lines if line.id == line_id)

    @property
    def sold_lines(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kit_line is None)

    @property
    def picked_lines(self) -> tuple[Line, ...]:
        """The lines a node picks: all but the kits themselves."""
        return tuple(line for line in self.lines if not line.is_kit)

    def with_counts(self, counts: Mapping[str, Counts]) -> Order:
        """The order with new counts on these lines; kits follow their components."""
        lines = tuple(replace(line, counts=counts.get(line.id, line.counts)) for line in self.lines)
        return replace(self, lines=kits_follow(lines))


def kits_follow(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Every kit line counted anew from its components."""

    def follow(line: Line) -> Line:
        if not line.is_kit:
            return line
        parts = tuple((part.per_kit, part.counts) for part in lines if part.kit_line == line.id)
        return replace(line, counts=of_kit(parts[0][1].total // parts[0][0], parts))

    return tuple(follow(line) for line in lines)
