"""What-if runs: what was asked, how far they are, and what they came to."""

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.tables import metadata

what_if = Table(
    "what_if",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("wanted", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'queued'")),
    Column("begun_at", DateTime(timezone=True)),
    Column("seen_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("runs", Integer, nullable=False),
    Column("result", JSONB(none_as_null=True)),
    Column("detail", Text, nullable=False, server_default=text("''")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state_known"),
    Index("ix_what_if_open", "at", postgresql_where=text("state IN ('queued', 'running')")),
    Index("ix_what_if_at", "at"),
)
