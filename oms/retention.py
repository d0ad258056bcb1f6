"""How long things are kept: one document a retailer edits (``retention``); these are its defaults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Retention:
    """None: for ever. Days count from the contact, from the end of an order (addresses), from the report
    (couriers' notes, positions and pictures). ``answer_hours``: how long a repeated request gets its first
    answer.

    Months count whole ones before the present: of the ledger, of events, of stored decisions. ``archive``:
    whether an old month is written to a file in the data folder before it goes.
    """

    contact_days: int | None = None
    address_days: int | None = None
    courier_days: int | None = None
    answer_hours: int = 24
    ledger_months: int | None = None
    event_months: int | None = None
    decision_months: int | None = None
    archive: bool = True

    def months(self, table: str) -> int | None:
        """Of a table in partitions."""
        return {
            "movement": self.ledger_months,
            "outbox": self.event_months,
            "decision": self.decision_months,
        }.get(table)


def month_before(at: datetime, months: int) -> datetime:
    """The first instant of the month so many before that of ``at``, in UTC."""
    here = at.astimezone(UTC)
    year, month = divmod(here.year * 12 + here.month - 1 - months, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)
