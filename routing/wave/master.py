"""The linear master: columns gathered order by order, its prices, and cuts that halve a shelf.

An order that takes two units of a shelf with three can take a fraction of such a pair in the linear
programme, another order the rest. For any set H of orders, half of the shelf's row plus half of "one plan per
order of H", rounded down, is a row that no integer plan breaks (Chvátal–Gomory):

    Σ over orders  ⌊(units taken + [order in H]) / 2⌋  ≤  ⌊(stock + |H|) / 2⌋

The kernel can charge for it: an order of H pays with its first unit, any other with each second one. Only
orders that want one unit enter H: of more units in several parcels the kernel would charge too often, and the
bound would not hold. Each shelf carries one such cut, with the H that the present solution breaks most.
"""

from __future__ import annotations

import numpy as np

from routing.kernel import SHIFT
from routing.problem import Floats, Ints
from routing.wave.columns import COL_COST, COL_ORDER, COL_USES, USE_PAIR, USE_PHASE
from routing.wave.first_order import descend
from routing.wave.pool import Pool
from routing.wave.tables import FREE, Tables

SHALLOW = 0.02  # a cut broken by less is not worth a row
WEIGHT = 0.3  # of the mean cost of an order: how far prices move where a column moves by one


class Master:
    """``price`` [rows] in minor units and ``x`` (one weight per column of the pool)."""

    def __init__(self, tables: Tables, pool: Pool) -> None:
        self.tables, self.pool = tables, pool
        self.limit = tables.limit.copy()
        self.price: Floats = np.zeros(tables.limit.size)
        self.x: Floats = np.zeros(0)
        self.by_shelf = np.argsort(tables.use[:, 0], kind="stable")
        self.shelf_start = np.searchsorted(tables.use[self.by_shelf, 0], np.arange(tables.pair.size + 1))

    def start(self, chosen: Ints) -> None:
        """One plan per order: the columns ``chosen``."""
        self.x = np.zeros(self.pool.size)
        self.x[chosen] = 1.0

    def descend(self, rounds: int) -> None:
        pool = self.pool
        self.x = np.concatenate([self.x, np.zeros(pool.size - self.x.size)])
        order = np.argsort(pool.col[: pool.size, COL_ORDER], kind="stable")
        who = pool.col[order, COL_ORDER]
        start = np.append(np.flatnonzero(np.diff(who, prepend=-1)), who.size)
        uses, row, units = self.rows_of(order)
        cost = pool.col[order, COL_COST] / (1 << SHIFT)
        x = self.x[order]
        typical = float(np.minimum.reduceat(cost, start[:-1]).mean())
        descend(
            start, cost, uses, row, units, self.limit.astype(np.float64),
            max(1.0, WEIGHT * typical), rounds, x, self.price,
        )  # fmt: skip
        self.x[order] = x

    def rows_of(self, columns: Ints) -> tuple[Ints, Ints, Floats]:
        """Starts, rows and units of what these columns draw on contended rows and cuts."""
        pool, t = self.pool, self.tables
        width = pool.col[columns + 1, COL_USES] - pool.col[columns, COL_USES]
        owner = np.repeat(np.arange(columns.size), width)
        within = np.arange(owner.size) - np.repeat(np.cumsum(width) - width, width)
        drawn = pool.uses[pool.col[columns[owner], COL_USES] + within]
        shelf = drawn[:, 2] >= 0
        entry = t.use[drawn[shelf, 2]]
        halves = (drawn[shelf, 1] + entry[:, USE_PHASE]) // 2
        cut = (self.limit[entry[:, USE_PAIR]] < FREE) & (halves > 0)
        plain = t.contended[drawn[:, 0]]
        owners = np.concatenate([owner[plain], owner[shelf][cut]])
        by_owner = np.argsort(owners, kind="stable")
        row = np.concatenate([drawn[plain, 0], entry[cut, USE_PAIR]])[by_owner]
        units = np.concatenate([drawn[plain, 1], halves[cut]])[by_owner].astype(np.float64)
        return np.searchsorted(owners[by_owner], np.arange(columns.size + 1)), row, units

    def cut(self) -> int:
        """Place the cuts that ``x`` breaks on shelves without a priced one; returns how many are new."""
        pool, t = self.pool, self.tables
        some = np.flatnonzero(self.x > 1e-6)
        width = pool.col[some + 1, COL_USES] - pool.col[some, COL_USES]
        owner = np.repeat(some, width)
        within = np.arange(owner.size) - np.repeat(np.cumsum(width) - width, width)
        drawn = pool.uses[pool.col[owner, COL_USES] + within]
        keep = drawn[:, 2] >= 0
        keep &= t.contended[drawn[:, 0]]
        owner, drawn = owner[keep], drawn[keep]
        pair = t.use[drawn[:, 2], USE_PAIR]
        free = (pair > pair_of_nothing(t)) & (self.price[pair] <= 0)
        owner, drawn = owner[free], drawn[free]
        by_shelf = np.argsort(drawn[:, 0], kind="stable")
        owner, drawn = owner[by_shelf], drawn[by_shelf]
        begin = np.append(np.flatnonzero(np.diff(drawn[:, 0], prepend=-1)), owner.size)
        found = 0
        for a, b in zip(begin[:-1].tolist(), begin[1:].tolist(), strict=True):
            found += self._cut_shelf(owner[a:b], drawn[a:b])
        return found

    def _cut_shelf(self, owner: Ints, drawn: Ints) -> bool:
        x = self.x[owner]
        if bool(((x < 1e-3) | (x > 1 - 1e-3)).all()):
            return False
        t, shelf = self.tables, int(drawn[0, 0])
        stock = int(t.limit[shelf])
        orders, at, place = np.unique(self.pool.col[owner, COL_ORDER], return_index=True, return_inverse=True)
        units = drawn[:, 1]
        without = np.bincount(place, x * (units // 2), orders.size)
        gain = np.bincount(place, x * ((units + 1) // 2), orders.size) - without
        gain[~t.use_single[drawn[at, 2]]] = -np.inf
        ranked = np.argsort(-gain, kind="stable")
        size = np.arange(orders.size + 1)
        broken = without.sum() + np.append(0.0, np.cumsum(gain[ranked])) - (stock + size) // 2
        best = int(np.argmax(broken))
        if broken[best] < SHALLOW:
            return False
        row = int(t.pair[shelf])
        self.limit[row] = (stock + best) // 2
        entries = self.by_shelf[self.shelf_start[shelf] : self.shelf_start[shelf + 1]]
        inside = np.isin(t.use_order[entries], orders[ranked[:best]])
        t.use[entries, USE_PHASE] = inside
        return True


def pair_of_nothing(tables: Tables) -> int:
    """The row without limit that stands for "no cut possible"."""
    return int(tables.pair.size + tables.nodes)
