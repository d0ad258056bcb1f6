"""What the work of nodes leaves behind: nodes to avoid, orders that no plan fits, questions, alarms."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from inventory.store.tables import metadata

_AT = DateTime(timezone=True)

excluded_node = Table(
    "excluded_node",
    metadata,
    Column("order_id", ForeignKey("order.id"), nullable=False),
    Column("node", ForeignKey("node.id"), nullable=False),
    Column("line_id", Text, nullable=False, server_default=text("'*'")),
    Column("reason", Text, nullable=False),
    Column("at", _AT, nullable=False),
    PrimaryKeyConstraint("order_id", "node", "line_id"),
)

unroutable = Table(
    "unroutable",
    metadata,
    Column("order_id", ForeignKey("order.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("lines", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("since", _AT, nullable=False),
    Column("tried_at", _AT, nullable=False),
    PrimaryKeyConstraint("order_id"),
)

promise_change = Table(
    "promise_change",
    metadata,
    Column("order_id", ForeignKey("order.id"), nullable=False),
    Column("no", Integer, nullable=False),
    Column("at", _AT, nullable=False),
    Column("old_to", _AT, nullable=False),
    Column("new_from", _AT, nullable=False),
    Column("new_to", _AT, nullable=False),
    Column("answer", Text),
    Column("answered_at", _AT),
    PrimaryKeyConstraint("order_id", "no"),
    CheckConstraint("answer IN ('accepted', 'declined', 'superseded')", name="answer_known"),
    CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
    CheckConstraint("new_to > old_to", name="later"),
)

stuck_alarm = Table(
    "stuck_alarm",
    metadata,
    Column("fulfilment_order_id", ForeignKey("fulfilment_order.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("at", _AT, nullable=False),
    PrimaryKeyConstraint("fulfilment_order_id", "state"),
)
