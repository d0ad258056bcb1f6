"""Another SKU goes instead of the one that is not there: the order's lines and money afterwards. Pure."""

from __future__ import annotations

from dataclasses import replace

from oms.orders.order import Line, Order
from oms.orders.stages import Counts

ALLOWED = "allowed"
NONE = "none"


def line_id_of(line_id: str, sku: str) -> str:
    """The line a substitute gets; no client can have given that name to a line of its own."""
    return f"{line_id}~{sku}"


def substituted(before: Order, after: Order, line_id: str, sku: str, units: int, price_minor: int) -> Order:
    """``after`` (in which so many units of the line are cancelled) with the substitute's line, picked.

    The customer pays the lower of both prices, less the same share of the discount, and never more than the
    cancelled units would have cost. A ``price_minor`` of 0 says that nobody set one: the original's holds.
    """
    original = before.line(line_id)
    left = after.line(line_id)
    assert original is not None and left is not None, "the line is the order's"
    dropped_minor = original.amount_minor - left.amount_minor
    new = _line(original, line_id_of(line_id, sku), sku, units, price_minor, dropped_minor)
    there = after.line(new.id)
    if there is not None:
        lines = tuple(_joined(line, new) if line.id == new.id else line for line in after.lines)
        return replace(after, lines=lines)
    return replace(after, lines=(*after.lines, new))


def _line(original: Line, id: str, sku: str, units: int, price_minor: int, dropped_minor: int) -> Line:
    price = original.unit_price_minor
    paid = min(price_minor or price, price)
    discount = -(-original.discount_minor * units // original.ordered)
    tax = dropped_minor - price * units + discount
    if paid < price:
        discount, tax = -(-discount * paid // price), tax * paid // price
    return Line(
        id=id,
        sku=sku,
        counts=Counts(picked=units),
        unit_price_minor=paid,
        discount_minor=min(discount, paid * units + tax),
        tax_minor=tax,
    )


def _joined(there: Line, more: Line) -> Line:
    """More units of the same substitute, all at the lower price."""
    return replace(
        there,
        counts=replace(there.counts, picked=there.counts.picked + more.counts.picked),
        unit_price_minor=min(there.unit_price_minor, more.unit_price_minor),
        discount_minor=there.discount_minor + more.discount_minor,
        tax_minor=there.tax_minor + more.tax_minor,
    )
