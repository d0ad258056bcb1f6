"""A wave on one screen.

What stands (or routing one by one) → prices and a bound → whole plans from the weights, polished → the
integer master over the columns worth it → until the bound is met, nothing gains, or time is up. Whatever is
best so far is returned, never worse than what stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing

import numpy as np

from routing.kernel import SHIFT
from routing.problem import Ints
from routing.wave.choices import choice_of, records
from routing.wave.cost import cost_of
from routing.wave.finish import Search
from routing.wave.large import Large
from routing.wave.oracle import Oracle
from routing.wave.pool import Pool
from routing.wave.problem import Choice, Wave, WaveResult
from routing.wave.relax import Relaxed, certified, least_felt, relax
from routing.wave.router import Router
from routing.wave.tables import Tables, lay_out

LARGEST_STATES = 4096
RELAX_SHARE = 0.65  # of the time there is, for prices and bound at most
READ_BACK_S = 2e-5  # what handing back the plan of one order takes

TimeLeft = Callable[[], float]
Told = Callable[[str, float, float], None]
"""Told what is being done, the cost and the bound in minor units so far."""


def solve_wave(
    wave: Wave, *, seed: int = 0, time_left: TimeLeft | None = None, told: Told | None = None
) -> WaveResult:
    """The best plans found for all orders together, with a certified bound.

    ``time_left`` in seconds is asked between steps; without it the search ends where it no longer gains, and
    the same wave gets the same plans on any machine.
    """
    given, reserve_s = time_left or (lambda: math.inf), READ_BACK_S * wave.shape[0]

    def remaining() -> float:
        return given() - reserve_s

    tell = told or (lambda what, cost, bound: None)
    whole = remaining()
    tables = lay_out(wave, may_stay(wave), LARGEST_STATES)
    pool, large = Pool(tables, wave.move_minor << SHIFT), Large(wave, tables)
    room = large.route(seed)
    apart = sum(cost_of(wave, o, choice) for o, choice in large.choices.items())
    with closing(Oracle(tables)) as oracle:
        router = Router(wave, tables, pool, remaining)
        begin = _begin(wave, tables, oracle, router, room)
        small = np.flatnonzero(~tables.pieces.skipped)
        before = pool.cost(begin[small]) / (1 << SHIFT) + apart
        settled = np.setdiff1d(small, tables.touching)
        chosen = begin.copy()
        settled_bound = _settle(tables, oracle, router, settled, chosen)
        fixed = pool.cost(chosen[settled]) / (1 << SHIFT) + apart

        def stop(bound: float) -> bool:
            tell("prices", before, fixed + bound)
            return remaining() < (1 - RELAX_SHARE) * whole

        todo = tables.touching
        relaxed = relax(tables, oracle, pool, chosen, stop)
        free = room - pool.usage(chosen[settled])
        search = Search(tables, oracle, pool, todo, free, relaxed, chosen[todo], remaining, seed)
        for found, bound in search.steps():
            tell("plans", fixed + found / (1 << SHIFT), fixed + bound / (1 << SHIFT))
        chosen[todo] = search.columns
    proven = (relaxed.bound + settled_bound) / (1 << SHIFT)
    proven += large.bound_minor(relaxed.price / (1 << SHIFT), seed)
    cost = pool.cost(chosen[small]) / (1 << SHIFT) + apart
    choices = _choices(wave, tables, pool, large, chosen)
    return _result(wave, choices, (before, cost), proven, relaxed)


def may_stay(wave: Wave) -> Ints:
    """[L] units of each line that may stay behind: all, but none that a current plan sends."""
    most = wave.quantity.copy()
    for choice in wave.current.values():
        for _, content in choice:
            for line, units in content:
                most[line] -= units
    return most


def _begin(wave: Wave, tables: Tables, oracle: Oracle, router: Router, room: Ints) -> Ints:
    """[O] columns: what stands; the other orders routed one by one on what that leaves."""
    pool = router.pool
    small = {o: c for o, c in wave.current.items() if not tables.pieces.skipped[o]}
    out, strange = records(wave, tables, small)
    assert strange.size == 0, "a current plan from a node its order may not be served from"
    pool.stand(out, out.size)
    begin = pool.standing.copy()
    left = room - pool.usage(begin)
    others = np.flatnonzero((begin < 0) & ~tables.pieces.skipped)
    value = np.zeros_like(begin)
    out, end = oracle.one_by_one(others, np.zeros_like(room), left, value)
    pool.add(out, end, begin)
    router.improve(others, value, begin, left)
    return begin


def _settle(tables: Tables, oracle: Oracle, router: Router, settled: Ints, chosen: Ints) -> int:
    """Orders that share nothing scarce get their best plan at once, if that is better than what they have;
    returns their bound.
    """
    pool, had = router.pool, chosen[settled]
    nothing, value = np.zeros_like(tables.limit), np.zeros_like(chosen)
    for out, end in oracle.best(settled, nothing, tables.limit, value):
        pool.add(out, end, chosen)
    router.improve(settled, value, chosen)
    felt = least_felt(pool, settled, value, nothing, chosen)
    kept = np.flatnonzero(had >= 0)
    dearer = pool.felt(chosen[settled[kept]], nothing) > pool.felt(had[kept], nothing)
    chosen[settled[kept[dearer]]] = had[kept[dearer]]
    return certified(tables, tables.limit, nothing, felt)


def _choices(wave: Wave, tables: Tables, pool: Pool, large: Large, chosen: Ints) -> list[Choice]:
    choices: list[Choice] = []
    for o in range(wave.shape[0]):
        if o in large.choices:
            choices.append(large.choices[o])
        elif chosen[o] == pool.standing[o] and o in wave.current:
            choices.append(wave.current[o])
        else:
            choices.append(choice_of(wave, tables, pool, o, int(chosen[o])))
    return choices


def _result(
    wave: Wave, choices: list[Choice], costs: tuple[float, float], bound: float, relaxed: Relaxed
) -> WaveResult:
    before, cost = costs
    P, N = wave.stock_node.size, wave.shape[1]
    price = relaxed.price / (1 << SHIFT)
    return WaveResult(
        choices=tuple(choices),
        cost_minor=cost,
        before_minor=before,
        bound_minor=min(bound, cost),
        moved=tuple(o for o in wave.current if choices[o] != wave.current[o]),
        rounds=relaxed.rounds,
        stock_price_minor=price[:P],
        capacity_price_minor=price[P : P + N],
    )
