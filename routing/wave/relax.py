"""Prices for shelves and nodes, and what no plan of the wave can undercut at them.

Any prices ≥ 0 certify: bound = Σ least felt cost of an order − Σ price × limit. Rounds go back and forth: the
kernel prices every order that touches something contended and hands in new columns; the master moves prices
and weights some steps towards the best for the columns known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from routing.kernel import INFINITE, SHIFT
from routing.problem import Floats, Ints
from routing.wave.master import Master
from routing.wave.oracle import Oracle
from routing.wave.pool import Pool
from routing.wave.tables import Tables

STEPS = 80  # of the master per round
PATIENCE = 6  # rounds in which the bound must gain
LEAST_GAIN = 2e-5  # of the bound
CUTS = 4  # how often cuts are looked for
MOST_ROUNDS = 400

Stop = Callable[[float], bool]
"""Told the bound so far in minor units after every round; whether to stop."""


@dataclass(slots=True)
class Relaxed:
    """``bound`` in inner money over the orders asked about, attained at ``price`` [rows]; ``limit`` [rows]
    with the cuts of the last round; ``x``: the master's weight of each column known then.
    """

    price: Ints
    limit: Ints
    bound: int
    x: Floats
    rounds: int


def certified(tables: Tables, limit: Ints, price: Ints, value: Ints) -> int:
    """The bound over the orders ``value`` is given for."""
    priced = np.flatnonzero(price)
    priced_at, least = price[priced].tolist(), limit[priced].tolist()
    return int(value.sum()) - int(sum(p * b for p, b in zip(priced_at, least, strict=True)))


def least_felt(pool: Pool, todo: Ints, value: Ints, price: Ints, chosen: Ints) -> Ints:
    """[todo] least felt cost with what leaving a standing plan costs; ``chosen`` [O] stays where that is
    best. ``value`` may be a bound only, far below the plan that was found: plans are compared as they are.
    """
    felt = value[todo].copy()
    stands = np.flatnonzero(pool.standing[todo] >= 0)
    if stands.size:
        orders = todo[stands]
        standing = pool.standing[orders]
        stay = pool.felt(standing, price)
        leave = np.minimum(felt[stands] + pool.move[orders], INFINITE)
        found = np.where(chosen[orders] >= 0, chosen[orders], standing)
        chosen[orders] = np.where(stay <= pool.felt(found, price), standing, found)
        felt[stands] = np.minimum(stay, leave)
    return felt


def relax(tables: Tables, oracle: Oracle, pool: Pool, begin: Ints, stop: Stop) -> Relaxed:
    """Rounds until ``stop`` or until the bound no longer gains. ``begin`` [O] are columns to start from."""
    todo = tables.touching
    if todo.size == 0:
        return Relaxed(np.zeros_like(tables.limit), tables.limit, 0, np.zeros(0), 0)
    master = Master(tables, pool)
    master.start(begin[todo])
    value, chosen = np.zeros_like(begin), begin.copy()
    best = Relaxed(np.zeros_like(tables.limit), master.limit, -(1 << 62), master.x, 0)
    marks, cuts = [0.0], 0
    for turn in range(MOST_ROUNDS):
        price = np.rint(master.price * (1 << SHIFT)).astype(np.int64)
        for out, end in oracle.best(todo, price, tables.limit, value):
            pool.add(out, end, chosen)
        felt = least_felt(pool, todo, value, price, chosen)
        bound = certified(tables, master.limit, price, felt)
        if bound > best.bound:
            best = Relaxed(price, master.limit, bound, master.x, turn + 1)
        best.rounds, best.x = turn + 1, master.x
        marks.append(best.bound / (1 << SHIFT))
        if stop(marks[-1]):
            break
        if len(marks) > PATIENCE and marks[-1] - marks[-PATIENCE] <= LEAST_GAIN * abs(marks[-1]):
            cuts += 1
            if cuts > CUTS or master.cut() == 0:
                break
            marks = marks[-1:]
        master.descend(STEPS)
    return best
