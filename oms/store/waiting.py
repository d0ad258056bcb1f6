"""Statements on orders whose units wait for a home: which may find one, and when each was tried last.

No order hides another: whether its stock is there is asked of every SKU that anything waits for, and what was
tried in vain goes to the end of the line, for whatever reason it was in vain.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

_WANTED = text(
    """
    SELECT g.channel, s.id AS sku
    FROM resourcing h JOIN reservation_group g ON g.id = h.group_id JOIN sku s ON s.no = h.sku_no
    WHERE h.resolved_at IS NULL AND g.state = 'firm'
    UNION
    SELECT g.channel, s.id
    FROM sku s JOIN reservation r ON r.sku_no = s.no AND r.node_no IS NULL AND r.state = 'held'
    JOIN reservation_group g ON g.id = r.group_id
    WHERE s.backordered > 0 AND g.state = 'firm'
    """
)
_PROMISING = text(
    """
    WITH there AS (
        SELECT asked.channel, s.no AS sku_no
        FROM unnest(CAST(:channels AS text[]), CAST(:skus AS text[])) AS asked (channel, sku)
        JOIN sku s ON s.id = asked.sku
    ), waits AS (
        SELECT g.reference, g.id AS group_id, g.channel, g.created_at, h.sku_no, h.at AS lost_at
        FROM resourcing h JOIN reservation_group g ON g.id = h.group_id
        WHERE h.resolved_at IS NULL AND g.state = 'firm'
        UNION ALL
        SELECT g.reference, g.id, g.channel, g.created_at, r.sku_no, NULL
        FROM there JOIN reservation r ON r.sku_no = there.sku_no AND r.node_no IS NULL AND r.state = 'held'
        JOIN reservation_group g ON g.id = r.group_id AND g.channel = there.channel
        WHERE g.state = 'firm'
    )
    SELECT o.id, count(*) OVER () AS all_of_them
    FROM waits w JOIN "order" o ON o.id = w.reference AND o.group_id = w.group_id
    LEFT JOIN unroutable u ON u.order_id = o.id
    WHERE w.lost_at > coalesce(u.tried_at, '-infinity')
        OR (w.channel, w.sku_no) IN (SELECT channel, sku_no FROM there)
    GROUP BY o.id, u.tried_at
    ORDER BY u.tried_at NULLS FIRST, min(w.created_at), o.id LIMIT :most
    """
)
# Whose order somebody is busy with is passed over: a row of an order new here would wait for that.
_TRIED = text(
    """
    INSERT INTO unroutable (order_id, code, since, tried_at)
    SELECT id, '', :at, :at FROM "order" WHERE id = ANY(:ids) ORDER BY id FOR KEY SHARE SKIP LOCKED
    ON CONFLICT (order_id) DO UPDATE SET tried_at = excluded.tried_at
    """
)


@dataclass(frozen=True, slots=True)
class Promising:
    """The first orders to try, of ``all_of_them`` that may find a home now."""

    order_ids: Sequence[str] = ()
    all_of_them: int = 0


def waited_for(conn: Connection) -> list[tuple[str, str]]:
    """(channel, SKU) of all firm units without a home, displaced or back-ordered, each once."""
    return [(row.channel, row.sku) for row in conn.execute(_WANTED)]


def promising(conn: Connection, there: Collection[tuple[str, str]], most: int) -> Promising:
    """Orders that wait for any of ``there`` (channel, SKU), and those that lost units which nobody has tried
    to place since; the longest not tried first, of those never tried the oldest.
    """
    channels, skus = [channel for channel, _ in there], [sku for _, sku in there]
    rows = conn.execute(_PROMISING, {"channels": channels, "skus": skus, "most": most}).all()
    return Promising([row.id for row in rows], rows[0].all_of_them if rows else 0)


def note_tried(conn: Connection, order_ids: Collection[str], at: datetime) -> None:
    """These were tried in vain just now, whatever the reason."""
    conn.execute(_TRIED, {"ids": list(order_ids), "at": at})
