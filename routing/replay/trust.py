"""How far prices are to be trusted, by what orders came to cost since they were felt.

A rehearsal says what an order will cost with prices. Once they are felt, orders come and cost what they do;
where that is surely more than was foretold, the saving that was foretold too is surely less. Prices are then
felt only as far as some of it is left, and not at all where none is. On noise alone nothing is done.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

ERROR = 0.001
"""The chance that prices which keep what they foretell are mistrusted, each time a new day is looked at."""
LEAST_DAYS = 5
LEAST_ORDERS = 30
STEPS = 80


@dataclass(frozen=True, slots=True)
class Day:
    """The orders of one day that felt prices, in minor units altogether: what they came to, what was foretold
    for them, and what the rehearsals said that prices save them. ``rehearsed``: orders that these were
    foretold from, on average.
    """

    day: date
    orders: int
    realised_minor: float
    foretold_minor: float
    saving_minor: float
    rehearsed: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """In minor units an order. ``surely_minor``: by how much at least they cost more than was foretold, 0
    where chance may explain it. ``trust``: how far prices are felt, of 1.
    """

    days: int = 0
    orders: int = 0
    realised_minor: float = 0.0
    foretold_minor: float = 0.0
    surely_minor: float = 0.0
    trust: float = 1.0


def judged(days: Sequence[Day]) -> Verdict:
    """What the days say together.

    Orders of a day share shelves and weather, so days are what scatters: each day's excess over what was
    foretold is one observation, weighed by its orders, and the mean of all gets a one-sided limit by
    Student's t. What was foretold is itself a mean over orders that scattered likewise: its error is added.
    """
    days = [day for day in days if day.orders]
    orders = sum(day.orders for day in days)
    if not orders:
        return Verdict()
    realised, foretold = (
        sum(day.realised_minor for day in days) / orders,
        sum(day.foretold_minor for day in days) / orders,
    )
    if len(days) < LEAST_DAYS or orders < LEAST_ORDERS:
        return Verdict(len(days), orders, realised, foretold)
    excess = realised - foretold
    surely = max(0.0, excess - t_quantile(ERROR, len(days) - 1) * _error_minor(days, orders, excess))
    saving = sum(day.saving_minor for day in days) / orders
    trust = 1.0 if surely == 0.0 else max(0.0, 1 - surely / saving) if saving > 0 else 0.0
    return Verdict(len(days), orders, realised, foretold, surely, trust)


def _error_minor(days: Sequence[Day], orders: int, excess: float) -> float:
    """Standard error of the mean excess: of a ratio over days (Cochran 1977), and of what was foretold."""
    apart = (day.realised_minor - day.foretold_minor - day.orders * excess for day in days)
    of_days = len(days) / (len(days) - 1) * sum(one * one for one in apart) / orders**2
    rehearsed = sum(day.rehearsed * day.orders for day in days) / orders
    return math.sqrt(of_days * (1 + orders / max(rehearsed, 1.0)))


@cache
def t_quantile(above: float, freedom: int) -> float:
    """What Student's t with so many degrees of freedom exceeds with a chance ``above``, of less than 1/2."""
    low, high = 0.0, 1.0
    while _t_above(high, freedom) > above:
        high *= 2
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_above(middle, freedom) > above else (low, middle)
    return high


def _t_above(t: float, freedom: int) -> float:
    """The chance of more than ``t`` ≥ 0, as a finite sum (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine = math.cos(angle) ** 2
    odd = freedom % 2
    total, term = 0.0, math.cos(angle) if odd else 1.0
    for k in range(freedom // 2):
        total += term
        term *= cosine * (2 * k + 1 + odd) / (2 * k + 2 + odd)
    within = math.sin(angle) * total
    if odd:
        within = 2 / math.pi * (angle + within)
    return (1 - within) / 2
