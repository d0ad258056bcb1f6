"""Money owed to a customer: a machine of its own, so that it may be late without disturbing the goods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from oms.machine import Machine
from oms.money.ledger import Balance


class RefundState(StrEnum):
    DUE = "due"
    SENT = "sent"
    SETTLED = "settled"
    FAILED = "failed"
    VOIDED = "voided"


class RefundEvent(StrEnum):
    SEND = "send"
    SETTLE = "settle"
    FAIL = "fail"
    RETRY = "retry"
    VOID = "void"


_S, _E = RefundState, RefundEvent

REFUND: Machine[RefundState, RefundEvent] = Machine(
    "refund",
    MappingProxyType(
        {
            (_S.DUE, _E.SEND): _S.SENT,
            (_S.DUE, _E.SETTLE): _S.SETTLED,
            (_S.DUE, _E.VOID): _S.VOIDED,
            (_S.SENT, _E.SETTLE): _S.SETTLED,
            (_S.SENT, _E.FAIL): _S.FAILED,
            (_S.FAILED, _E.RETRY): _S.SENT,
            (_S.FAILED, _E.SETTLE): _S.SETTLED,
            (_S.FAILED, _E.VOID): _S.VOIDED,
        }
    ),
)

PENDING = (RefundState.DUE, RefundState.SENT, RefundState.FAILED)
"""Owed, and not yet with the customer."""


@dataclass(frozen=True, slots=True)
class Refund:
    """``amount_minor`` to be paid back for an order. ``cause`` is the event that lowered what is owed;
    ``return_id`` the return behind it, where there is one.
    """

    id: str
    order_id: str
    amount_minor: int
    cause: str
    state: RefundState
    at: datetime
    return_id: str | None = None
    reference: str | None = None
    instants: Mapping[str, datetime] = field(default_factory=dict)

    def after(self, event: RefundEvent, at: datetime, reference: str | None = None) -> Refund:
        """The refund once this has happened. Raises Refused illegal_transition."""
        state = REFUND.step(self.state, event)
        instants = {**self.instants, state.value: at}
        return replace(self, state=state, reference=reference or self.reference, instants=instants)


def too_much(balance: Balance, total_minor: int, refunds: Iterable[Refund]) -> int:
    """What the shop holds beyond what the order costs, what it owes the customer already, and what was made
    good otherwise (a voided refund is no longer owed in money).
    """
    known = sum(refund.amount_minor for refund in refunds if refund.state is not RefundState.SETTLED)
    return max(0, balance.paid - total_minor - known)
