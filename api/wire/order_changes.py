"""Bodies of changes to an order."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from api.wire.base import Count, Id, Instant, Money, Text, Wire, Word
from api.wire.checkout import (
    MOST_LINES,
    AnyLine,
    FewLines,
    LineId,
    Method,
    Option,
    Token,
    UnavailableMethod,
    Units,
)
from api.wire.orders import Address


class Through(Wire):
    """``channel``: the one this change comes through, where it is not the caller's own."""

    channel: Word | None = None


class CancelLine(Wire):
    """``quantity`` left out: all units of the line that can still be cancelled."""

    id: AnyLine
    quantity: Units | None = None


class CancelAsk(Through):
    """Without ``lines``: the whole order. ``reason``: one of those to cancel for in the document `reasons`;
    left out, the first of them.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "customer", "lines": [{"id": "1", "quantity": 1}]}]}
    )

    reason: Word | None = None
    note: Text = ""
    lines: Annotated[list[CancelLine], Field(min_length=1, max_length=MOST_LINES)] | None = None


class Confirm(Wire):
    """The option chosen of the quote that the first, unconfirmed call answered."""

    quote_id: Token
    option_id: Word


class AddressAsk(Through):
    """Without ``confirm`` nothing changes: the answer is what it would mean."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"destination": {"country": "US", "postcode": "10002"}}]}
    )

    destination: Address
    confirm: Confirm | None = None


class MethodAsk(Through):
    model_config = ConfigDict(json_schema_extra={"examples": [{"method": "pickup", "pickup_node": "ST-1"}]})

    method: Method
    pickup_node: Id | None = None
    destination: Address | None = None
    confirm: Confirm | None = None


class ChangedLine(Wire):
    """``quantity`` wanted from now on, 0 drops the line; a new line needs ``sku``, ``unit_price_minor``."""

    id: LineId
    quantity: Count
    sku: Id | None = None
    unit_price_minor: Money | None = None
    discount_minor: Money | None = None
    tax_minor: Money | None = None


class LinesAsk(Through):
    """Lines not named stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lines": [{"id": "1", "quantity": 3}]}]})

    lines: Annotated[list[ChangedLine], Field(min_length=1, max_length=MOST_LINES), FewLines]
    confirm: Confirm | None = None


class Difference(Wire):
    """What an option would change, new minus old; ``total_minor`` is the sum of the other amounts, of which
    ``discount_minor`` is what the order's own discount takes off less or, below 0, more. The promise moves by
    ``window_to_s`` seconds, null where there is none before or after.
    """

    total_minor: int
    lines_minor: int
    discount_minor: int
    shipping_minor: int
    window_to_s: int | None


class ChangeOption(Option):
    difference: Difference


class ChangePreview(Wire):
    """Nothing has changed yet: send the same again with ``confirm``."""

    quote_id: Token
    expires_at: Instant
    options: list[ChangeOption]
    unavailable: list[UnavailableMethod]
