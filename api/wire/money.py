"""Bodies of payments and refunds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.wire.accounts import Account, Name, PaymentShown, RefundShown, Tender
from api.wire.base import Id, Wire, Word
from oms.money.ledger import Fact, PaymentKind

CAPTURE: dict[str, Any] = {
    "payments": [{"kind": "authorised", "method": "card", "amount_minor": 2598, "reference": "psp-4711"}]
}


class PaymentAsk(Tender):
    """One fact: money was authorised, captured, refunded, or an authorisation given up. ``refund_id``: the
    refund that is thereby paid, whole.
    """

    kind: Literal["authorised", "captured", "refunded", "voided"]
    refund_id: Id | None = None


class PaymentsAsk(Wire):
    """All of them, or none; ``channel``: the one they came through, where it is not the caller's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [CAPTURE]})

    payments: Annotated[list[PaymentAsk], Field(min_length=1, max_length=20)]
    channel: Word | None = None


class AccountAnswer(Wire):
    money: Account
    payments: list[PaymentShown]
    refunds: list[RefundShown]


class RefundAsk(Wire):
    """``reference``: its id outside."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reference": "psp-r-4711"}]})

    reference: Name | None = None


class RefundRow(RefundShown):
    order_id: str


class RefundPage(Wire):
    items: list[RefundRow]
    next: str | None


def payment_of(body: PaymentAsk) -> Fact:
    """The fact as sent."""
    return Fact(kind=PaymentKind(body.kind), **body.model_dump(exclude={"kind"}))
