"""Payments as recorded facts, and refunds as what is still to be paid back."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.columns import metadata, one_of, required
from oms.money.ledger import PaymentKind
from oms.money.refunds import RefundState

payment = Table(
    "payment",
    metadata,
    Column("order_id", ForeignKey("order.id"), nullable=False),
    required("no", Integer),
    required("at", DateTime(timezone=True)),
    required("kind", Text, "'authorised'"),
    required("method", Text),
    required("amount_minor", BigInteger),
    Column("reference", Text),
    Column("terminal", Text),
    Column("acquirer", Text),
    Column("card", Text),
    required("actor", Text, "''"),
    required("channel", Text, "''"),
    Column("refund_id", ForeignKey("refund.id")),
    PrimaryKeyConstraint("order_id", "no"),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    one_of("kind", tuple(kind.value for kind in PaymentKind), "kind_known"),
    Index("ix_payment_card", "card", postgresql_where=text("card IS NOT NULL")),
)

refund = Table(
    "refund",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", ForeignKey("order.id"), nullable=False),
    Column("return_id", ForeignKey("return.id")),
    required("amount_minor", BigInteger),
    required("cause", Text),
    required("state", Text),
    required("at", DateTime(timezone=True)),
    Column("reference", Text),
    required("instants", JSONB, "'{}'"),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    one_of("state", tuple(state.value for state in RefundState), "state_known"),
    Index(None, "order_id"),
    Index("ix_refund_return", "return_id", postgresql_where=text("return_id IS NOT NULL")),
    Index("ix_refund_pending", "at", postgresql_where=text("state IN ('due', 'sent', 'failed')")),
)
