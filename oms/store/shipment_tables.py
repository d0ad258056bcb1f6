"""Parcels, what is in them, and what their carriers said."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
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

from inventory.store.columns import instant, metadata, one_of, required
from oms.shipments.lifecycle import ShipmentState
from oms.shipments.tracking import KINDS

shipment = Table(
    "shipment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", ForeignKey("order.id"), nullable=False),
    Column("fulfilment_order_id", ForeignKey("fulfilment_order.id"), nullable=False),
    required("no", Integer),
    Column("node", ForeignKey("node.id"), nullable=False),
    required("state", Text),
    Column("weight_g", BigInteger),
    Column("length_mm", Integer),
    Column("width_mm", Integer),
    Column("height_mm", Integer),
    required("carrier", Text, "''"),
    required("tracking_reference", Text, "''"),
    Column("manifest_id", Text),
    Column("return_node", ForeignKey("node.id")),
    instant("created_at"),
    required("instants", JSONB, "'{}'"),
    one_of("state", tuple(one.value for one in ShipmentState), "state_known"),
    CheckConstraint("least(weight_g, length_mm, width_mm, height_mm) >= 0", name="measures_not_negative"),
    CheckConstraint("return_node IS NULL OR state = 'returned'", name="taken_back_once_returned"),
    Index(None, "fulfilment_order_id", "no", unique=True),
    Index(None, "order_id"),
    Index(
        "ix_shipment_tracking_reference",
        "tracking_reference",
        postgresql_where=text("tracking_reference <> ''"),
    ),
    Index("ix_shipment_return_node", "return_node", postgresql_where=text("return_node IS NOT NULL")),
)

shipment_line = Table(
    "shipment_line",
    metadata,
    Column("shipment_id", ForeignKey("shipment.id"), nullable=False),
    required("order_id", Text),
    required("line_id", Text),
    required("sku", Text),
    required("quantity", Integer),
    required("inspected", Integer, "0"),
    PrimaryKeyConstraint("shipment_id", "line_id"),
    ForeignKeyConstraint(["order_id", "line_id"], ["order_line.order_id", "order_line.line_id"]),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("inspected BETWEEN 0 AND quantity", name="inspected_once"),
)

shipment_event = Table(
    "shipment_event",
    metadata,
    Column("shipment_id", ForeignKey("shipment.id"), nullable=False),
    required("id", Text),
    required("kind", Text),
    instant("occurred_at"),
    instant("received_at"),
    required("note", Text, "''"),
    required("actor", Text),
    required("result", Text),
    PrimaryKeyConstraint("shipment_id", "id"),
    one_of("kind", tuple(one.value for one in KINDS), "kind_known"),
    one_of("result", ("applied", "superseded"), "result_known"),
)
