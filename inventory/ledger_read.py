"""What the ledger says of single things."""

from __future__ import annotations

from sqlalchemy import Connection, select

from inventory.movements import Cause
from inventory.places import node_of
from inventory.store.catalogue_tables import sku as sku_table
from inventory.store.tables import movement


def came_back_to(conn: Connection, sku: str, reference: str) -> str | None:
    """The node that units of the SKU came back to under the reference; None where the ledger does not know,
    or not any more.
    """
    rows = select(movement.c.to_place).join(sku_table, sku_table.c.no == movement.c.sku_no)
    its = rows.where(sku_table.c.id == sku, movement.c.reference == reference)
    back = its.where(movement.c.cause == Cause.RETURN).order_by(movement.c.id.desc())
    place = conn.scalar(back.limit(1))
    found = node_of(place) if place else None
    return found[0] if found else None
