"""Statements on what orders came to cost that felt prices of looking ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from oms.store.bid_price_tables import bid_prices, price_day
from routing.replay.trust import Day

AN_HOUR = 20
"""Orders of an hour that are looked at, the first: some 500 a day say enough."""
LOOKED_AT = 500
"""Orders of all markets, within an hour, that those of one are looked for among."""

_SAMPLE = text(
    """
    SELECT s.* FROM generate_series(
        CAST(:begin AS timestamptz), CAST(:begin AS timestamptz) + interval '23 hours', interval '1 hour'
    ) h CROSS JOIN LATERAL (
        SELECT o.id, o.placed_at, o.pickup_node, a.country, a.postcode, a.city, a.lat, a.lon
        FROM (
            SELECT id, placed_at, pickup_node, address_id FROM "order"
            WHERE placed_at >= h AND placed_at < h + interval '1 hour'
            ORDER BY placed_at, id LIMIT :looked_at
        ) o LEFT JOIN address a ON a.id = o.address_id
        WHERE EXISTS (
            SELECT FROM fulfilment_order f JOIN node n ON n.id = f.node
            WHERE f.order_id = o.id AND n.market = :market
        )
        ORDER BY o.placed_at, o.id LIMIT :an_hour
    ) s ORDER BY s.placed_at, s.id
    """
)
_REALISED = text(
    """
    SELECT f.order_id, sum(f.cost_minor + p.parcels * (
        CAST(:parcel_minor AS float8) + CAST(:late_day_minor AS float8) * greatest(
            0, (f.arrive_at AT TIME ZONE 'UTC')::date - (o.placed_at AT TIME ZONE 'UTC')::date
        )
    )) AS minor
    FROM fulfilment_order f JOIN "order" o ON o.id = f.order_id
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT l.parcel) AS parcels FROM fulfilment_line l WHERE l.fulfilment_order_id = f.id
    ) p
    WHERE f.order_id = ANY(:ids) AND f.state NOT IN ('rejected', 'expired', 'cancelled')
    AND NOT EXISTS (
        SELECT FROM order_line l
        WHERE l.order_id = f.order_id AND l.cancelled + l.backordered + l.unrouted > 0
    )
    GROUP BY f.order_id HAVING bool_and(f.method <> 'courier')
    """
)


class Foretold(NamedTuple):
    """What the prices of a solve foretell, and how far they are felt, from ``at`` until the next or their
    end. ``saving_minor``: what the rehearsal says that they save an order.
    """

    at: datetime
    until: datetime
    felt: float
    soon_orders: int
    times_alone: float
    saving_minor: float


def foretold(conn: Connection, market: str, since: datetime) -> list[Foretold]:
    """Of the market's solves since then, the oldest first."""
    of, saving = bid_prices.c, bid_prices.c.without_minor - bid_prices.c.with_minor
    columns = (of.at, of.until, of.scale * of.trust, of.soon_orders, of.times_alone, saving)
    found = select(*columns).where(of.market == market, of.at >= since).order_by(of.at)
    return [Foretold(*row) for row in conn.execute(found)]


def days_of(conn: Connection, market: str, since: date) -> list[Day]:
    """What is written down of the market's days since then."""
    columns = [column for column in price_day.c if column.name != "market"]
    found = select(*columns).where(price_day.c.market == market, price_day.c.day >= since)
    return [Day(*row) for row in conn.execute(found.order_by(price_day.c.day))]


def write_days(conn: Connection, market: str, days: Sequence[Day], kept: date) -> None:
    """Keep these, unless somebody was faster; forget those before ``kept``."""
    conn.execute(delete(price_day).where(price_day.c.market == market, price_day.c.day < kept))
    if days:
        rows = [{"market": market, **asdict(day)} for day in days]
        conn.execute(insert(price_day).on_conflict_do_nothing(), rows)


def orders_of_day(conn: Connection, market: str, begin: datetime) -> Sequence[Any]:
    """Some of the orders placed in the 24 hours from then that the market's nodes had work for: where they
    go, as ``recent_orders`` tells it, the oldest first.
    """
    given = {"market": market, "begin": begin, "an_hour": AN_HOUR, "looked_at": LOOKED_AT}
    return conn.execute(_SAMPLE, given).all()


def realised(
    conn: Connection, ids: Sequence[str], parcel_minor: float, late_day_minor: float
) -> Mapping[str, float]:
    """What each of these orders came to, all its fulfilment orders that stand, the weights of the policy
    included (days from one date, UTC, to another). Those are left out of which something was cancelled or
    waits, and those that couriers bring: the lab that foretells knows no couriers.
    """
    given = {"ids": list(ids), "parcel_minor": parcel_minor, "late_day_minor": late_day_minor}
    return {row.order_id: float(row.minor) for row in conn.execute(_REALISED, given)}
