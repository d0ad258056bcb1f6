"""Whole plans for the wave: out of the master's weights, and better step by step."""

from __future__ import annotations

import numpy as np

from routing.problem import Floats, Ints
from routing.wave.columns import COL_COST, COL_ORDER, COL_USES
from routing.wave.oracle import Oracle
from routing.wave.pool import Pool
from routing.wave.tables import Tables

SURE = 0.5  # weight from which a column is taken as it is
PASSES = 6


def rounded(
    tables: Tables, oracle: Oracle, pool: Pool, todo: Ints, left: Ints, x: Floats, price: Ints
) -> Ints | None:
    """Columns [todo]: those the master is sure of, then the rest one by one at its prices; None where an
    order that may leave nothing behind finds too little.
    """
    left = left.copy()
    order = pool.col[: x.size, COL_ORDER]
    heaviest = np.lexsort((x, order))
    last = np.flatnonzero(np.diff(order[heaviest], append=-1))
    best = heaviest[last]
    chosen = np.full_like(pool.standing, -1)
    for c in best[np.argsort(-x[best], kind="stable")].tolist():
        uses = pool.uses[pool.col[c, COL_USES] : pool.col[c + 1, COL_USES]]
        if x[c] >= SURE and bool((left[uses[:, 0]] >= uses[:, 1]).all()):
            left[uses[:, 0]] -= uses[:, 1]
            chosen[order[c]] = c
    rest = todo[chosen[todo] < 0]
    out, end = oracle.one_by_one(rest, price, left, np.zeros_like(pool.standing))
    pool.add(out, end, chosen)
    return None if bool((chosen[todo] < 0).any()) else chosen[todo]


def polished(oracle: Oracle, pool: Pool, todo: Ints, left: Ints, columns: Ints) -> Ints:
    """Order after order gets a cheaper plan where what the others leave allows one, until none does.
    ``left`` [rows] is what all of ``columns`` [todo] leave, and is kept so.
    """
    chosen = np.full_like(pool.standing, -1)
    chosen[todo] = columns
    nothing = np.zeros_like(left)
    for _ in range(PASSES):
        before = pool.cost(chosen[todo])
        held, at = pool.written(chosen[todo])
        leaving = np.where(pool.standing[todo] >= 0, pool.move[todo], 0)
        worth = pool.col[chosen[todo], COL_COST] - leaving
        value = np.zeros_like(pool.standing)
        out, end = oracle.one_by_one(todo, nothing, left, value, held, at, worth)
        pool.add(out, end, chosen)
        if pool.cost(chosen[todo]) >= before:
            break
    return chosen[todo]
