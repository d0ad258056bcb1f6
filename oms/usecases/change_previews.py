"""What a change of an order would mean: ways it could come afterwards, each with its difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from inventory.catalogue import ComponentLine
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.memory.ground import Ground
from oms.orders.changing import rebuilt
from oms.orders.order import Order
from oms.orders.placing import SoldLine
from oms.orders.quote import QuotedOption
from oms.orders.stages import Counts
from oms.usecases.promises import Basket, document, offered


def preview(
    runtime: Runtime, actor: Actor, order: Order, basket: Basket, ground: Ground, lines: Sequence[SoldLine]
) -> dict[str, Any]:
    """The options on this ground, as a quote bound to this version of the order."""
    found = offered(runtime, ground, basket, (order.id, order.version))
    shown = document(runtime, actor, found)
    for option, (quoted, _) in zip(shown["options"], found.options, strict=True):
        option["difference"] = _difference(order, _would_be(order, lines, ground.parts, quoted), quoted)
    del shown["as_of"]
    return shown


def _would_be(
    order: Order, lines: Sequence[SoldLine], parts: Sequence[ComponentLine], quoted: QuotedOption
) -> Order:
    """The order as the option would leave it, as far as money goes: what nobody sends is cancelled."""
    lost = quoted.lost
    counts = {
        part.id: Counts(routed=part.quantity - units, cancelled=units)
        for part in parts
        for units in (lost[part.line_id, part.sku],)
    }
    made = rebuilt(order, lines, parts, counts)
    return replace(order, shipping_minor=quoted.price_minor, lines=made)


def _difference(order: Order, after: Order, quoted: QuotedOption) -> dict[str, int | None]:
    old, new = order.promise.window_to, quoted.window_to
    return {
        "total_minor": after.total_minor - order.total_minor,
        "lines_minor": after.lines_minor - order.lines_minor,
        "discount_minor": order.discount_share_minor - after.discount_share_minor,
        "shipping_minor": after.shipping_owed_minor - order.shipping_owed_minor,
        "window_to_s": int((new - old).total_seconds()) if old and new else None,
    }
