"""Statements on what nodes have to do: what may be due, how much lies before it, what stands still."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from oms.fulfilment.releasing import Task

MOST_TASKS = 100_000
"""Of all nodes looked at together; those that leave first."""

_NODES_TO_LOOK_AT = text(
    """
    SELECT node FROM fulfilment_order
    WHERE state = 'scheduled' AND NOT on_hold AND (release_at IS NULL OR release_at <= :at)
    GROUP BY node ORDER BY min(ship_at) LIMIT :most
    """
)
_NODES_SCHEDULED = text(
    """
    SELECT DISTINCT node FROM fulfilment_order WHERE order_id = ANY(:orders) AND state = 'scheduled'
    """
)
_LOOK_AGAIN = text(
    """
    UPDATE fulfilment_order SET release_at = :at WHERE id IN (
        SELECT id FROM fulfilment_order WHERE state = 'scheduled' AND release_at > :at
        FOR UPDATE SKIP LOCKED)
    """
)
_TASKS = text(
    """
    SELECT f.id, f.order_id, f.node, count(l.line_id) AS lines, f.ship_at, f.arrive_at,
        f.state <> 'scheduled' AS begun, f.release_at
    FROM fulfilment_order f JOIN fulfilment_line l ON l.fulfilment_order_id = f.id
    WHERE f.node = ANY(:nodes) AND NOT f.on_hold
        AND f.state IN ('scheduled', 'offered', 'accepted', 'picking')
    GROUP BY f.id ORDER BY f.ship_at, f.id LIMIT :most
    """
)
_EXPIRED = text(
    """
    SELECT id FROM fulfilment_order WHERE state = 'offered' AND offer_expires_at <= :at AND NOT on_hold
    ORDER BY offer_expires_at, id LIMIT :most
    """
)
_WAITING = text(
    """
    SELECT DISTINCT n.id FROM reservation r JOIN node n ON n.no = r.node_no
    WHERE r.group_id = :group AND r.state = 'held' AND r.kind = 'inbound'
    """
)
_WAITING_GROUPS = text(
    "SELECT DISTINCT group_id FROM reservation "
    "WHERE group_id = ANY(:groups) AND state = 'held' AND kind = 'inbound'"
)
_PAGE = text(
    """
    SELECT f.id, f.ship_at, CAST(o.promise ->> 'to' AS timestamptz) AS promise_to
    FROM fulfilment_order f JOIN "order" o ON o.id = f.order_id
    WHERE f.node = :node AND (CAST(:states AS text[]) IS NULL OR f.state = ANY(:states))
        AND (CAST(:at AS timestamptz) IS NULL OR (f.ship_at, f.id) > (:at, :id))
    ORDER BY f.ship_at, f.id LIMIT :most
    """
)
_FOUND = text(
    """
    SELECT f.id FROM fulfilment_order f
    WHERE (CAST(:ids AS text[]) IS NULL OR f.id = ANY(:ids))
        AND (CAST(:nodes AS text[]) IS NULL OR f.node = ANY(:nodes))
        AND (CAST(:own AS text[]) IS NULL OR f.node = ANY(:own))
        AND (CAST(:states AS text[]) IS NULL OR f.state = ANY(:states))
        AND (CAST(:method AS text) IS NULL OR f.method = :method)
        AND (CAST(:sku AS text) IS NULL OR EXISTS (
            SELECT FROM fulfilment_line l WHERE l.fulfilment_order_id = f.id AND l.sku = :sku))
    ORDER BY f.order_id, f.no LIMIT :most
    """
)
_STUCK = text(
    r"""
    SELECT late.id, late.since
    FROM unnest(CAST(:states AS text[]), CAST(:minutes AS int[])) AS rule (state, minutes)
    CROSS JOIN LATERAL (
        SELECT f.id, f.state, CASE WHEN f.instants ->> f.state ~ '^\d{4}-\d\d-\d\dT\d\d'
            THEN CAST(f.instants ->> f.state AS timestamptz) ELSE f.created_at END AS since
        FROM fulfilment_order f
        WHERE f.state = rule.state AND NOT f.on_hold AND f.instants ->> f.state IS NOT NULL) late
    WHERE late.since < :at - rule.minutes * interval '1 minute'
        AND NOT EXISTS (
            SELECT FROM stuck_alarm a WHERE a.fulfilment_order_id = late.id AND a.state = late.state)
    ORDER BY late.since, late.id LIMIT :most
    """
)
_TOLD = text(
    """
    INSERT INTO stuck_alarm (fulfilment_order_id, state, at) VALUES (:id, :state, :at)
    ON CONFLICT DO NOTHING
    """
)


@dataclass(frozen=True, slots=True)
class Scheduled(Task):
    """A task with when it is to be looked at; None: it has never been."""

    release_at: datetime | None = None

    def looks_at(self, at: datetime) -> bool:
        """Whether the time to look at it has come."""
        return not self.begun and (self.release_at is None or self.release_at <= at)


def nodes_to_look_at(conn: Connection, at: datetime, most: int) -> Sequence[str]:
    """Nodes with scheduled work that has not been looked at yet, or is to be looked at again by now."""
    return list(conn.scalars(_NODES_TO_LOOK_AT, {"at": at, "most": most}))


def look_again_now(conn: Connection, at: datetime) -> None:
    """All that is scheduled is to be looked at by now; what somebody is busy with is passed over, so that
    nobody waits for it.
    """
    conn.execute(_LOOK_AGAIN, {"at": at})


def nodes_scheduled(conn: Connection, order_ids: Collection[str]) -> Sequence[str]:
    """Nodes with scheduled work for these orders."""
    return list(conn.scalars(_NODES_SCHEDULED, {"orders": list(order_ids)}))


def tasks_at(conn: Connection, nodes: Collection[str]) -> list[Scheduled]:
    """What these nodes still have to pick, that which leaves first; nothing that is on hold."""
    rows = conn.execute(_TASKS, {"nodes": list(nodes), "most": MOST_TASKS}) if nodes else ()
    return [Scheduled(*row) for row in rows]


def nodes_waiting_for_stock(conn: Connection, group_id: str) -> frozenset[str]:
    """Nodes at which units of the group are still to come in."""
    return frozenset(conn.scalars(_WAITING, {"group": group_id}))


def groups_waiting_for_stock(conn: Connection, groups: Sequence[str]) -> set[str]:
    """Those of the groups with units that are still to come in."""
    return set(conn.scalars(_WAITING_GROUPS, {"groups": list(groups)}))


def newly_stuck(
    conn: Connection, minutes: Mapping[str, int], at: datetime, most: int
) -> list[tuple[str, datetime]]:
    """(fulfilment order, since when) that stands in its state longer than allowed and was not told of."""
    rules = {"states": list(minutes), "minutes": list(minutes.values())}
    rows = conn.execute(_STUCK, {**rules, "at": at, "most": most})
    return [(row.id, row.since) for row in rows]


def note_told(conn: Connection, id: str, state: str, at: datetime) -> bool:
    """Somebody was told that it stands in this state; False: they were before."""
    return conn.execute(_TOLD, {"id": id, "state": state, "at": at}).rowcount == 1


def expired_offers(conn: Connection, at: datetime, most: int) -> list[str]:
    """Fulfilment orders offered and not accepted in time, the longest overdue first."""
    return list(conn.scalars(_EXPIRED, {"at": at, "most": most}))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a node's queue; ``promise_to``: when its customer expects it, None while nobody can say."""

    id: str
    ship_at: datetime
    promise_to: datetime | None


def page(
    conn: Connection, node: str, states: Sequence[str], after: tuple[datetime, str] | None, most: int
) -> list[Row]:
    """Fulfilment orders at the node in these states (none: in any), those that leave first before others."""
    at, id = after or (None, "")
    rows = conn.execute(
        _PAGE, {"node": node, "states": list(states) or None, "at": at, "id": id, "most": most}
    )
    return [Row(*row) for row in rows]


def found(
    conn: Connection,
    *,
    ids: Sequence[str],
    nodes: Sequence[str],
    own: Collection[str] | None,
    states: Sequence[str],
    method: str | None,
    sku: str | None,
    most: int,
) -> list[str]:
    """Ids of fulfilment orders that fit all that is given, in the order of their orders; ``own``: the only
    nodes to look at.
    """
    some = {"ids": list(ids) or None, "nodes": list(nodes) or None, "states": list(states) or None}
    bounds = {"own": None if own is None else list(own), "method": method, "sku": sku, "most": most}
    return list(conn.scalars(_FOUND, {**some, **bounds}))
