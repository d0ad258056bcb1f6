"""What was paid for an order, as recorded facts: authorised, captured, refunded, voided; each an amount of
money that moved, or may move, outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from oms.refusals import Code, Fault, Refused, refuse


class PaymentKind(StrEnum):
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Money that moved outside. ``reference`` is its id there; ``card`` the provider's fingerprint of the
    card; ``refund_id`` names what is thereby paid back.
    """

    kind: PaymentKind
    method: str
    amount_minor: int
    reference: str | None = None
    terminal: str | None = None
    acquirer: str | None = None
    card: str | None = None
    refund_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Fact):
    """A fact as recorded: when, by whom, through which channel."""

    at: datetime
    actor: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """Sums of an order's payments in minor units: 0 ≤ refunded ≤ captured ≤ authorised − voided."""

    authorised: int = 0
    captured: int = 0
    refunded: int = 0
    voided: int = 0

    @property
    def capturable(self) -> int:
        """What was authorised and neither captured nor given up."""
        return self.authorised - self.voided - self.captured

    @property
    def paid(self) -> int:
        """What the shop holds."""
        return self.captured - self.refunded

    def with_payment(self, kind: PaymentKind, amount_minor: int, pointer: str = "") -> Balance:
        """The balance after the fact. Raises Refused exceeds_authorised, exceeds_captured."""
        if kind is PaymentKind.AUTHORISED:
            return replace(self, authorised=self.authorised + amount_minor)
        if kind is PaymentKind.REFUNDED:
            if amount_minor > self.paid:
                raise _exceeds(
                    Code.EXCEEDS_CAPTURED, f"{self.paid} were captured and not yet refunded", pointer
                )
            return replace(self, refunded=self.refunded + amount_minor)
        if amount_minor > self.capturable:
            raise _exceeds(
                Code.EXCEEDS_AUTHORISED, f"{self.capturable} are authorised and not yet captured", pointer
            )
        if kind is PaymentKind.CAPTURED:
            return replace(self, captured=self.captured + amount_minor)
        return replace(self, voided=self.voided + amount_minor)


def balance_of(payments: Iterable[Fact]) -> Balance:
    """The sums of recorded payments."""
    balance = Balance()
    for payment in payments:
        balance = balance.with_payment(payment.kind, payment.amount_minor)
    return balance


def _exceeds(code: Code, detail: str, pointer: str) -> Refused:
    return refuse(code, "That is more than is there", Fault(f"{pointer}/amount_minor", code, detail))
