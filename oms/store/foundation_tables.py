"""Tables everything in oms stands on: events, kept answers, API keys, secrets, version counters."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Sequence,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.tables import metadata


def _required(name: str, type_: Any, default: str | None = None) -> Column[Any]:
    return Column(name, type_, nullable=False, server_default=None if default is None else text(default))


outbox_id = Sequence("outbox_id", metadata=metadata, data_type=BigInteger)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, outbox_id, nullable=False, server_default=outbox_id.next_value()),
    _required("at", DateTime(timezone=True)),
    Column("seq", BigInteger),  # given by the publisher after the commit; dense
    _required("type", Text),
    _required("subject", Text),
    _required("subject_id", Text),
    _required("actor", Text),
    _required("channel", Text, "''"),
    _required("reason", Text, "''"),
    Column("occurred_at", DateTime(timezone=True)),
    _required("data", JSONB),
    PrimaryKeyConstraint("id", "at"),
    Index("ix_outbox_unpublished", "id", postgresql_where=text("seq IS NULL")),
    Index(None, "seq"),
    Index(None, "subject", "subject_id", "id"),
    postgresql_partition_by="RANGE (at)",
)

request = Table(
    "request",
    metadata,
    _required("key_id", Text),
    _required("key", Text),
    _required("digest", LargeBinary),
    _required("at", DateTime(timezone=True)),
    _required("refused", Boolean),
    _required("status", SmallInteger),
    _required("headers", JSONB),
    _required("body", LargeBinary),
    _required("about", ARRAY(Text), "'{}'"),  # ids in its path
    _required("stored_at", DateTime(timezone=True), "now()"),  # by the database's clock
    PrimaryKeyConstraint("key_id", "key"),
    Index(None, "at"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    _required("name", Text),
    _required("hash", LargeBinary),
    _required("role", Text),
    Column("channels", ARRAY(Text)),
    Column("nodes", ARRAY(Text)),
    _required("grants", ARRAY(Text), "'{}'"),
    Column("rate_per_minute", Integer),
    _required("created_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
)

former_secret = Table(
    "former_secret",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    _required("key_id", Text),
    _required("until", DateTime(timezone=True)),  # by the database's clock
    Index(None, "key_id"),
)

ended_session = Table(
    "ended_session",
    metadata,
    Column("name", Text, primary_key=True),  # a digest: who reads it cannot go on with the session
    _required("until", DateTime(timezone=True)),
)

secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    _required("value", Text),
    _required("at", DateTime(timezone=True)),
)

version = Table(
    "version",
    metadata,
    Column("name", Text, primary_key=True),
    _required("number", BigInteger),
)
