"""The tables inventory owns. One MetaData for the whole database, so that one migration history covers it.

Rows that requests race for (reservation_group, sku, position, capacity) are locked in the order that
`inventory/store/locks.py` states; every other table here is written only under one of those locks.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    text,
)

from inventory.store.catalogue_tables import NODE_KINDS, kit, node, sku
from inventory.store.columns import instant, metadata, one_of, required, stamp
from inventory.store.stamps import stamp_by_trigger

__all__ = [
    "NODE_KINDS",
    "capacity",
    "capacity_hold",
    "fence",
    "inbound",
    "inbound_line",
    "kit",
    "ledger_opening",
    "metadata",
    "movement",
    "movement_id",
    "node",
    "position",
    "reservation",
    "reservation_group",
    "resourcing",
    "sku",
    "transfer",
    "transfer_line",
]

RESERVATION_KINDS = ("shelf", "inbound", "backorder")
GROUP_STATES = ("active", "firm", "posted", "voided", "expired")
RESERVATION_STATES = ("held", "posted", "voided", "expired", "displaced")

position = Table(
    "position",
    metadata,
    Column("node_no", ForeignKey("node.no"), nullable=False),
    Column("sku_no", ForeignKey("sku.no"), nullable=False),
    required("on_hand", Integer, "0"),
    required("reserved", Integer, "0"),
    required("safety_stock", Integer, "0"),
    required("bin", Text, "''"),
    required("blocked", Boolean, "false"),
    stamp(),
    PrimaryKeyConstraint("sku_no", "node_no"),
    CheckConstraint("0 <= reserved AND reserved <= on_hand", name="reserved_within_on_hand"),
    CheckConstraint("safety_stock >= 0", name="safety_stock_not_negative"),
    Index(None, "node_no", "sku_no"),
    Index(None, "stamp"),
)

fence = Table(
    "fence",
    metadata,
    required("node_no", Integer),
    required("sku_no", Integer),
    required("name", Text),
    required("channels", ARRAY(Text)),
    required("quantity", Integer),
    stamp(),
    PrimaryKeyConstraint("sku_no", "node_no", "name"),
    ForeignKeyConstraint(["sku_no", "node_no"], ["position.sku_no", "position.node_no"]),
    CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    CheckConstraint("cardinality(channels) > 0", name="some_channel"),
    Index(None, "stamp"),
)

movement_id = Sequence("movement_id", metadata=metadata, data_type=BigInteger)

movement = Table(
    "movement",
    metadata,
    Column("id", BigInteger, movement_id, nullable=False, server_default=movement_id.next_value()),
    instant("at"),
    instant("occurred_at"),
    required("sku_no", Integer),
    required("quantity", Integer),
    required("from_place", Text),
    required("to_place", Text),
    required("cause", Text),
    required("reference", Text, "''"),
    required("actor", Text, "''"),
    PrimaryKeyConstraint("id", "at"),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("from_place <> to_place", name="goes_somewhere"),
    Index(None, "sku_no", "id"),
    postgresql_partition_by="RANGE (at)",
)

ledger_opening = Table(
    "ledger_opening",
    metadata,
    required("sku_no", Integer),
    required("place", Text),
    required("quantity", BigInteger),
    PrimaryKeyConstraint("sku_no", "place"),
)

reservation_group = Table(
    "reservation_group",
    metadata,
    Column("id", Text, primary_key=True),
    required("digest", Text),
    required("channel", Text),
    required("owner", Text),
    required("reference", Text),
    required("state", Text),
    instant("created_at"),
    instant("expires_at", nullable=True),
    one_of("state", GROUP_STATES, "state_known"),
    CheckConstraint("state <> 'active' OR expires_at IS NOT NULL", name="active_expires"),
    CheckConstraint("expires_at <= created_at + interval '4 hours'", name="at_most_four_hours"),
    Index("ix_reservation_group_due", "expires_at", postgresql_where=text("state = 'active'")),
    Index(
        "ix_reservation_group_open",
        "created_at",
        "id",
        postgresql_where=text("state IN ('active', 'firm')"),
    ),
    Index(None, "reference"),
    Index("ix_reservation_group_owner", "owner", postgresql_where=text("state IN ('active', 'firm')")),
)

inbound = Table(
    "inbound",
    metadata,
    Column("id", Text, primary_key=True),
    Column("node_no", ForeignKey("node.no"), nullable=False),
    required("place", Text),
    required("surplus_from", Text),
    required("shortfall_to", Text),
    instant("eta"),
    required("state", Text, "'open'"),
    required("reference", Text, "''"),
    stamp(),
    one_of("state", ("open", "closed"), "state_known"),
    Index(None, "stamp"),
    Index("ix_inbound_open", "node_no", "eta", postgresql_where=text("state = 'open'")),
)

inbound_line = Table(
    "inbound_line",
    metadata,
    Column("inbound_id", ForeignKey("inbound.id"), nullable=False),
    Column("sku_no", ForeignKey("sku.no"), nullable=False),
    required("quantity", Integer),
    required("received", Integer, "0"),
    required("promised", Integer, "0"),
    stamp(),
    required("to_inspect", Integer, "0"),
    required("inspected", Integer, "0"),
    PrimaryKeyConstraint("inbound_id", "sku_no"),
    CheckConstraint("quantity >= 0 AND received >= 0 AND promised >= 0", name="not_negative"),
    CheckConstraint("promised <= greatest(quantity - received, 0)", name="promised_within_outstanding"),
    CheckConstraint("inspected BETWEEN 0 AND to_inspect AND to_inspect <= received", name="inspected_once"),
    Index("ix_inbound_line_to_inspect", "inbound_id", postgresql_where=text("inspected < to_inspect")),
    Index(None, "sku_no"),
    Index(None, "stamp"),
)

stamp_by_trigger(inbound, inbound_line)

reservation = Table(
    "reservation",
    metadata,
    Column("no", BigInteger, Identity(always=True), primary_key=True),
    Column("group_id", ForeignKey("reservation_group.id"), nullable=False),
    required("line_id", Text),
    required("kind", Text),
    Column("node_no", Integer),
    Column("inbound_id", Text),
    required("sku_no", Integer),
    required("quantity", Integer),
    Column("fence", Text),
    required("fenced", Integer, "0"),
    required("state", Text),
    instant("promise_at", nullable=True),
    instant("changed_at"),
    required("in_hand", Boolean, "false"),
    one_of("kind", RESERVATION_KINDS, "kind_known"),
    one_of("state", RESERVATION_STATES, "state_known"),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint(
        "0 <= fenced AND fenced <= quantity AND (fenced > 0) = (fence IS NOT NULL)", name="fenced"
    ),
    CheckConstraint("(kind = 'backorder') = (node_no IS NULL)", name="names_a_node"),
    CheckConstraint("(kind = 'inbound') = (inbound_id IS NOT NULL)", name="names_its_inbound"),
    CheckConstraint("kind = 'shelf' OR NOT in_hand", name="in_hand_from_a_shelf"),
    Index(None, "group_id"),
    Index("ix_reservation_held", "sku_no", "node_no", postgresql_where=text("state = 'held'")),
    Index("ix_reservation_inbound_held", "inbound_id", postgresql_where=text("state = 'held'")),
)

resourcing = Table(
    "resourcing",
    metadata,
    Column("no", BigInteger, Identity(always=True), primary_key=True),
    Column("group_id", ForeignKey("reservation_group.id"), nullable=False),
    required("line_id", Text),
    Column("node_no", Integer),
    required("sku_no", Integer),
    required("quantity", Integer),
    required("cause", Text),
    instant("promise_at", nullable=True),
    instant("at"),
    instant("resolved_at", nullable=True),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    Index("ix_resourcing_open", "no", postgresql_where=text("resolved_at IS NULL")),
    Index("ix_resourcing_group_open", "group_id", postgresql_where=text("resolved_at IS NULL")),
)

capacity = Table(
    "capacity",
    metadata,
    Column("node_no", ForeignKey("node.no"), nullable=False),
    required("day", Date),
    required("bucket", Text),
    required("limit", Integer),
    required("held", Integer, "0"),
    stamp(),
    PrimaryKeyConstraint("node_no", "day", "bucket"),
    CheckConstraint('0 <= held AND held <= "limit"', name="held_within_limit"),
    Index(None, "stamp"),
)

capacity_hold = Table(
    "capacity_hold",
    metadata,
    Column("group_id", ForeignKey("reservation_group.id"), nullable=False),
    required("node_no", Integer),
    required("day", Date),
    required("bucket", Text),
    required("quantity", Integer),
    required("state", Text, "'held'"),
    PrimaryKeyConstraint("group_id", "node_no", "day", "bucket"),
    one_of("state", ("held", "used", "released"), "state_known"),
    CheckConstraint("quantity > 0", name="quantity_positive"),
)

transfer = Table(
    "transfer",
    metadata,
    Column("id", Text, primary_key=True),
    Column("from_node_no", ForeignKey("node.no"), nullable=False),
    Column("to_node_no", ForeignKey("node.no"), nullable=False),
    required("state", Text, "'planned'"),
    instant("eta"),
    required("reference", Text, "''"),
    instant("created_at"),
    one_of("state", ("planned", "shipped", "closed", "cancelled"), "state_known"),
    CheckConstraint("from_node_no <> to_node_no", name="goes_elsewhere"),
    Index("ix_transfer_open", "to_node_no", postgresql_where=text("state IN ('planned', 'shipped')")),
)

transfer_line = Table(
    "transfer_line",
    metadata,
    Column("transfer_id", ForeignKey("transfer.id"), nullable=False),
    required("line_id", Text),
    Column("group_id", ForeignKey("reservation_group.id"), nullable=False),
    Column("sku_no", ForeignKey("sku.no"), nullable=False),
    required("quantity", Integer),
    required("shipped", Integer, "0"),
    PrimaryKeyConstraint("transfer_id", "line_id"),
    CheckConstraint("quantity > 0 AND shipped BETWEEN 0 AND quantity", name="shipped_within_quantity"),
)
