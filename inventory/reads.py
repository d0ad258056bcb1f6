"""Reads for people and integrations: positions, the ledger, reservations by age. One SELECT each, by cursor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

_POSITIONS = text(
    """
    SELECT node.id AS node, sku.id AS sku, position.on_hand, position.reserved, position.safety_stock,
           CASE WHEN position.blocked OR NOT (node.active AND sku.active) THEN 0
                ELSE greatest(0, position.on_hand - position.reserved - position.safety_stock
                                 - coalesce(fenced.units, 0)) END AS available,
           position.blocked, position.bin
    FROM position
    JOIN node ON node.no = position.node_no
    JOIN sku ON sku.no = position.sku_no
    LEFT JOIN LATERAL (
        SELECT sum(quantity)::int AS units FROM fence
        WHERE fence.node_no = position.node_no AND fence.sku_no = position.sku_no
    ) AS fenced ON true
    WHERE (cast(:nodes AS text[]) IS NULL OR node.id = ANY(:nodes))
      AND (cast(:sku AS text) IS NULL OR sku.id = :sku)
      AND (cast(:after_node AS text) IS NULL OR (node.id, sku.id) > (:after_node, :after_sku))
    ORDER BY node.id, sku.id
    LIMIT :limit
    """
)

_LEDGER = text(
    """
    SELECT movement.id, movement.at, movement.occurred_at, sku.id AS sku, movement.quantity,
           movement.from_place, movement.to_place, movement.cause, movement.reference, movement.actor
    FROM movement
    JOIN sku ON sku.no = movement.sku_no
    WHERE (cast(:nodes AS text[]) IS NULL OR split_part(movement.from_place, ':', 1) = ANY(:nodes)
           OR split_part(movement.to_place, ':', 1) = ANY(:nodes))
      AND (cast(:sku AS text) IS NULL OR sku.id = :sku)
      AND (cast(:before AS bigint) IS NULL OR movement.id < :before)
    ORDER BY movement.id DESC
    LIMIT :limit
    """
)

_RESERVATIONS = text(
    """
    SELECT reservation_group.id, reservation_group.state, reservation_group.channel, reservation_group.owner,
           reservation_group.reference, reservation_group.created_at, reservation_group.expires_at,
           held.units, held.lines, held.nodes
    FROM reservation_group
    JOIN LATERAL (
        SELECT sum(reservation.quantity)::int AS units, count(*)::int AS lines,
               array_agg(DISTINCT node.id) FILTER (WHERE node.id IS NOT NULL) AS nodes
        FROM reservation
        JOIN sku ON sku.no = reservation.sku_no
        LEFT JOIN node ON node.no = reservation.node_no
        WHERE reservation.group_id = reservation_group.id AND reservation.state = 'held'
          AND (cast(:node AS text) IS NULL OR node.id = :node)
          AND (cast(:sku AS text) IS NULL OR sku.id = :sku)
    ) AS held ON held.lines > 0
    WHERE reservation_group.state IN ('active', 'firm')
      AND (cast(:owner AS text) IS NULL OR reservation_group.owner = :owner)
      AND (cast(:made_before AS timestamptz) IS NULL OR reservation_group.created_at < :made_before)
      AND (cast(:after_at AS timestamptz) IS NULL
           OR (reservation_group.created_at, reservation_group.id) > (:after_at, :after_id))
    ORDER BY reservation_group.created_at, reservation_group.id
    LIMIT :limit
    """
)


@dataclass(frozen=True, slots=True)
class PositionRow:
    """`available` to a channel that no fence is for."""

    node: str
    sku: str
    on_hand: int
    reserved: int
    safety_stock: int
    available: int
    blocked: bool
    bin: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    id: int
    at: datetime
    occurred_at: datetime
    sku: str
    quantity: int
    from_place: str
    to_place: str
    cause: str
    reference: str
    actor: str


@dataclass(frozen=True, slots=True)
class ReservationRow:
    """One reservation that holds something; `units` and `lines` are those that the filter lets through."""

    id: str
    state: str
    channel: str
    owner: str
    reference: str
    created_at: datetime
    expires_at: datetime | None
    units: int
    lines: int
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReservationFilter:
    """None lets everything through."""

    node: str | None = None
    sku: str | None = None
    owner: str | None = None
    made_before: datetime | None = None


def positions(
    conn: Connection, nodes: Collection[str] | None, sku: str | None, after: Sequence[Any] | None, limit: int
) -> list[PositionRow]:
    """Positions by (node, SKU), those after `after`. `nodes` None: of every node."""
    after_node, after_sku = after or (None, None)
    given = {"nodes": _listed(nodes), "sku": sku, "after_node": after_node, "after_sku": after_sku}
    return [PositionRow(*row) for row in conn.execute(_POSITIONS, {**given, "limit": limit})]


def ledger(
    conn: Connection, nodes: Collection[str] | None, sku: str | None, before: int | None, limit: int
) -> list[LedgerRow]:
    """Movements into or out of the nodes, newest first, those before `before`."""
    given = {"nodes": _listed(nodes), "sku": sku, "before": before, "limit": limit}
    return [LedgerRow(*row) for row in conn.execute(_LEDGER, given)]


def reservations(
    conn: Connection, wanted: ReservationFilter, after: tuple[datetime, str] | None, limit: int
) -> list[ReservationRow]:
    """Reservations that hold something, oldest first, those after `after` (made at, id)."""
    after_at, after_id = after or (None, None)
    given = {
        "node": wanted.node,
        "sku": wanted.sku,
        "owner": wanted.owner,
        "made_before": wanted.made_before,
        "after_at": after_at,
        "after_id": after_id,
        "limit": limit,
    }
    rows = conn.execute(_RESERVATIONS, given)
    return [ReservationRow(*row[:-1], tuple(row[-1] or ())) for row in rows]


def _listed(nodes: Collection[str] | None) -> list[str] | None:
    return None if nodes is None else sorted(nodes)
