"""Returns: what was announced, what arrived, what became of each unit. An order's row is the lock for what
its lines still may send back; the return's own row is locked after it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.tables import metadata
from oms.returns.lifecycle import Disposition, Release, ReturnState


def _required(name: str, type_: Any, default: str | None = None) -> Column[Any]:
    return Column(name, type_, nullable=False, server_default=None if default is None else text(default))


def _one_of(column: str, values: Any) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(v)) for v in values)})", name=f"{column}_known")


return_ = Table(
    "return",
    metadata,
    Column("id", Text, primary_key=True),
    _required("version", Integer, "1"),
    _required("state", Text),
    _required("method", Text),
    _required("channel", Text),
    Column("node", ForeignKey("node.id")),
    Column("customer_id", ForeignKey("customer.id"), index=True),
    _required("requested_at", DateTime(timezone=True)),
    _required("actor", Text),
    _required("breaches", ARRAY(Text), "'{}'"),
    _required("exception", Text, "''"),
    _required("reason", Text, "''"),
    Column("release", Text),
    _required("credit_minor", BigInteger, "0"),
    _required("instants", JSONB, "'{}'"),
    _one_of("state", ReturnState),
    _one_of("method", ("ship", "counter", "courier")),
    _one_of("release", Release),
    CheckConstraint("credit_minor >= 0", name="credit_not_negative"),
    CheckConstraint(
        "state NOT IN ('received', 'inspected', 'closed') OR node IS NOT NULL", name="received_somewhere"
    ),
    Index("ix_return_node_state", "node", "state"),
)

return_line = Table(
    "return_line",
    metadata,
    Column("return_id", ForeignKey("return.id"), nullable=False),
    _required("no", Integer),
    Column("sku", ForeignKey("sku.id"), nullable=False),
    _required("quantity", Integer),
    Column("order_id", Text),
    Column("line_id", Text),
    Column("sold_line", Text),
    _required("reason", Text, "''"),
    _required("note", Text, "''"),
    _required("condition", Text, "''"),
    _required("received", Integer, "0"),
    _required("inspected", Integer, "0"),
    _required("refundable", Integer, "0"),
    _required("breaches", ARRAY(Text), "'{}'"),
    PrimaryKeyConstraint("return_id", "no"),
    ForeignKeyConstraint(["order_id", "line_id"], ["order_line.order_id", "order_line.line_id"]),
    CheckConstraint(
        "(order_id IS NULL) = (line_id IS NULL) AND (order_id IS NULL) = (sold_line IS NULL)",
        name="order_whole",
    ),
    CheckConstraint("quantity >= 0 AND received >= 0 AND quantity + received > 0", name="quantity_some"),
    CheckConstraint("inspected BETWEEN 0 AND received", name="inspected_received"),
    CheckConstraint(
        "refundable BETWEEN 0 AND received AND (refundable = 0 OR order_id IS NOT NULL)",
        name="refundable_received",
    ),
    Index("ix_return_line_order_id_line_id", "order_id", "line_id"),
)

goodwill = Table(
    "goodwill",
    metadata,
    Column("return_id", ForeignKey("return.id"), nullable=False),
    _required("no", Integer),
    _required("at", DateTime(timezone=True)),
    _required("method", Text),
    _required("amount_minor", BigInteger),
    Column("reference", Text),
    _required("reason", Text),
    _required("actor", Text, "''"),
    _required("channel", Text, "''"),
    PrimaryKeyConstraint("return_id", "no"),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    CheckConstraint("reason <> ''", name="has_a_reason"),
)

return_disposition = Table(
    "return_disposition",
    metadata,
    _required("return_id", Text),
    _required("line_no", Integer),
    _required("no", Integer),
    _required("disposition", Text),
    _required("quantity", Integer),
    _required("condition", Text, "''"),
    Column("to_node", ForeignKey("node.id")),
    Column("transfer", Text),
    _required("at", DateTime(timezone=True)),
    _required("actor", Text),
    PrimaryKeyConstraint("return_id", "line_no", "no"),
    ForeignKeyConstraint(["return_id", "line_no"], ["return_line.return_id", "return_line.no"]),
    _one_of("disposition", Disposition),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint(
        "(disposition = 'restock_elsewhere') = (to_node IS NOT NULL)", name="elsewhere_somewhere"
    ),
)
