"""What nodes could not send, counted, and the chances learned from it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Float, ForeignKey, PrimaryKeyConstraint, Table, Text

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
