"""Orders, who they are for, what each node does for them, and why.

Personal data stands in ``customer`` and ``address`` only. Rows that requests race for are locked in one
order: an existing order, then what inventory locks, then the customer.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.tables import metadata
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.order import OrderStatus
from oms.orders.stages import STAGES

_STAGE_NAMES = [f'"{stage.value}"' for stage in STAGES]
"""Quoted: `returning` is a word of SQL."""


def _required(name: str, type_: Any, default: str | None = None) -> Column[Any]:
    return Column(name, type_, nullable=False, server_default=None if default is None else text(default))


def _one_of(column: str, values: Any) -> CheckConstraint:
    return CheckConstraint(
        f"{column} IN ({', '.join(repr(v.value) for v in values)})", name=f"{column}_known"
    )


customer = Table(
    "customer",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text),
    Column("name", Text),
    Column("phone", Text),
    Column("locale", Text),
    _required("created_at", DateTime(timezone=True)),
    Column("phone_digits", Text),
    _required("version", Integer, "1"),
    Column("merged_into", ForeignKey("customer.id")),
    Column("erased_at", DateTime(timezone=True)),
    Index("ix_customer_erased", "erased_at", postgresql_where=text("erased_at IS NOT NULL")),
)
Index(
    "ix_customer_phone",
    func.right(customer.c.phone_digits, 9),
    postgresql_where=text("phone_digits IS NOT NULL"),
)
Index("uq_customer_email", func.lower(customer.c.email), unique=True)

address = Table(
    "address",
    metadata,
    Column("id", Text, primary_key=True),
    Column("customer_id", ForeignKey("customer.id"), index=True),
    Column("name", Text),
    Column("street", Text),
    Column("city", Text),
    _required("postcode", Text),
    _required("country", Text),
    Column("lat", Float),
    Column("lon", Float),
)

order = Table(
    "order",
    metadata,
    Column("id", Text, primary_key=True),
    _required("version", Integer, "1"),
    _required("status", Text),
    _required("channel", Text),
    _required("currency", Text),
    _required("method", Text),
    _required("placed_at", DateTime(timezone=True)),
    Column("customer_id", ForeignKey("customer.id"), index=True),
    Column("address_id", ForeignKey("address.id")),
    Column("pickup_node", ForeignKey("node.id")),
    _required("external_refs", JSONB, "'{}'"),
    _required("shipping_minor", BigInteger),
    _required("shipping_credited_minor", BigInteger, "0"),
    _required("return_fee_minor", BigInteger, "0"),
    _required("discount_minor", BigInteger),
    _required("total_minor", BigInteger),
    _required("allow_partial", Boolean),
    _required("substitution", Text, "'none'"),
    _required("promise", JSONB),
    _required("holds", ARRAY(Text), "'{}'"),
    _required("group_id", Text),
    _required("quote_ref", Text, "''"),
    _required("body_digest", Text),
    _required("answer", Text, "''"),
    _required("actor", Text),
    Column("exchange_of", ForeignKey("return.id")),
    _one_of("status", OrderStatus),
    CheckConstraint("total_minor >= 0", name="total_not_negative"),
    CheckConstraint("substitution IN ('none', 'allowed')", name="substitution_known"),
    CheckConstraint("return_fee_minor >= 0", name="return_fee_not_negative"),
    CheckConstraint("shipping_credited_minor BETWEEN 0 AND shipping_minor", name="shipping_credited_at_most"),
    Index(None, "placed_at", "id"),
    Index(None, "status", "placed_at"),
    Index("ix_order_external_refs", "external_refs", postgresql_using="gin"),
    Index(
        "uq_order_exchange_of", "exchange_of", unique=True, postgresql_where=text("exchange_of IS NOT NULL")
    ),
)

order_line = Table(
    "order_line",
    metadata,
    Column("order_id", ForeignKey("order.id"), nullable=False),
    _required("line_id", Text),
    _required("no", Integer),
    Column("sku", ForeignKey("sku.id"), nullable=False),
    Column("kit_line", Text),
    _required("is_kit", Boolean, "false"),
    _required("per_kit", Integer, "0"),
    _required("ordered", Integer),
    *(_required(stage.value, Integer, "0") for stage in STAGES),
    _required("returned", Integer, "0"),
    _required("credited", Integer, "0"),
    _required("unit_price_minor", BigInteger, "0"),
    _required("discount_minor", BigInteger, "0"),
    _required("tax_minor", BigInteger, "0"),
    PrimaryKeyConstraint("order_id", "line_id"),
    CheckConstraint(f"ordered = {' + '.join(_STAGE_NAMES)}", name="every_unit_at_one_stage"),
    CheckConstraint(f"least({', '.join(_STAGE_NAMES)}) >= 0", name="stages_not_negative"),
    CheckConstraint('returned BETWEEN 0 AND delivered + refused + "returning"', name="returned_went_out"),
    CheckConstraint(
        'credited BETWEEN 0 AND delivered + refused + "returning" + lost', name="credited_went_out"
    ),
    Index(None, "sku"),
)

fulfilment_order = Table(
    "fulfilment_order",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", ForeignKey("order.id"), nullable=False),
    _required("no", Integer),
    Column("node", ForeignKey("node.id"), nullable=False),
    _required("method", Text),
    _required("state", Text),
    _required("group_id", Text),
    _required("ship_at", DateTime(timezone=True)),
    _required("arrive_at", DateTime(timezone=True)),
    _required("created_at", DateTime(timezone=True)),
    _required("cost_minor", BigInteger),
    Column("replaces", Text),
    _required("version", Integer, "1"),
    Column("to_node", ForeignKey("node.id")),
    _required("on_hold", Boolean, "false"),
    _required("reason", Text, "''"),
    Column("release_at", DateTime(timezone=True)),
    Column("offer_expires_at", DateTime(timezone=True)),
    Column("pick_list_id", ForeignKey("pick_list.id")),
    _required("instants", JSONB, "'{}'"),
    _one_of("state", FulfilmentState),
    Index(None, "order_id", "no", unique=True),
    Index(None, "node", "state", "ship_at"),
    Index("ix_fulfilment_order_release", "release_at", postgresql_where=text("state = 'scheduled'")),
    Index("ix_fulfilment_order_offer", "offer_expires_at", postgresql_where=text("state = 'offered'")),
    Index("ix_fulfilment_order_pick_list", "pick_list_id"),
)

fulfilment_line = Table(
    "fulfilment_line",
    metadata,
    Column("fulfilment_order_id", ForeignKey("fulfilment_order.id"), nullable=False),
    _required("order_id", Text),
    _required("line_id", Text),
    _required("parcel", Integer),
    _required("sku", Text),
    _required("quantity", Integer),
    _required("cancelled", Integer, "0"),
    _required("picked", Integer, "0"),
    _required("short", Integer, "0"),
    _required("put_back", Integer, "0"),
    _required("collected", Integer, "0"),
    PrimaryKeyConstraint("fulfilment_order_id", "line_id", "parcel"),
    ForeignKeyConstraint(["order_id", "line_id"], ["order_line.order_id", "order_line.line_id"]),
    CheckConstraint("quantity > 0 AND cancelled BETWEEN 0 AND quantity", name="quantity_positive"),
    CheckConstraint(
        "least(picked, short, put_back, collected) >= 0"
        " AND picked + cancelled + short + collected <= quantity",
        name="picked_wanted",
    ),
    Index("ix_fulfilment_line_put_back", "fulfilment_order_id", postgresql_where=text("put_back > 0")),
)

decision = Table(
    "decision",
    metadata,
    _required("id", Text),
    _required("at", DateTime(timezone=True)),
    _required("reference", Text),
    _required("trigger", Text),
    _required("digest", Text),
    _required("inputs", LargeBinary),
    _required("network_version", BigInteger),
    _required("network_digest", Text),
    _required("policy_version", BigInteger),
    _required("plan", JSONB),
    PrimaryKeyConstraint("id", "at"),
    Index(None, "reference", "at"),
    postgresql_partition_by="RANGE (at)",
)

held_quote = Table(
    "held_quote",
    metadata,
    Column("group_id", ForeignKey("reservation_group.id"), primary_key=True),
    _required("quote", JSONB),
    _required("whereabouts", Text),
)

place = Table(
    "place",
    metadata,
    _required("country", Text),
    _required("postcode", Text),
    Column("city", Text),
    _required("lat", Float),
    _required("lon", Float),
    PrimaryKeyConstraint("country", "postcode"),
    CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="on_the_globe"),
)
