"""Documents on their way, for screens: inbound announcements and transfers, each with its lines. No locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause, text

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
_TRANSFERS = text(
    """
    SELECT t.id, a.id AS from_node, b.id AS to_node, t.eta, t.state, t.reference
    FROM transfer t JOIN node a ON a.no = t.from_node_no JOIN node b ON b.no = t.to_node_no
    WHERE (CAST(:id AS text) IS NULL OR t.id = :id)
        AND (CAST(:nodes AS text[]) IS NULL OR a.id = ANY(:nodes) OR b.id = ANY(:nodes)) AND t.id > :after
    ORDER BY t.id LIMIT :most
    """
)
_COMING = text(
    """
    SELECT t.id, a.id AS from_node, b.id AS to_node, t.eta, t.state, t.reference
    FROM transfer t JOIN node a ON a.no = t.from_node_no JOIN node b ON b.no = t.to_node_no
    WHERE b.id = ANY(:nodes) AND t.state = 'shipped' ORDER BY t.eta, t.id LIMIT :most
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
    rows, lines = _read(conn, _TRANSFERS, _TRANSFER_LINES, id, nodes, after, most)
    return [
        TransferShown(**row, lines=tuple(TransferLineShown(*line) for line in lines[row["id"]]))
        for row in rows
    ]


def transfers_to(conn: Connection, node: str, most: int) -> list[TransferShown]:
    """Transfers on their way to a node, those expected first before the others."""
    rows, lines = _read(conn, _COMING, _TRANSFER_LINES, None, [node], "", most)
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
