"""The network and its stock at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

_TOTALS = text(
    """
    SELECT (SELECT count(*) FROM node WHERE active) AS nodes, (SELECT count(*) FROM sku WHERE active) AS skus,
        count(*) AS positions, coalesce(sum(on_hand), 0) AS on_hand, coalesce(sum(reserved), 0) AS reserved,
        (SELECT count(*) FROM resourcing WHERE resolved_at IS NULL) AS homeless
    FROM position
    """
)
_ORDERS = text('SELECT status, count(*) FROM "order" GROUP BY status ORDER BY count(*) DESC, status')
_NODES = text(
    """
    SELECT n.id, n.name, n.kind, n.lat, n.lon, n.active,
        coalesce(p.skus, 0) AS skus, coalesce(p.on_hand, 0) AS on_hand, coalesce(p.reserved, 0) AS reserved,
        coalesce(f.jobs, 0) AS jobs, f.next_at
    FROM node n
    LEFT JOIN (SELECT node_no, count(*) FILTER (WHERE on_hand > 0) AS skus, sum(on_hand) AS on_hand,
                   sum(reserved) AS reserved FROM position GROUP BY node_no) p ON p.node_no = n.no
    LEFT JOIN (SELECT node, count(*) AS jobs, min(ship_at) AS next_at FROM fulfilment_order
               WHERE state IN ('scheduled', 'offered', 'accepted') GROUP BY node) f ON f.node = n.id
    ORDER BY n.id
    """
)


@dataclass(frozen=True, slots=True)
class Totals:
    """`homeless`: displaced promises that wait for another node."""

    nodes: int
    skus: int
    positions: int
    on_hand: int
    reserved: int
    homeless: int


@dataclass(frozen=True, slots=True)
class NodeGlance:
    """A node: SKUs on its shelves, units, and the fulfilment orders it has yet to do."""

    id: str
    name: str
    kind: str
    lat: float | None
    lon: float | None
    active: bool
    skus: int
    on_hand: int
    reserved: int
    jobs: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    totals: Totals
    orders: dict[str, int]
    nodes: tuple[NodeGlance, ...]


def overview(conn: Connection) -> Overview:
    """Read in one snapshot if the caller's transaction is one."""
    orders = {row[0]: row[1] for row in conn.execute(_ORDERS)}
    nodes = tuple(NodeGlance(*row) for row in conn.execute(_NODES))
    return Overview(Totals(*conn.execute(_TOTALS).one()), orders, nodes)


def sku_names(conn: Connection, ids: list[str]) -> dict[str, str]:
    """What SKUs are called."""
    rows = conn.execute(text("SELECT id, name FROM sku WHERE id = ANY(:ids)"), {"ids": ids})
    return {row.id: row.name or row.id for row in rows}
