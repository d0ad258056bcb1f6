"""Waves of open orders: asked for, solved, and what came of each order."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.tables import metadata

wave = Table(
    "wave",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("market", Text, nullable=False),
    Column("deadline_s", Float, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'queued'")),
    Column("begun_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("currency", Text, nullable=False, server_default=text("''")),
    Column("orders", Integer, nullable=False, server_default=text("0")),
    Column("before_minor", BigInteger, nullable=False, server_default=text("0")),
    Column("after_minor", BigInteger, nullable=False, server_default=text("0")),
    Column("bound_minor", BigInteger, nullable=False, server_default=text("0")),
    Column("gap", Float, nullable=False, server_default=text("0")),
    Column("detail", Text, nullable=False, server_default=text("''")),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state_known"),
    Index("ix_wave_open", "at", postgresql_where=text("state IN ('queued', 'running')")),
    Index("ix_wave_at", "at"),
)

wave_move = Table(
    "wave_move",
    metadata,
    Column("wave_id", Text, ForeignKey("wave.id", ondelete="CASCADE"), primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("saved_minor", BigInteger, nullable=False),
    Column("nodes_before", JSONB, nullable=False),
    Column("nodes_after", JSONB, nullable=False),
    CheckConstraint("outcome IN ('moved', 'changed', 'taken')", name="outcome_known"),
)
