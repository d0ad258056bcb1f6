"""What was said with customers, and records that become one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from oms.store.customer_tables import contact

_MERGE = (
    'UPDATE "order" SET customer_id = :into WHERE customer_id = :id',
    # After the orders: a return just announced held the row of its order.
    'UPDATE "return" SET customer_id = :into WHERE customer_id = :id',
    "UPDATE address SET customer_id = :into WHERE customer_id = :id",
    "UPDATE contact SET customer_id = :into WHERE customer_id = :id",
    "UPDATE customer SET merged_into = :into WHERE merged_into = :id",
    """
    WITH gone AS (DELETE FROM customer_card WHERE customer_id = :id RETURNING card)
    INSERT INTO customer_card SELECT :into, card FROM gone ON CONFLICT DO NOTHING
    """,
)


@dataclass(frozen=True, slots=True)
class Contact:
    """``direction``: in (the customer said it), out (we did), note (said among us)."""

    direction: str
    note: str
    reason: str = ""
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class KeptContact:
    """A contact as written down: when, by whom, through which channel."""

    id: str
    at: datetime
    channel: str
    actor: str
    said: Contact

    def as_document(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "at": self.at,
            "channel": self.channel,
            "actor": self.actor,
            **asdict(self.said),
        }


def insert_contact(conn: Connection, customer_id: str, value: KeptContact) -> None:
    """Write a contact."""
    conn.execute(insert(contact).values(customer_id=customer_id, **value.as_document()))


def merge_records(conn: Connection, id: str, into: str) -> None:
    """All that refers to one customer refers to another from now on; both rows are locked."""
    for statement in _MERGE:
        conn.execute(text(statement), {"id": id, "into": into})
