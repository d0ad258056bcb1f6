"""Reading nodes and SKUs: all of them, or those written since a mark."""

import numpy as np
from sqlalchemy import Connection, text

from inventory.catalogue import Component, Kit, Node, Sku
from inventory.sku_columns import NUMBERS, SEPARATOR, SkuColumns, Texts
from inventory.store.copied import messages, wire

_NODES = text(
    """
    SELECT no, id, name, kind, lat, lon, country, postcode, city, timezone, market, active, version
    FROM node WHERE stamp >= CAST(:mark AS xid8) ORDER BY no
    """
)

# Texts joined by a character that no barcode or flag has: an array costs the driver five times as much.
_SKUS = text(
    """
    SELECT no, id, name, array_to_string(barcodes, chr(31)), weight_g, length_mm, width_mm, height_mm,
        array_to_string(flags, chr(31)), unit_price_minor, active, backorder_cap, backordered, preorder_from,
        version, category
    FROM sku WHERE stamp >= CAST(:mark AS xid8) ORDER BY no
    """
)

# The same as two streams: numbers, which are cut into columns as they come, and texts. A category is the
# place of its name in order.
_CATEGORIES = text("SELECT DISTINCT category FROM sku ORDER BY category")
_ALL_NUMBERS = """
    COPY (
        SELECT no, weight_g, length_mm, width_mm, height_mm, CAST(active AS int), backorder_cap, backordered,
            coalesce(preorder_from - DATE '0001-01-01' + 1, 0), version, cardinality(barcodes),
            cardinality(flags), place, unit_price_minor
        FROM sku JOIN (
            SELECT category, CAST(row_number() OVER (ORDER BY category) AS int) - 1 AS place
            FROM (SELECT DISTINCT category FROM sku) AS known
        ) AS placed USING (category)
        ORDER BY no
    ) TO STDOUT (FORMAT binary)
"""
_ALL_TEXTS = """
    COPY (SELECT array_to_string(ARRAY[id] || barcodes || flags || name, chr(31)) FROM sku ORDER BY no)
    TO STDOUT (FORMAT binary)
"""

_KITS = text(
    """
    SELECT k.kit_no, component.id, k.quantity, k.keep_together
    FROM kit k JOIN sku ON sku.no = k.kit_no JOIN sku component ON component.no = k.component_no
    WHERE sku.stamp >= CAST(:mark AS xid8) ORDER BY k.kit_no, k.component_no
    """
)

_CHUNK = 10_000


def read_nodes(conn: Connection, mark: int) -> list[Node]:
    """Nodes written by transaction `mark` or a later one, in order of their numbers."""
    return [Node(*row) for row in conn.execute(_NODES, {"mark": str(mark)})]


def read_skus(conn: Connection, mark: int) -> list[Sku]:
    """SKUs written by transaction `mark` or a later one, kits with their components."""
    kits = _read_kits(conn, mark)
    # Few SKUs differ in their flags: sharing the sets saves 200 bytes a SKU.
    sets: dict[str, frozenset[str]] = {"": frozenset()}
    skus = []
    rows = conn.execute(_SKUS, {"mark": str(mark)}, execution_options={"yield_per": _CHUNK})
    for no, id_, name, barcodes, *measures, flags, price, active, cap, held, opens, version, category in rows:
        if flags not in sets:
            sets[flags] = frozenset(flags.split(SEPARATOR))
        codes = tuple(barcodes.split(SEPARATOR)) if barcodes else ()
        sales = (price, active, cap, held, opens, version)
        skus.append(Sku(*(no, id_, name, codes, *measures, sets[flags], *sales, kits.get(no), category)))
    return skus


def read_all_skus(conn: Connection) -> SkuColumns:
    """All SKUs. `conn`: one snapshot."""
    kits = _read_kits(conn, 0)
    kind = wire(NUMBERS)
    stream = b"".join(messages(conn, _ALL_NUMBERS))
    read = np.frombuffer(stream, kind)
    numbers = np.empty(read.size, NUMBERS)
    for name in NUMBERS.names or ():
        numbers[name] = read[name]
    head = 2 + 4  # one field, and its length
    texts = Texts.of([said[head:] for said in messages(conn, _ALL_TEXTS)])
    return SkuColumns(numbers, texts, kits, tuple(conn.scalars(_CATEGORIES)))


def _read_kits(conn: Connection, mark: int) -> dict[int, Kit]:
    kits: dict[int, Kit] = {}
    for kit_no, component, quantity, keep_together in conn.execute(_KITS, {"mark": str(mark)}):
        known = kits.get(kit_no, Kit((), False))
        kits[kit_no] = Kit(
            (*known.components, Component(component, quantity)), known.keep_together or keep_together
        )
    return kits
