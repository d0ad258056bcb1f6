"""Documents on their way, for screens: inbound announcements and transfers, each with its lines. No locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause, text

from inventory.documents import transfer_of

_INBOUND = text(
    """
    SELECT i.id, n.id AS node, i.eta, i.state, i.reference
    FROM inbound i JOIN node n ON n.no = i.node_no
    WHERE i.place LIKE 'inbound:%' AND (CAST(:id AS text) IS NULL OR i.id = :id)
        AND (CAST(:nodes AS text[]) IS NULL OR n.id = ANY(:nodes)) AND i.id > :after
    ORDER BY i.id LIMIT :most
    """
)
_INBOUND_LINES = text(
    """
    SELECT l.inbound_id, s.id, l.quantity, l.received, l.promised, l.to_inspect - l.inspected
    FROM inbound_line l JOIN sku s ON s.no = l.sku_no WHERE l.inbound_id = ANY(:ids) ORDER BY s.id
    """
)
_TRANSFER = """
    SELECT t.id, a.id AS from_node, b.id AS to_node, t.eta, t.state, t.reference
    FROM transfer t JOIN node a ON a.no = t.from_node_no JOIN node b ON b.no = t.to_node_no
"""
_TRANSFERS = text(
    f"""
    {_TRANSFER}
    WHERE (CAST(:id AS text) IS NULL OR t.id = :id)
        AND (CAST(:nodes AS text[]) IS NULL OR a.id = ANY(:nodes) OR b.id = ANY(:nodes)) AND t.id > :after
    ORDER BY t.id LIMIT :most
    """
)
_ANNOUNCED = text(
    """
    SELECT i.id, i.eta, (SELECT count(*) FROM inbound_line l WHERE l.inbound_id = i.id) AS skus
    FROM inbound i JOIN node n ON n.no = i.node_no
    WHERE i.place LIKE 'inbound:%' AND n.id = :node AND i.state = 'open'
    ORDER BY i.eta, i.id LIMIT :most
    """
)
_COMING = text(
    f"""
    {_TRANSFER}
    WHERE b.id = ANY(:nodes) AND t.state = 'shipped' ORDER BY t.eta, t.id LIMIT :most
    """
)
_LEAVING = text(
    f"""
    {_TRANSFER}
    WHERE a.id = ANY(:nodes) AND t.state = 'planned' ORDER BY t.eta, t.id LIMIT :most
    """
)
_UNINSPECTED = text(
    """
    SELECT inbound_id, sum(to_inspect - inspected) AS units FROM inbound_line
    WHERE inspected < to_inspect GROUP BY inbound_id
    """
)
_LYING = text(
    """
    SELECT i.place LIKE 'inbound:%' AS supplied, i.id FROM inbound i JOIN node n ON n.no = i.node_no
    WHERE i.id = ANY(:ids) AND n.id = :node ORDER BY i.eta, i.id LIMIT :most
    """
)
_TRANSFER_LINES = text(
    """
    SELECT l.transfer_id, l.line_id, s.id, l.quantity, l.shipped, coalesce(i.received, 0),
        coalesce(i.to_inspect - i.inspected, 0)
    FROM transfer_line l JOIN sku s ON s.no = l.sku_no
    LEFT JOIN inbound_line i ON i.inbound_id = 'transfer:' || l.transfer_id AND i.sku_no = l.sku_no
    WHERE l.transfer_id = ANY(:ids) ORDER BY l.line_id
    """
)
_PROMISED = text(
    """
    SELECT line_id, sum(quantity) FROM reservation
    WHERE group_id = :group AND inbound_id = :document AND state = 'held' GROUP BY line_id
    """
)


@dataclass(frozen=True, slots=True)
class InboundLineRow:
    """`promised` of what is still to come is spoken for; `uninspected` units wait in inspection."""

    sku: str
    quantity: int
    received: int
    promised: int
    uninspected: int


@dataclass(frozen=True, slots=True)
class InboundShown:
    """An announcement of a supplier."""

    id: str
    node: str
    eta: datetime
    state: str
    reference: str
    lines: tuple[InboundLineRow, ...]


@dataclass(frozen=True, slots=True)
class TransferLineShown:
    """`received` and `uninspected` count all units of the SKU that arrived under the transfer, and that wait
    in inspection.
    """

    line_id: str
    sku: str
    quantity: int
    shipped: int
    received: int
    uninspected: int


@dataclass(frozen=True, slots=True)
class TransferShown:
    """Goods from one node to another."""

    id: str
    from_node: str
    to_node: str
    eta: datetime
    state: str
    reference: str
    lines: tuple[TransferLineShown, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """A delivery that is still open, of so many SKUs."""

    id: str
    eta: datetime
    skus: int


@dataclass(frozen=True, slots=True)
class ToInspect:
    """A delivery, `supplied` from outside or a transfer, of which `units` wait in inspection."""

    supplied: bool
    id: str
    units: int


def inbounds(
    conn: Connection,
    *,
    id: str | None = None,
    nodes: Sequence[str] | None = None,
    after: str = "",
    most: int = 1,
) -> list[InboundShown]:
    """Announcements by id, to `nodes` only where these are given."""
    rows, lines = _read(conn, _INBOUND, _INBOUND_LINES, id, nodes, after, most)
    return [
        InboundShown(**row, lines=tuple(InboundLineRow(*line) for line in lines[row["id"]])) for row in rows
    ]


def transfers(
    conn: Connection,
    *,
    id: str | None = None,
    nodes: Sequence[str] | None = None,
    after: str = "",
    most: int = 1,
) -> list[TransferShown]:
    """Transfers by id, from or to `nodes` only where these are given."""
    return _transfers(conn, _TRANSFERS, id, nodes, after, most)


def inbounds_to(conn: Connection, node: str, most: int) -> list[Expected]:
    """Suppliers' deliveries that a node still expects, those due first before the others."""
    return [Expected(*row) for row in conn.execute(_ANNOUNCED, {"node": node, "most": most})]


def transfers_to(conn: Connection, node: str, most: int) -> list[TransferShown]:
    """Transfers on their way to a node, those expected first before the others."""
    return _transfers(conn, _COMING, None, [node], "", most)


def transfers_from(conn: Connection, node: str, most: int) -> list[TransferShown]:
    """Transfers a node has to send off, those expected first before the others."""
    return _transfers(conn, _LEAVING, None, [node], "", most)


def to_inspect(conn: Connection, node: str, most: int) -> list[ToInspect]:
    """Deliveries and transfers with units in a node's inspection, the earliest before the others."""
    # In one statement the planner, who cannot know how few they are, reads every delivery there ever was.
    units = {row.inbound_id: int(row.units) for row in conn.execute(_UNINSPECTED)}
    return [
        ToInspect(row.supplied, row.id if row.supplied else transfer_of(row.id), units[row.id])
        for row in conn.execute(_LYING, {"ids": list(units), "node": node, "most": most})
    ]


def _transfers(conn: Connection, heads: TextClause, *asked: Any) -> list[TransferShown]:
    rows, lines = _read(conn, heads, _TRANSFER_LINES, *asked)
    return [
        TransferShown(**row, lines=tuple(TransferLineShown(*line) for line in lines[row["id"]]))
        for row in rows
    ]


def _read(
    conn: Connection,
    heads: TextClause,
    lines: TextClause,
    id: str | None,
    nodes: Sequence[str] | None,
    after: str,
    most: int,
) -> tuple[list[dict[str, Any]], dict[str, list[tuple[Any, ...]]]]:
    wanted = {"id": id, "nodes": None if nodes is None else list(nodes), "after": after, "most": most}
    rows = [dict(row) for row in conn.execute(heads, wanted).mappings()]
    found: dict[str, list[tuple[Any, ...]]] = {row["id"]: [] for row in rows}
    for line in conn.execute(lines, {"ids": list(found)}) if rows else ():
        found[line[0]].append(tuple(line[1:]))
    return rows, found


def promised_of(conn: Connection, group_id: str, document: str) -> dict[str, int]:
    """Units of each line that a group holds of what is still to come under a document."""
    rows = conn.execute(_PROMISED, {"group": group_id, "document": document})
    return {line_id: int(units) for line_id, units in rows}
