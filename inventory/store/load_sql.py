"""What a bulk load of counts writes: two statements, whatever its size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from inventory.store.pool_sql import about

Int32s = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Counted:
    """Columns of one length, a count a row: node and SKU by number, units; bin and safety stock are one
    value for all rows, or one for each. None leaves them as they are.
    """

    node_no: Int32s
    sku_no: Int32s
    units: Int32s
    bin: str | list[str | None] | None
    safety: int | list[int | None] | None

    def __len__(self) -> int:
        return self.units.size

    @property
    def uniform(self) -> bool:
        """Whether all rows say the same of bin and safety stock."""
        return not isinstance(self.bin, list) and not isinstance(self.safety, list)

    def at(self, rows: NDArray[np.int64]) -> "Counted":
        """Some of the rows."""
        return Counted(
            self.node_no[rows],
            self.sku_no[rows],
            self.units[rows],
            [self.bin[row] for row in rows.tolist()] if isinstance(self.bin, list) else self.bin,
            [self.safety[row] for row in rows.tolist()] if isinstance(self.safety, list) else self.safety,
        )


def alike(values: Sequence[Any]) -> Any:
    """The one value that all have, or all of them as a list."""
    return values[0] if len(set(values)) == 1 else list(values)


PLAN = text("SELECT set_config('enable_hashjoin', :hash, true), set_config('enable_mergejoin', 'off', true)")
"""By index; for the rest of a transaction."""

_MAKE = text(
    """
    INSERT INTO position (node_no, sku_no)
    SELECT s.node_no, s.sku_no FROM unnest(CAST(:node_no AS int[]), CAST(:sku_no AS int[]))
        AS s (node_no, sku_no)
    WHERE NOT EXISTS (SELECT FROM position p WHERE p.sku_no = s.sku_no AND p.node_no = s.node_no)
    ORDER BY 1, 2
    ON CONFLICT (sku_no, node_no) DO NOTHING
    """
)
# What is as it was counted is neither locked nor written: as if it had been counted just before.
# Fewer than are held: that displaces promises, and is left to whoever asked.
_COUNTS = """
    unnest(CAST(:node_no AS int[]), CAST(:sku_no AS int[]), CAST(:units AS int[]), CAST(:bins AS text[]),
        CAST(:safeties AS int[])) WITH ORDINALITY AS s (node_no, sku_no, counted, bin, safety, line)
"""
_HERE_AND_NEW = """
    p.sku_no = s.sku_no AND p.node_no = s.node_no AND (s.counted <> p.on_hand OR p.blocked
        OR coalesce(s.bin, CAST(:bin AS text)) <> p.bin
        OR coalesce(s.safety, CAST(:safety AS int)) <> p.safety_stock)
"""
_ENTERED = """
    ledger AS (
        INSERT INTO movement
            (at, occurred_at, sku_no, quantity, from_place, to_place, cause, reference, actor)
        SELECT CAST(:at AS timestamptz), CAST(:at AS timestamptz), c.sku_no, abs(c.more),
            n.id || CASE WHEN c.more > 0 THEN '\\:missing' ELSE '\\:shelf' END,
            n.id || CASE WHEN c.more > 0 THEN '\\:shelf' ELSE '\\:missing' END,
            'count', CAST(:reference AS text), CAST(:actor AS text)
        FROM counted c JOIN node n ON n.no = c.node_no WHERE c.more <> 0 AND NOT c.short
    )
    SELECT count(*), coalesce(array_agg(line - 1 ORDER BY line) FILTER (WHERE short), '{}') FROM counted
"""
_LOCK_AND_WRITE = text(
    f"""
    WITH counted AS MATERIALIZED (
        SELECT s.node_no, s.sku_no, s.counted, s.line, s.counted - p.on_hand AS more,
            s.counted < p.reserved AS short, coalesce(s.bin, CAST(:bin AS text), p.bin) AS bin,
            coalesce(s.safety, CAST(:safety AS int), p.safety_stock) AS safety
        FROM {_COUNTS} JOIN position p ON {_HERE_AND_NEW}
        ORDER BY p.node_no, p.sku_no FOR NO KEY UPDATE OF p
    ), position_written AS (
        UPDATE position p SET on_hand = CASE WHEN c.short THEN p.on_hand ELSE c.counted END,
            bin = c.bin, safety_stock = c.safety, blocked = false, stamp = pg_current_xact_id()
        FROM counted c WHERE p.sku_no = c.sku_no AND p.node_no = c.node_no
    ), {_ENTERED}
    """  # noqa: S608 our words
)
# One look-up and one write of a row instead of two. What was there before, the row as it was when its lock
# was had, is known to whoever writes it from PostgreSQL 18 on.
_WRITE = text(
    f"""
    WITH counted AS (
        UPDATE position p SET on_hand = CASE WHEN s.counted < p.reserved THEN p.on_hand ELSE s.counted END,
            bin = coalesce(s.bin, CAST(:bin AS text), p.bin),
            safety_stock = coalesce(s.safety, CAST(:safety AS int), p.safety_stock),
            blocked = false, stamp = pg_current_xact_id()
        FROM (SELECT * FROM {_COUNTS} ORDER BY node_no, sku_no) s WHERE {_HERE_AND_NEW}
        RETURNING s.node_no, s.sku_no, s.line, s.counted - old.on_hand AS more,
            s.counted < old.reserved AS short
    ), {_ENTERED}
    """  # noqa: S608 our words
)
_SINCE = (18,)
MANY = 10_000
"""Rows are written, and so locked, as the plan meets them: in the order of the counts where each is looked up
by index, which nothing is cheaper than once there are so many positions."""


def make(conn: Connection, counted: Counted) -> None:
    """Make the positions that are missing, in the order of locks."""
    conn.execute(PLAN, {"hash": "off"})
    conn.execute(_MAKE, {"node_no": counted.node_no, "sku_no": counted.sku_no})


def apply(
    conn: Connection, at: datetime, counted: Counted, reference: str, actor: str
) -> tuple[int, list[int]]:
    """Enter the differences, write what was counted; in the order of locks
    (`locks.py`). Answers how many rows said something new, and those that count fewer units than are held:
    of these only bin and safety stock are written, and a block ends.
    """
    conn.execute(PLAN, {"hash": "off"})
    note = {"at": at, "reference": reference, "actor": actor}
    written_at_once = (conn.dialect.server_version_info or ()) >= _SINCE and about(conn) >= MANY
    statement = _WRITE if written_at_once else _LOCK_AND_WRITE
    changed, short = conn.execute(statement, columns(counted) | note).one()
    return changed, short


def columns(counted: Counted) -> dict[str, object]:
    """As parameters of a statement."""
    several = isinstance(counted.bin, list), isinstance(counted.safety, list)
    return {
        "node_no": counted.node_no,
        "sku_no": counted.sku_no,
        "units": counted.units,
        "bins": counted.bin if several[0] else None,
        "bin": None if several[0] else counted.bin,
        "safeties": counted.safety if several[1] else None,
        "safety": None if several[1] else counted.safety,
    }
