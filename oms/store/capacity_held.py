"""What reservations hold of nodes' days and slots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, select

from inventory.store import locks
from inventory.store.tables import node


def capacity_held(conn: Connection, groups: Sequence[str]) -> Mapping[tuple[str, date, str], int]:
    """(node, day, bucket) → units that these reservation groups hold together."""
    held = [hold for holds in locks.read_holds(conn, list(groups)).values() for hold in holds]
    numbers = {hold.node_no for hold in held}
    names = {
        row.no: row.id for row in conn.execute(select(node.c.no, node.c.id).where(node.c.no.in_(numbers)))
    }
    found: dict[tuple[str, date, str], int] = defaultdict(int)
    for hold in held:
        found[names[hold.node_no], hold.day, hold.bucket] += hold.quantity
    return found
