"""The invariants of stock as queries that must find nothing."""

from sqlalchemy import Connection

FAULTS = {
    "reserved beyond on hand": "SELECT * FROM position WHERE reserved < 0 OR reserved > on_hand",
    "on hand is not the fold of movements": """
        SELECT n.id, s.id, p.on_hand, coalesce(f.units, 0)
        FROM position p JOIN node n ON n.no = p.node_no JOIN sku s ON s.no = p.sku_no
        LEFT JOIN (SELECT place, sku_no, sum(units) AS units FROM (
            SELECT to_place AS place, sku_no, quantity AS units FROM movement
            UNION ALL SELECT from_place, sku_no, -quantity FROM movement) ends GROUP BY place, sku_no) f
            ON f.place = n.id || ':shelf' AND f.sku_no = p.sku_no
        WHERE p.on_hand <> coalesce(f.units, 0)""",
    "a shelf in the ledger has no position": """
        SELECT m.to_place FROM movement m WHERE split_part(m.to_place, ':', 2) = 'shelf' AND NOT EXISTS (
            SELECT FROM position p JOIN node n ON n.no = p.node_no
            WHERE n.id || ':shelf' = m.to_place AND p.sku_no = m.sku_no)""",
    "a document's place is not what it still expects": """
        SELECT l.inbound_id, l.sku_no, f.units, l.quantity, l.received, i.state
        FROM inbound_line l JOIN inbound i ON i.id = l.inbound_id
        LEFT JOIN (SELECT place, sku_no, sum(units) AS units FROM (
            SELECT to_place AS place, sku_no, quantity AS units FROM movement
            UNION ALL SELECT from_place, sku_no, -quantity FROM movement) ends GROUP BY place, sku_no) f
            ON f.place = i.place AND f.sku_no = l.sku_no
        WHERE coalesce(f.units, 0)
            <> CASE WHEN i.state = 'open' THEN greatest(l.quantity - l.received, 0) ELSE 0 END""",
    "reserved is not the sum of what is held": """
        SELECT p.node_no, p.sku_no, p.reserved, h.units FROM position p
        FULL JOIN (SELECT node_no, sku_no, sum(quantity) AS units FROM reservation
                   WHERE state = 'held' AND kind = 'shelf' GROUP BY node_no, sku_no) h USING (node_no, sku_no)
        WHERE coalesce(p.reserved, 0) <> coalesce(h.units, 0)""",
    "promised is not the sum of what is held of incoming units": """
        SELECT l.inbound_id, l.sku_no, l.promised, h.units FROM inbound_line l
        FULL JOIN (SELECT inbound_id, sku_no, sum(quantity) AS units FROM reservation
                   WHERE state = 'held' AND kind = 'inbound' GROUP BY inbound_id, sku_no) h
            USING (inbound_id, sku_no)
        WHERE coalesce(l.promised, 0) <> coalesce(h.units, 0)""",
    "backordered is not the sum of what is held": """
        SELECT s.no, s.backordered, h.units FROM sku s
        LEFT JOIN (SELECT sku_no, sum(quantity) AS units FROM reservation
                   WHERE state = 'held' AND kind = 'backorder' GROUP BY sku_no) h ON h.sku_no = s.no
        WHERE s.backordered <> coalesce(h.units, 0) OR s.backordered > s.backorder_cap""",
    "capacity held is not the sum of the holds": """
        SELECT c.node_no, c.day, c.bucket, c.held, h.units FROM capacity c
        LEFT JOIN (SELECT node_no, day, bucket, sum(quantity) AS units FROM capacity_hold
                   WHERE state IN ('held', 'used') GROUP BY node_no, day, bucket) h USING (node_no, day,
                   bucket)
        WHERE c.held <> coalesce(h.units, 0)""",
    "a closed group holds units": """
        SELECT g.id, g.state FROM reservation_group g JOIN reservation r ON r.group_id = g.id
        WHERE r.state = 'held' AND g.state NOT IN ('active', 'firm')""",
    "units were displaced and nobody is looking for a home": """
        SELECT r.group_id, sum(r.quantity) FROM reservation r
        WHERE r.state = 'displaced' AND NOT EXISTS (SELECT FROM resourcing h WHERE h.group_id = r.group_id)
        GROUP BY r.group_id""",
}


_BROKEN = " UNION ALL ".join(
    f"SELECT '{name.replace(chr(39), chr(39) * 2)}' WHERE EXISTS ({query})" for name, query in FAULTS.items()
)


def faults(conn: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every invariant that does not hold, with the rows that break it."""
    broken = [str(row[0]) for row in conn.exec_driver_sql(_BROKEN)]
    return {name: [tuple(row) for row in conn.exec_driver_sql(FAULTS[name])] for name in broken}
