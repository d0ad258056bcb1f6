"""Whether every unit is where orders and shelves say it is, from the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

_WITH_CUSTOMERS = text(
    """
    WITH ledger AS (
        SELECT sku_no, sum(CASE WHEN to_place = 'customer' THEN quantity ELSE -quantity END) AS units
        FROM movement WHERE 'customer' IN (from_place, to_place) GROUP BY sku_no),
    sold AS (
        SELECT s.no AS sku_no,
            sum(l.delivered - greatest(l.returned - l.refused - l."returning", 0)) AS units
        FROM order_line l JOIN sku s ON s.id = l.sku WHERE NOT l.is_kit GROUP BY s.no)
    SELECT coalesce(sum(abs(coalesce(ledger.units, 0) - coalesce(sold.units, 0))), 0)
    FROM ledger FULL JOIN sold USING (sku_no)
    """
)
_LEFT = text(
    """
    SELECT place, sum(units) AS units FROM (
        SELECT to_place AS place, quantity AS units FROM movement
        UNION ALL SELECT from_place, -quantity FROM movement) AS sides
    WHERE place LIKE ANY (:places) GROUP BY place HAVING sum(units) <> 0 ORDER BY place
    """
)
ON_THE_ROAD, INSPECTION = "in_transit:fo:%", "%:inspection"


def gainsaid(conn: Connection) -> int:
    """Units by which the ledger and the orders disagree on what customers have."""
    return int(conn.scalar(_WITH_CUSTOMERS) or 0)


def left_at(conn: Connection, places: Sequence[str]) -> dict[str, int]:
    """Units that still stand at places like these."""
    return {place: int(units) for place, units in conn.execute(_LEFT, {"places": list(places)})}
