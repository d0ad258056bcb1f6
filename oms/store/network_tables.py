"""What a retailer says about the network: tariffs, lanes, calendars, deliveries, slots, policy, settings.

Each is one document, edited whole: lanes are a list in which the first row that fits wins, so their order
is part of what is said. Nodes keep their part in `node.profile`.
"""

from sqlalchemy import Column, DateTime, Integer, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.tables import metadata

network_document = Table(
    "network_document",
    metadata,
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("kind", "id"),
)
