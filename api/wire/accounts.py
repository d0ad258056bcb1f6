"""An order's money as it comes in and goes out: sums, payments, refunds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.wire.base import MOST_MINOR, Instant, Wire, Word

Name = Annotated[str, Field(max_length=200)]

FINGERPRINT = r"^[A-Za-z0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*$"
"""Anything but digits alone, which might be the number of a card."""


class Tender(Wire):
    """``card``: the payment provider's fingerprint of the card, by which care finds its holder; never a
    number.
    """

    method: Word
    amount_minor: Annotated[int, Field(ge=1, le=MOST_MINOR)]
    reference: Name | None = None
    terminal: Name | None = None
    acquirer: Name | None = None
    card: Annotated[str, Field(max_length=100, pattern=FINGERPRINT)] | None = None


class PaymentShown(Tender):
    kind: str
    at: Instant
    channel: str
    refund_id: str | None


class RefundShown(Wire):
    """Money owed to the customer; ``cause`` is the event that lowered what the order costs."""

    id: str
    return_id: str | None
    amount_minor: int
    cause: str
    state: str
    at: Instant
    reference: str | None


class Sums(Wire):
    currency: str
    lines_minor: int
    shipping_minor: int
    discount_minor: int
    total_minor: int


class Account(Sums):
    """``total_minor`` is what the customer owes for what was neither cancelled nor credited;
    ``shipping_owed_minor``, ``return_fee_minor`` and ``discount_share_minor`` are the parts of it. What was
    paid stands beside it.
    """

    shipping_owed_minor: int
    return_fee_minor: int
    discount_share_minor: int
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    voided_minor: int
    refund_pending_minor: int
