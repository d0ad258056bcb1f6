"""What lies ready at the counters. The code that opens a pickup is derived, not stored."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.columns import instant, metadata, one_of, required
from oms.pickups.lifecycle import OPEN, WAITING, PickupState
from oms.pickups.pickup import WRONG_CODES_MOST


def _among(states: tuple[PickupState, ...]) -> str:
    return f"state IN ({', '.join(repr(state.value) for state in states)})"


pickup = Table(
    "pickup",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", ForeignKey("order.id"), nullable=False),
    required("no", Integer),
    Column("node", ForeignKey("node.id"), nullable=False),
    required("state", Text),
    instant("created_at"),
    instant("deadline", nullable=True),
    required("wrong_codes", Integer, "0"),
    required("version", Integer, "1"),
    required("instants", JSONB, "'{}'"),
    one_of("state", tuple(one.value for one in PickupState), "state_known"),
    CheckConstraint(f"wrong_codes BETWEEN 0 AND {WRONG_CODES_MOST}", name="wrong_codes_limited"),
    CheckConstraint(f"deadline IS NOT NULL OR NOT {_among(WAITING)}", name="deadline_when_ready"),
    Index(None, "order_id", "no", unique=True),
    Index("ix_pickup_open", "node", "id", postgresql_where=text(_among(OPEN))),
    Index("ix_pickup_deadline", "deadline", postgresql_where=text(_among(WAITING))),
)

pickup_fulfilment = Table(
    "pickup_fulfilment",
    metadata,
    Column("pickup_id", ForeignKey("pickup.id"), nullable=False),
    Column("fulfilment_order_id", ForeignKey("fulfilment_order.id"), nullable=False),
    PrimaryKeyConstraint("pickup_id", "fulfilment_order_id"),
    Index(None, "fulfilment_order_id"),
)
