"""Statements on bid prices: what is read to solve them, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, exists, func, insert, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from oms.store.bid_price_tables import bid_prices
from oms.store.order_lines import AS_ORDERED

KEPT = timedelta(days=30)
"""How long figures of earlier solves stay; their prices go with the next one."""
LOOKED_AT = 100_000
"""Orders of all markets that those of one are looked for among, the newest: a small market beside large ones
must not have a quarter of everybody's orders walked for it.
"""
CELL = np.dtype([("sku", "<i4"), ("node", "<i4"), ("minor", "<f4")])
"""A price as it is stored: numbers of SKU and node, minor units a unit. Ascending by SKU, then node."""
DAY_CELL = np.dtype([("node", "<i4"), ("day", "<i4"), ("minor", "<f4")])
"""Of room for a parcel: number of the node, day since 1970, minor units. Ascending by node, then day."""

_RECENT = text(
    """
    SELECT o.id, o.placed_at, o.pickup_node, a.country, a.postcode, a.city, a.lat, a.lon
    FROM (
        SELECT id, placed_at, pickup_node, address_id FROM "order" WHERE placed_at >= :since
        ORDER BY placed_at DESC, id DESC LIMIT :looked_at
    ) o LEFT JOIN address a ON a.id = o.address_id
    WHERE EXISTS (
        SELECT FROM fulfilment_order f JOIN node n ON n.id = f.node
        WHERE f.order_id = o.id AND n.market = :market
    )
    ORDER BY o.placed_at DESC, o.id DESC LIMIT :most
    """
)
_LINES = text(
    f"""
    SELECT l.order_id, l.sku, sum(l.ordered)::int AS units FROM order_line l
    WHERE l.order_id = ANY(:ids) AND {AS_ORDERED} GROUP BY l.order_id, l.sku
    """  # noqa: S608 our names
)
_NEWEST = text("SELECT DISTINCT ON (market) until, cells, days FROM bid_prices ORDER BY market, at DESC")


@dataclass(frozen=True, slots=True)
class Solved:
    """Figures of one solve. ``orders`` learned from, ``coming`` until the horizon; of ``rehearsed`` orders
    the costs an order without and with prices, and as foretold, in minor units. ``times_alone``: what
    ``soon_orders`` of them, the first, cost with prices, in what they would cost on full shelves; 0 where
    nobody knows. ``trust`` and ``since_…``: the verdict on the days before (``routing.replay.trust``).
    """

    market: str
    at: datetime
    until: datetime
    orders: int
    coming: float
    rehearsed: int
    scale: float
    without_minor: float
    with_minor: float
    foretold_minor: float
    priced: int
    soon_orders: int = 0
    times_alone: float = 0.0
    trust: float = 1.0
    since_days: int = 0
    since_orders: int = 0
    since_minor: float = 0.0
    since_foretold_minor: float = 0.0
    since_surely_minor: float = 0.0

    @property
    def felt(self) -> float:
        """How far these prices are felt."""
        return self.scale * self.trust


def recent_orders(conn: Connection, market: str, since: datetime, most: int) -> Sequence[Any]:
    """The newest orders that the market's nodes had work for, newest first: where they go."""
    given = {"market": market, "since": since, "most": most, "looked_at": LOOKED_AT}
    return conn.execute(_RECENT, given).all()


def lines_of(conn: Connection, ids: Sequence[str]) -> Sequence[Any]:
    """(order, SKU, units) of what these orders asked for, kits as their components."""
    return conn.execute(_LINES, {"ids": list(ids)}).all()


class Found(NamedTuple):
    """Prices of one market and until when they hold: of units as ``CELL``, of days as ``DAY_CELL``."""

    until: datetime
    cells: NDArray[Any]
    days: NDArray[Any]


def write_solved(conn: Connection, solved: Solved, cells: NDArray[Any], days: NDArray[Any]) -> bool:
    """Keep the newest prices of the market, and the figures of earlier ones for a while. Returns whether
    these are the newest: a solve that another, begun later, has overtaken leaves nothing.
    """
    mine, at = bid_prices.c.market == solved.market, bid_prices.c.at
    if conn.scalar(select(exists().where(mine, at >= solved.at))):
        return False
    conn.execute(delete(bid_prices).where(mine, at < solved.at - KEPT))
    priced = func.octet_length(bid_prices.c.cells) + func.octet_length(bid_prices.c.days) > 0
    conn.execute(bid_prices.update().where(mine, at < solved.at, priced).values(cells=b"", days=b""))
    figures = asdict(solved)
    stored = {"cells": cells.astype(CELL).tobytes(), "days": days.astype(DAY_CELL).tobytes()}
    conn.execute(insert(bid_prices).values(**figures, **stored))
    return True


def newest_solved(conn: Connection, market: str) -> Solved | None:
    """The figures of the market's last solve."""
    columns = [column for column in bid_prices.c if column.name not in ("cells", "days")]
    found = select(*columns).where(bid_prices.c.market == market).order_by(bid_prices.c.at.desc())
    row = conn.execute(found.limit(1)).one_or_none()
    return Solved(*row) if row else None


def last_solves(conn: Connection) -> list[Solved]:
    """The figures of every market's last solve."""
    columns = [column for column in bid_prices.c if column.name not in ("cells", "days")]
    newest = select(*columns).ext(distinct_on(bid_prices.c.market))
    rows = conn.execute(newest.order_by(bid_prices.c.market, bid_prices.c.at.desc()))
    return [Solved(*row) for row in rows]


def newest_prices(conn: Connection) -> list[Found]:
    """Those of every market."""
    return [
        Found(row.until, np.frombuffer(row.cells, CELL), np.frombuffer(row.days, DAY_CELL))
        for row in conn.execute(_NEWEST)
    ]
