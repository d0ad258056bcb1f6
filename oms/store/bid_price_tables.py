"""What units on shelves and room on nodes' days are worth to orders to come: one row for each time a market's
prices were solved, and what the orders of each day came to that felt them.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
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
    Column("soon_orders", Integer, nullable=False, server_default="0"),
    Column("times_alone", Float, nullable=False, server_default="0"),
    Column("trust", Float, nullable=False, server_default="1"),
    Column("since_days", Integer, nullable=False, server_default="0"),
    Column("since_orders", Integer, nullable=False, server_default="0"),
    Column("since_minor", Float, nullable=False, server_default="0"),
    Column("since_foretold_minor", Float, nullable=False, server_default="0"),
    Column("since_surely_minor", Float, nullable=False, server_default="0"),
    Column("cells", LargeBinary, nullable=False),
    Column("days", LargeBinary, nullable=False, server_default=""),
    PrimaryKeyConstraint("market", "at"),
)

price_day = Table(
    "price_day",
    metadata,
    Column("market", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("realised_minor", Float, nullable=False),
    Column("foretold_minor", Float, nullable=False),
    Column("saving_minor", Float, nullable=False),
    Column("rehearsed", Float, nullable=False),
    PrimaryKeyConstraint("market", "day"),
)
"""As ``routing.replay.trust.Day``; also days without an order, so that none is looked at twice."""
