"""Locking reads. THE ORDER OF LOCKS, for every verb and every batch:

    1. documents           transfer by id, then inbound by id
    2. reservation groups  by id
    3. SKUs (back-orders)  by number
    4. positions           by node number, SKU number
    5. capacity            by node number, day, bucket

Within a step rows are made first (INSERT … ORDER BY … ON CONFLICT DO NOTHING, which waits for others'
uncommitted rows in the same order) and locked second. Rows are never deleted, but for those begun by the same
transaction. Only `SKIP LOCKED`, which never waits, may go back up the list. One verb per transaction keeps
the order. A transaction of several verbs locks all their groups first (`stock_groups.stand_still`); where it
cannot know them yet, it has to be ready to be run again after a dead-lock.

What guards what: a position's lock guards its fences, the document lines that will arrive there, and every
held reservation row with that node and SKU; a group's lock guards its state, its expiry and the capacity it
took, and is needed to add rows to it or to give them another home; a SKU's lock guards its back-orders. So a
verb that knows groups takes groups and then all their positions, and a physical fact, which knows positions
only, can still take units away. Slots are locked by whoever takes or gives back capacity, not by whoever
works for a group that has some: all orders of a day at a node have.

A statement after the lock sees all that earlier holders committed (READ COMMITTED); the locking statement
itself sees that only of the locked rows. Hence fences and reservations are read by statements of their own.

`FOR NO KEY UPDATE` leaves foreign keys checkable meanwhile.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, text

from inventory.displacement import Endangered
from inventory.positions import (
    Demand,
    Expected,
    Fence,
    Group,
    Held,
    Hold,
    Homeless,
    Position,
    PositionKey,
    Slot,
    SlotKey,
)

_BEGIN_GROUPS = text(
    """
    INSERT INTO reservation_group (id, digest, channel, owner, reference, state, created_at, expires_at)
    SELECT * FROM unnest(CAST(:id AS text[]), CAST(:digest AS text[]), CAST(:channel AS text[]),
        CAST(:owner AS text[]), CAST(:reference AS text[]), CAST(:state AS text[]),
        CAST(:created_at AS timestamptz[]), CAST(:expires_at AS timestamptz[])) AS fresh(id)
    ORDER BY fresh.id
    ON CONFLICT (id) DO NOTHING RETURNING id
    """
)
_LOCK_GROUPS = text(
    """
    SELECT id, digest, channel, owner, reference, state, created_at, expires_at
    FROM reservation_group WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE
    """
)
# What is over is over by two clocks, the caller's and the database's: units that are promised to somebody are
# not sold again because one of them has jumped.
_LOCK_DUE = text(
    """
    SELECT id, digest, channel, owner, reference, state, created_at, expires_at
    FROM reservation_group WHERE state = 'active' AND expires_at <= least(CAST(:at AS timestamptz), now())
        AND (CAST(:only AS text[]) IS NULL OR id = ANY(:only))
    ORDER BY expires_at LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
    """
)
_LOCK_DUE_OF = text(
    """
    SELECT id, digest, channel, owner, reference, state, created_at, expires_at
    FROM reservation_group g
    WHERE state = 'active' AND expires_at <= least(CAST(:at AS timestamptz), now()) AND EXISTS (
        SELECT FROM reservation r JOIN sku ON sku.no = r.sku_no
        WHERE r.group_id = g.id AND r.state = 'held' AND sku.id = ANY(:skus))
    ORDER BY id FOR NO KEY UPDATE
    """
)
_LOCK_DEMAND = text(
    """
    SELECT no AS sku_no, backorder_cap AS cap, backordered, preorder_from, active AS sells
    FROM sku WHERE no = ANY(:skus) ORDER BY no FOR NO KEY UPDATE
    """
)
_MAKE_POSITIONS = text(
    """
    INSERT INTO position (node_no, sku_no)
    SELECT * FROM unnest(CAST(:nodes AS int[]), CAST(:skus AS int[])) ORDER BY 1, 2
    ON CONFLICT (sku_no, node_no) DO NOTHING
    """
)
_LOCK_POSITIONS = text(
    """
    SELECT p.node_no, p.sku_no, p.on_hand, p.reserved, p.safety_stock, p.blocked, n.active AND s.active AS
        sells
    FROM unnest(CAST(:nodes AS int[]), CAST(:skus AS int[])) AS wanted (node_no, sku_no)
    JOIN position p USING (node_no, sku_no) JOIN node n ON n.no = p.node_no JOIN sku s ON s.no = p.sku_no
    ORDER BY p.node_no, p.sku_no FOR NO KEY UPDATE OF p
    """
)
_FENCES = text(
    """
    SELECT f.node_no, f.sku_no, f.name, f.channels, f.quantity
    FROM unnest(CAST(:nodes AS int[]), CAST(:skus AS int[])) AS wanted (node_no, sku_no)
    JOIN fence f USING (node_no, sku_no)
    """
)
_MAKE_SLOTS = text(
    """
    INSERT INTO capacity (node_no, day, bucket, "limit")
    SELECT * FROM unnest(CAST(:nodes AS int[]), CAST(:days AS date[]), CAST(:buckets AS text[]),
        CAST(:limits AS int[])) ORDER BY 1, 2, 3
    ON CONFLICT (node_no, day, bucket) DO NOTHING
    """
)
_LOCK_SLOTS = text(
    """
    SELECT c.node_no, c.day, c.bucket, c."limit", c.held
    FROM unnest(CAST(:nodes AS int[]), CAST(:days AS date[]), CAST(:buckets AS text[]))
        AS wanted (node_no, day, bucket)
    JOIN capacity c USING (node_no, day, bucket)
    ORDER BY c.node_no, c.day, c.bucket FOR NO KEY UPDATE OF c
    """
)
_ROWS = text(
    """
    SELECT no, group_id, line_id, kind, node_no, inbound_id, sku_no, quantity, fence, fenced, state,
        promise_at, in_hand
    FROM reservation WHERE group_id = ANY(:ids) ORDER BY no
    """
)
_EXPECTED = text(
    """
    SELECT l.inbound_id, i.node_no, l.sku_no, l.quantity, l.received, l.promised, i.state = 'open' AS open
    FROM inbound_line l JOIN inbound i ON i.id = l.inbound_id WHERE l.inbound_id = ANY(:ids)
    """
)
_HOLDS = text(
    """
    SELECT group_id, node_no, day, bucket, quantity, state FROM capacity_hold WHERE group_id = ANY(:ids)
    """
)
_LOCK_LAPSED = text(
    """
    SELECT g.id FROM reservation_group g
    WHERE g.state = 'active' AND g.expires_at <= least(CAST(:at AS timestamptz), now())
        AND g.id <> ALL(:but) AND EXISTS (
        SELECT FROM reservation r JOIN unnest(CAST(:nodes AS int[]), CAST(:skus AS int[]))
            AS wanted (node_no, sku_no) USING (node_no, sku_no)
        WHERE r.group_id = g.id AND r.state = 'held' AND r.kind = 'shelf')
    FOR NO KEY UPDATE SKIP LOCKED
    """
)
_ROWS_AT = text(
    """
    SELECT r.no, r.group_id, r.line_id, r.kind, r.node_no, r.inbound_id, r.sku_no, r.quantity, r.fence,
        r.fenced, r.state, r.promise_at, r.in_hand,
        g.owner, g.reference, CASE WHEN g.state = 'firm' THEN 2 WHEN g.expires_at > :at THEN 1 ELSE 0 END
    FROM reservation r JOIN reservation_group g ON g.id = r.group_id
    JOIN unnest(CAST(:nodes AS int[]), CAST(:skus AS int[])) AS wanted (node_no, sku_no)
        ON wanted.node_no = r.node_no AND wanted.sku_no = r.sku_no
    WHERE r.state = 'held' ORDER BY r.no
    """
)
_HOMELESS = text(
    """
    SELECT no, group_id, line_id, sku_no, quantity FROM resourcing
    WHERE group_id = ANY(:ids) AND resolved_at IS NULL ORDER BY no
    """
)


def begin_groups(conn: Connection, groups: Collection[Group]) -> set[str]:
    """Insert the groups that do not exist yet; return the ids of those. Waits for others making the same."""
    fields = ("id", "digest", "channel", "owner", "reference", "state", "created_at", "expires_at")
    columns = {name: [getattr(group, name) for group in groups] for name in fields}
    return set(conn.scalars(_BEGIN_GROUPS, columns))


def lock_groups(conn: Connection, ids: Collection[str]) -> dict[str, Group]:
    """The groups that exist."""
    rows = conn.execute(_LOCK_GROUPS, {"ids": list(ids)}) if ids else ()
    return {row.id: Group(*row) for row in rows}


def lock_due_groups(
    conn: Connection, at: datetime, most: int, only: Collection[str] | None = None
) -> dict[str, Group]:
    """Active groups whose time is up, longest overdue first, passing over those that others are busy with;
    of ``only`` these, where it is given.
    """
    values = {"at": at, "most": most, "only": None if only is None else list(only)}
    return {row.id: Group(*row) for row in conn.execute(_LOCK_DUE, values)}


def lock_due_groups_of(conn: Connection, at: datetime, skus: Collection[str]) -> dict[str, Group]:
    """Active groups whose time is up and that still hold units of these SKUs, by id, busy or not."""
    return {row.id: Group(*row) for row in conn.execute(_LOCK_DUE_OF, {"at": at, "skus": list(skus)})}


def lock_demand(conn: Connection, skus: Collection[int]) -> dict[int, Demand]:
    """The back-order counters of the SKUs."""
    rows = conn.execute(_LOCK_DEMAND, {"skus": sorted(skus)}) if skus else ()
    return {row.sku_no: Demand(*row) for row in rows}


def lock_positions(
    conn: Connection, keys: Collection[PositionKey], make: Collection[PositionKey] = ()
) -> dict[PositionKey, Position]:
    """The positions that exist, with their fences; those of `make` are made where missing."""
    if not keys:
        return {}
    if make:
        conn.execute(_MAKE_POSITIONS, _keys(make))
    wanted = _keys(keys)
    found = {(row.node_no, row.sku_no): Position(*row) for row in conn.execute(_LOCK_POSITIONS, wanted)}
    for row in conn.execute(_FENCES, wanted) if found else ():
        found[row.node_no, row.sku_no].fences.append(Fence(row.name, frozenset(row.channels), row.quantity))
    return found


def lock_slots(
    conn: Connection, keys: Collection[SlotKey], limits: dict[SlotKey, int] | None = None
) -> dict[SlotKey, Slot]:
    """The capacity rows that exist; those of `limits` are made where missing."""
    if not keys:
        return {}
    if limits:
        made = _slot_keys(limits) | {"limits": list(limits.values())}
        conn.execute(_MAKE_SLOTS, made)
    return {
        (row.node_no, row.day, row.bucket): Slot(*row) for row in conn.execute(_LOCK_SLOTS, _slot_keys(keys))
    }


def read_rows(conn: Connection, groups: Collection[str]) -> list[Held]:
    """Every row of the groups, closed ones included. True only under the locks of the groups and
    positions.
    """
    return [Held(*row) for row in conn.execute(_ROWS, {"ids": list(groups)})] if groups else []


def read_expected(conn: Connection, inbounds: Collection[str]) -> dict[tuple[str, int], Expected]:
    """The lines of the documents by (id, SKU number). True only under the locks of their positions."""
    rows = conn.execute(_EXPECTED, {"ids": sorted(inbounds)}) if inbounds else ()
    return {(row.inbound_id, row.sku_no): Expected(*row) for row in rows}


def read_homeless(conn: Connection, groups: Collection[str]) -> list[Homeless]:
    """Displaced units of the groups that wait for a home, oldest first."""
    return [Homeless(*row) for row in conn.execute(_HOMELESS, {"ids": list(groups)})] if groups else []


def lock_lapsed(
    conn: Connection, at: datetime, keys: Collection[PositionKey], but: Collection[str]
) -> list[str]:
    """Active groups whose time is up and that still hold shelf units at these positions, without waiting."""
    return list(conn.scalars(_LOCK_LAPSED, _keys(keys) | {"at": at, "but": list(but)}))


def read_held_at(conn: Connection, at: datetime, keys: Collection[PositionKey]) -> list[Endangered]:
    """All held rows at locked positions, shelf and incoming, with what decides who would lose units first."""
    rows = conn.execute(_ROWS_AT, _keys(keys) | {"at": at}) if keys else ()
    return [Endangered(Held(*row[:13]), *row[13:]) for row in rows]


def read_holds(conn: Connection, groups: Collection[str]) -> dict[str, list[Hold]]:
    """What capacity the groups took. True only under the locks of the groups."""
    found: dict[str, list[Hold]] = {}
    for row in conn.execute(_HOLDS, {"ids": list(groups)}) if groups else ():
        found.setdefault(row.group_id, []).append(Hold(*row))
    return found


def _keys(keys: Collection[PositionKey]) -> dict[str, object]:
    return {"nodes": [node for node, _ in keys], "skus": [sku for _, sku in keys]}


def _slot_keys(keys: Collection[SlotKey]) -> dict[str, list[object]]:
    return {
        "nodes": [key[0] for key in keys],
        "days": [key[1] for key in keys],
        "buckets": [key[2] for key in keys],
    }
