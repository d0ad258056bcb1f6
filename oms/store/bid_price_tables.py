"""What units on shelves and room on nodes' days are worth to orders to come: one row for each time a market's
prices were solved.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from inventory.store.tables import metadata

bid_prices = Table(
    "bid_prices",
    metadata,
    Column("market", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("orders", Integer, nullable=False),
    Column("coming", Float, nullable=False),
    Column("rehearsed", Integer, nullable=False),
    Column("scale", Float, nullable=False),
    Column("without_minor", Float, nullable=False),
    Column("with_minor", Float, nullable=False),
    Column("foretold_minor", Float, nullable=False),
    Column("priced", BigInteger, nullable=False),
    Column("cells", LargeBinary, nullable=False),
    Column("days", LargeBinary, nullable=False, server_default=""),
    PrimaryKeyConstraint("market", "at"),
)
