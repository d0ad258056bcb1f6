"""A customer as shown: the record with its sums, and everything that happened on one timeline."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from oms.customers.identity import Customer

_SUMS = text(
    """
    SELECT count(*) AS orders, min(placed_at) AS first_at, max(placed_at) AS last_at,
        coalesce(array_agg(DISTINCT channel), '{}') AS channels
    FROM "order" WHERE customer_id = :id
    """
)
_TIMELINE = text(
    """
    WITH mine AS (SELECT id FROM "order" WHERE customer_id = :id),
    happened AS (
        SELECT lpad(id::text, 20, '0') AS key, coalesce(occurred_at, at) AS at, type, subject, subject_id,
            channel, reason, actor, NULL AS note, CAST(data ->> 'amount_minor' AS bigint) AS amount_minor
        FROM outbox WHERE subject = 'order' AND subject_id IN (SELECT id FROM mine)
            AND type NOT LIKE 'fulfilment.%'
        UNION ALL
        SELECT lpad(id::text, 20, '0'), coalesce(occurred_at, at), type, subject, subject_id, channel, reason,
            actor, NULL, CAST(data ->> 'amount_minor' AS bigint)
        FROM outbox WHERE subject = 'return'
            AND subject_id IN (SELECT id FROM "return" WHERE customer_id = :id)
        UNION ALL
        SELECT id, at, 'contact.' || direction, 'contact', coalesce(order_id, ''), channel, reason, actor,
            note, NULL
        FROM contact WHERE customer_id = :id
    )
    SELECT * FROM happened
    WHERE CAST(:at AS timestamptz) IS NULL OR (at, key) < (CAST(:at AS timestamptz), :key)
    ORDER BY at DESC, key DESC LIMIT :most
    """
)


def shown(conn: Connection, value: Customer) -> dict[str, Any]:
    """The record, with how many orders it has, since when and through which channels."""
    sums = conn.execute(_SUMS, {"id": value.id}).one()
    return {
        "id": value.id,
        "email": value.email,
        "name": value.name,
        "phone": value.phone,
        "locale": value.locale,
        "merged_into": value.merged_into,
        "version": value.version,
        "orders": sums.orders,
        "first_order_at": sums.first_at,
        "last_order_at": sums.last_at,
        "channels": sorted(sums.channels),
    }


def timeline(conn: Connection, id: str, before: tuple[str, str] | None, most: int) -> list[dict[str, Any]]:
    """Orders, returns, money and contacts, the latest first. ``before``: instant and key of the last one
    seen.
    """
    at, key = before or (None, "")
    rows = conn.execute(_TIMELINE, {"id": id, "at": at, "key": key, "most": most})
    return [dict(row._mapping) for row in rows]
