"""Pick lists, their tasks, and the serial numbers of what was picked.

A list's row is the last lock of a transaction: orders by id first, then what inventory locks, then the list.
Whoever changes who works on a list holds all of its orders, so whoever holds one of them may rely on that.
"""

from __future__ import annotations

from sqlalchemy import (
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

from inventory.store.columns import instant, metadata, one_of, required
from oms.picking.lifecycle import ListState, TaskState

pick_list = Table(
    "pick_list",
    metadata,
    Column("id", Text, primary_key=True),
    Column("node", ForeignKey("node.id"), nullable=False),
    required("state", Text),
    Column("method", Text),
    instant("created_at"),
    required("claimed_by", Text, "''"),
    instant("claimed_at", nullable=True),
    instant("ended_at", nullable=True),
    one_of("state", tuple(state.value for state in ListState), "state_known"),
    CheckConstraint("state <> 'claimed' OR claimed_by <> ''", name="claimed_by_somebody"),
    Index("ix_pick_list_node", "node", "state", "created_at", "id"),
)

pick_task = Table(
    "pick_task",
    metadata,
    Column("pick_list_id", ForeignKey("pick_list.id"), nullable=False),
    required("no", Integer),
    required("order_id", Text),
    required("fulfilment_order_id", Text),
    required("line_id", Text),
    required("parcel", Integer),
    required("sku", Text),
    required("bin", Text, "''"),
    required("tote", Text),
    required("state", Text),
    required("short", Integer, "0"),
    required("substituted", Integer, "0"),
    required("reason", Text, "''"),
    Column("instead_of", Integer),
    PrimaryKeyConstraint("pick_list_id", "no"),
    ForeignKeyConstraint(
        ["fulfilment_order_id", "line_id", "parcel"],
        ["fulfilment_line.fulfilment_order_id", "fulfilment_line.line_id", "fulfilment_line.parcel"],
    ),
    one_of("state", tuple(state.value for state in TaskState), "state_known"),
    CheckConstraint("least(short, substituted) >= 0", name="units_not_negative"),
    CheckConstraint("short + substituted = 0 OR reason <> ''", name="says_why"),
    Index(
        "uq_pick_task_open",
        "fulfilment_order_id",
        "line_id",
        "parcel",
        unique=True,
        postgresql_where=text("state = 'open'"),
    ),
)

pick_serial = Table(
    "pick_serial",
    metadata,
    required("fulfilment_order_id", Text),
    required("line_id", Text),
    required("parcel", Integer),
    required("serial", Text),
    instant("at"),
    PrimaryKeyConstraint("fulfilment_order_id", "line_id", "serial"),
    ForeignKeyConstraint(
        ["fulfilment_order_id", "line_id", "parcel"],
        ["fulfilment_line.fulfilment_order_id", "fulfilment_line.line_id", "fulfilment_line.parcel"],
    ),
)
