"""A copy of what the database remembers, as values to play: the orders of some days, today's network, and the
stock that was there for them.

Stock: what is free now, and what nodes set aside for or sent to the orders that are played, back on the
shelves it came from. What came in since the first day, also after the last, is thus there from the first;
what left otherwise, over a counter or for other orders, also later ones, is not there at all. The further
back the days, the less it says of the stock of then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from oms.adapters import folder_values as files
from oms.adapters.folder_values import Folder
from oms.export_rows import read_database
from oms.memory.network_load import read
from oms.store.order_lines import AS_ORDERED

MOST_ORDERS = 50_000
"""Orders that are played at most."""

_IN_DAYS = "o.placed_at >= :first AND o.placed_at < :until"
_DELIVERED = f"{_IN_DAYS} AND o.method IN ('ship', 'courier') AND a.lat IS NOT NULL"
_FROM = 'FROM "order" o LEFT JOIN address a ON a.id = o.address_id'
_COUNTS = text(f"SELECT count(*) FILTER (WHERE {_DELIVERED}), count(*) {_FROM} WHERE {_IN_DAYS}")
_SIZES = text(
    f"""
    SELECT
      (SELECT count(*) FROM (
        SELECT DISTINCT a.lat, a.lon, a.country, a.postcode {_FROM} WHERE {_DELIVERED}) AS places),
      (SELECT count(DISTINCT l.sku) FROM order_line l
        WHERE {AS_ORDERED} AND l.order_id IN (SELECT o.id {_FROM} WHERE {_DELIVERED}))
    """  # noqa: S608 our names
)
_ORDERS = text(
    f"""
    SELECT o.id, o.placed_at, o.channel, o.method, a.lat, a.lon, a.country, a.postcode
    {_FROM} WHERE {_DELIVERED} ORDER BY o.placed_at, o.id
    """
)
_LINES = text(
    f"""
    SELECT l.order_id, l.sku, sum(l.ordered) FROM order_line l
    WHERE {AS_ORDERED} AND l.order_id IN (SELECT o.id {_FROM} WHERE {_DELIVERED})
    GROUP BY l.order_id, l.sku ORDER BY l.order_id, l.sku
    """  # noqa: S608 our names
)
_SKUS = text(
    """
    SELECT id, name, weight_g, length_mm, width_mm, height_mm, unit_price_minor
    FROM sku WHERE id = ANY(:skus) ORDER BY id
    """
)
_STOCK = text(
    f"""
    SELECT node, sku, sum(units) FROM (
      SELECT n.id AS node, s.id AS sku, greatest(p.on_hand - p.reserved - p.safety_stock, 0) AS units
      FROM sku s JOIN position p ON p.sku_no = s.no JOIN node n ON n.no = p.node_no
      WHERE s.id = ANY(:skus) AND NOT p.blocked
      UNION ALL
      SELECT f.node, l.sku, greatest(l.quantity - l.cancelled - l.short, 0)
      FROM fulfilment_order f JOIN fulfilment_line l ON l.fulfilment_order_id = f.id
      WHERE f.state NOT IN ('rejected', 'expired', 'cancelled')
        AND f.order_id IN (SELECT o.id {_FROM} WHERE {_DELIVERED})
    ) held WHERE sku = ANY(:skus) GROUP BY node, sku HAVING sum(units) > 0 ORDER BY node, sku
    """  # noqa: S608 our names
)
_CLOSED = text("SELECT id FROM node WHERE NOT active")


@dataclass(frozen=True, slots=True)
class Days:
    """From ``first`` until before ``until``."""

    first: datetime
    until: datetime


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """``left_out``: orders of these days that are not played, because they were fetched or nobody knows any
    more where they went.
    """

    folder: Folder
    left_out: int


def counted(conn: Connection, days: Days) -> tuple[int, int]:
    """Orders of these days that can be played, and all of them."""
    played, of = conn.execute(_COUNTS, _said(days)).one()
    return played, of


def sizes(conn: Connection, days: Days) -> tuple[int, int]:
    """Different places that orders of these days went to, and different SKUs in them."""
    places, skus = conn.execute(_SIZES, _said(days)).one()
    return places, skus


def read_history(conn: Connection, days: Days) -> History:
    """Read in the caller's transaction, which should see one moment and is not changed."""
    said = _said(days)
    orders, lines = conn.execute(_ORDERS, said).all(), conn.execute(_LINES, said).all()
    wanted = sorted({line.sku for line in lines})
    folder = read_database(conn, with_orders=False, with_goods=False)
    policy = read(conn)[1]
    known = set(folder.nodes.id)
    stock = [row for row in conn.execute(_STOCK, {"skus": wanted, **said}) if row[0] in known]
    made = replace(
        folder,
        network=replace(folder.network, unfilled_penalty_minor=policy.unfilled_penalty_minor),
        nodes=_working(folder.nodes, set(conn.scalars(_CLOSED))),
        skus=_skus(conn.execute(_SKUS, {"skus": wanted}).all()),
        stock=_stock(stock),
        orders=_orders(orders),
        lines=_lines(lines),
    )
    return History(made, counted(conn, days)[1] - len(orders))


def _said(days: Days) -> dict[str, Any]:
    return {"first": days.first, "until": days.until}


def _working(nodes: files.Nodes, closed: set[str]) -> files.Nodes:
    methods = nodes.methods.copy()
    for n, id in enumerate(nodes.id):
        methods[n] = () if id in closed else methods[n]
    return replace(nodes, methods=methods)


def _orders(rows: Sequence[Any]) -> files.Orders:
    return files.Orders(
        id=files.texts(row.id for row in rows),
        placed_at=files.instants(row.placed_at.astimezone(UTC).replace(tzinfo=None) for row in rows),
        channel=files.texts(row.channel for row in rows),
        method=files.texts(row.method for row in rows),
        customer=files.texts("" for _ in rows),
        lat=files.floats(row.lat for row in rows),
        lon=files.floats(row.lon for row in rows),
        country=files.texts(row.country for row in rows),
        postcode=files.texts(row.postcode for row in rows),
    )


def _lines(rows: Sequence[Any]) -> files.Lines:
    return files.Lines(
        order=files.texts(row[0] for row in rows),
        line=files.texts(row[1] for row in rows),  # an order names a SKU once here
        sku=files.texts(row[1] for row in rows),
        quantity=files.ints(row[2] for row in rows),
        unit_price_minor=np.zeros(len(rows), np.int64),
    )


def _skus(rows: Sequence[Any]) -> files.Skus:
    nothing = files.texts(() for _ in rows)
    return files.Skus(
        id=files.texts(row.id for row in rows),
        name=files.texts(row.name for row in rows),
        barcode=nothing,
        weight_g=files.ints(row.weight_g for row in rows),
        length_mm=files.ints(row.length_mm for row in rows),
        width_mm=files.ints(row.width_mm for row in rows),
        height_mm=files.ints(row.height_mm for row in rows),
        unit_price_minor=files.ints(row.unit_price_minor for row in rows),
        flags=nothing,
        category=files.texts("" for _ in rows),
    )


def _stock(rows: Sequence[Any]) -> files.Stock:
    return files.Stock(
        node=files.texts(row[0] for row in rows),
        sku=files.texts(row[1] for row in rows),
        on_hand=files.ints(row[2] for row in rows),
        safety_stock=np.zeros(len(rows), np.int64),
        bin=files.texts("" for _ in rows),
    )
