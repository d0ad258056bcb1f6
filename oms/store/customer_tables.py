"""What belongs to a customer besides orders: cards he was known by, and what was said with him."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, PrimaryKeyConstraint, Table, Text

from inventory.store.columns import metadata, one_of, required

DIRECTIONS = ("in", "out", "note")

customer_card = Table(
    "customer_card",
    metadata,
    Column("customer_id", ForeignKey("customer.id"), nullable=False),
    required("card", Text),
    PrimaryKeyConstraint("customer_id", "card"),
    Index(None, "card"),
)

contact = Table(
    "contact",
    metadata,
    Column("id", Text, primary_key=True),
    Column("customer_id", ForeignKey("customer.id"), nullable=False),
    Column("order_id", ForeignKey("order.id")),
    required("at", DateTime(timezone=True)),
    required("channel", Text),
    required("direction", Text),
    required("reason", Text, "''"),
    required("note", Text, "''"),
    required("actor", Text),
    one_of("direction", DIRECTIONS, "direction_known"),
    Index(None, "customer_id", "at"),
)
