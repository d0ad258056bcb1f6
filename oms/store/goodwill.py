"""What was paid for returned goods of no order: the part of the payment ledger that has no order."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from oms.returns.goodwill import Goodwill
from oms.store.return_tables import goodwill

_NAMES = ("at", "method", "amount_minor", "reference", "reason", "actor", "channel")


def add_goodwill(conn: Connection, return_id: str, no: int, value: Goodwill) -> None:
    """Write one payment; the return's row is the lock for it."""
    said = {name: getattr(value, name) for name in _NAMES}
    conn.execute(insert(goodwill).values(return_id=return_id, no=no, **said))


def goodwill_of(conn: Connection, return_id: str) -> list[Goodwill]:
    """What was paid for the return, the first before the others."""
    rows = select(goodwill).where(goodwill.c.return_id == return_id).order_by(goodwill.c.no)
    return [Goodwill(**{name: getattr(row, name) for name in _NAMES}) for row in conn.execute(rows)]
