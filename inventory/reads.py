"""What screens and other rooms read of the stock, page by page. Nothing here locks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

_POSITIONS = text(
    """
    SELECT n.id AS node, s.id AS sku, p.on_hand, p.reserved, p.safety_stock,
        coalesce((SELECT sum(f.quantity) FROM fence f WHERE f.sku_no = p.sku_no AND f.node_no =
        p.node_no), 0),
        p.bin, p.blocked
    FROM position p JOIN node n ON n.no = p.node_no JOIN sku s ON s.no = p.sku_no
    WHERE (CAST(:sku AS text) IS NULL OR p.sku_no = (SELECT no FROM sku WHERE id = :sku))
        AND (CAST(:nodes AS text[]) IS NULL OR n.id = ANY(:nodes))
        AND (p.sku_no, p.node_no) > (coalesce((SELECT no FROM sku WHERE id = :after_sku), 0),
                                     coalesce((SELECT no FROM node WHERE id = :after_node), 0))
    ORDER BY p.sku_no, p.node_no LIMIT :most
    """
)
_LEDGER = text(
    """
    SELECT m.id, m.at, m.occurred_at, s.id AS sku, m.quantity, m.from_place, m.to_place, m.cause, m.reference,
        m.actor
    FROM movement m JOIN sku s ON s.no = m.sku_no
    WHERE m.id > :after AND (CAST(:sku AS text) IS NULL OR m.sku_no = (SELECT no FROM sku WHERE id = :sku))
        AND (CAST(:nodes AS text[]) IS NULL
            OR split_part(m.from_place, ':', 1) = ANY(:nodes) OR split_part(m.to_place, ':', 1) = ANY(:nodes))
    ORDER BY m.id LIMIT :most
    """
)
_GROUPS = text(
    """
    SELECT g.id, g.state, g.channel, g.owner, g.reference, g.created_at, g.expires_at
    FROM reservation_group g
    WHERE g.state IN ('active', 'firm') AND (g.created_at, g.id) > (:after_at, :after_id)
        AND (CAST(:older_than AS timestamptz) IS NULL OR g.created_at < :older_than)
        AND (CAST(:owner AS text) IS NULL OR g.owner = :owner)
        AND (CAST(:reference AS text) IS NULL OR g.reference = :reference)
        AND ((CAST(:node AS text) IS NULL AND CAST(:sku AS text) IS NULL) OR EXISTS (
            SELECT FROM reservation r WHERE r.group_id = g.id AND r.state = 'held'
                AND (CAST(:node AS text) IS NULL OR r.node_no = (SELECT no FROM node WHERE id = :node))
                AND (CAST(:sku AS text) IS NULL OR r.sku_no = (SELECT no FROM sku WHERE id = :sku))))
    ORDER BY g.created_at, g.id LIMIT :most
    """
)
_DUE = text(
    """
    SELECT id FROM reservation_group
    WHERE state = 'active' AND expires_at <= least(CAST(:at AS timestamptz), now()) ORDER BY expires_at, id
    """
)
_GROUP = text(
    """
    SELECT id, state, channel, owner, reference, created_at, expires_at FROM reservation_group WHERE id = :id
    """
)
_PARTS = text(
    """
    SELECT r.group_id, r.line_id, r.kind, s.id AS sku, n.id AS node, r.inbound_id, r.quantity, r.state,
        r.promise_at
    FROM reservation r JOIN sku s ON s.no = r.sku_no LEFT JOIN node n ON n.no = r.node_no
    WHERE r.group_id = ANY(:ids) AND (r.state = 'held' OR :closed) ORDER BY r.no
    """
)
_FUTURE = text(
    """
    SELECT s.id AS sku, n.id AS node, i.id AS inbound_id, i.eta, l.quantity - l.received - l.promised AS free
    FROM sku s JOIN inbound_line l ON l.sku_no = s.no JOIN inbound i ON i.id = l.inbound_id
    JOIN node n ON n.no = i.node_no
    WHERE s.id = ANY(:skus) AND i.state = 'open' AND l.quantity - l.received > l.promised
    ORDER BY s.id, i.eta, n.id, i.id
    """
)
_HOMELESS = text(
    """
    SELECT h.no, h.group_id, h.line_id, s.id AS sku, n.id AS node, h.quantity, h.cause, h.promise_at, h.at,
        g.owner, g.reference, g.state
    FROM resourcing h JOIN reservation_group g ON g.id = h.group_id JOIN sku s ON s.no = h.sku_no
    LEFT JOIN node n ON n.no = h.node_no
    WHERE h.resolved_at IS NULL AND h.no > :after
        AND (CAST(:groups AS text[]) IS NULL OR h.group_id = ANY(:groups))
    ORDER BY h.no LIMIT :most
    """
)


@dataclass(frozen=True, slots=True)
class PositionRow:
    """The balance of a SKU at a node; `fenced` is what all its fences still keep."""

    node: str
    sku: str
    on_hand: int
    reserved: int
    safety_stock: int
    fenced: int
    bin: str
    blocked: bool

    @property
    def available(self) -> int:
        """Units for a channel that no fence is for."""
        return 0 if self.blocked else max(0, self.on_hand - self.reserved - self.safety_stock - self.fenced)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A movement as recorded."""

    id: int
    at: datetime
    occurred_at: datetime
    sku: str
    quantity: int
    from_place: str
    to_place: str
    cause: str
    reference: str
    actor: str


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of one line of a group in one home."""

    group_id: str
    line_id: str
    kind: str
    sku: str
    node: str | None
    inbound_id: str | None
    quantity: int
    state: str
    promise_at: datetime | None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A reservation group and its parts."""

    id: str
    state: str
    channel: str
    owner: str
    reference: str
    created_at: datetime
    expires_at: datetime | None
    parts: tuple[PartRow, ...]


@dataclass(frozen=True, slots=True)
class FutureRow:
    """`free` units of a SKU that will be at a node at `eta` and are promised to nobody."""

    sku: str
    node: str
    inbound_id: str
    eta: datetime
    free: int


@dataclass(frozen=True, slots=True)
class HomelessRow:
    """Displaced units of a group that wait for a new home; `node` is where they were."""

    no: int
    group_id: str
    line_id: str
    sku: str
    node: str | None
    quantity: int
    cause: str
    promise_at: datetime | None
    at: datetime
    owner: str
    reference: str
    group_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFilter:
    """Which open groups; None means any. `node` and `sku` ask for units held there or of that."""

    older_than: datetime | None = None
    owner: str | None = None
    reference: str | None = None
    node: str | None = None
    sku: str | None = None


def positions(
    conn: Connection,
    *,
    nodes: Collection[str] | None = None,
    sku: str | None = None,
    after: tuple[str, str] | None = None,
    most: int,
) -> list[PositionRow]:
    """Positions by SKU, then node, in the order they were made known; `after` is the last (SKU, node) seen.

    `nodes` confines the answer to what the caller may see.
    """
    after_sku, after_node = after or ("", "")
    values = {
        "sku": sku,
        "nodes": None if nodes is None else list(nodes),
        "after_sku": after_sku,
        "after_node": after_node,
        "most": most,
    }
    return [PositionRow(*row) for row in conn.execute(_POSITIONS, values)]


def ledger(
    conn: Connection,
    *,
    after: int = 0,
    nodes: Collection[str] | None = None,
    sku: str | None = None,
    most: int,
) -> list[LedgerRow]:
    """Movements in the order of their ids; `after` is the last id seen, `nodes` as for `positions`."""
    values = {"after": after, "nodes": None if nodes is None else list(nodes), "sku": sku, "most": most}
    return [LedgerRow(*row) for row in conn.execute(_LEDGER, values)]


def open_groups(
    conn: Connection, which: GroupFilter, *, after: tuple[datetime, str], most: int
) -> list[GroupRow]:
    """Active and firm groups, oldest first, with what they hold; `after` is the last (created_at, id)
    seen.
    """
    values = {
        "older_than": which.older_than,
        "owner": which.owner,
        "reference": which.reference,
        "node": which.node,
        "sku": which.sku,
        "after_at": after[0],
        "after_id": after[1],
        "most": most,
    }
    rows = conn.execute(_GROUPS, values).mappings().all()
    parts = _parts(conn, [row["id"] for row in rows], closed=False)
    return [GroupRow(**row, parts=parts.get(row["id"], ())) for row in rows]


def due_groups(conn: Connection, at: datetime) -> list[str]:
    """All active groups whose time is up, longest overdue first."""
    return list(conn.scalars(_DUE, {"at": at}))


def group(conn: Connection, id_: str) -> GroupRow | None:
    """One group with every part it ever had; None when there is none of that id."""
    row = conn.execute(_GROUP, {"id": id_}).mappings().one_or_none()
    if row is None:
        return None
    return GroupRow(**row, parts=_parts(conn, [id_], closed=True).get(id_, ()))


def future(conn: Connection, skus: Sequence[str]) -> list[FutureRow]:
    """Incoming units of the SKUs that can still be promised, by SKU and date."""
    return [FutureRow(*row) for row in conn.execute(_FUTURE, {"skus": list(skus)})]


def homeless(
    conn: Connection, *, after: int = 0, groups: Collection[str] | None = None, most: int
) -> list[HomelessRow]:
    """The re-sourcing queue, oldest first, of some groups or all. `stock_reserve.move` from `Unplaced` or a
    void empties it.
    """
    values = {"after": after, "groups": None if groups is None else list(groups), "most": most}
    return [HomelessRow(*row) for row in conn.execute(_HOMELESS, values)]


def _parts(conn: Connection, ids: list[str], *, closed: bool) -> dict[str, tuple[PartRow, ...]]:
    found: dict[str, list[PartRow]] = {}
    for row in conn.execute(_PARTS, {"ids": ids, "closed": closed}) if ids else ():
        found.setdefault(row.group_id, []).append(PartRow(*row))
    return {id_: tuple(parts) for id_, parts in found.items()}
