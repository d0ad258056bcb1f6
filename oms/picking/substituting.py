"""Another SKU goes instead of the one that is not there: the order's lines and money afterwards. Pure."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from oms.orders.order import INSTEAD, Line, Order
from oms.orders.stages import Counts

ALLOWED = "allowed"


def line_id_of(order: Order, line_id: str, sku: str) -> str:
    """The line a substitute gets: ``1~B2``, then ``1~B2~2``. No client can name a line of its own so."""
    first = f"{line_id}{INSTEAD}{sku}"
    names = (first if n == 1 else f"{first}{INSTEAD}{n}" for n in count(1))
    return next(name for name in names if order.line(name) is None)


def substituted(
    before: Order, after: Order, line_id: str, new_id: str, sku: str, units: int, price_minor: int
) -> Order:
    """``after`` (in which so many units of the line are cancelled) with the substitute's line, picked.

    The customer pays the lower of both prices, less the same share of the discount, and never more than the
    cancelled units would have cost. A ``price_minor`` of 0 says that nobody set one: the original's holds.
    """
    original, left = before.line(line_id), after.line(line_id)
    assert original is not None and left is not None, "the line is the order's"
    dropped_minor = original.amount_minor - left.amount_minor
    new = _line(original, new_id, sku, units, price_minor, dropped_minor)
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
