"""The ledger's tables and the plain model side by side."""

from collections import Counter

from sqlalchemy import Connection

from tests.inventory.model import Model

_POSITIONS = """
    SELECT n.id, s.id, p.on_hand, p.reserved, p.safety_stock, p.blocked, coalesce(f.quantity, 0)
    FROM position p JOIN node n ON n.no = p.node_no JOIN sku s ON s.no = p.sku_no
    LEFT JOIN fence f ON f.node_no = p.node_no AND f.sku_no = p.sku_no
"""
_HELD = """
    SELECT r.group_id, r.line_id, s.id, r.kind, n.id, r.inbound_id, r.in_hand, sum(r.quantity), sum(r.fenced)
    FROM reservation r JOIN sku s ON s.no = r.sku_no LEFT JOIN node n ON n.no = r.node_no
    WHERE r.state = 'held' GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_WAITING = """
    SELECT h.group_id, h.line_id, s.id, sum(h.quantity) FROM resourcing h JOIN sku s ON s.no = h.sku_no
    WHERE h.resolved_at IS NULL GROUP BY 1, 2, 3
"""
_GROUPS = "SELECT id, state FROM reservation_group"
_PLACES = """
    SELECT place, sku, sum(units)::int FROM (
        SELECT m.to_place AS place, s.id AS sku, m.quantity AS units
        FROM movement m JOIN sku s ON s.no = m.sku_no
        UNION ALL
        SELECT m.from_place, s.id, -m.quantity FROM movement m JOIN sku s ON s.no = m.sku_no) ends
    GROUP BY 1, 2 HAVING sum(units) <> 0
"""
_LINES = "SELECT l.inbound_id, s.id, l.quantity, l.received FROM inbound_line l JOIN sku s ON s.no = l.sku_no"
_HOLDS = "SELECT h.group_id, n.id, h.state FROM capacity_hold h JOIN node n ON n.no = h.node_no"


def differences(conn: Connection, model: Model) -> dict[str, tuple[object, object]]:
    """What the two say differently: (ledger, model) by subject."""

    def rows(query: str) -> set[tuple[object, ...]]:
        return {tuple(row) for row in conn.exec_driver_sql(query)}

    held: Counter[tuple[object, ...]] = Counter()
    fenced: Counter[tuple[object, ...]] = Counter()
    for part in model.held():
        key = (part.group, part.line, part.sku, part.kind, part.node, part.inbound, part.in_hand)
        held[key] += part.quantity
        fenced[key] += part.fenced
    found = rows(_POSITIONS)
    pairs: dict[str, tuple[object, object]] = {
        "positions": (
            found,
            {
                (
                    node,
                    sku,
                    model.on_hand[node, sku],
                    model.reserved(node, sku),
                    model.safety[node, sku],
                    (node, sku) in model.blocked,
                    model.fence[node, sku],
                )
                for node, sku in {(str(row[0]), str(row[1])) for row in found} | model.on_hand.keys()
            },
        ),
        "held": (rows(_HELD), {(*key, units, fenced[key]) for key, units in held.items()}),
        "waiting": (rows(_WAITING), {(*key, units) for key, units in model.waiting.items() if units}),
        "groups": (rows(_GROUPS), {(id_, group.state) for id_, group in model.groups.items()}),
        "places": (rows(_PLACES), {(*key, units) for key, units in model.places.items() if units}),
        "lines": (
            rows(_LINES),
            {(id_, sku, *line) for id_, doc in model.docs.items() for sku, line in doc.lines.items()},
        ),
        "holds": (rows(_HOLDS), {(*key, state) for key, state in model.holds.items()}),
    }
    return {subject: pair for subject, pair in pairs.items() if pair[0] != pair[1]}
