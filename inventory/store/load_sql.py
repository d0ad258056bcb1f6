"""What a bulk load of counts does to the database: rows staged with COPY, then two statements for all of
them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import cast

import psycopg
from sqlalchemy import Connection, text

StagedRow = tuple[int, int | None, int | None, int, str | None, int | None]
"""Line, node number, SKU number, units counted, bin and safety stock; None leaves these as they are."""

# One table a connection, emptied by itself: to make and drop one for every chunk fills the catalogues.
_STAGE = text(
    """
    CREATE TEMPORARY TABLE IF NOT EXISTS staged_count
        (line int, node_no int, sku_no int, counted int, bin text, safety int) ON COMMIT DELETE ROWS
    """
)
_EMPTY = text("TRUNCATE staged_count")
_COPY = "COPY staged_count (line, node_no, sku_no, counted, bin, safety) FROM STDIN"

# However few positions there are: to look a chunk up is cheap, to hash the whole table for it is not.
_BY_INDEX = text(
    "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)"
)
_MAKE = text(
    """
    INSERT INTO position (node_no, sku_no)
    SELECT node_no, sku_no FROM staged_count s WHERE NOT EXISTS (
        SELECT FROM position p WHERE p.sku_no = s.sku_no AND p.node_no = s.node_no)
    ORDER BY 1, 2
    ON CONFLICT (sku_no, node_no) DO NOTHING
    """
)
# What is as it was counted is neither locked nor written: as if it had been counted just before.
# Fewer than are held: that displaces promises, and is left to whoever asked.
_APPLY = text(
    """
    WITH counted AS MATERIALIZED (
        SELECT s.*, s.counted - p.on_hand AS more, s.counted < p.reserved AS short
        FROM staged_count s JOIN position p ON p.sku_no = s.sku_no AND p.node_no = s.node_no
        WHERE s.counted <> p.on_hand OR p.blocked OR s.bin <> p.bin OR s.safety <> p.safety_stock
        ORDER BY p.node_no, p.sku_no FOR NO KEY UPDATE OF p
    ), ledger AS (
        INSERT INTO movement
            (at, occurred_at, sku_no, quantity, from_place, to_place, cause, reference, actor)
        SELECT CAST(:at AS timestamptz), CAST(:at AS timestamptz), c.sku_no, abs(c.more),
            n.id || CASE WHEN c.more > 0 THEN '\\:missing' ELSE '\\:shelf' END,
            n.id || CASE WHEN c.more > 0 THEN '\\:shelf' ELSE '\\:missing' END,
            'count', CAST(:reference AS text), CAST(:actor AS text)
        FROM counted c JOIN node n ON n.no = c.node_no WHERE c.more <> 0 AND NOT c.short
    ), position_written AS (
        UPDATE position p SET on_hand = CASE WHEN c.short THEN p.on_hand ELSE c.counted END,
            bin = coalesce(c.bin, p.bin), safety_stock = coalesce(c.safety, p.safety_stock),
            blocked = false, stamp = pg_current_xact_id()
        FROM counted c WHERE p.sku_no = c.sku_no AND p.node_no = c.node_no
    )
    SELECT count(*), coalesce(array_agg(line ORDER BY line) FILTER (WHERE short), '{}') FROM counted
    """
)


def stage(conn: Connection, rows: Iterable[StagedRow]) -> None:
    """Send the rows to where `apply` looks for them; those of before are gone."""
    conn.execute(_STAGE)
    conn.execute(_EMPTY)
    driver = cast("psycopg.Connection[object]", conn.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            copy.write_row(row)


def apply(conn: Connection, at: datetime, reference: str, actor: str) -> tuple[int, list[int]]:
    """Make positions that are missing, enter the differences, write what was counted; in the order of locks
    (`locks.py`). Answers how many rows said something new, and the lines of those that count fewer units
    than are held: of these only bin and safety stock are written, and a block ends.
    """
    conn.execute(_BY_INDEX)
    conn.execute(_MAKE)
    changed, short = conn.execute(_APPLY, {"at": at, "reference": reference, "actor": actor}).one()
    return changed, short
