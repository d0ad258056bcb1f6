"""What exists: nodes, SKUs and kits. Integer numbers inside, text ids to the outside."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from inventory.store.columns import metadata, one_of, required, stamp
from inventory.store.stamps import code_by_trigger, stamp_by_trigger, touch_sku_by_trigger

NODE_KINDS = ("warehouse", "store", "dark_store", "vendor", "locker", "van")

node = Table(
    "node",
    metadata,
    Column("no", Integer, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    required("name", Text),
    required("kind", Text),
    Column("lat", Float),
    Column("lon", Float),
    required("country", Text, "''"),
    required("postcode", Text, "''"),
    required("city", Text, "''"),
    required("timezone", Text, "'UTC'"),
    required("market", Text, "''"),
    required("active", Boolean, "true"),
    required("profile", JSONB, "'{}'"),
    required("version", Integer, "1"),
    stamp(),
    one_of("kind", NODE_KINDS, "kind_known"),
    CheckConstraint(
        "id NOT IN ('', 'inbound', 'in_transit') AND position(':' in id) = 0", name="id_is_no_place"
    ),
    CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="on_the_globe"),
    Index(None, "stamp"),
)

sku = Table(
    "sku",
    metadata,
    Column("no", Integer, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    required("name", Text),
    required("barcodes", ARRAY(Text), "'{}'"),
    required("weight_g", Integer, "0"),
    required("length_mm", Integer, "0"),
    required("width_mm", Integer, "0"),
    required("height_mm", Integer, "0"),
    required("flags", ARRAY(Text), "'{}'"),
    required("category", Text, "''"),
    required("unit_price_minor", BigInteger, "0"),
    required("active", Boolean, "true"),
    required("backorder_cap", Integer, "0"),
    Column("preorder_from", Date),
    required("backordered", Integer, "0"),
    required("version", Integer, "1"),
    stamp(),
    CheckConstraint("id <> ''", name="id_not_empty"),
    CheckConstraint(
        "weight_g >= 0 AND length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0", name="measures_not_negative"
    ),
    CheckConstraint("unit_price_minor >= 0", name="price_not_negative"),
    CheckConstraint("0 <= backordered AND backordered <= backorder_cap", name="backordered_within_cap"),
    Index("ix_sku_backordered", "no", postgresql_where=text("backordered > 0")),
    Index(None, "stamp"),
)

sku_code = Table(
    "sku_code",
    metadata,
    Column("code", Text, primary_key=True),
    Column("sku_no", ForeignKey("sku.no", ondelete="CASCADE"), nullable=False),
    Index(None, "sku_no"),
)
"""What a scan may read, ids and barcodes, each naming one SKU. A trigger keeps it."""

kit = Table(
    "kit",
    metadata,
    Column("kit_no", ForeignKey("sku.no"), primary_key=True),
    Column("component_no", ForeignKey("sku.no"), primary_key=True),
    required("quantity", Integer),
    required("keep_together", Boolean, "false"),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("kit_no <> component_no", name="not_its_own_component"),
)

substitute = Table(
    "substitute",
    metadata,
    Column("sku_no", ForeignKey("sku.no"), primary_key=True),
    Column("substitute_no", ForeignKey("sku.no"), primary_key=True),
    required("rank", Integer),
    CheckConstraint("sku_no <> substitute_no", name="not_itself"),
    CheckConstraint("rank > 0", name="rank_positive"),
)

stamp_by_trigger(node, sku)
code_by_trigger(sku)
touch_sku_by_trigger(kit)
