"""The least that a stock feed has to do and still keep books: what no product that has a ledger can save.

A file's rows go by `COPY` into a temporary table; one statement finds names and positions by joins, enters
the differences and writes the positions. One key on the positions, no index on the ledger, no check, nobody
to take turns with, no promise to displace, no memory that follows; the file is not judged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import psycopg
from numpy.typing import NDArray

SENT_AT_ONCE = 1 << 18

MAKE = (
    "CREATE TABLE bare_book (node_no int, sku_no int, on_hand int, PRIMARY KEY (sku_no, node_no))",
    "CREATE TABLE bare_ledger (LIKE movement)",
)

_STAGE = "CREATE TEMPORARY TABLE fed (node text, sku text, on_hand int) ON COMMIT DROP"
_APPLY = """
    WITH new AS MATERIALIZED (
        SELECT b.node_no, b.sku_no, n.id, f.on_hand, f.on_hand - b.on_hand AS more
        FROM fed f JOIN node n ON n.id = f.node JOIN sku s ON s.id = f.sku
        JOIN bare_book b ON b.node_no = n.no AND b.sku_no = s.no WHERE b.on_hand <> f.on_hand
    ), entered AS (
        INSERT INTO bare_ledger
        SELECT nextval('movement_id'), now(), now(), sku_no, abs(more),
            id || CASE WHEN more > 0 THEN ':missing' ELSE ':shelf' END,
            id || CASE WHEN more > 0 THEN ':shelf' ELSE ':missing' END, 'count', 'import', 'system' FROM new
    )
    UPDATE bare_book b SET on_hand = new.on_hand
    FROM new WHERE b.sku_no = new.sku_no AND b.node_no = new.node_no
"""


def keep_bare_books(
    url: str, units: NDArray[np.int64], chance: np.random.Generator, new: float
) -> Callable[[], int]:
    """Bare books of these units [node, SKU], of which so large a share differs from a file; what it answers
    reads that file into them.
    """
    held = units + (chance.random(units.shape) < new)
    with psycopg.connect(url) as conn:
        conn.execute("TRUNCATE bare_book, bare_ledger")
        nodes: dict[str, int] = dict(conn.execute("SELECT id, no FROM node"))
        skus: dict[str, int] = dict(conn.execute("SELECT id, no FROM sku"))
        rows = (
            (nodes[f"node-{node}"], skus[f"sku-{sku}"], int(count))
            for (node, sku), count in np.ndenumerate(held)
        )
        with conn.cursor() as cursor, cursor.copy("COPY bare_book FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE bare_book")
    file = "".join(f"node-{node}\tsku-{sku}\t{count}\n" for (node, sku), count in np.ndenumerate(units))

    def run() -> int:
        with psycopg.connect(url) as conn:
            conn.execute(_STAGE)
            send(conn, "fed", file.encode())
            changed = conn.execute(_APPLY).rowcount
        assert changed == (held != units).sum(), changed
        return units.size

    return run


def send(conn: psycopg.Connection[tuple[object, ...]], table: str, content: bytes) -> None:
    """The rows of a text by `COPY`."""
    with conn.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for at in range(0, len(content), SENT_AT_ONCE):
            copy.write(content[at : at + SENT_AT_ONCE])
