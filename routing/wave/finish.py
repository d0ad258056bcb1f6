"""From prices to plans: rounding, polishing, and the integer master, as long as they gain."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from routing.problem import Ints
from routing.wave.columns import COL_ORDER
from routing.wave.improve import polished, rounded
from routing.wave.integer import choose
from routing.wave.oracle import Oracle
from routing.wave.pool import Pool
from routing.wave.relax import Relaxed, certified, least_felt
from routing.wave.tables import Tables

MOST_COLUMNS = 40_000  # in one integer master
FIRST_COLUMNS = 2.5  # an order in the first one: a quarter of a second where all that are worth it take four
FEW_PLANS = 30  # of one order added for it
ALL_PLANS = 3_000  # of one order where every plan worth it is wanted
SMALL_WAVE = 40  # orders
CLOSE = 2e-5
SECONDS = 300.0
SHORTEST_S = 0.2  # with less time left no master is begun
BUILD_S = 5e-5  # what writing down and handing over a column of it takes


@dataclass(slots=True)
class Search:
    """``columns`` [todo]: the best plans so far, within ``room`` [rows]; ``certain``: the bound at the final
    prices and cuts, which those of plans are compared with.
    """

    tables: Tables
    oracle: Oracle
    pool: Pool
    todo: Ints
    room: Ints
    relaxed: Relaxed
    columns: Ints
    remaining: Callable[[], float]
    seed: int
    certain: int = 0

    def steps(self) -> Iterator[tuple[int, int]]:
        """Cost and bound in inner money after every step."""
        if self.todo.size == 0:
            return
        pool = self.pool
        guess = rounded(
            self.tables, self.oracle, pool, self.todo, self.room, self.relaxed.x, self.relaxed.price
        )
        for start in (guess, self.columns):
            if start is not None:
                self._better(self._polished(start))
                yield self.cost, self.relaxed.bound
        most, proven, gained = MOST_COLUMNS, False, True
        if not self.small:
            most = int(FIRST_COLUMNS * self.todo.size)
        if self.gap <= self.close or not self._time_for(most):
            return
        felt, complete = self._candidates()
        while self.gap > self.close and self._time_for(most) and gained and not proven:
            before = self.cost
            whole, proven = self._master(felt, most, complete)
            yield self.cost, self.relaxed.bound
            gained = not whole or self.cost < before
            most *= 2

    @property
    def cost(self) -> int:
        return self.pool.cost(self.columns)

    def _time_for(self, columns: int) -> bool:
        return self.remaining() > SHORTEST_S + BUILD_S * columns

    @property
    def close(self) -> float:
        """The gap that is good enough."""
        return 0.0 if self.small else CLOSE

    @property
    def small(self) -> bool:
        """Whether every plan worth it is listed, so that the best wave is proven."""
        return self.todo.size <= SMALL_WAVE

    @property
    def gap(self) -> float:
        return (self.cost - self.relaxed.bound) / max(1, abs(self.cost))

    def _better(self, columns: Ints) -> None:
        if self.pool.cost(columns) < self.cost:
            self.columns = columns

    def _polished(self, columns: Ints) -> Ints:
        left = self.room - self.pool.usage(columns)
        return polished(self.oracle, self.pool, self.todo, left, columns)

    def _candidates(self) -> tuple[Ints, bool]:
        """Brings in the plans that may be worth it; [O] least felt costs, and whether these are all plans
        that a better choice can hold.
        """
        value, felt = self._felt()
        # The bound again: a cut may have been replaced since the best round.
        self.certain = certified(self.tables, self.relaxed.limit, self.relaxed.price, felt[self.todo])
        return felt, self._enumerate(value, self.cost - self.certain)

    def _master(self, felt: Ints, most: int, complete: bool) -> tuple[bool, bool]:
        """One integer master over ``most`` columns; whether these are all that are worth it, and whether it
        proves that nothing is better than what it found.
        """
        most = min(most, MOST_COLUMNS)
        columns = self._worth(felt, self.cost - self.certain, most)
        whole = columns.size < most or most == MOST_COLUMNS
        exact = complete and columns.size < most
        left_s = self.remaining() - BUILD_S * columns.size
        seconds = None if math.isinf(left_s) else min(SECONDS, 0.9 * left_s)
        found = choose(
            self.pool, columns, self.room, self.columns, seconds, self.seed, 0.0 if exact else CLOSE / 4
        )
        if found is None:
            return whole, False
        self._better(self._polished(found.columns))
        if exact and found.proven:
            self.relaxed.bound = self.cost
        return whole, exact and found.proven

    def _felt(self) -> tuple[Ints, Ints]:
        """Least felt cost of each order at the final prices: of all plans, and with what leaving costs."""
        value = np.zeros_like(self.pool.standing)
        chosen = np.full_like(value, -1)
        for out, end in self.oracle.best(self.todo, self.relaxed.price, self.tables.limit, value):
            self.pool.add(out, end, chosen)
        felt = np.zeros_like(value)
        felt[self.todo] = least_felt(self.pool, self.todo, value, self.relaxed.price, chosen)
        return value, felt

    def _enumerate(self, value: Ints, slack: int) -> bool:
        """Bring in plans that a better choice could hold: all of them in a small wave, else the nearest.
        Whether that is every one.
        """
        most = ALL_PLANS if self.small else FEW_PLANS
        mean = int(np.abs(value[self.todo]).mean())
        near = slack if self.small else min(slack, mean // 20)
        chosen, found = np.zeros_like(value), value.copy()
        for out, end in self.oracle.within(
            self.todo, self.relaxed.price, self.tables.limit, value[self.todo] + near, most, found
        ):
            self.pool.add(out, end, chosen)
        return near == slack and bool((found[self.todo] >= 0).all())

    def _worth(self, felt: Ints, slack: int, most: int) -> Ints:
        """Columns that a choice better than the present one can hold: of more than ``most`` the most
        promising.
        """
        order = self.pool.col[: self.pool.size, COL_ORDER]
        asked = np.zeros(felt.size, np.bool_)
        asked[self.todo] = True
        mine = np.flatnonzero(asked[order])
        reduced = self.pool.felt(mine, self.relaxed.price) - felt[order[mine]]
        worth = np.flatnonzero(reduced <= slack)
        worth = worth[np.argsort(reduced[worth], kind="stable")]
        return np.sort(mine[worth[:most]])
