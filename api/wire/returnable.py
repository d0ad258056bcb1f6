"""Bodies about what a customer without a receipt may bring back."""

from __future__ import annotations

from api.wire.base import Count, Instant, Wire


class ReturnableLine(Wire):
    """``returnable`` units are with the customer and in no return; ``breaches``: rules of the policy that
    speak against it.
    """

    line: str
    sku: str
    name: str
    returnable: Count
    breaches: list[str]


class ReturnableOrder(Wire):
    order: str
    channel: str
    placed_at: Instant
    lines: list[ReturnableLine]


class ReturnablePage(Wire):
    items: list[ReturnableOrder]
    next: str | None
