"""Deliveries: planned from the published sequence, taken for an attempt, settled, replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, func, select, text, tuple_, update

from oms.store.webhook_tables import webhook_delivery as table
from oms.webhooks.endpoint import MOST_AT_ONCE, Delivery, Outcome
from oms.webhooks.lifecycle import DeliveryState
from oms.webhooks.retrying import TRIP

PLAN_AT_ONCE = 2_000
"""Events looked at for one endpoint in one transaction."""
KEPT = timedelta(days=30)
"""How long a delivery stays in the list after it has ended."""
CHANGING = (
    "state",
    "attempts",
    "first_at",
    "next_at",
    "leased_until",
    "outcome",
    "status",
    "took_ms",
    "ended_at",
)
"""The columns that change after the planning."""

# The id is made of the event alone: the same at every attempt and replay, and another one when after a
# restore from a backup another event has the number.
_PLAN = text(
    """
    WITH behind AS (
      SELECT w.id, w.cursor, w.types, least(tail.number, w.cursor + :most) AS upto
      FROM webhook AS w CROSS JOIN (SELECT number FROM version WHERE name = 'events') AS tail
      WHERE w.state = 'active' AND w.cursor < tail.number
      ORDER BY w.id FOR UPDATE OF w
    ), planned AS (
      INSERT INTO webhook_delivery
        (webhook_id, seq, message_id, type, subject, subject_id, created_at, next_at)
      SELECT behind.id, e.seq, 'evt_' || e.seq || '_' || to_hex((extract(epoch FROM e.at) * 1000000)::bigint),
        e.type, e.subject, e.subject_id, :at, :at
      FROM behind JOIN outbox AS e ON e.seq > behind.cursor AND e.seq <= behind.upto
      WHERE behind.types = '{}' OR e.type = ANY(behind.types)
      ON CONFLICT DO NOTHING
    )
    UPDATE webhook SET cursor = behind.upto FROM behind WHERE webhook.id = behind.id
    """
)

_HEAD = """
    d.state = 'waiting' AND d.next_at <= :at AND (d.leased_until IS NULL OR d.leased_until <= :at)
    AND NOT EXISTS (
      SELECT FROM webhook_delivery AS earlier
      WHERE earlier.webhook_id = d.webhook_id AND earlier.subject = d.subject
        AND earlier.subject_id = d.subject_id AND earlier.state = 'waiting' AND earlier.seq < d.seq)
"""
"""Due, not under way, and no earlier event of the same subject waits."""

_TAKE = text(
    f"""
    WITH head AS (
      SELECT d.seq FROM webhook_delivery AS d WHERE d.webhook_id = :id AND {_HEAD} ORDER BY d.seq LIMIT :room
    )
    UPDATE webhook_delivery AS d
    SET attempts = d.attempts + 1, first_at = coalesce(d.first_at, :at), leased_until = :until
    FROM head WHERE d.webhook_id = :id AND d.seq = head.seq RETURNING d.*
    """  # noqa: S608 - put together from the constant above
)

# The first due one is looked for along an index; as EXISTS it would be a join of all that waits with itself.
_DUE = text(
    f"""
    SELECT w.id FROM webhook AS w
    WHERE w.state = 'active' AND (w.rest_until IS NULL OR w.rest_until <= :at)
      AND (SELECT d.seq FROM webhook_delivery AS d WHERE d.webhook_id = w.id AND {_HEAD}
           ORDER BY d.seq LIMIT 1) IS NOT NULL
      AND (SELECT count(*) FROM webhook_delivery AS d
           WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.leased_until > :at)
          < CASE WHEN w.failures >= :trip THEN 1 ELSE :most END
    ORDER BY w.id
    """  # noqa: S608 - put together from the constant above
)


def plan(conn: Connection, at: datetime) -> int:
    """Make a delivery of every published event for every active endpoint that wants it, and move their
    cursors; return how many endpoints were behind.
    """
    return conn.execute(_PLAN, {"at": at, "most": PLAN_AT_ONCE}).rowcount


def due(conn: Connection, at: datetime) -> list[str]:
    """The endpoints to which something can be sent now; `Webhook.room` in SQL."""
    return list(conn.scalars(_DUE, {"at": at, "most": MOST_AT_ONCE, "trip": TRIP}))


def under_way(conn: Connection, webhook_id: str, at: datetime) -> int:
    """How many attempts to an endpoint have begun and not come back."""
    leased = select(func.count()).where(table.c.webhook_id == webhook_id, table.c.state == "waiting")
    return conn.scalar(leased.where(table.c.leased_until > at)) or 0


def take(conn: Connection, webhook_id: str, at: datetime, room: int, lease: timedelta) -> list[Delivery]:
    """Begin an attempt at the first `room` that are due. The endpoint's row is locked."""
    given = {"id": webhook_id, "at": at, "room": room, "until": at + lease}
    return sorted((_delivery(row) for row in conn.execute(_TAKE, given).mappings()), key=lambda d: d.seq)


def locked_deliveries(conn: Connection, webhook_id: str, seqs: Sequence[int]) -> dict[int, Delivery]:
    """These deliveries as they are now, by sequence number."""
    rows = select(table).where(table.c.webhook_id == webhook_id, table.c.seq.in_(seqs))
    found = conn.execute(rows.order_by(table.c.seq).with_for_update()).mappings()
    return {row["seq"]: _delivery(row) for row in found}


def save_delivery(conn: Connection, value: Delivery) -> None:
    """Write what may change of a delivery."""
    row = asdict(value)
    changing = {name: row[name] for name in CHANGING}
    one = (table.c.webhook_id == value.webhook_id) & (table.c.seq == value.seq)
    conn.execute(update(table).where(one).values(changing))


def hasten(conn: Connection, webhook_id: str, at: datetime) -> None:
    """The endpoint is back: what waits for its next attempt need not wait longer."""
    waiting = (table.c.webhook_id == webhook_id) & (table.c.state == "waiting") & (table.c.next_at > at)
    conn.execute(update(table).where(waiting).values(next_at=at))


def replay(
    conn: Connection, webhook_id: str, at: datetime, seqs: tuple[int, int], states: Sequence[str]
) -> int:
    """Have deliveries of a range of events, both ends included, begin anew; return how many. Those under
    way are left alone."""
    wanted = (table.c.webhook_id == webhook_id) & table.c.seq.between(*seqs) & table.c.state.in_(states)
    fresh = {"state": "waiting", "attempts": 0, "first_at": None, "next_at": at, "ended_at": None}
    idle = table.c.leased_until.is_(None) | (table.c.leased_until <= at)
    return conn.execute(update(table).where(wanted, idle).values(fresh)).rowcount


def list_page(
    conn: Connection, webhook_id: str, before: int | None, limit: int, state: str | None
) -> list[Delivery]:
    """Deliveries to an endpoint, the newest event first."""
    rows = select(table).where(table.c.webhook_id == webhook_id).order_by(table.c.seq.desc()).limit(limit)
    if before is not None:
        rows = rows.where(table.c.seq < before)
    if state is not None:
        rows = rows.where(table.c.state == state)
    return [_delivery(row) for row in conn.execute(rows).mappings()]


def counts(conn: Connection, webhook_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many deliveries of each state an endpoint has."""
    rows = select(table.c.webhook_id, table.c.state, func.count().label("many"))
    found = conn.execute(
        rows.where(table.c.webhook_id.in_(webhook_ids)).group_by(table.c.webhook_id, table.c.state)
    )
    known: dict[str, dict[str, int]] = {id: {one.value: 0 for one in DeliveryState} for id in webhook_ids}
    for row in found:
        known[row.webhook_id][row.state] = row.many
    return known


def forget_old(conn: Connection, at: datetime, most: int = 10_000) -> int:
    """Delete deliveries that ended long ago; return how many."""
    old = select(table.c.webhook_id, table.c.seq).where(table.c.ended_at < at - KEPT).limit(most)
    return conn.execute(delete(table).where(tuple_(table.c.webhook_id, table.c.seq).in_(old))).rowcount


def _delivery(row: RowMapping) -> Delivery:
    outcome = None if row["outcome"] is None else Outcome(row["outcome"])
    return Delivery(**{**row, "state": DeliveryState(row["state"]), "outcome": outcome})
