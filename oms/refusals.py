"""Every expected "no" by its name. Use cases raise `Refused`; one table in `api/problems.py` turns names
into HTTP.

A name here is a promise to outside clients: add, never rename.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """The names, in the order of the HTTP statuses they become."""

    MALFORMED = "malformed"
    IDEMPOTENCY_KEY_MISSING = "idempotency_key_missing"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INSUFFICIENT_STOCK = "insufficient_stock"
    NO_FEASIBLE_PLAN = "no_feasible_plan"
    NODE_CAPACITY_EXHAUSTED = "node_capacity_exhausted"
    ILLEGAL_TRANSITION = "illegal_transition"
    ORDER_EXISTS = "order_exists"
    ALREADY_EXISTS = "already_exists"
    BARCODE_TAKEN = "barcode_taken"
    IN_USE = "in_use"
    EXCEEDS_AUTHORISED = "exceeds_authorised"
    EXCEEDS_CAPTURED = "exceeds_captured"
    WRONG_CODE = "wrong_code"
    CODE_LOCKED = "code_locked"
    RETURN_REFUSED = "return_refused"
    IDEMPOTENCY_IN_PROGRESS = "idempotency_in_progress"
    NO_CONSENT = "no_consent"
    HELD_FOR_REST = "held_for_rest"
    RESERVATION_EXPIRED = "reservation_expired"
    QUOTE_EXPIRED = "quote_expired"
    EVENTS_GONE = "events_gone"
    ANSWER_ERASED = "answer_erased"
    VERSION_CONFLICT = "version_conflict"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    INVALID = "invalid"
    UNKNOWN_SKU = "unknown_sku"
    UNKNOWN_NODE = "unknown_node"
    UNKNOWN_OPTION = "unknown_option"
    UNKNOWN_QUOTE = "unknown_quote"
    UNKNOWN_RESERVATION = "unknown_reservation"
    UNKNOWN_LINE = "unknown_line"
    UNKNOWN_REASON = "unknown_reason"
    UNKNOWN_REFUND = "unknown_refund"
    UNKNOWN_CUSTOMER = "unknown_customer"
    UNKNOWN_ORDER = "unknown_order"
    QUOTE_MISMATCH = "quote_mismatch"
    BAD_QUANTITY = "bad_quantity"
    BAD_AMOUNT = "bad_amount"
    BAD_DESTINATION = "bad_destination"
    UNLOCATABLE_DESTINATION = "unlocatable_destination"
    DUPLICATE_LINE = "duplicate_line"
    DUPLICATE_ID = "duplicate_id"
    TOO_MANY_LINES = "too_many_lines"
    CURRENCY_MISMATCH = "currency_mismatch"
    TARIFF_HOLE = "tariff_hole"
    WRONG_BARCODE = "wrong_barcode"
    BAD_SERIALS = "bad_serials"
    NOT_A_SUBSTITUTE = "not_a_substitute"
    PROOF_MISSING = "proof_missing"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    RATE_LIMITED = "rate_limited"
    HEAD_TOO_LARGE = "head_too_large"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


TRANSIENT = frozenset({Code.IDEMPOTENCY_IN_PROGRESS, Code.RATE_LIMITED, Code.INTERNAL, Code.UNAVAILABLE})
"""Refusals that say nothing about the request itself: never kept as its answer, the client simply tries
again."""


@dataclass(frozen=True)
class Fault:
    """One fault and where it is: `pointer` is a JSON pointer into the body, or `query/…`, `path/…`,
    `header/…`."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True)
class Refusal:
    """A named "no": `detail` is for people and repeats no input; `extra` are further JSON members of the
    answer."""

    code: Code
    detail: str
    faults: tuple[Fault, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """Carries a refusal out of a use case; whatever the transaction wrote is undone."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class LostRace(Exception):
    """Another writer took what the plan counted on. Everything is undone; refresh `skus`, plan again,
    retry."""

    def __init__(self, skus: frozenset[str] = frozenset()) -> None:
        super().__init__("lost a race")
        self.skus = skus


def refuse(code: Code, detail: str, *faults: Fault, **extra: Any) -> Refused:
    """`raise refuse(Code.UNKNOWN_SKU, "No such SKU", Fault("/lines/0/sku", "unknown_sku", "…"))`."""
    return Refused(Refusal(code, detail, faults, extra))


def not_found(what: str) -> Refused:
    """For a thing named in the path: 404 whether it is absent or hidden from the caller, who cannot tell."""
    return refuse(Code.NOT_FOUND, f"There is no such {what}")
