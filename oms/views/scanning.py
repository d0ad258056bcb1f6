"""What a scanned text names: a SKU by its id or a barcode, a line of an order by its SKU."""

from __future__ import annotations

from sqlalchemy import Connection, text

from oms.store.orders import load_order

_SKU = text("SELECT sku.id FROM sku_code JOIN sku ON sku.no = sku_code.sku_no WHERE code = :said")


def sku_scanned(conn: Connection, said: str) -> str | None:
    """The SKU of this id or barcode: there is one at most."""
    found: str | None = conn.scalar(_SKU, {"said": said})
    return found


def line_scanned(conn: Connection, order_id: str, sku: str) -> tuple[str, str | None] | None:
    """(line as sold, component of a kit) that units of the SKU may be of: one with units still out first."""
    order = load_order(conn, order_id)
    found: list[tuple[bool, str, str | None]] = []
    for line in order.sold_lines if order else ():
        if line.sku == sku:
            found.append((line.counts.delivered <= line.counts.returned, line.id, None))
        parts = order.components(line.id) if order and line.is_kit else ()
        found += [
            (part.counts.delivered <= part.counts.returned, line.id, sku) for part in parts if part.sku == sku
        ]
    return min(found, key=lambda one: one[0])[1:] if found else None
