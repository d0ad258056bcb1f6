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


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What plans are compared with: ``felt`` [O] least felt costs and the ``bound`` at the final prices and
    cuts. ``complete``: every plan that a better choice can hold is known.
    """

    felt: Ints
    bound: int
    complete: bool


@dataclass(slots=True)
class Search:
    """``columns`` [todo]: the best plans so far, within ``room`` [rows]."""

    tables: Tables
    oracle: Oracle
    pool: Pool
    todo: Ints
    room: Ints
    relaxed: Relaxed
    columns: Ints
    remaining: Callable[[], float]
    seed: int

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
        most = int(FIRST_COLUMNS * self.todo.size)
        if self.gap <= self.close or not self._time_for(most):
            return
        seen, proven, gained = self._candidates(), False, True
        most = MOST_COLUMNS if self.small else most
        while self.gap > self.close and gained and not proven:
            columns, before = self._worth(seen, most), self.cost
            if not self._time_for(columns.size):
                return
            proven = self._master(columns, seen.complete and columns.size < most)
            yield self.cost, self.relaxed.bound
            gained = self.cost < before or columns.size == most < MOST_COLUMNS
            most = min(2 * most, MOST_COLUMNS)

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

    def _candidates(self) -> Candidates:
        """Brings in the plans that may be worth it."""
        value, felt = self._felt()
        # The bound again: a cut may have been replaced since the best round.
        bound = certified(self.tables, self.relaxed.limit, self.relaxed.price, felt[self.todo])
        return Candidates(felt, bound, self._enumerate(value, self.cost - bound))

    def _master(self, columns: Ints, exact: bool) -> bool:
        """One integer master over these columns. Whether it proves that nothing is better than what it found,
        which needs ``exact``: that they are all a better choice can hold.
        """
        left_s = self.remaining() - BUILD_S * columns.size
        seconds = None if math.isinf(left_s) else min(SECONDS, 0.9 * left_s)
        found = choose(
            self.pool, columns, self.room, self.columns, seconds, self.seed, 0.0 if exact else CLOSE / 4
        )
        if found is None:
            return False
        self._better(self._polished(found.columns))
        if exact and found.proven:
            self.relaxed.bound = self.cost
        return exact and found.proven

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

    def _worth(self, seen: Candidates, most: int) -> Ints:
        """Columns that a choice better than the present one can hold: of more than ``most`` the most
        promising.
        """
        order = self.pool.col[: self.pool.size, COL_ORDER]
        asked = np.zeros(seen.felt.size, np.bool_)
        asked[self.todo] = True
        mine = np.flatnonzero(asked[order])
        reduced = self.pool.felt(mine, self.relaxed.price) - seen.felt[order[mine]]
        worth = np.flatnonzero(reduced <= self.cost - seen.bound)
        worth = worth[np.argsort(reduced[worth], kind="stable")]
        return np.sort(mine[worth[:most]])
