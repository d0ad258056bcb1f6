"""Rows of documents on their way: inbound and transfers. See `locks.py` for when each may be written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

_BEGIN_INBOUND = text(
    """
    INSERT INTO inbound (id, node_no, place, surplus_from, shortfall_to, eta, reference)
    VALUES (:id, :node_no, :place, :surplus_from, :shortfall_to, :eta, :reference)
    ON CONFLICT (id) DO NOTHING
    """
)
_LOCK_INBOUND = text(
    """
    SELECT i.id, i.node_no, n.id AS node, i.place, i.surplus_from, i.shortfall_to, i.eta, i.state
    FROM inbound i JOIN node n ON n.no = i.node_no
    WHERE i.id = ANY(:ids) ORDER BY i.id FOR NO KEY UPDATE OF i
    """
)
_ADD_EXPECTED = text(
    """
    INSERT INTO inbound_line (inbound_id, sku_no, quantity)
    SELECT * FROM unnest(CAST(:inbounds AS text[]), CAST(:skus AS int[]), CAST(:quantities AS int[]))
    """
)
_CLOSE_INBOUND = text("UPDATE inbound SET state = 'closed' WHERE id = ANY(:ids)")
_FORGET_LINES = text("DELETE FROM inbound_line WHERE inbound_id = ANY(:ids)")
_FORGET_INBOUND = text("DELETE FROM inbound WHERE id = ANY(:ids)")
_TO_INSPECT = text(
    """
    UPDATE inbound_line SET to_inspect = to_inspect + :units WHERE inbound_id = :id AND sku_no = :sku_no
    """
)
_UNINSPECTED = text("SELECT sku_no, to_inspect - inspected AS units FROM inbound_line WHERE inbound_id = :id")
_INSPECTED = text(
    """
    UPDATE inbound_line SET inspected = inspected + :units WHERE inbound_id = :id AND sku_no = :sku_no
    """
)
_RESCHEDULE = text("UPDATE inbound SET eta = :eta WHERE id = :id")
_ENDANGERED = text(
    """
    SELECT DISTINCT group_id FROM reservation
    WHERE inbound_id = :id AND state = 'held' AND promise_at < :eta ORDER BY group_id
    """
)
_BEGIN_TRANSFER = text(
    """
    INSERT INTO transfer (id, from_node_no, to_node_no, eta, reference, created_at)
    VALUES (:id, :from_node_no, :to_node_no, :eta, :reference, :created_at)
    ON CONFLICT (id) DO NOTHING
    """
)
_FORGET_TRANSFERS = text("DELETE FROM transfer WHERE id = ANY(:ids)")
_ADD_TRANSFER_LINE = text(
    """
    INSERT INTO transfer_line (transfer_id, line_id, group_id, sku_no, quantity)
    VALUES (:transfer_id, :line_id, :group_id, :sku_no, :quantity)
    """
)
_LOCK_TRANSFERS = text(
    """
    SELECT t.id, t.from_node_no, f.id AS from_node, t.to_node_no, d.id AS to_node, t.state, t.eta, t.reference
    FROM transfer t JOIN node f ON f.no = t.from_node_no JOIN node d ON d.no = t.to_node_no
    WHERE t.id = ANY(:ids) ORDER BY t.id FOR NO KEY UPDATE OF t
    """
)
_TRANSFER_LINES = text(
    """
    SELECT transfer_id, line_id, group_id, sku_no, quantity FROM transfer_line
    WHERE transfer_id = ANY(:ids) ORDER BY transfer_id, line_id
    """
)
_SET_SHIPPED = text(
    "UPDATE transfer_line SET shipped = :shipped WHERE transfer_id = :id AND line_id = :line_id"
)
_SET_TRANSFER = text("UPDATE transfer SET state = :state WHERE id = ANY(:ids)")
_HELD = text(
    """
    SELECT coalesce(sum(quantity), 0) FROM reservation
    WHERE group_id = :group_id AND line_id = :line_id AND node_no = :node_no AND sku_no = :sku_no
        AND kind = 'shelf' AND state = 'held'
    """
)


@dataclass(frozen=True, slots=True)
class InboundRow:
    """A document on its way. `place` holds its units; a surplus comes from, a shortfall goes to another."""

    id: str
    node_no: int
    node: str
    place: str
    surplus_from: str
    shortfall_to: str
    eta: datetime
    state: str


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A transfer between two nodes."""

    id: str
    from_node_no: int
    from_node: str
    to_node_no: int
    to_node: str
    state: str
    eta: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class TransferLineRow:
    """A line of a transfer; its units are held by `group_id`, under the same line id."""

    transfer_id: str
    line_id: str
    group_id: str
    sku_no: int
    quantity: int


def begin_inbound(conn: Connection, rows: Sequence[InboundRow], reference: Mapping[str, str]) -> set[str]:
    """Make the documents that do not exist yet, in the order of ids; returns the ids of those."""
    made = set()
    for row in sorted(rows, key=lambda row: row.id):
        values = {
            "id": row.id,
            "node_no": row.node_no,
            "place": row.place,
            "surplus_from": row.surplus_from,
            "shortfall_to": row.shortfall_to,
            "eta": row.eta,
            "reference": reference[row.id],
        }
        if conn.execute(_BEGIN_INBOUND, values).rowcount:
            made.add(row.id)
    return made


def lock_inbound(conn: Connection, ids: Collection[str]) -> dict[str, InboundRow]:
    """The documents that exist."""
    return {row.id: InboundRow(*row) for row in conn.execute(_LOCK_INBOUND, {"ids": list(ids)})}


def add_expected(conn: Connection, lines: Sequence[tuple[str, int, int]]) -> None:
    """New lines (document, SKU number, units announced)."""
    if lines:
        inbounds, skus, quantities = zip(*lines, strict=True)
        conn.execute(
            _ADD_EXPECTED, {"inbounds": list(inbounds), "skus": list(skus), "quantities": list(quantities)}
        )


def add_to_inspect(conn: Connection, lines: Sequence[tuple[str, int, int]]) -> None:
    """Units of (document, SKU number) that went to inspection. True only under the document's lock."""
    for id_, sku_no, units in lines:
        conn.execute(_TO_INSPECT, {"id": id_, "sku_no": sku_no, "units": units})


def uninspected(conn: Connection, id_: str) -> dict[int, int]:
    """Units of the document that wait in inspection, by SKU number. True only under its lock."""
    return {row.sku_no: row.units for row in conn.execute(_UNINSPECTED, {"id": id_})}


def set_inspected(conn: Connection, id_: str, sku_no: int, units: int) -> None:
    """So many more units of the document have a disposition."""
    conn.execute(_INSPECTED, {"id": id_, "sku_no": sku_no, "units": units})


def close_inbound(conn: Connection, ids: Collection[str]) -> None:
    """Nothing more will come of these."""
    conn.execute(_CLOSE_INBOUND, {"ids": list(ids)})


def forget_inbound(conn: Connection, ids: Collection[str]) -> None:
    """Take back documents begun by this transaction, and their lines."""
    if ids:
        conn.execute(_FORGET_LINES, {"ids": list(ids)})
        conn.execute(_FORGET_INBOUND, {"ids": list(ids)})


def reschedule(conn: Connection, id_: str, eta: datetime) -> tuple[str, ...]:
    """Set when a document comes; returns the groups promised something of it before that."""
    conn.execute(_RESCHEDULE, {"id": id_, "eta": eta})
    return tuple(conn.scalars(_ENDANGERED, {"id": id_, "eta": eta}))


def begin_transfers(conn: Connection, rows: Sequence[TransferRow], at: datetime) -> set[str]:
    """Make the transfers that do not exist yet, in the order of ids; returns the ids of those."""
    made = set()
    for row in sorted(rows, key=lambda row: row.id):
        values = {
            "id": row.id,
            "from_node_no": row.from_node_no,
            "to_node_no": row.to_node_no,
            "eta": row.eta,
            "reference": row.reference,
            "created_at": at,
        }
        if conn.execute(_BEGIN_TRANSFER, values).rowcount:
            made.add(row.id)
    return made


def forget_transfers(conn: Connection, ids: Collection[str]) -> None:
    """Take back transfers begun by this transaction."""
    conn.execute(_FORGET_TRANSFERS, {"ids": list(ids)})


def add_transfer_lines(conn: Connection, lines: Sequence[TransferLineRow]) -> None:
    """The lines of new transfers."""
    for line in lines:
        conn.execute(
            _ADD_TRANSFER_LINE,
            {
                "transfer_id": line.transfer_id,
                "line_id": line.line_id,
                "group_id": line.group_id,
                "sku_no": line.sku_no,
                "quantity": line.quantity,
            },
        )


def lock_transfers(
    conn: Connection, ids: Collection[str]
) -> tuple[dict[str, TransferRow], dict[str, list[TransferLineRow]]]:
    """The transfers that exist, and their lines by transfer."""
    rows = {row.id: TransferRow(*row) for row in conn.execute(_LOCK_TRANSFERS, {"ids": list(ids)})}
    lines: dict[str, list[TransferLineRow]] = {id_: [] for id_ in rows}
    for row in conn.execute(_TRANSFER_LINES, {"ids": list(rows)}):
        lines[row.transfer_id].append(TransferLineRow(*row))
    return rows, lines


def set_transfers(conn: Connection, ids: Collection[str], state: str) -> None:
    """The transfers have come to `state`."""
    if ids:
        conn.execute(_SET_TRANSFER, {"ids": list(ids), "state": state})


def set_shipped(conn: Connection, shipped: Mapping[tuple[str, str], int]) -> None:
    """Units that left, by (transfer, line id)."""
    for (id_, line_id), quantity in shipped.items():
        conn.execute(_SET_SHIPPED, {"id": id_, "line_id": line_id, "shipped": quantity})


def held_on_shelf(conn: Connection, line: TransferLineRow, node_no: int) -> int:
    """Units the line's group holds for it at the node now. Not locked: a hint."""
    values = {"group_id": line.group_id, "line_id": line.line_id, "node_no": node_no, "sku_no": line.sku_no}
    return int(conn.scalar(_HELD, values) or 0)
