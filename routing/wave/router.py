"""The router asked about single orders of a wave, where the wave's own search for a plan ran out of steps.

Most of the plans it met then overuse a shelf. The router counts shelves otherwise, and may know a better plan
and a better bound.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from routing.kernel import INFINITE, SHIFT
from routing.problem import Ints
from routing.route import route
from routing.wave.choices import records
from routing.wave.large import WORK_LIMIT, choice_in_wave, problem_of
from routing.wave.pool import Pool
from routing.wave.problem import Choice, Wave
from routing.wave.tables import Tables


@dataclass(frozen=True, slots=True, eq=False)
class Router:
    """``remaining``: seconds left; the router is not asked beyond them."""

    wave: Wave
    tables: Tables
    pool: Pool
    remaining: Callable[[], float]

    def improve(self, todo: Ints, value: Ints, chosen: Ints, left: Ints | None = None) -> None:
        """Better columns into ``chosen`` [O], better bounds into ``value`` [O], where the orders ``todo``
        have a plan that costs more than their bound. ``left`` [rows]: what all plans leave, None where these
        orders share nothing scarce.
        """
        for o in self._unproven(todo, value, chosen):
            if self.remaining() <= 0:
                return
            own = self.pool.usage(chosen[[o]])
            column, bound = self._routed(o, self.tables.limit if left is None else left + own)
            value[o] = max(int(value[o]), bound)
            if column >= 0 and self._cost(column) < self._cost(int(chosen[o])):
                chosen[o] = column
                if left is not None:
                    left += own - self.pool.usage(chosen[[o]])

    def _unproven(self, todo: Ints, value: Ints, chosen: Ints) -> list[int]:
        found = todo[(chosen[todo] >= 0) & (value[todo] < INFINITE)]
        standing = self.pool.standing[found]
        left_it = (standing >= 0) & (chosen[found] != standing)  # costs the move, which no bound knows of
        costs = self.pool.felt(chosen[found], np.zeros_like(self.tables.limit))
        unproven: list[int] = found[costs - self.pool.move[found] * left_it > value[found]].tolist()
        return unproven

    def _routed(self, o: int, within: Ints) -> tuple[int, int]:
        """The column of the router's plan, −1 where that cannot be taken; and its bound."""
        problem, lines, nodes = problem_of(self.wave, o, within, np.zeros(within.size))
        plan = route(problem, work_limit=WORK_LIMIT)
        bound = math.floor(plan.bound_minor * (1 << SHIFT)) - 1
        choice = choice_in_wave(problem, plan, lines, nodes)
        if units_of(self.wave.current.get(o, ())) - units_of(choice):
            return -1, bound  # it leaves units that stand, which are promised: the router does not know
        out, strange = records(self.wave, self.tables, {o: choice})
        columns = np.full_like(self.pool.standing, -1)
        if not strange.size:
            self.pool.add(out, out.size, columns)
        return int(columns[o]), bound

    def _cost(self, column: int) -> int:
        return self.pool.cost(np.array([column]))


def units_of(choice: Choice) -> Counter[int]:
    """Units of each line that a choice sends."""
    sent: Counter[int] = Counter()
    for _, content in choice:
        sent.update(dict(content))
    return sent
