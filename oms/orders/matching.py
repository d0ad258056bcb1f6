"""An order placed from a quote is what the quote was for, or it is refused by name."""

from __future__ import annotations

from oms.orders.placing import Placing
from oms.orders.quote import Quote
from oms.refusals import Code, Fault, Refused, refuse


def matches(placing: Placing, quote: Quote, whereabouts: str, price_minor: int, partial: bool) -> None:
    """Raises Refused quote_mismatch unless the order is what the quote was for."""
    if quote.order is not None:
        raise mismatch("/quote_id", "The quote is for the change of an order")
    if quote.channel != placing.channel:
        raise mismatch("/channel", "The quote is for another channel")
    if quote.currency != placing.currency:
        fault = Fault("/currency", Code.CURRENCY_MISMATCH, f"The quote is in {quote.currency}")
        raise refuse(Code.CURRENCY_MISMATCH, "The quote is in another currency", fault)
    if set(quote.lines) != set(placing.wanted):
        raise mismatch("/lines", "The quote is for other lines")
    place = placing.destination.whereabouts.digest if placing.destination else ""
    if whereabouts and place != whereabouts:
        raise mismatch("/destination", "The quote is for another destination")
    if placing.shipping_minor not in (None, price_minor):
        raise mismatch("/shipping_minor", f"The price shown was {price_minor}")
    if partial and not placing.allow_partial:
        raise mismatch("/allow_partial", "The option leaves units unfilled")


def mismatch(pointer: str, detail: str) -> Refused:
    """The refusal of an order that differs from its quote at ``pointer``."""
    return refuse(
        Code.QUOTE_MISMATCH, "The order is not what was promised", Fault(pointer, "quote_mismatch", detail)
    )
