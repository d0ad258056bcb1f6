"""The state of the world in lines of text: what two histories that did the same have in common.

That an order waits is told by a transaction after the one that took its units, if it still waits then; so
`order.unroutable` may be there or not.
"""

from sqlalchemy import text

STATE = text(
    """
    SELECT concat_ws(' ', 'position', n.id, s.id, on_hand, reserved, safety_stock, blocked)
      FROM position p JOIN node n ON n.no = p.node_no JOIN sku s ON s.no = p.sku_no
    UNION ALL
    SELECT concat_ws(' ', 'fence', node_no, sku_no, name, channels, quantity) FROM fence
    UNION ALL
    SELECT concat_ws(' ', 'group', id, channel, reference, state, expires_at) FROM reservation_group
    UNION ALL
    SELECT concat_ws(' ', 'held', group_id, line_id, kind, node_no, inbound_id, sku_no, fence, fenced, state,
                     in_hand, sum(quantity))
      FROM reservation
      GROUP BY group_id, line_id, kind, node_no, inbound_id, sku_no, fence, fenced, state, in_hand
    UNION ALL
    SELECT concat_ws(' ', 'homeless', group_id, line_id, sku_no, quantity, cause, resolved_at IS NULL)
      FROM resourcing
    UNION ALL
    SELECT concat_ws(' ', 'capacity', node_no, day, bucket, held) FROM capacity WHERE held > 0
    UNION ALL
    SELECT concat_ws(' ', 'transfer', id, state) FROM transfer
    UNION ALL
    SELECT concat_ws(' ', 'inbound', inbound_id, sku_no, quantity, received, promised) FROM inbound_line
    UNION ALL
    SELECT concat_ws(' ', 'order', id, status, version, holds, total_minor, group_id) FROM "order"
    UNION ALL
    SELECT concat_ws(' ', 'line', order_id, line_id, sku, ordered, cancelled, backordered, unrouted, routed)
      FROM order_line
    UNION ALL
    SELECT concat_ws(' ', 'work', id, node, state, replaces, on_hold, reason) FROM fulfilment_order
    UNION ALL
    SELECT concat_ws(' ', 'moved', sku_no, from_place, to_place, cause, sum(quantity))
      FROM movement GROUP BY sku_no, from_place, to_place, cause
    UNION ALL
    SELECT concat_ws(' ', 'event', type, subject, subject_id, reason)
      FROM outbox WHERE type <> 'order.unroutable'
    """
)
