"""What a channel may be promised of a SKU: now, per node, by date, and without stock. Pure rules.

Available to promise at a node is on hand − reserved − safety stock − fences of other channels, never below 0
and 0 where the pair is blocked or the node or the SKU is out of use (the pool's view). A kit is as available
as its scarcest component: at one node, and in total where its components need not come from one node.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from inventory.catalogue import Catalogue, Component, Sku
from inventory.pool import AvailabilityPool, Incoming, Own, PoolView, State


@dataclass(frozen=True, slots=True)
class Future:
    """`quantity` more units from `date` on, in the calendar of the node they arrive at."""

    date: date
    quantity: int


@dataclass(frozen=True, slots=True, eq=False)
class Availability:
    """`total` units now, `by_node` of them (int64, as in the catalogue's order), later more, earliest first.

    For a kit whose components may come from several nodes `total` can exceed the sum over `by_node`.
    `backorder` units may be promised without any stock, today.
    """

    sku: str
    total: int
    by_node: NDArray[np.int64]
    future: tuple[Future, ...]
    backorder: int


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """One Availability per known SKU asked for, in order, their `by_node` in `units` [item, node]; true up to
    `as_of`.
    """

    items: tuple[Availability, ...]
    units: NDArray[np.int64]
    unknown: tuple[str, ...]
    catalogue: Catalogue
    as_of: datetime
    version: int


def availability(
    pool: AvailabilityPool, skus: Sequence[str], channel: str, today: date, own: Own | None = None
) -> Answer:
    """Answer for these SKUs, kits included, from memory alone."""
    catalogue = pool.catalogue
    known = [sku for id_ in skus if (sku := catalogue.skus.get(id_)) is not None]
    if len(known) == len(skus) and all(sku.kit is None and sku.active for sku in known):
        return _plain(pool, skus, known, channel, today, own)
    parts = {sku.id: components(sku) for sku in known}
    needed = list(dict.fromkeys(part.sku for of in parts.values() for part in of))
    view = pool.view(needed, channel, own)
    arriving = pool.incoming(needed)
    lines = {sku: line for line, sku in enumerate(needed)}
    items = []
    for sku in known:
        of = parts[sku.id]
        rows = [(part, view.available[lines[part.sku]], arriving[lines[part.sku]]) for part in of]
        items.append(_item(sku, rows, view, today))
    unknown = tuple(dict.fromkeys(id_ for id_ in skus if id_ not in catalogue.skus))
    units = np.array([item.by_node for item in items], np.int64).reshape(
        len(items), len(view.catalogue.order)
    )
    return Answer(tuple(items), units, unknown, view.catalogue, view.as_of, view.version)


def _plain(
    pool: AvailabilityPool,
    skus: Sequence[str],
    known: Sequence[Sku],
    channel: str,
    today: date,
    own: Own | None,
) -> Answer:
    """What most ask for: SKUs for sale that are no kits."""
    view = pool.view(skus, channel, own)
    rows = zip(known, view.totals.tolist(), view.available, pool.incoming(skus), strict=True)
    items = [
        Availability(sku.id, total, row, _units_by_date(coming, view.catalogue), backorder_left(sku, today))
        for sku, total, row, coming in rows
    ]
    return Answer(tuple(items), view.available, (), view.catalogue, view.as_of, view.version)


def future(state: State, sku: Sku) -> tuple[Future, ...]:
    """More units of a SKU that is no kit, by day."""
    arriving = state.incoming.get(sku.no) if state.incoming else None
    return _units_by_date(arriving, state.catalogue) if arriving else ()


def components(sku: Sku) -> tuple[Component, ...]:
    """What one unit of the SKU is picked as."""
    return sku.kit.components if sku.kit is not None else (Component(sku.id, 1),)


def backorder_left(sku: Sku, today: date) -> int:
    """Units that may be promised without stock: what the cap leaves, from the day pre-orders open."""
    if (
        not sku.active
        or not sku.backorder_cap
        or (sku.preorder_from is not None and today < sku.preorder_from)
    ):
        return 0
    return max(0, sku.backorder_cap - sku.backordered)


Row = tuple[Component, NDArray[np.int64], tuple[Incoming, ...]]


def _item(sku: Sku, rows: Sequence[Row], view: PoolView, today: date) -> Availability:
    if not sku.active:
        return Availability(sku.id, 0, np.zeros(len(view.catalogue.order), np.int64), (), 0)
    left = backorder_left(sku, today)
    if sku.kit is None:
        _, by_node, arriving = rows[0]
        future = _units_by_date(arriving, view.catalogue)
        return Availability(sku.id, int(by_node.sum()), by_node, future, left)
    together = sku.kit.keep_together
    kits = [available // part.quantity for part, available, _ in rows]
    by_node = np.asarray(np.min(kits, axis=0), dtype=np.int64)
    total = int(by_node.sum()) if together else _whole(rows)
    return Availability(sku.id, total, by_node, _kits_by_date(rows, view.catalogue, together), left)


def _whole(rows: Sequence[Row]) -> int:
    """Units to be had when components may come from anywhere."""
    return min(int(available.sum()) // part.quantity for part, available, _ in rows)


def _units_by_date(arriving: Sequence[Incoming], catalogue: Catalogue) -> tuple[Future, ...]:
    if not arriving:
        return ()
    units: Counter[date] = Counter()
    for one in arriving:
        units[_day(catalogue, one)] += one.quantity
    return tuple(Future(day, units[day]) for day in sorted(units))


def _kits_by_date(rows: Sequence[Row], catalogue: Catalogue, together: bool) -> tuple[Future, ...]:
    """What each day adds. Of kits kept together, at the node; else over all nodes."""
    days = sorted({_day(catalogue, one) for *_, arriving in rows for one in arriving})
    if not days:
        return ()
    counts = [_supply(rows, catalogue, day) for day in (date.min, *days)]
    totals = [
        int(np.min(at, axis=0).sum()) if together else min(int(whole) for whole in everywhere)
        for at, everywhere in counts
    ]
    added = (later - before for before, later in pairwise(totals))
    return tuple(Future(day, more) for day, more in zip(days, added, strict=True) if more)


def _supply(
    rows: Sequence[Row], catalogue: Catalogue, day: date
) -> tuple[list[NDArray[np.int64]], list[int]]:
    """Whole kits each component allows once `day` has come: by node, and over all nodes."""
    at, everywhere = [], []
    for part, available, arriving in rows:
        units = available.copy()
        for one in arriving:
            if _day(catalogue, one) <= day:
                units[catalogue.index[one.node]] += one.quantity
        at.append(units // part.quantity)
        everywhere.append(int(units.sum()) // part.quantity)
    return at, everywhere


def _day(catalogue: Catalogue, one: Incoming) -> date:
    return one.at.astimezone(ZoneInfo(catalogue.nodes[one.node].timezone)).date()
