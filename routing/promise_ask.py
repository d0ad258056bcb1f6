"""A question about a basket, as arrays over the nodes that have any of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from routing.calendar import DAY_S, DAYS, DayTables, ship_days
from routing.network import Network
from routing.network_spec import METHODS, SHIP
from routing.on_shelf import goods_of
from routing.policy import Policy
from routing.problem import NO_GROUP, UNLIMITED, Bools, Floats, Ints
from routing.promise_values import Basket, BasketLine, Capacity, Incoming, Prices, Stock
from routing.rooms import rooms_left
from routing.tariff import billable_g

EPOCH = date(1970, 1, 1).toordinal()
VIEWS = 8
"""At most so many dates of incoming stock are tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The basket's lines as arrays; ``goods`` as what is learned of nodes names them; ``carrying``: flag →
    [L] which lines have it.
    """

    ids: tuple[str, ...]
    skus: tuple[str, ...]
    quantity: Ints
    weight_g: Ints
    volume_mm3: Ints
    billable_g: Ints
    alone: Bools
    group: Ints
    goods: tuple[str, ...]
    carrying: dict[str, Bools]


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """``nodes`` [M] are those with stock. ``since`` [M]: the instant from which each may work on the order,
    later than ``at`` where it waits for incoming units; ``coming`` [L, M] is that part of ``stock``.
    """

    network: Network
    basket: Basket
    lines: Lines
    capacity: Capacity
    policy: Policy
    prices: Prices
    at: int
    tables: DayTables
    distance_m: Floats  # [N]
    nodes: Ints
    stock: Ints  # [L, M]
    coming: Ints  # [L, M]
    since: Ints  # [M]
    delayed: bool
    whole: Stock

    def rows(self) -> tuple[Ints, Ints, Ints]:
        """(profile rows, instant of each, row of each node [M]): few rows while nobody waits for stock."""
        profile = self.network.profile[self.nodes]
        if self.delayed:
            return profile, self.since, np.arange(len(profile))
        rows = np.arange(len(self.network.profiles))
        return rows, np.full(len(rows), self.at, dtype=np.int64), profile

    def horizon(self) -> int:
        """Index of the first day of the tables that is too far away."""
        return horizon_at(self.tables.dates[0], self.at, self.policy)

    def first_days(self) -> tuple[Ints, Ints, Bools]:
        """Per node the first day [M] it may ship with room left, the room [M], and whether a day was full
        for each that never has any; day D = none.
        """
        rows, at, back = self.rows()
        may = ship_days(self.tables, rows, at)
        may[:, self.horizon() :] = False
        never = may.shape[1]
        first = np.where(may.any(axis=1), may.argmax(axis=1), never) if len(rows) else np.zeros(0, np.int64)
        limit = self.network.limit[METHODS.index(SHIP)][self.nodes]
        if not self.capacity.free and not (limit == 0).any():
            return first[back], limit, np.zeros(len(back), dtype=np.bool_)
        left = rooms_left(self.network, self.capacity.free, self.tables.dates[0])
        rooms = left.by_method[METHODS.index(SHIP), self.nodes]
        vacant = may[back] & ((rooms == UNLIMITED) | (rooms > 0))
        some = vacant.any(axis=1)
        day = np.where(some, vacant.argmax(axis=1), never)
        full = ~some & (first[back] < never)
        there = rooms[np.arange(len(back)), np.minimum(day, never - 1)]
        return day, np.where(some, there, np.where(full, 0, limit)), full

    def room(self, node: int, day: int, bucket: str, limit: int) -> int:
        """Units of capacity left for a node on a day, UNLIMITED where nobody counts."""
        key = (self.network.node_ids[node], self.tables.dates[day], bucket)
        return self.capacity.free.get(key, limit)


def horizon_at(first: date, at: int, policy: Policy) -> int:
    """Index of the first day, of tables that begin with ``first``, that is too far away at ``at``."""
    today = EPOCH + at // DAY_S
    return min(today - first.toordinal() + policy.horizon_days + 1, DAYS)


def seconds(at: datetime) -> int:
    """Whole seconds since 1970; a naive datetime is a bug."""
    assert at.tzinfo is not None, "instants carry their zone"
    return int(at.timestamp() // 1)


def ask(
    network: Network,
    basket: Basket,
    stock: Stock,
    capacity: Capacity,
    policy: Policy,
    prices: Prices,
    at: datetime,
) -> Ask:
    """The question at the stock that is there now."""
    now = seconds(at)
    place = basket.destination
    shape = (len(basket.lines), len(network.node_ids))
    assert stock.available.shape == shape, f"stock is {stock.available.shape}, should be {shape}"
    nodes = np.flatnonzero((stock.available > 0).any(axis=0))
    there = np.ascontiguousarray(stock.available[:, nodes], dtype=np.int64)
    return Ask(
        network=network,
        basket=basket,
        lines=_lines(basket.lines, network.spec.dimensional_divisor_mm3_per_g),
        capacity=capacity,
        policy=policy,
        prices=prices,
        at=now,
        tables=network.tables(now),
        distance_m=network.distances_m(place.lat if place else None, place.lon if place else None),
        nodes=nodes,
        stock=np.maximum(there, 0),
        coming=np.zeros_like(there),
        since=np.full(len(nodes), now, dtype=np.int64),
        delayed=False,
        whole=stock,
    )


def later(now: Ask) -> Iterator[Ask]:
    """The same question once more for each date at which stock comes in, earliest first.

    A node that gets units by then starts on all its part of the order when the last of them is there: it
    sends one parcel, not one now and one later.
    """
    coming = [inc for inc in now.whole.incoming if inc.quantity > 0 and seconds(inc.at) > now.at]
    for date_s in sorted({seconds(inc.at) for inc in coming})[:VIEWS]:
        yield _view(now, [inc for inc in coming if seconds(inc.at) <= date_s])


def _view(now: Ask, arrived: list[Incoming]) -> Ask:
    network, line_index = now.network, {line: place for place, line in enumerate(now.lines.ids)}
    available = np.maximum(now.whole.available, 0).astype(np.int64)
    coming = np.zeros_like(available)
    since = np.full(len(network.node_ids), now.at, dtype=np.int64)
    for inc in arrived:
        line, node = line_index[inc.line], network.index[inc.node]
        coming[line, node] += inc.quantity
        since[node] = max(since[node], seconds(inc.at))
    total = available + coming
    nodes = np.flatnonzero((total > 0).any(axis=0))
    return replace(
        now,
        nodes=nodes,
        stock=np.ascontiguousarray(total[:, nodes]),
        coming=coming[:, nodes],
        since=since[nodes],
        delayed=True,
    )


def _lines(lines: tuple[BasketLine, ...], divisor: float) -> Lines:
    weight = np.array([line.unit_weight_g for line in lines], dtype=np.int64)
    volume = np.array([line.unit_volume_mm3 for line in lines], dtype=np.int64)
    kits: dict[str, int] = {}
    group = [NO_GROUP if line.kit is None else kits.setdefault(line.kit, len(kits)) for line in lines]
    flags = {flag for line in lines for flag in line.flags}
    carrying = {flag: np.array([flag in line.flags for line in lines]) for flag in sorted(flags)}
    nobody = np.zeros(len(lines), dtype=np.bool_)
    return Lines(
        ids=tuple(line.id for line in lines),
        skus=tuple(line.sku for line in lines),
        quantity=np.array([line.quantity for line in lines], dtype=np.int64),
        weight_g=weight,
        volume_mm3=volume,
        billable_g=billable_g(weight, volume, divisor),
        alone=carrying.get("ship_alone", nobody),
        group=np.array(group, dtype=np.int64),
        goods=tuple(goods_of(line.category, line.flags) for line in lines),
        carrying=carrying,
    )
