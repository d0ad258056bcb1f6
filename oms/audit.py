"""Do all books agree? Stock as inventory audits it, then orders against work, held stock, the road and
money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from inventory import audit as stock
from inventory.audit import Difference
from oms.store.audit_sql import DIFFERENCES, SIZE


class Kind(StrEnum):
    """What does not agree about orders."""

    WORKING = "working"
    HELD = "held"
    HELD_AHEAD = "held_ahead"
    UNDER_WAY = "under_way"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    KEPT = "kept"
    SETTLED = "settled"


MEANING: Mapping[StrEnum, str] = {
    **stock.MEANING,
    Kind.WORKING: "what fulfilment orders want is not what the line counts at nodes",
    Kind.HELD: "what is held or waits for a home is not what the line counts as routed and unrouted",
    Kind.HELD_AHEAD: "the back-orders held are not what the line counts",
    Kind.UNDER_WAY: "what the ledger has on the road is not what parcels and couriers carry",
    Kind.CAPTURED: "more was captured than authorised",
    Kind.REFUNDED: "more was refunded than captured",
    Kind.KEPT: "more is kept than the order costs, and no refund is due",
    Kind.SETTLED: "a settled refund was not paid, or not in one piece",
}


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was compared and every difference found; one snapshot where the transaction is repeatable read."""

    as_of: datetime
    movements: int
    positions: int
    reservations: int
    orders: int
    payments: int
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def by_kind(self) -> dict[StrEnum, int]:
        """How many differences of each kind there are, of those that occur."""
        kinds = [one.kind for one in self.differences]
        return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


def audit(conn: Connection) -> AuditReport:
    """Compare everything; reads only, and locks nothing."""
    books = stock.audit(conn)
    orders, payments = conn.execute(SIZE).one()
    found = tuple(
        Difference(Kind(row.kind), None, row.part or None, row.subject, row.expected, row.found)
        for row in conn.execute(DIFFERENCES)
    )
    return AuditReport(
        books.as_of,
        books.movements,
        books.positions,
        books.reservations,
        orders,
        payments,
        (*books.differences, *found),
    )
