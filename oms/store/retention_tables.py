"""Months that were let go: detached first, then written to a file, then dropped."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from inventory.store.columns import instant, metadata, required

retired_month = Table(
    "retired_month",
    metadata,
    Column("name", Text, primary_key=True),
    required("table", Text),
    instant("detached_at"),
    instant("finished_at", nullable=True),
    Column("rows", BigInteger),
    Column("file", Text),
)
