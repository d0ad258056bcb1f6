"""Many new rows of a table by one statement.

They travel as one JSON text, which costs the sender a tenth of what arrays of columns cost, and the statement
is the same however many rows there are, so that the server keeps its plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection, Table, TextClause, text


def insert_rows(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the rows in their order; all have the same columns, the others get their defaults."""
    if rows:
        sent = orjson.dumps(rows, default=_text).decode()
        conn.execute(_insert(table, tuple(rows[0])), {"rows": sent})


@cache
def _insert(table: Table, columns: tuple[str, ...]) -> TextClause:
    assert set(columns) <= set(table.c.keys()), "these are not all columns of the table"
    named = ", ".join(f'"{name}"' for name in columns)
    as_rows = f'json_populate_recordset(CAST(NULL AS "{table.name}"), CAST(:rows AS json))'
    return text(f'INSERT INTO "{table.name}" ({named}) SELECT {named} FROM {as_rows}')  # noqa: S608


def _text(value: object) -> str:
    """What JSON has no words for: bytes, as PostgreSQL reads them."""
    assert isinstance(value, bytes), type(value)
    return "\\x" + value.hex()
