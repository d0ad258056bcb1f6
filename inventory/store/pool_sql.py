"""What the feed reads: everything written since a mark, all of it in one snapshot."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from inventory.pool_rows import BLOCKED
from inventory.store.copied import arrays, messages

# max() walks the index by stamp from its end; EXISTS (… WHERE stamp >= …) may be planned as a table scan.
# `as_of` is the transaction's start, before its snapshot: whatever committed until then is in the snapshot.
# The statement's start may come later: it is read first, which takes the snapshot, and then run.
# `origin` changes when the tables are not the same ones any more: another server, a restore, a TRUNCATE.
_LOOK = text(
    """
    SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS xmin,
        transaction_timestamp() AS as_of,
        concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), pg_relation_filenode('position'),
            pg_relation_filenode('sku'), pg_relation_filenode('node')) AS origin,
        coalesce((SELECT max(stamp) >= CAST(:mark AS xid8) FROM node), false)
            OR coalesce((SELECT max(stamp) >= CAST(:mark AS xid8) FROM sku), false) AS catalogue,
        coalesce((SELECT max(stamp) >= CAST(:mark AS xid8) FROM position), false)
            OR coalesce((SELECT max(stamp) >= CAST(:mark AS xid8) FROM fence), false) AS positions,
        coalesce((SELECT max(stamp) >= CAST(:mark AS xid8) FROM inbound), false)
            OR coalesce((SELECT max(stamp) >= CAST(:mark AS xid8) FROM inbound_line), false) AS incoming,
        coalesce((SELECT max(stamp) >= CAST(:mark AS xid8) FROM capacity), false) AS capacity
    """
)

_SINCE = """
    COPY (
        SELECT sku_no, node_no, CASE WHEN blocked THEN %s ELSE on_hand - reserved - safety_stock END
        FROM position WHERE stamp >= %s::xid8 ORDER BY 1, 2
    ) TO STDOUT (FORMAT binary)
"""
_OF_SKUS = """
    COPY (
        SELECT sku_no, node_no, CASE WHEN blocked THEN %s ELSE on_hand - reserved - safety_stock END
        FROM position WHERE sku_no = ANY(%s)
    ) TO STDOUT (FORMAT binary)
"""
# All of many SKUs in one message: a message for each position would take four times as long.
_BETWEEN = """
    COPY (
        SELECT array_agg(sku_no), array_agg(node_no),
            array_agg(CASE WHEN blocked THEN %s ELSE on_hand - reserved - safety_stock END)
        FROM position WHERE sku_no BETWEEN %s AND %s
    ) TO STDOUT (FORMAT binary)
"""
_ABOUT = text("SELECT CAST(reltuples AS bigint) FROM pg_class WHERE oid = CAST('position' AS regclass)")
_FENCES_SINCE = text(
    """
    SELECT sku_no, node_no, channels, quantity FROM fence WHERE sku_no IN (
        SELECT sku_no FROM position WHERE stamp >= CAST(:mark AS xid8)
        UNION SELECT sku_no FROM fence WHERE stamp >= CAST(:mark AS xid8))
    """
)
_FENCES_OF = text("SELECT sku_no, node_no, channels, quantity FROM fence WHERE sku_no = ANY(:skus)")
_ARRIVING_SKUS = text(
    """
    SELECT sku_no FROM inbound_line WHERE stamp >= CAST(:mark AS xid8)
    UNION SELECT l.sku_no FROM inbound i JOIN inbound_line l ON l.inbound_id = i.id
    WHERE i.stamp >= CAST(:mark AS xid8)
    """
)
_ARRIVING = text(
    """
    SELECT l.sku_no, i.id, node.id AS node, i.eta, l.quantity - l.received - l.promised AS quantity
    FROM inbound i JOIN inbound_line l ON l.inbound_id = i.id JOIN node ON node.no = i.node_no
    WHERE i.state = 'open' AND l.quantity - l.received > l.promised
        AND l.sku_no = ANY(:skus)
    ORDER BY i.eta, i.id
    """
)
_CAPACITY = text(
    """
    SELECT node.id AS node, c.day, c.bucket, c."limit" - c.held AS free
    FROM capacity c JOIN node ON node.no = c.node_no
    WHERE c.stamp >= CAST(:mark AS xid8) AND c.day >= :first
    """
)
_BEGUN = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")

_HEADER_BYTES = 19  # of a binary COPY: signature, flags, length of the extension
_TUPLE = np.dtype(
    [("fields", ">i2")]
    + [(name, ">i4") for column in ("sku", "node", "free") for name in (f"{column}_bytes", column)]
)
_BLOCK_BYTES = 1 << 24  # 645,277 positions
_SKUS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Look:
    """What has been written since the mark, and `xmin`, the mark to read from next time."""

    xmin: int
    as_of: datetime
    origin: str
    catalogue: bool
    positions: bool
    incoming: bool
    capacity: bool


@dataclass(frozen=True, slots=True)
class Block:
    """Some positions: SKU numbers, node numbers and free units before fences, each int32[n]."""

    sku: NDArray[np.int32]
    node: NDArray[np.int32]
    free: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class FenceRow:
    """`quantity` units of a position are kept for `channels`."""

    sku_no: int
    node_no: int
    channels: list[str]
    quantity: int


@dataclass(frozen=True, slots=True)
class ArrivingRow:
    """`quantity` units will be at `node` (its id) at `at`."""

    sku_no: int
    inbound: str
    node: str
    at: datetime
    quantity: int


def look(conn: Connection, mark: int) -> Look:
    """Begin a snapshot (repeatable read) and see which tables have rows written since `mark`."""
    return Look(*conn.execute(_LOOK, {"mark": str(mark)}).one())


def read_since(conn: Connection, mark: int) -> Iterator[Block]:
    """The positions written since `mark`, by SKU and node."""
    return _copied(conn, _SINCE, str(mark))


def about(conn: Connection) -> int:
    """How many positions there are, as of the last time the server counted."""
    return max(0, conn.scalar(_ABOUT) or 0)


def read_all(conn: Connection, skus: NDArray[np.int32]) -> Iterator[Block]:
    """The positions of all these SKUs, ascending, and of any between them."""
    for at in range(0, skus.size, _SKUS_AT_ONCE):
        part = skus[at : at + _SKUS_AT_ONCE]
        for row in messages(conn, _BETWEEN, BLOCKED, int(part[0]), int(part[-1])):
            if found := tuple(arrays(row)):
                yield Block(*found)


def read_of_skus(conn: Connection, skus: Sequence[int]) -> Iterator[Block]:
    """All positions of these SKUs."""
    return _copied(conn, _OF_SKUS, list(skus))


def fences_since(conn: Connection, mark: int) -> list[FenceRow]:
    """All fences, used up ones too, of SKUs of which a fence or a position was written since `mark`."""
    return [FenceRow(*row) for row in conn.execute(_FENCES_SINCE, {"mark": str(mark)})]


def fences_of(conn: Connection, skus: Sequence[int]) -> list[FenceRow]:
    """All fences of these SKUs."""
    return [FenceRow(*row) for row in conn.execute(_FENCES_OF, {"skus": list(skus)})]


def arriving_skus(conn: Connection, mark: int) -> set[int]:
    """SKUs of documents that were written since `mark`."""
    return set(conn.scalars(_ARRIVING_SKUS, {"mark": str(mark)}))


def read_arriving(conn: Connection, skus: Collection[int]) -> list[ArrivingRow]:
    """What is still to come of these SKUs and nobody was promised, earliest first."""
    return [ArrivingRow(*row) for row in conn.execute(_ARRIVING, {"skus": list(skus)})]


def read_capacity(conn: Connection, mark: int, first: date) -> list[tuple[str, date, str, int]]:
    """Node, day, bucket and what is free, of rows written since `mark`, from day `first` on."""
    rows = conn.execute(_CAPACITY, {"mark": str(mark), "first": first})
    return [tuple(row) for row in rows]


def has_written(conn: Connection) -> bool:
    """Whether the transaction has locked or changed rows."""
    return bool(conn.scalar(_BEGUN))


def _copied(conn: Connection, statement: str, parameter: object) -> Iterator[Block]:
    """Run a binary COPY of three integers and cut its stream into blocks: no object per row is made."""
    driver = cast("psycopg.Connection[object]", conn.connection.driver_connection)
    buffer = bytearray()
    begin = _HEADER_BYTES
    with driver.cursor() as cursor, cursor.copy(statement, (BLOCKED, parameter)) as copy:
        for part in copy:
            buffer += part
            if len(buffer) >= _BLOCK_BYTES:
                whole = (len(buffer) - begin) // _TUPLE.itemsize
                yield _block(buffer, begin, whole)
                del buffer[: begin + whole * _TUPLE.itemsize]
                begin = 0
    yield _block(buffer, begin, (len(buffer) - begin) // _TUPLE.itemsize)  # two bytes of trailer are left


def _block(buffer: bytearray, begin: int, count: int) -> Block:
    rows = np.frombuffer(bytes(buffer[begin : begin + count * _TUPLE.itemsize]), _TUPLE)
    return Block(*(rows[column].astype(np.int32) for column in ("sku", "node", "free")))
