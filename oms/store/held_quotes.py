"""What a reservation was made for, until its order is placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from oms.fulfilment.layout import PlannedParcel, from_json, to_json
from oms.orders.quote import Quote, packed, unpacked
from oms.store.order_tables import held_quote
from oms.store.rows import insert_rows


@dataclass(frozen=True, slots=True)
class HeldQuote:
    """The quote with the one option held, and its parcels. The place it goes to is kept as a digest only."""

    group_id: str
    quote: Quote
    parcels: tuple[PlannedParcel, ...]
    backordered: dict[str, int]
    whereabouts: str


def insert_held_quotes(conn: Connection, values: Sequence[HeldQuote]) -> None:
    """Write them, without the destinations: those are personal data."""
    insert_rows(conn, held_quote, [_row(value) for value in values])


def _row(value: HeldQuote) -> dict[str, Any]:
    document = {
        "quote": packed(replace(value.quote, destination=None)),
        "parcels": to_json(value.parcels),
        "backordered": value.backordered,
    }
    return {"group_id": value.group_id, "quote": document, "whereabouts": value.whereabouts}


def held_quote_of(conn: Connection, group_id: str) -> HeldQuote | None:
    """What the reservation was made for; None for a group that no customer made."""
    row = conn.execute(select(held_quote).where(held_quote.c.group_id == group_id)).first()
    if row is None:
        return None
    kept = row.quote
    return HeldQuote(
        group_id, unpacked(kept["quote"]), from_json(kept["parcels"]), kept["backordered"], row.whereabouts
    )
