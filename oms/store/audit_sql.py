"""Orders against the work on them, the stock held for them, the road, and the money: one statement.

Each part answers (kind, subject, line or SKU, expected, found), as inventory's audit does: ``expected``
follows from the facts, ``found`` is the number kept beside them.
"""

from __future__ import annotations

from sqlalchemy import text

from oms.fulfilment.job import AT_THE_NODE
from oms.shipments.lifecycle import ShipmentState

_HERE = ", ".join(f"'{state.value}'" for state in AT_THE_NODE)
_ENDED = ", ".join(
    f"'{state.value}'" for state in (ShipmentState.DELIVERED, ShipmentState.LOST, ShipmentState.RETURNED)
)

FACTS = rf"""
WITH working AS (
    SELECT l.order_id, l.line_id, sum(l.quantity - l.cancelled - l.short - l.collected) AS units
    FROM fulfilment_line l JOIN fulfilment_order f ON f.id = l.fulfilment_order_id
    WHERE f.state IN ({_HERE}) GROUP BY l.order_id, l.line_id
), standing AS (
    SELECT order_id, line_id, routed + picking + picked + packed + ready_for_pickup AS units, unrouted,
        backordered
    FROM order_line WHERE NOT is_kit
), held AS (
    SELECT g.reference AS order_id, r.line_id,
        sum(r.quantity) FILTER (WHERE r.kind <> 'backorder' AND r.inbound_id IS NULL
            OR r.inbound_id NOT LIKE 'transfer\:fo\:%') AS units,
        sum(r.quantity) FILTER (WHERE r.kind = 'backorder') AS ahead
    FROM reservation r JOIN reservation_group g ON g.id = r.group_id
    WHERE r.state = 'held' AND g.state = 'firm' GROUP BY g.reference, r.line_id
), homeless AS (
    SELECT g.reference AS order_id, w.line_id, sum(w.quantity) AS units
    FROM resourcing w JOIN reservation_group g ON g.id = w.group_id
    WHERE w.resolved_at IS NULL AND g.state = 'firm' GROUP BY g.reference, w.line_id
), booked AS (
    SELECT place, sku_no, sum(units) AS units FROM (
        SELECT to_place AS place, sku_no, quantity AS units FROM movement
        UNION ALL SELECT from_place, sku_no, -quantity FROM movement
        UNION ALL SELECT place, sku_no, quantity FROM ledger_opening) m
    WHERE place LIKE 'in_transit\:fo\:%' GROUP BY place, sku_no
), under_way AS (
    SELECT 'in_transit\:fo\:' || f.id AS place, s.no AS sku_no, l.quantity AS units
    FROM shipment h JOIN shipment_line l ON l.shipment_id = h.id JOIN sku s ON s.id = l.sku
        JOIN fulfilment_order f ON f.id = h.fulfilment_order_id
    WHERE f.method = 'ship' AND f.state = 'handed_over' AND h.state NOT IN ({_ENDED})
    UNION ALL
    SELECT 'in_transit\:fo\:' || p.fulfilment_order, s.no, l.aboard
    FROM courier_stop p JOIN courier_stop_line l ON l.stop_id = p.id JOIN sku s ON s.id = l.sku
        JOIN fulfilment_order f ON f.id = p.fulfilment_order WHERE f.state IN ('handed_over', 'completed')
    UNION ALL
    SELECT 'in_transit\:' || substr(inbound_id, 10), sku_no, quantity
    FROM reservation WHERE inbound_id LIKE 'transfer\:fo\:%' AND state = 'held'
), lying AS (
    SELECT place, sku_no, sum(units) AS units FROM (
        SELECT to_place AS place, sku_no, quantity AS units FROM movement
        UNION ALL SELECT from_place, sku_no, -quantity FROM movement
        UNION ALL SELECT place, sku_no, quantity FROM ledger_opening) m
    WHERE place LIKE '%\:inspection' GROUP BY place, sku_no HAVING sum(units) <> 0
), to_inspect AS (
    SELECT n.id AS node, l.sku_no, l.to_inspect - l.inspected AS units
    FROM inbound_line l JOIN inbound i ON i.id = l.inbound_id JOIN node n ON n.no = i.node_no
    UNION ALL
    SELECT r.node, s.no, l.received - l.inspected
    FROM "return" r JOIN return_line l ON l.return_id = r.id JOIN sku s ON s.id = l.sku
    UNION ALL
    SELECT coalesce(h.return_node, h.node), s.no, l.quantity - l.inspected
    FROM shipment h JOIN shipment_line l ON l.shipment_id = h.id JOIN sku s ON s.id = l.sku
        JOIN fulfilment_order f ON f.id = h.fulfilment_order_id AND f.method = 'ship'
    WHERE h.state = '{ShipmentState.RETURNED.value}'
    UNION ALL
    SELECT p.return_node, s.no, l.back - l.inspected
    FROM courier_stop p JOIN courier_stop_line l ON l.stop_id = p.id JOIN sku s ON s.id = l.sku
), waits AS (
    SELECT node || '\:inspection' AS place, sku_no, sum(units) AS units FROM to_inspect
    WHERE units <> 0 GROUP BY node, sku_no
), paid AS (
    SELECT order_id,
        coalesce(sum(amount_minor) FILTER (WHERE kind = 'captured'), 0) AS captured,
        coalesce(sum(amount_minor) FILTER (WHERE kind = 'refunded'), 0) AS refunded,
        coalesce(sum(amount_minor) FILTER (WHERE kind = 'authorised'), 0)
            - coalesce(sum(amount_minor) FILTER (WHERE kind = 'voided'), 0) AS authorised
    FROM payment GROUP BY order_id
), owed AS (
    SELECT order_id, sum(amount_minor) AS units FROM refund WHERE state <> 'settled' GROUP BY order_id
)
"""  # noqa: S608 - only names of our own states go in

PARTS = (
    """
    SELECT 'working' AS kind, s.order_id AS subject, s.line_id AS part,
        coalesce(w.units, 0)::bigint AS expected, s.units::bigint AS found
    FROM standing s LEFT JOIN working w USING (order_id, line_id) WHERE coalesce(w.units, 0) <> s.units
    """,
    """
    SELECT 'held', s.order_id, s.line_id, (coalesce(h.units, 0) + coalesce(n.units, 0))::bigint,
        (s.units + s.unrouted)::bigint
    FROM standing s LEFT JOIN held h USING (order_id, line_id) LEFT JOIN homeless n USING (order_id, line_id)
    WHERE coalesce(h.units, 0) + coalesce(n.units, 0) <> s.units + s.unrouted
    """,
    """
    SELECT 'held_ahead', s.order_id, s.line_id, coalesce(h.ahead, 0)::bigint, s.backordered::bigint
    FROM standing s LEFT JOIN held h USING (order_id, line_id)
    WHERE coalesce(h.ahead, 0) <> s.backordered
    """,
    """
    SELECT 'under_way', place, k.id, coalesce(b.units, 0)::bigint, coalesce(u.units, 0)::bigint
    FROM (SELECT * FROM booked WHERE units <> 0) b
        FULL JOIN (SELECT place, sku_no, sum(units) AS units FROM under_way GROUP BY place, sku_no
            HAVING sum(units) <> 0) u USING (place, sku_no)
        JOIN sku k ON k.no = sku_no
    WHERE coalesce(b.units, 0) <> coalesce(u.units, 0)
    """,
    """
    SELECT 'inspection', place, k.id, coalesce(l.units, 0)::bigint, coalesce(w.units, 0)::bigint
    FROM lying l FULL JOIN waits w USING (place, sku_no) JOIN sku k ON k.no = sku_no
    WHERE coalesce(l.units, 0) <> coalesce(w.units, 0)
    """,
    """
    SELECT 'goodwill', g.return_id, '', 0::bigint, sum(g.amount_minor)::bigint FROM goodwill g
    WHERE NOT EXISTS (SELECT FROM return_line l
        WHERE l.return_id = g.return_id AND l.order_id IS NULL AND l.received > 0) GROUP BY g.return_id
    """,
    """
    SELECT 'captured', order_id, '', authorised::bigint, captured::bigint
    FROM paid WHERE captured > authorised
    UNION ALL SELECT 'refunded', order_id, '', captured::bigint, refunded::bigint
    FROM paid WHERE refunded > captured
    """,
    """
    SELECT 'kept', o.id, '', o.total_minor, (p.captured - p.refunded - coalesce(w.units, 0))::bigint
    FROM "order" o JOIN paid p ON p.order_id = o.id LEFT JOIN owed w ON w.order_id = o.id
    WHERE p.captured - p.refunded - coalesce(w.units, 0) > o.total_minor
    """,
    """
    SELECT 'settled', r.order_id, r.id, r.amount_minor, coalesce(sum(p.amount_minor), 0)::bigint
    FROM refund r LEFT JOIN payment p ON p.refund_id = r.id AND p.kind = 'refunded'
    WHERE r.state = 'settled' GROUP BY r.order_id, r.id, r.amount_minor
    HAVING coalesce(sum(p.amount_minor), 0) <> r.amount_minor
    """,
)

DIFFERENCES = text(f"{FACTS} {' UNION ALL '.join(PARTS)} ORDER BY 1, 2, 3")

SIZE = text('SELECT (SELECT count(*) FROM "order"), (SELECT count(*) FROM payment)')
