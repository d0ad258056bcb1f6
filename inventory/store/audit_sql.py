"""One statement, hence one snapshot: the ledger and the reservations against every number kept beside them.

Each part answers (kind, node, sku, subject, expected, found): `expected` follows from the facts, `found` is
the number kept. Movements of months let go are folded in as opening balances. Documents know their place on
the road; of other places we know that they are not negative.
"""

from sqlalchemy import text

FACTS = r"""
WITH fold AS MATERIALIZED (
    SELECT sku_no, place, sum(quantity)::bigint AS quantity
    FROM (
        SELECT sku_no, to_place AS place, quantity FROM movement
        UNION ALL SELECT sku_no, from_place, -quantity FROM movement
        UNION ALL SELECT sku_no, place, quantity FROM ledger_opening
    ) AS ends
    GROUP BY sku_no, place
), held AS MATERIALIZED (
    SELECT kind, node_no, inbound_id, sku_no, sum(quantity)::bigint AS quantity
    FROM reservation WHERE state = 'held' GROUP BY kind, node_no, inbound_id, sku_no
), used AS (
    SELECT node_no, day, bucket, sum(quantity)::bigint AS quantity
    FROM capacity_hold WHERE state <> 'released' GROUP BY node_no, day, bucket
), shelves AS (
    SELECT node.no AS node_no, fold.sku_no, fold.quantity
    FROM fold JOIN node ON fold.place = node.id || '\:shelf' WHERE fold.quantity <> 0
), roads AS (
    SELECT i.place, i.node_no, l.sku_no,
        sum(CASE WHEN i.state = 'open' THEN greatest(l.quantity - l.received, 0) ELSE 0 END) AS quantity
    FROM inbound i JOIN inbound_line l ON l.inbound_id = i.id GROUP BY i.place, i.node_no, l.sku_no
)
"""

PARTS = (
    """
    SELECT 'on_hand' AS kind, node_no, sku_no, '' AS subject,
        coalesce(s.quantity, 0) AS expected, coalesce(p.on_hand, 0) AS found
    FROM shelves s FULL JOIN position p USING (node_no, sku_no)
    WHERE coalesce(s.quantity, 0) <> coalesce(p.on_hand, 0)
    """,
    """
    SELECT 'reserved', node_no, sku_no, '', coalesce(h.quantity, 0), coalesce(p.reserved, 0)
    FROM (SELECT * FROM held WHERE kind = 'shelf') h
        FULL JOIN (SELECT * FROM position WHERE reserved <> 0) p USING (node_no, sku_no)
    WHERE coalesce(h.quantity, 0) <> coalesce(p.reserved, 0)
    """,
    """
    SELECT 'promised', i.node_no, sku_no, inbound_id, coalesce(h.quantity, 0), coalesce(l.promised, 0)
    FROM (SELECT * FROM held WHERE kind = 'inbound') h
        FULL JOIN inbound_line l USING (inbound_id, sku_no) LEFT JOIN inbound i ON i.id = inbound_id
    WHERE coalesce(h.quantity, 0) <> coalesce(l.promised, 0)
    """,
    """
    SELECT 'backordered', NULL, s.no, '', coalesce(h.quantity, 0), s.backordered
    FROM sku s LEFT JOIN (SELECT * FROM held WHERE kind = 'backorder') h ON h.sku_no = s.no
    WHERE coalesce(h.quantity, 0) <> s.backordered
    """,
    """
    SELECT 'capacity', node_no, NULL, day || ' ' || bucket, coalesce(u.quantity, 0), coalesce(c.held, 0)
    FROM used u FULL JOIN capacity c USING (node_no, day, bucket)
    WHERE coalesce(u.quantity, 0) <> coalesce(c.held, 0)
    """,
    """
    SELECT 'fence', r.node_no, r.sku_no, r.group_id || ' ' || r.fence, 0, r.fenced
    FROM reservation r LEFT JOIN fence f ON (f.node_no, f.sku_no, f.name) = (r.node_no, r.sku_no, r.fence)
    WHERE r.state = 'held' AND r.fenced > 0 AND f.name IS NULL
    """,
    """
    SELECT 'group', r.node_no, r.sku_no, g.id || ' ' || g.state, 0, r.quantity
    FROM reservation r JOIN reservation_group g ON g.id = r.group_id
    WHERE r.state = 'held' AND g.state NOT IN ('active', 'firm')
    UNION ALL SELECT 'group', h.node_no, NULL, g.id || ' ' || g.state, 0, h.quantity
    FROM capacity_hold h JOIN reservation_group g ON g.id = h.group_id
    WHERE h.state = 'held' AND g.state NOT IN ('active', 'firm')
    """,
    """
    SELECT 'on_the_road', r.node_no, sku_no, place, coalesce(f.quantity, 0), coalesce(r.quantity, 0)
    FROM roads r LEFT JOIN fold f USING (place, sku_no)
    WHERE coalesce(f.quantity, 0) <> r.quantity
    """,
    r"""
    SELECT 'negative', NULL, sku_no, place, 0, quantity FROM fold
    WHERE quantity < 0 AND place NOT IN ('supplier', 'customer') AND place NOT LIKE '%\:missing'
        AND place NOT LIKE '%\:shelf'
    """,
)

NAMED = """
SELECT d.kind, node.id AS node, sku.id AS sku, d.subject, d.expected, d.found
FROM differences d LEFT JOIN node ON node.no = d.node_no LEFT JOIN sku ON sku.no = d.sku_no
ORDER BY d.kind, node.id, sku.id, d.subject
"""

HOLD_STILL = text("LOCK TABLE movement IN ACCESS SHARE MODE")
"""No month leaves the ledger between the snapshot and the look; a reader of it holds this lock anyway."""

DIFFERENCES = text(f"{FACTS}, differences AS ({' UNION ALL '.join(PARTS)}) {NAMED}")

SIZE = text(
    """
    SELECT statement_timestamp(), (SELECT count(*) FROM movement), (SELECT count(*) FROM position),
        (SELECT count(*) FROM reservation WHERE state = 'held')
    """
)
