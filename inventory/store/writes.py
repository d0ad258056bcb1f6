"""Writing a book back: one set-based statement per table, only for rows that changed.

Rows are locked (see `locks.py`), so the guards (`… = was`) never bite; they are there so that a forgotten
lock is a loud failure and not an oversold unit. Behind them stand the tables' CHECKs.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, TextClause, text

from inventory.book import Book
from inventory.store import locks

_POSITIONS = text(
    """
    UPDATE position p SET on_hand = n.on_hand, reserved = n.reserved, safety_stock = n.safety_stock,
        blocked = n.blocked, stamp = pg_current_xact_id()
    FROM unnest(CAST(:node_no AS int[]), CAST(:sku_no AS int[]), CAST(:on_hand AS int[]),
        CAST(:reserved AS int[]), CAST(:safety_stock AS int[]), CAST(:blocked AS bool[]),
        CAST(:was_on_hand AS int[]), CAST(:was_reserved AS int[]))
        AS n (node_no, sku_no, on_hand, reserved, safety_stock, blocked, was_on_hand, was_reserved)
    WHERE p.node_no = n.node_no AND p.sku_no = n.sku_no
        AND p.on_hand = n.was_on_hand AND p.reserved = n.was_reserved
    """
)
_FENCES = text(
    """
    UPDATE fence f SET quantity = n.quantity, stamp = pg_current_xact_id()
    FROM unnest(CAST(:node_no AS int[]), CAST(:sku_no AS int[]), CAST(:name AS text[]),
        CAST(:quantity AS int[]), CAST(:was AS int[])) AS n (node_no, sku_no, name, quantity, was)
    WHERE f.node_no = n.node_no AND f.sku_no = n.sku_no AND f.name = n.name AND f.quantity = n.was
    """
)
_DEMAND = text(
    """
    UPDATE sku s SET backordered = n.backordered
    FROM unnest(CAST(:sku_no AS int[]), CAST(:backordered AS int[]), CAST(:was AS int[]))
        AS n (sku_no, backordered, was)
    WHERE s.no = n.sku_no AND s.backordered = n.was
    """
)
_EXPECTED = text(
    """
    UPDATE inbound_line l SET quantity = n.quantity, received = n.received, promised = n.promised
    FROM unnest(CAST(:inbound_id AS text[]), CAST(:sku_no AS int[]), CAST(:quantity AS int[]),
        CAST(:received AS int[]), CAST(:promised AS int[]), CAST(:was AS int[]))
        AS n (inbound_id, sku_no, quantity, received, promised, was)
    WHERE l.inbound_id = n.inbound_id AND l.sku_no = n.sku_no AND l.promised = n.was
    """
)
_SLOTS = text(
    """
    UPDATE capacity c SET "limit" = n."limit", held = n.held, stamp = pg_current_xact_id()
    FROM unnest(CAST(:node_no AS int[]), CAST(:day AS date[]), CAST(:bucket AS text[]),
        CAST(:limit AS int[]), CAST(:held AS int[]), CAST(:was AS int[]))
        AS n (node_no, day, bucket, "limit", held, was)
    WHERE c.node_no = n.node_no AND c.day = n.day AND c.bucket = n.bucket AND c.held = n.was
    """
)
_GROUPS = text(
    """
    UPDATE reservation_group g SET digest = n.digest, channel = n.channel, owner = n.owner,
        reference = n.reference, state = n.state, created_at = n.created_at, expires_at = n.expires_at
    FROM unnest(CAST(:id AS text[]), CAST(:digest AS text[]), CAST(:channel AS text[]), CAST(:owner AS
    text[]),
        CAST(:reference AS text[]), CAST(:state AS text[]), CAST(:created_at AS timestamptz[]),
        CAST(:expires_at AS timestamptz[]))
        AS n (id, digest, channel, owner, reference, state, created_at, expires_at)
    WHERE g.id = n.id
    """
)
_FORGET_GROUPS = text("DELETE FROM reservation_group WHERE id = ANY(:ids)")
_CHANGE_ROWS = text(
    """
    UPDATE reservation r SET kind = n.kind, node_no = n.node_no, inbound_id = n.inbound_id,
        quantity = n.quantity, fence = n.fence, fenced = n.fenced, state = n.state,
        in_hand = n.in_hand, changed_at = :at
    FROM unnest(CAST(:no AS bigint[]), CAST(:kind AS text[]), CAST(:node_no AS int[]),
        CAST(:inbound_id AS text[]), CAST(:quantity AS int[]), CAST(:fence AS text[]), CAST(:fenced AS int[]),
        CAST(:state AS text[]), CAST(:in_hand AS bool[]))
        AS n (no, kind, node_no, inbound_id, quantity, fence, fenced, state, in_hand)
    WHERE r.no = n.no AND r.state = 'held'
    """
)
_ADD_ROWS = text(
    """
    INSERT INTO reservation (group_id, line_id, kind, node_no, inbound_id, sku_no, quantity, fence, fenced,
        state, promise_at, in_hand, changed_at)
    SELECT *, CAST(:at AS timestamptz) FROM unnest(CAST(:group_id AS text[]), CAST(:line_id AS text[]),
        CAST(:kind AS text[]), CAST(:node_no AS int[]), CAST(:inbound_id AS text[]), CAST(:sku_no AS int[]),
        CAST(:quantity AS int[]), CAST(:fence AS text[]), CAST(:fenced AS int[]), CAST(:state AS text[]),
        CAST(:promise_at AS timestamptz[]), CAST(:in_hand AS bool[]))
    """
)
_HOLDS = text(
    """
    INSERT INTO capacity_hold (group_id, node_no, day, bucket, quantity, state)
    SELECT * FROM unnest(CAST(:group_id AS text[]), CAST(:node_no AS int[]), CAST(:day AS date[]),
        CAST(:bucket AS text[]), CAST(:quantity AS int[]), CAST(:state AS text[]))
    ON CONFLICT (group_id, node_no, day, bucket) DO UPDATE
        SET quantity = excluded.quantity, state = excluded.state
    """
)
_HOMELESS = text(
    """
    UPDATE resourcing h SET quantity = CASE WHEN n.quantity = 0 THEN h.quantity ELSE n.quantity END,
        resolved_at = CASE WHEN n.quantity = 0 THEN CAST(:at AS timestamptz) END
    FROM unnest(CAST(:no AS bigint[]), CAST(:quantity AS int[])) AS n (no, quantity)
    WHERE h.no = n.no AND h.resolved_at IS NULL
    """
)
_LOSSES = text(
    """
    INSERT INTO resourcing (group_id, line_id, node_no, sku_no, quantity, promise_at, cause, at)
    SELECT *, CAST(:at AS timestamptz) FROM unnest(CAST(:group_id AS text[]), CAST(:line_id AS
        text[]),
        CAST(:node_no AS int[]), CAST(:sku_no AS int[]), CAST(:quantity AS int[]),
        CAST(:promise_at AS timestamptz[]), CAST(:cause AS text[]))
    """
)
_ENTRIES = text(
    """
    INSERT INTO movement (sku_no, quantity, from_place, to_place, cause, reference, actor, occurred_at, at)
    SELECT *, CAST(:at AS timestamptz) FROM unnest(CAST(:sku_no AS int[]), CAST(:quantity AS int[]),
        CAST(:from_place AS text[]), CAST(:to_place AS text[]), CAST(:cause AS text[]),
        CAST(:reference AS text[]), CAST(:actor AS text[]), CAST(:occurred_at AS timestamptz[]))
    """
)


def write(conn: Connection, at: datetime, book: Book, cause: str = "") -> None:
    """Write the book; `cause` is what displaced units, where some were. Raises AssertionError for a lost
    guard.
    """
    forgotten = [group.id for group in book.groups.values() if group.fresh]
    if forgotten:
        conn.execute(_FORGET_GROUPS, {"ids": forgotten})
    _write_groups(conn, book)
    _write_stock(conn, book)
    _write_rows(conn, at, book)
    _write_capacity(conn, book)
    solved = [row for row in book.homeless if row.quantity != row.read]
    _put(conn, _HOMELESS, _columns(solved, "no", "quantity"), at=at)
    losses = _columns(book.losses, "group_id", "line_id", "node_no", "sku_no", "quantity", "promise_at")
    losses["cause"] = [loss.cause or cause for loss in book.losses]
    _put(conn, _LOSSES, losses, at=at)
    entries = _columns(book.entries, "sku_no", "quantity", "from_place", "to_place", "cause")
    entries["reference"] = [entry.note.reference for entry in book.entries]
    entries["actor"] = [entry.note.actor for entry in book.entries]
    entries["occurred_at"] = [entry.note.occurred_at or at for entry in book.entries]
    _put(conn, _ENTRIES, entries, at=at)


def _write_groups(conn: Connection, book: Book) -> None:
    changed = [group for group in book.groups.values() if not group.fresh and group.now != group.read]
    fields = ("id", "digest", "channel", "owner", "reference", "state", "created_at", "expires_at")
    _put(conn, _GROUPS, _columns(changed, *fields))


def _write_stock(conn: Connection, book: Book) -> None:
    positions = [position for position in book.positions.values() if position.now != position.read]
    fields = ("node_no", "sku_no", "on_hand", "reserved", "safety_stock", "blocked")
    columns = _columns(positions, *fields)
    columns["was_on_hand"] = [position.read[0] for position in positions]
    columns["was_reserved"] = [position.read[1] for position in positions]
    _put(conn, _POSITIONS, columns)
    fences = [(p, f) for p in book.positions.values() for f in p.fences if f.quantity != f.read]
    columns = _columns([f for _, f in fences], "name", "quantity")
    columns["was"] = [f.read for _, f in fences]
    _put(conn, _FENCES, columns | _columns([p for p, _ in fences], "node_no", "sku_no"))
    demand = [row for row in book.demand.values() if row.backordered != row.read]
    _put(conn, _DEMAND, _columns(demand, "sku_no", "backordered") | {"was": [row.read for row in demand]})
    expected = [line for line in book.expected.values() if line.now != line.read]
    columns = _columns(expected, "inbound_id", "sku_no", "quantity", "received", "promised")
    _put(conn, _EXPECTED, columns | {"was": [line.read[2] for line in expected]})


def _write_rows(conn: Connection, at: datetime, book: Book) -> None:
    rows = [row for part in book.rows.values() for row in part]
    homes = ("kind", "node_no", "inbound_id", "quantity", "fence", "fenced", "state")
    changed = [row for row in rows if row.no is not None and row.now != row.read]
    _put(conn, _CHANGE_ROWS, _columns(changed, "no", "in_hand", *homes), at=at)
    fresh = [row for row in rows if row.no is None]
    added = _columns(fresh, "group_id", "line_id", "sku_no", "promise_at", "in_hand", *homes)
    _put(conn, _ADD_ROWS, added, at=at)


def _write_capacity(conn: Connection, book: Book) -> None:
    _give_back(conn, book)
    slots = [slot for slot in book.slots.values() if (slot.limit, slot.held) != slot.read]
    columns = _columns(slots, "node_no", "day", "bucket", "limit", "held")
    _put(conn, _SLOTS, columns | {"was": [slot.read[1] for slot in slots]})
    holds = [hold for part in book.holds.values() for hold in part]
    changed = [hold for hold in holds if hold.fresh or (hold.quantity, hold.state) != hold.read]
    _put(conn, _HOLDS, _columns(changed, "group_id", "node_no", "day", "bucket", "quantity", "state"))


def _give_back(conn: Connection, book: Book) -> None:
    """Capacity of slots that were not locked before: last, in the order of locks."""
    keys = {(hold.node_no, hold.day, hold.bucket) for hold in book.freed}
    book.slots.update(locks.lock_slots(conn, keys))
    for hold in book.freed:
        book.slots[hold.node_no, hold.day, hold.bucket].held -= hold.quantity


def _columns(rows: Sequence[object], *fields: str) -> dict[str, list[object]]:
    return {name: [getattr(row, name) for row in rows] for name in fields}


def _put(conn: Connection, statement: TextClause, columns: dict[str, list[object]], **extra: object) -> None:
    """Run the statement unless there is nothing to write; every row must find its target."""
    count = len(next(iter(columns.values())))
    if count:
        written = conn.execute(statement, columns | extra).rowcount
        assert written == count, f"{count - written} of {count} rows changed under their lock"
