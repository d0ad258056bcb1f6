"""Counts by the hundred thousand: staged with COPY, applied set-based in short transactions.

Each chunk is one transaction, because the feed cannot pass a transaction that stays open. A chunk is what
`stock.count` would do, in a few statements whatever its size; only counts below what is held, which displace
promises, go through `stock.count` itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, Engine, text

from inventory.movements import Count, Note
from inventory.outcomes import Displaced
from inventory.stock import count

CHUNK = 5_000

_STAGE = text(
    """
    CREATE TEMPORARY TABLE staged_count (line int, node text, sku text, counted int, bin text, safety int)
    ON COMMIT DROP
    """
)
_COPY = "COPY staged_count (line, node, sku, counted, bin, safety) FROM STDIN"
_UNKNOWN = text(
    """
    SELECT s.line FROM staged_count s LEFT JOIN node n ON n.id = s.node LEFT JOIN sku k ON k.id = s.sku
    WHERE n.no IS NULL OR k.no IS NULL ORDER BY s.line
    """
)
_MAKE = text(
    """
    INSERT INTO position (node_no, sku_no)
    SELECT DISTINCT n.no, k.no FROM staged_count s JOIN node n ON n.id = s.node JOIN sku k ON k.id = s.sku
    ORDER BY 1, 2
    ON CONFLICT (sku_no, node_no) DO NOTHING
    """
)
_LOCK = text(
    """
    SELECT s.line, s.counted < p.reserved AS short
    FROM staged_count s JOIN node n ON n.id = s.node JOIN sku k ON k.id = s.sku
    JOIN position p ON p.node_no = n.no AND p.sku_no = k.no
    ORDER BY p.node_no, p.sku_no FOR NO KEY UPDATE OF p
    """
)
_LEDGER = text(
    """
    INSERT INTO movement (at, occurred_at, sku_no, quantity, from_place, to_place, cause, reference, actor)
    SELECT :at, :at, k.no, abs(s.counted - p.on_hand),
        n.id || CASE WHEN s.counted > p.on_hand THEN '\\:missing' ELSE '\\:shelf' END,
        n.id || CASE WHEN s.counted > p.on_hand THEN '\\:shelf' ELSE '\\:missing' END,
        'count', :reference, :actor
    FROM staged_count s JOIN node n ON n.id = s.node JOIN sku k ON k.id = s.sku
    JOIN position p ON p.node_no = n.no AND p.sku_no = k.no
    WHERE s.counted <> p.on_hand AND s.line <> ALL(CAST(:but AS int[]))
    """
)
_APPLY = text(
    """
    UPDATE position p SET on_hand = CASE WHEN s.line = ANY(CAST(:but AS int[])) THEN p.on_hand
        ELSE s.counted END, bin = coalesce(s.bin, p.bin), safety_stock = coalesce(s.safety, p.safety_stock),
        blocked = false, stamp = pg_current_xact_id()
    FROM staged_count s JOIN node n ON n.id = s.node JOIN sku k ON k.id = s.sku
    WHERE p.node_no = n.no AND p.sku_no = k.no
    """
)


@dataclass(frozen=True, slots=True)
class LoadLine:
    """A count of one (node, SKU); `bin` and `safety_stock` None leave these as they are."""

    node: str
    sku: str
    quantity: int
    bin: str | None = None
    safety_stock: int | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a chunk did: `unknown` are the indexes of lines (in the chunk) whose node or SKU does not
    exist.
    """

    applied: int
    unknown: tuple[int, ...]
    displaced: list[Displaced]


def load_counts(
    engine: Engine, at: datetime, lines: Iterable[LoadLine], note: Note, chunk: int = CHUNK
) -> Iterator[Loaded]:
    """Apply the counts chunk by chunk, each committed when it is yielded. A (node, SKU) comes once in a
    chunk.

    A chunk with unknown ids is not applied at all. Raises IntegrityError for a negative count.
    """
    rest = iter(lines)
    while part := list(islice(rest, chunk)):
        with engine.begin() as conn:
            loaded = load_chunk(conn, at, part, note)
        yield loaded


def load_chunk(conn: Connection, at: datetime, lines: list[LoadLine], note: Note) -> Loaded:
    """One chunk, in the caller's transaction. Raises ValueError when a (node, SKU) comes twice."""
    if len({(line.node, line.sku) for line in lines}) != len(lines):
        raise ValueError("a position is counted twice")
    conn.execute(_STAGE)
    driver = conn.connection.cursor()
    with driver.copy(_COPY) as copy:
        for i, line in enumerate(lines):
            copy.write_row((i, line.node, line.sku, line.quantity, line.bin, line.safety_stock))
    unknown = tuple(conn.scalars(_UNKNOWN))
    if unknown:
        conn.execute(text("DROP TABLE staged_count"))
        return Loaded(0, unknown, [])
    conn.execute(_MAKE)
    short = [row.line for row in conn.execute(_LOCK) if row.short]
    conn.execute(_LEDGER, {"at": at, "reference": note.reference, "actor": note.actor, "but": short})
    conn.execute(_APPLY, {"but": short})
    conn.execute(text("DROP TABLE staged_count"))
    counts = [Count(lines[i].node, lines[i].sku, lines[i].quantity, note) for i in short]
    report = count(conn, at, counts) if counts else None
    return Loaded(len(lines), (), report.displaced if report else [])
