"""Statements on what nodes could not send."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, text

from oms.store.failing_tables import failing
from oms.store.rows import insert_rows

HALF_LIFE_DAYS, DAYS = 45.0, 180
"""After how long a line counts for half, and for nothing."""

# Goods as `routing.on_shelf.goods_of` names them.
_EVIDENCE = text(
    """
    WITH line AS (
        SELECT f.node, f.state, f.reason, coalesce(nullif(s.category, ''), g.goods, '') AS goods,
            l.quantity - l.cancelled + coalesce(t.substituted, 0) AS wanted,
            l.short + coalesce(t.substituted, 0) AS lacked,
            power(0.5, extract(epoch FROM CAST(:at AS timestamptz) - f.created_at) / 86400 / :half) AS weight
        FROM fulfilment_order f
        JOIN fulfilment_line l ON l.fulfilment_order_id = f.id
        JOIN sku s ON s.id = l.sku
        LEFT JOIN LATERAL (
            SELECT string_agg(flag, '+' ORDER BY flag COLLATE "C") AS goods FROM unnest(s.flags) AS flag
        ) g ON true
        LEFT JOIN (
            SELECT fulfilment_order_id, line_id, parcel, sum(substituted) AS substituted FROM pick_task
            WHERE substituted > 0 GROUP BY 1, 2, 3
        ) t ON (t.fulfilment_order_id, t.line_id, t.parcel) = (l.fulfilment_order_id, l.line_id, l.parcel)
        WHERE f.created_at > CAST(:at AS timestamptz) - make_interval(days => :days)
            AND f.state NOT IN ('scheduled', 'offered', 'accepted', 'picking', 'cancelled')
    )
    SELECT node, goods, sum(weight) AS tried,
        coalesce(sum(weight * lacked / wanted) FILTER (WHERE NOT elsewhere), 0) AS missing,
        coalesce(sum(weight * lacked / wanted) FILTER (WHERE elsewhere), 0) AS refused
    FROM line, LATERAL (
        SELECT state = 'expired' OR state = 'rejected' AND NOT reason = ANY(:of_stock) AS elsewhere
    ) why
    WHERE wanted > 0
    GROUP BY node, goods ORDER BY node, goods
    """
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Lines of a kind of goods that a node was asked for, as `oms.store.failing_tables` counts them."""

    node: str
    goods: str
    tried: float
    missing: float
    refused: float


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of it: the same and the two chances."""

    node: str
    goods: str
    tried: float
    missing: float
    refused: float
    not_found: float
    not_sent: float
    learned_at: datetime


def evidence(conn: Connection, at: datetime, of_stock: Collection[str]) -> list[Evidence]:
    """What nodes did, up to now. ``of_stock``: reasons of a reject that speak of the shelf."""
    given = {"at": at, "half": HALF_LIFE_DAYS, "days": DAYS, "of_stock": list(of_stock)}
    return [Evidence(*row) for row in conn.execute(_EVIDENCE, given)]


def learned(conn: Connection) -> list[Learned]:
    """What was learned last, by node and goods."""
    return [Learned(*row) for row in conn.execute(select(failing).order_by(failing.c.node, failing.c.goods))]


def replace_learned(conn: Connection, rows: Sequence[Learned]) -> None:
    """Forget what was learned before; know this."""
    conn.execute(delete(failing))
    insert_rows(conn, failing, [asdict(row) for row in rows])
