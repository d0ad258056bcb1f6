"""Statements for safety stocks: shelves, what walked out of them, fences that keep channels apart, and what
came of the last run of each node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from inventory.store.tables import fence, node, position, sku
from oms.store.failing_tables import safety_run

_SOLD = text(
    """
    SELECT s.id AS sku, sum(m.quantity) AS units,
        CAST(floor(extract(epoch FROM m.occurred_at - CAST(:since AS timestamptz)) / :span) AS int) AS period
    FROM movement m JOIN sku s ON s.no = m.sku_no
    WHERE m.at >= :since AND m.occurred_at >= :since AND m.occurred_at < :until
        AND m.from_place = :shelf AND m.cause = 'sale' AND s.id = ANY(:skus)
    GROUP BY s.id, period
    """
)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A position that has units, as the books have it."""

    sku: str
    on_hand: int
    safety_stock: int
    unit_price_minor: int
    category: str
    flags: tuple[str, ...]


def shelves(conn: Connection, node_id: str, after: str, most: int) -> Sequence[Shelf]:
    """The first ``most`` of a node whose SKUs come after this one, by SKU."""
    stands = (position.c.on_hand, position.c.safety_stock)
    found = (
        select(sku.c.id, *stands, sku.c.unit_price_minor, sku.c.category, sku.c.flags)
        .join(node, node.c.no == position.c.node_no)
        .join(sku, sku.c.no == position.c.sku_no)
        .where(node.c.id == node_id, position.c.on_hand > 0, sku.c.id > after)
        .order_by(sku.c.id)
        .limit(most)
    )
    return [Shelf(*row[:5], tuple(row[5])) for row in conn.execute(found)]


def sold(
    conn: Connection, shelf: str, skus: Sequence[str], since: datetime, until: datetime, span_s: float
) -> Mapping[tuple[str, int], int]:
    """(one of the SKUs, period of ``span_s``) → units that left the place over the counter."""
    given = {"shelf": shelf, "skus": list(skus), "since": since, "until": until, "span": span_s}
    return {(row.sku, row.period): row.units for row in conn.execute(_SOLD, given)}


def standing_fences(
    conn: Connection, node_id: str, skus: Sequence[str], prefix: str
) -> Mapping[tuple[str, str], frozenset[str]]:
    """(one of the SKUs, name) → channels of fences at a node that keep units and whose names begin so."""
    named = fence.c.name.startswith(prefix, autoescape=True)
    found = (
        select(sku.c.id, fence.c.name, fence.c.channels)
        .join(node, node.c.no == fence.c.node_no)
        .join(sku, sku.c.no == fence.c.sku_no)
        .where(node.c.id == node_id, sku.c.id.in_(skus), fence.c.quantity > 0, named)
    )
    return {(row.id, row.name): frozenset(row.channels) for row in conn.execute(found)}


@dataclass(frozen=True, slots=True)
class SafetyRun:
    """What came of a node's last run. ``differing``: SKUs whose safety stock was reckoned other than it
    stood, ``furthest`` the most so; ``changed``: positions set, fences included. ``detail``: why nothing is
    known.
    """

    node: str
    at: datetime
    applied: bool
    skus: int = 0
    without_price: int = 0
    differing: int = 0
    changed: int = 0
    furthest: Sequence[Mapping[str, Any]] = ()
    detail: str = ""


def write_run(conn: Connection, run: SafetyRun) -> None:
    """Instead of the one before."""
    values = asdict(run) | {"furthest": list(run.furthest)}
    conn.execute(
        insert(safety_run).values(values).on_conflict_do_update(index_elements=["node"], set_=values)
    )


def last_run(conn: Connection, node_id: str) -> SafetyRun | None:
    row = conn.execute(select(safety_run).where(safety_run.c.node == node_id)).one_or_none()
    return SafetyRun(*row) if row else None


def nodes_by_market(conn: Connection) -> Sequence[tuple[str, str]]:
    """(id, market) of every node that is not closed."""
    found = select(node.c.id, node.c.market).where(node.c.active).order_by(node.c.id)
    return [(row.id, row.market) for row in conn.execute(found)]
