"""Runs of couriers, their stops with what they carry, and what phones reported."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.columns import one_of, required
from inventory.store.tables import metadata
from oms.courier.lifecycle import WAY, Outcome, RunState, StopState
from oms.courier.proof import BYTES_MOST, MEDIA_TYPES
from oms.reasons import NextStep

_OUT = ", ".join(f"'{state.value}'" for state in WAY[:7])
"""A courier has the stop before him: one at a time for each fulfilment order."""

_AT_NO_RUN = ", ".join(f"'{state.value}'" for state in (StopState.CREATED, StopState.CANCELLED))
_STEPS = ", ".join(f"'{step.value}'" for step in NextStep)

courier_run = Table(
    "courier_run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("node", ForeignKey("node.id"), nullable=False),
    Column("courier", ForeignKey("api_key.id"), nullable=False),
    required("state", Text),
    required("created_at", DateTime(timezone=True)),
    required("version", Integer, "1"),
    required("instants", JSONB, "'{}'"),
    one_of("state", tuple(state.value for state in RunState), "state_known"),
    Index(None, "courier", "created_at"),
    Index(None, "node", "created_at"),
)

courier_stop = Table(
    "courier_stop",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", ForeignKey("order.id"), nullable=False),
    Column("fulfilment_order", ForeignKey("fulfilment_order.id"), nullable=False),
    Column("node", ForeignKey("node.id"), nullable=False),
    required("attempt", Integer),
    required("state", Text),
    required("created_at", DateTime(timezone=True)),
    Column("run_id", ForeignKey("courier_run.id")),
    required("place", Integer, "0"),
    Column("outcome", Text),
    required("reason", Text, "''"),
    required("next_step", Text, "''"),
    Column("return_node", ForeignKey("node.id")),
    required("due_minor", BigInteger, "0"),
    required("collected_minor", BigInteger, "0"),
    required("version", Integer, "1"),
    required("instants", JSONB, "'{}'"),
    one_of("state", tuple(state.value for state in StopState), "state_known"),
    CheckConstraint(f"outcome IN ({', '.join(repr(one.value) for one in Outcome)})", name="outcome_known"),
    CheckConstraint(f"next_step IN ('', {_STEPS})", name="next_step_known"),
    CheckConstraint(f"run_id IS NOT NULL OR state IN ({_AT_NO_RUN})", name="under_way_on_a_run"),
    CheckConstraint("least(due_minor, collected_minor) >= 0", name="money_not_negative"),
    Index("uq_courier_stop_attempt", "fulfilment_order", "attempt", unique=True),
    Index(
        "uq_courier_stop_under_way",
        "fulfilment_order",
        unique=True,
        postgresql_where=text(f"state IN ({_OUT})"),
    ),
    Index("ix_courier_stop_run", "run_id", "place"),
    Index("ix_courier_stop_order", "order_id"),
    Index("ix_courier_stop_waiting", "node", postgresql_where=text("state = 'created'")),
)

courier_stop_line = Table(
    "courier_stop_line",
    metadata,
    Column("stop_id", ForeignKey("courier_stop.id"), nullable=False),
    required("line_id", Text),
    Column("sku", ForeignKey("sku.id"), nullable=False),
    required("quantity", Integer),
    *(required(name, Integer, "0") for name in ("aboard", "kept", "back", "lost", "passed", "inspected")),
    PrimaryKeyConstraint("stop_id", "line_id"),
    CheckConstraint("quantity > 0 AND quantity = aboard + kept + back + lost + passed", name="at_one_place"),
    CheckConstraint("least(aboard, kept, back, lost, passed) >= 0", name="not_negative"),
    CheckConstraint("inspected BETWEEN 0 AND back", name="inspected_came_back"),
)

courier_event = Table(
    "courier_event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("stop_id", ForeignKey("courier_stop.id"), nullable=False),
    required("digest", LargeBinary),
    required("at", DateTime(timezone=True)),
    required("occurred_at", DateTime(timezone=True)),
    required("actor", Text),
    required("result", Text),
    required("data", JSONB),
    CheckConstraint("result IN ('applied', 'superseded')", name="result_known"),
    Index("ix_courier_event_stop", "stop_id", "occurred_at"),
)

courier_proof = Table(
    "courier_proof",
    metadata,
    Column("stop_id", ForeignKey("courier_stop.id"), nullable=False),
    required("digest", LargeBinary),
    required("media_type", Text),
    required("content", LargeBinary),
    required("at", DateTime(timezone=True)),
    required("actor", Text),
    PrimaryKeyConstraint("stop_id", "digest"),
    one_of("media_type", MEDIA_TYPES, "media_type_known"),
    CheckConstraint("digest = sha256(content)", name="named_by_its_bytes"),
    CheckConstraint(f"octet_length(content) BETWEEN 1 AND {BYTES_MOST}", name="of_a_size"),
    Index("ix_courier_proof_at", "at"),
)
