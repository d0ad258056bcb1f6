"""What must hold after anything that happens: the books, the quantities, the road, the money, the events."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, text

from oms.audit import audit
from oms.orders.order import order_status
from oms.orders.stages import STAGES, Counts
from oms.store import outbox
from tests.checkout.conftest import Shop
from tests.docs.tables import events as documented
from tests.life.reasons import says_why

DOCUMENTED = frozenset(re.findall(r"`([a-z_.]+)`", documented()))
"""Every type of event that integrators were told of."""
FAULTS = {
    "a line whose units do not add up": """
        SELECT order_id, line_id FROM order_line WHERE ordered <> cancelled + backordered + unrouted
            + routed + picking + picked + packed + in_transit + ready_for_pickup + delivered + refused
            + "returning" + lost
            OR returned > delivered + refused + "returning" """,
    "a line whose stages are not those of its fulfilment orders": """
        WITH said AS (
            SELECT l.order_id, l.line_id, l.picked, f.state,
                l.quantity - l.cancelled - l.short - l.collected AS wanted
            FROM fulfilment_line l JOIN fulfilment_order f ON f.id = l.fulfilment_order_id),
        stood AS (
            SELECT order_id, line_id,
                sum(wanted) FILTER (WHERE state IN ('scheduled', 'offered', 'accepted')) AS routed,
                sum(wanted - picked) FILTER (WHERE state = 'picking') AS picking,
                sum(CASE state WHEN 'picking' THEN picked ELSE wanted END)
                    FILTER (WHERE state IN ('picking', 'picked')) AS picked,
                sum(wanted) FILTER
                    (WHERE state IN ('packed', 'ready_for_carrier', 'ready_for_courier')) AS packed,
                sum(wanted) FILTER (WHERE state = 'ready_for_pickup') AS ready
            FROM said GROUP BY order_id, line_id)
        SELECT o.order_id, o.line_id, o.routed, s.routed, o.picking, s.picking, o.picked, s.picked, o.packed,
            s.packed, o.ready_for_pickup, s.ready
        FROM order_line o LEFT JOIN stood s USING (order_id, line_id)
        WHERE NOT o.is_kit AND (o.routed <> coalesce(s.routed, 0) OR o.picking <> coalesce(s.picking, 0)
            OR o.picked <> coalesce(s.picked, 0) OR o.packed <> coalesce(s.packed, 0)
            OR o.ready_for_pickup <> coalesce(s.ready, 0))""",
    "more is held than lies there": """
        SELECT node_no, sku_no FROM position WHERE NOT (0 <= reserved AND reserved <= on_hand)""",
    "more capacity is held than there is": """
        SELECT * FROM capacity WHERE NOT (0 <= held AND held <= "limit")""",
    "more is promised ahead than will come": """
        SELECT * FROM inbound_line WHERE promised > GREATEST(quantity - received, 0)""",
    "units that customers have, but by no order, sale or return": """
        WITH booked AS (
            SELECT sku_no, sum(CASE WHEN to_place = 'customer' THEN quantity ELSE -quantity END) AS units
            FROM movement WHERE cause <> 'sale' AND 'customer' IN (from_place, to_place) GROUP BY sku_no),
        told AS (
            SELECT sku, sum(units) AS units FROM (
                SELECT sku, delivered + coalesce(sent, 0) AS units FROM order_line LEFT JOIN (
                    SELECT order_id, line_id, sum(quantity) AS sent FROM return_line JOIN return r
                        ON r.id = return_id AND r.state = 'in_transit'
                    WHERE order_id IS NOT NULL GROUP BY order_id, line_id) s USING (order_id, line_id)
                WHERE NOT is_kit
                UNION ALL SELECT sku, -received FROM return_line) t GROUP BY sku)
        SELECT k.id, b.units, t.units FROM sku k LEFT JOIN booked b ON b.sku_no = k.no
            LEFT JOIN told t ON t.sku = k.id WHERE coalesce(b.units, 0) <> coalesce(t.units, 0)""",
    "more goods are paid back than did not stay with the customer": """
        SELECT order_id, line_id FROM order_line LEFT JOIN (
            SELECT order_id, line_id, sum(received) AS back FROM return_line
            WHERE order_id IS NOT NULL GROUP BY order_id, line_id) r USING (order_id, line_id)
        WHERE credited > coalesce(back, 0) + refused + "returning" + lost
            OR coalesce(back, 0) > returned""",
    "more is refunded for a return than came back": """
        SELECT return_id, no FROM return_line WHERE refundable > received OR inspected > received""",
}
"""Each finds the rows that contradict an invariant of the domain; the audit finds all others: the fold of all
movements against positions, reservations against what is reserved, orders against work and held stock, the
road, and what was captured, refunded, kept and settled.
"""


def check(conn: Connection) -> None:
    """Every number is what the facts behind it say."""
    report = audit(conn)
    assert not report.differences, [str(one) for one in report.differences]
    for what, query in FAULTS.items():
        found = conn.execute(text(query)).all()
        assert not found, f"{what}: {found}"


def publish(shop: Shop) -> None:
    """Give all events their numbers."""
    with shop.runtime.engine.begin() as conn:
        outbox.publish(conn)
    shop.runtime.refresher.look()


def feed(shop: Shop) -> list[Any]:
    """All events there are, from zero, by the pages of the API."""
    publish(shop)
    found: list[Any] = []
    after = 0
    while True:
        page = shop.admin.get(f"/v1/events?after={after}&limit=200").json()
        found += page["items"]
        if not page["items"]:
            return found
        after = page["next"]


def replay(shop: Shop) -> list[Any]:
    """A consumer that folds the feed from zero knows every order's quantities and status, exactly; the
    events.
    """
    counts: dict[str, dict[str, Counts]] = defaultdict(dict)
    holds: dict[str, list[str]] = {}
    told: dict[str, str] = {}
    events = feed(shop)
    for event in events:
        if event["subject"] != "order":
            continue
        id, data = event["subject_id"], event["data"]
        assert isinstance(data.get("lines", {}), dict), event
        counts[id] |= {line: Counts(**stages) for line, stages in data.get("lines", {}).items()}
        holds[id] = data.get("holds", holds.get(id, []))
        told[id] = data.get("status", told.get(id, ""))
    statement = """SELECT o.id, o.status, o.holds, jsonb_object_agg(l.line_id, to_jsonb(l))
        FROM "order" o JOIN order_line l ON l.order_id = o.id AND NOT l.is_kit GROUP BY o.id"""
    with shop.runtime.engine.connect() as conn:
        rows = conn.execute(text(statement)).all()
    assert {row[0] for row in rows} == set(told), "every order was told of"
    names = [stage.value for stage in STAGES] + ["returned", "credited"]
    for id, status, held, lines in rows:
        folded = order_status(counts[id].values(), bool(holds[id]))
        assert (folded.value, told[id], sorted(holds[id])) == (status, status, sorted(held)), id
        stored = {line: Counts(**{name: row[name] for name in names}) for line, row in lines.items()}
        assert counts[id] == stored, id
    for event in events:
        assert event["actor"] and event["channel"], event
        assert says_why(event), event
        made_up = event["subject"] == "scene"  # what tests of webhooks tell
        assert made_up or event["type"] in DOCUMENTED, event
    return events
