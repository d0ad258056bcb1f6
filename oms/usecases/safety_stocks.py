"""Propose how many units of each shelf channels had better not promise, and set it when asked.

The units that leave unseen are the till's, which the books learn late; those that were never there are
learned from picks (`oms.usecases.failing`). A channel whose cancellations cost more keeps more: the least of
all channels is the safety stock, what others keep beyond is fenced for those that keep less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

import numpy as np
from sqlalchemy import Connection

from inventory import places
from inventory.movements import FenceLine, SafetyStock
from oms.actors import Actor
from oms.refusals import not_found
from oms.store import failing
from oms.store import safety_stocks as store
from oms.store.couriers import node_known
from oms.store.database import unhurried
from oms.store.safety_stocks import Shelf
from oms.usecases.stock import set_fences, set_safety_stock
from oms.work import Resources, Work, transact
from routing.forecast.ahead import outlooks
from routing.on_shelf import PLAIN, USUAL, goods_of
from routing.problem import Floats
from routing.safety_stock import least_kept, missing_cdf

HISTORY_DAYS = 182
BLOCK = 5_000
"""SKUs of a node that are looked at, and set, together."""
FENCE = "safety-"
"""How the names of fences begin that keep channels apart."""


@dataclass(frozen=True, slots=True)
class Costs:
    """``margin``: share of the price that is lost with a sale. ``cancel_minor``: by channel, what a unit
    costs that was promised and cannot be sent. ``lag_days``: how late books learn of till sales.
    """

    margin: float
    cancel_minor: Mapping[str, float]
    lag_days: float = 1.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """``now``: the safety stock that stands. ``keep``: by channel. ``unseen``: expected units that leave
    before the books know.
    """

    node: str
    sku: str
    on_hand: int
    unseen: float
    not_found: float
    now: int
    keep: Mapping[str, int] = field(default_factory=dict)

    @property
    def safety_stock(self) -> int:
        """What no channel may promise."""
        return min(self.keep.values())

    def fences(self) -> list[tuple[frozenset[str], int]]:
        """(channels, units) kept for those that may go deeper, so that every channel has what is left."""
        steps = sorted(set(self.keep.values()))
        return [
            (frozenset(name for name, kept in self.keep.items() if kept <= low), high - low)
            for low, high in pairwise(steps)
        ]


@dataclass(frozen=True, slots=True)
class Proposals:
    """``without_price``: how many SKUs were left out because nobody set their price. ``changed``: positions
    set.
    """

    rows: list[Proposal] = field(default_factory=list)
    without_price: int = 0
    changed: int = 0


def propose(
    resources: Resources,
    actor: Actor,
    node: str,
    costs: Costs,
    *,
    set_it: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Proposals:
    """For every SKU that the node has and that has a price, set where wanted: a block of SKUs at a time, so
    that neither memory nor locks grow with the node. ``stop`` is asked before each block; what was set stays.
    Raises Refused: not_found, forbidden; NoForecasts.
    """
    actor.require_node(node, "/node")
    rows, without_price, changed, after = [], 0, 0, ""
    with resources.engine.connect() as conn:
        if not node_known(conn, node):
            raise not_found("node")
    while not stop() and (shelves := _block(resources, node, after)):
        priced = [shelf for shelf in shelves if shelf.unit_price_minor > 0]
        found = _proposals(resources, node, costs, priced)
        if set_it:
            changed += transact(resources, actor, partial(apply, node=node, proposals=found))
        rows += found
        without_price += len(shelves) - len(priced)
        after = shelves[-1].sku
    return Proposals(rows, without_price, changed)


def _block(resources: Resources, node: str, after: str) -> Sequence[Shelf]:
    with resources.engine.connect() as conn:
        return store.shelves(conn, node, after, BLOCK)


def _proposals(resources: Resources, node: str, costs: Costs, shelves: Sequence[Shelf]) -> list[Proposal]:
    with resources.engine.connect() as conn:
        unhurried(conn)
        history = _history(
            conn, resources.clock.now(), node, [shelf.sku for shelf in shelves], costs.lag_days
        )
        chance = {row.goods: row.not_found for row in failing.learned(conn) if row.node == node}
    found = []
    for shelf, outlook in zip(shelves, outlooks(history, 1), strict=True):
        lost = chance.get(goods_of(shelf.category, shelf.flags), chance.get(PLAIN, USUAL))
        missing = missing_cdf(outlook.cdf, shelf.on_hand, lost)
        margin = costs.margin * shelf.unit_price_minor
        keep = {
            channel: least_kept(missing, shelf.on_hand, margin, cancel)
            for channel, cancel in costs.cancel_minor.items()
        }
        proposal = Proposal(node, shelf.sku, shelf.on_hand, outlook.mean, lost, shelf.safety_stock, keep)
        found.append(proposal)
    return found


def apply(work: Work, node: str, proposals: Sequence[Proposal]) -> int:
    """Set what is proposed for a node; returns how many positions changed. Raises Refused: forbidden."""
    levels = [
        SafetyStock(one.node, one.sku, one.safety_stock) for one in proposals if one.safety_stock != one.now
    ]
    standing = store.standing_fences(work.conn, node, [one.sku for one in proposals], FENCE)
    wanted = {
        (one.sku, f"{FENCE}{n}"): FenceLine(one.node, one.sku, f"{FENCE}{n}", channels, units)
        for one in proposals
        for n, (channels, units) in enumerate(one.fences(), 1)
    }
    lifted = [
        FenceLine(node, sku, name, channels, 0)
        for (sku, name), channels in standing.items()
        if (sku, name) not in wanted
    ]
    if levels:
        set_safety_stock(work, levels)
    if fences := [*wanted.values(), *lifted]:
        set_fences(work, fences)
    return len({line.sku for line in levels} | {line.sku for line in fences})


def _history(conn: Connection, now: datetime, node: str, skus: Sequence[str], lag_days: float) -> Floats:
    """[S, T]: units that left over the counter in each span of the books' lag."""
    span = timedelta(days=lag_days)
    periods = max(1, int(timedelta(days=HISTORY_DAYS) / span))
    since = now - periods * span
    row = {sku: n for n, sku in enumerate(skus)}
    table = np.zeros((len(skus), periods))
    sold = store.sold(conn, places.shelf(node), skus, since, now, span.total_seconds())
    for (sku, period), units in sold.items():
        table[row[sku], period] = units
    return table
