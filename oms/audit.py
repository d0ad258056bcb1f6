"""Do all books agree? Stock as inventory audits it, then orders against work, held stock, the road and
money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from sqlalchemy import Connection

from inventory import audit as stock
from inventory.audit import Difference
from oms.store.audit_sql import DIFFERENCES, SIZE
from oms.store.database import unhurried


class Kind(StrEnum):
    """What does not agree about orders."""

    WORKING = "working"
    HELD = "held"
    HELD_AHEAD = "held_ahead"
    UNDER_WAY = "under_way"
    INSPECTION = "inspection"
    GOODWILL = "goodwill"
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
    Kind.INSPECTION: "what the ledger has in inspection is not what waits there to be inspected",
    Kind.GOODWILL: "something was paid for goods of no order that never came",
    Kind.CAPTURED: "more was captured than authorised",
    Kind.REFUNDED: "more was refunded than captured",
    Kind.KEPT: "more is kept than the order costs, and no refund is due",
    Kind.SETTLED: "a settled refund was not paid, or not in one piece",
}


@dataclass(frozen=True, slots=True)
class AuditReport(stock.AuditReport):
    """The report on stock, with how many orders and payments were compared besides; one snapshot where the
    transaction is repeatable read.
    """

    orders: int
    payments: int


def audit(conn: Connection) -> AuditReport:
    """Compare everything; reads only, and locks nothing."""
    unhurried(conn)
    books = stock.audit(conn)
    orders, payments = conn.execute(SIZE).one()
    found = tuple(
        Difference(Kind(row.kind), None, row.part or None, row.subject, row.expected, row.found)
        for row in conn.execute(DIFFERENCES)
    )
    said = {field.name: getattr(books, field.name) for field in fields(books)}
    said["differences"] = (*books.differences, *found)
    return AuditReport(**said, orders=orders, payments=payments)
