"""Why something was not done as planned: reason codes a retailer edits, each with its consequence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from inventory.requests import ShortRule
from oms.refusals import Code, Fault, Refused, refuse


class Occasion(StrEnum):
    """When a reason may be given: a node rejects a fulfilment order, a picker is short, a courier could not
    deliver, a customer refuses at the door, sends back, or an order is cancelled.
    """

    REJECT = "reject"
    SHORT = "short"
    FAILURE = "failure"
    REFUSAL = "refusal"
    RETURN = "return"
    CANCEL = "cancel"


class NextStep(StrEnum):
    """What follows a failed delivery: another attempt, back to the node, or somebody calls first."""

    RETRY = "retry"
    RETURN = "return"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Reason:
    """``stock``: what a reject or a short says of the shelf. ``next``: what a failure leads to. ``note``:
    whether words have to go with it.
    """

    code: str
    words: str
    occasions: frozenset[Occasion]
    stock: ShortRule = ShortRule.NONE
    next: NextStep | None = None
    note: bool = False


def _reason(
    code: str, words: str, *occasions: Occasion, stock: ShortRule = ShortRule.NONE, note: bool = False
) -> Reason:
    return Reason(code, words, frozenset(occasions), stock, note=note)


def _failure(code: str, words: str, next: NextStep, note: bool = False) -> Reason:
    return Reason(code, words, frozenset({Occasion.FAILURE}), next=next, note=note)


_O, _R, _N = Occasion, ShortRule, NextStep

USUAL: tuple[Reason, ...] = (
    _reason("not_in_stock", "Not in stock", _O.REJECT, _O.SHORT, stock=_R.ZERO),
    _reason("mismatch", "Fewer than the books say", _O.REJECT, _O.SHORT, stock=_R.MINUS),
    _reason("damaged", "Damaged", _O.REJECT, _O.SHORT, _O.RETURN, stock=_R.DAMAGED),
    _reason("worn_display", "Worn display piece", _O.REJECT, _O.SHORT, stock=_R.DAMAGED),
    _reason("node_closed", "The node is closed", _O.REJECT),
    _reason("no_staff", "Nobody there to do it", _O.REJECT),
    _failure("absent", "Nobody at home", _N.RETRY),
    _failure("no_contact", "Nobody answers", _N.CALL),
    _failure("wrong_address", "Wrong address", _N.CALL),
    _failure("no_access", "No access", _N.RETRY),
    _failure("payment_failed", "Payment failed", _N.RETURN),
    _failure("age_or_id_failed", "Age or identity not proven", _N.RETURN),
    _failure("out_of_time", "Out of time", _N.RETRY),
    _failure("vehicle", "Trouble with the vehicle", _N.RETRY),
    _failure("weather", "Weather", _N.RETRY),
    _failure("missing_at_pickup", "Not there when the courier came for it", _N.CALL),
    _failure("other_failure", "Something else", _N.CALL, note=True),
    _reason("refused_damaged", "Damaged on arrival", _O.REFUSAL),
    _reason("refused_wrong", "Not what was ordered", _O.REFUSAL),
    _reason("refused_other", "Not wanted any more", _O.REFUSAL),
    _reason("changed_mind", "Changed their mind", _O.RETURN),
    _reason("too_small", "Too small", _O.RETURN),
    _reason("too_large", "Too large", _O.RETURN),
    _reason("not_as_described", "Not as described", _O.RETURN),
    _reason("wrong_item", "The wrong thing was sent", _O.RETURN),
    _reason("faulty", "Does not work", _O.RETURN),
    _reason("arrived_late", "Came too late", _O.RETURN),
    _reason("other_return", "Something else", _O.RETURN, note=True),
    _reason("customer", "The customer asked for it", _O.CANCEL),
    _reason("fraud", "Fraud", _O.CANCEL),
    _reason("not_paid", "Not paid", _O.CANCEL),
    _reason("too_late", "The customer did not accept a later promise", _O.CANCEL),
)


NOT_SAID = "not_said"
"""The code where nobody named a reason and the document has none to take for it."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """The document: every reason once."""

    reasons: tuple[Reason, ...] = USUAL

    def of(self, occasion: Occasion) -> Iterator[Reason]:
        """Those that may be given on the occasion, in the order of the document."""
        return (reason for reason in self.reasons if occasion in reason.occasions)

    def require(self, occasion: Occasion, code: str, note: str = "", pointer: str = "/reason") -> Reason:
        """The reason of this code. Raises Refused unknown_reason, which names those possible, and invalid
        when words have to go with it.
        """
        found = next((reason for reason in self.of(occasion) if reason.code == code), None)
        if found is None:
            raise self._unknown(occasion, pointer)
        if found.note and not note.strip():
            fault = Fault(pointer.rpartition("/")[0] + "/note", Code.INVALID, "Say in words what it was")
            raise refuse(Code.INVALID, "This reason wants a note", fault)
        return found

    def given(self, occasion: Occasion, code: str | None, note: str = "") -> str:
        """The code of a reason that need not be named: the one named, which has to be one of the occasion's;
        else the first of them that wants no note, or ``NOT_SAID`` where there is none. Raises Refused as
        ``require`` does.
        """
        if code:
            return self.require(occasion, code, note).code
        return next((reason.code for reason in self.of(occasion) if not reason.note), NOT_SAID)

    def _unknown(self, occasion: Occasion, pointer: str) -> Refused:
        possible = ", ".join(reason.code for reason in self.of(occasion)) or "none"
        fault = Fault(pointer, Code.UNKNOWN_REASON, f"Possible here: {possible}")
        return refuse(Code.UNKNOWN_REASON, "That is no reason for this", fault)
