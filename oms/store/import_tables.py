"""Imports asked for over HTTP: the files, how far they are, and what was wrong with them."""

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.tables import metadata

import_job = Table(
    "import_job",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("step", Text, nullable=False, server_default=text("''")),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer, nullable=False, server_default=text("0")),
    Column("touched_at", DateTime(timezone=True), nullable=False),
    Column("faults", JSONB, nullable=False, server_default=text("'[]'")),
    Column("more_faults", Integer, nullable=False, server_default=text("0")),
    Column("put", JSONB),
    Column("files", LargeBinary),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("state IN ('queued', 'running', 'done', 'refused', 'failed')", name="state_known"),
    Index("ix_import_job_open", "at", postgresql_where=text("state IN ('queued', 'running')")),
)
