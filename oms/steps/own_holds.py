"""What a reservation holds, so that it hides nothing from its own checkout or from a change of its order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, select

from inventory.pool import Incoming as Arriving
from inventory.store.tables import inbound, reservation
from inventory.store.tables import node as node_rows
from inventory.store.tables import sku as sku_rows
from oms.store.capacity_held import capacity_held

Own = Mapping[tuple[str, str], int]  # (SKU, node) → units
Free = Mapping[tuple[str, date, str], int]  # (node, day, bucket) → units


@dataclass(frozen=True, slots=True)
class OwnHolds:
    """What a reservation holds at present: units on shelves, units of deliveries to come by (SKU, delivery),
    back-orders by SKU, and capacity.
    """

    units: Own
    capacity: Free
    coming: Mapping[tuple[str, str], Arriving]
    ahead: Mapping[str, int]


NOTHING = OwnHolds({}, {}, {}, {})


def own_holds(conn: Connection, group_id: str) -> OwnHolds:
    """What a reservation group holds, wherever it is."""
    rows = conn.execute(
        select(
            sku_rows.c.id.label("sku"),
            node_rows.c.id.label("node"),
            reservation.c.kind,
            reservation.c.quantity,
            inbound.c.id.label("inbound"),
            inbound.c.eta,
        )
        .join(sku_rows, sku_rows.c.no == reservation.c.sku_no)
        .outerjoin(node_rows, node_rows.c.no == reservation.c.node_no)
        .outerjoin(inbound, inbound.c.id == reservation.c.inbound_id)
        .where(reservation.c.group_id == group_id, reservation.c.state == "held")
    )
    units: dict[tuple[str, str], int] = defaultdict(int)
    coming: dict[tuple[str, str], Arriving] = {}
    ahead: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.kind == "shelf":
            units[row.sku, row.node] += row.quantity
        elif row.kind == "inbound":
            before = coming.get((row.sku, row.inbound))
            quantity = row.quantity + (before.quantity if before else 0)
            coming[row.sku, row.inbound] = Arriving(row.inbound, row.node, row.eta, quantity)
        else:
            ahead[row.sku] += row.quantity
    return OwnHolds(units, capacity_held(conn, [group_id]), coming, ahead)


def with_own(sku: str, rows: Sequence[Arriving], own: OwnHolds) -> Sequence[Arriving]:
    """What arrives, with the units that the reservation itself holds of it."""
    mine = {key: one for (name, key), one in own.coming.items() if name == sku}
    if not mine:
        return rows
    for one in rows:
        if one.inbound in mine:
            mine[one.inbound] = replace(one, quantity=one.quantity + mine[one.inbound].quantity)
    return [*(one for one in rows if one.inbound not in mine), *mine.values()]
