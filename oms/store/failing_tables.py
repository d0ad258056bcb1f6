"""What nodes could not send, counted, the chances learned from it, and safety stocks reckoned from these."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.columns import instant, metadata, required

failing = Table(
    "failing",
    metadata,
    Column("node", ForeignKey("node.id"), nullable=False),
    required("goods", Text),
    required("tried", Float),
    required("missing", Float),
    required("refused", Float),
    required("not_found", Float),
    required("not_sent", Float),
    instant("learned_at"),
    PrimaryKeyConstraint("node", "goods"),
    CheckConstraint("least(tried, missing, refused) >= 0", name="counts_not_negative"),
    CheckConstraint("not_found BETWEEN 0 AND 1 AND not_sent BETWEEN 0 AND 1", name="chances"),
)
"""Counts are lines, old ones for less: of ``tried`` ones the units ``missing`` from the shelf, and those
``refused`` for any other reason. ``not_found`` and ``not_sent``: the chance of the first, and of either.
"""

safety_run = Table(
    "safety_run",
    metadata,
    Column("node", ForeignKey("node.id"), nullable=False),
    instant("at"),
    required("applied", Boolean),
    required("skus", Integer),
    required("without_price", Integer),
    required("differing", Integer),
    required("changed", Integer),
    required("furthest", JSONB),
    required("detail", Text),
    PrimaryKeyConstraint("node"),
)
"""The last time a node's safety stocks were reckoned by themselves."""
