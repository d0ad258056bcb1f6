"""Webhook endpoints and the deliveries to each."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
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

from inventory.store.columns import instant, metadata, one_of, required
from oms.webhooks.endpoint import Outcome
from oms.webhooks.lifecycle import DeliveryState, EndpointState

_WAITING = text(f"state = '{DeliveryState.WAITING.value}'")

webhook = Table(
    "webhook",
    metadata,
    Column("id", Text, primary_key=True),
    required("url", Text),
    required("types", ARRAY(Text), "'{}'"),
    required("description", Text, "''"),
    required("state", Text),
    required("disabled_reason", Text, "''"),
    required("secret", Text),
    Column("old_secret", Text),
    instant("old_until", nullable=True),
    required("cursor", BigInteger),
    required("failures", Integer, "0"),
    instant("failing_since", nullable=True),
    instant("rest_until", nullable=True),
    required("version", Integer, "1"),
    instant("created_at"),
    one_of("state", tuple(one.value for one in EndpointState), "state_known"),
    CheckConstraint(
        f"(state = '{EndpointState.DISABLED.value}') = (disabled_reason <> '')", name="disabled_for_a_reason"
    ),
    CheckConstraint("(old_secret IS NULL) = (old_until IS NULL)", name="old_secret_until"),
    CheckConstraint("cursor >= 0 AND failures >= 0", name="counts_from_zero"),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("webhook_id", ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False),
    required("seq", BigInteger),
    required("message_id", Text),
    required("type", Text),
    required("subject", Text),
    required("subject_id", Text),
    required("state", Text, f"'{DeliveryState.WAITING.value}'"),
    required("attempts", Integer, "0"),
    instant("created_at"),
    instant("first_at", nullable=True),
    instant("next_at"),
    instant("leased_until", nullable=True),
    Column("outcome", Text),
    Column("status", Integer),
    Column("took_ms", Integer),
    instant("ended_at", nullable=True),
    PrimaryKeyConstraint("webhook_id", "seq"),
    one_of("state", tuple(one.value for one in DeliveryState), "state_known"),
    one_of("outcome", tuple(one.value for one in Outcome), "outcome_known"),
    CheckConstraint(
        f"(state = '{DeliveryState.WAITING.value}') = (ended_at IS NULL)", name="ended_unless_waiting"
    ),
    CheckConstraint("leased_until IS NULL OR ended_at IS NULL", name="leased_while_waiting"),
    Index("ix_webhook_delivery_waiting", "webhook_id", "seq", postgresql_where=_WAITING),
    Index(
        "ix_webhook_delivery_line", "webhook_id", "subject", "subject_id", "seq", postgresql_where=_WAITING
    ),
    Index("ix_webhook_delivery_ended", "ended_at"),
)
