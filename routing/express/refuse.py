"""Why a method cannot have a line: `routing.promise_blocking`, compiled."""

from __future__ import annotations

import numpy as np

from routing.compiled import compiled
from routing.eligibility import BIT, REASONS, Reason
from routing.express.arrays import Records
from routing.express.reach import FULL, NO_STOCK, Reach
from routing.problem import Ints

LAST = len(REASONS) - 1
FULL_AT, NO_STOCK_AT = REASONS.index(Reason.NODE_CAPACITY_EXHAUSTED), REASONS.index(Reason.INSUFFICIENT_STOCK)
assert BIT[REASONS[FULL_AT]] == FULL


@compiled
def reasons(line: Records, reach: Reach, unfilled: Ints, reason: Ints) -> None:
    """Fill ``reason`` [L] for every line that ``unfilled`` [L] counts units of."""
    for k in range(line.size):
        reason[k] = smallest(line[k].quantity, reach, k) if unfilled[k] else -1


@compiled
def smallest(wanted: int, reach: Reach, k: int) -> int:
    """Place of the first of the fewest reasons which, all lifted, would let all units of a line be had."""
    against, units, present = counted(reach, k)
    if units.sum() < wanted:
        return NO_STOCK_AT
    best, lifted, size = -1, present, 99
    while True:
        count = bits_in(lifted)
        fewer = count < size or (count == size and told_first(lifted, best))
        if fewer and units_had(against, units, lifted) >= wanted:
            best, size = lifted, count
        if lifted == 0:
            break
        lifted = (lifted - 1) & present
    if best == 0:
        return FULL_AT
    place = 0
    while not best >> place & 1:
        place += 1
    return place


@compiled
def counted(reach: Reach, k: int) -> tuple[Ints, Ints, int]:
    """Units of a line by all that is against them: nodes are many, what can be against them is not. Last, all
    that is against any.
    """
    stock, at, line_bits, M = reach.of.stock, reach.at, reach.line_bits, reach.at.size
    against, units, count, present = np.empty(M, np.int64), np.zeros(M, np.int64), 0, 0
    for m in range(M):
        if stock[k, m] <= 0:
            continue
        bits, place = (at[m].bits | line_bits[k, m]) & ~NO_STOCK, 0  # stock that is not there is no reason
        while place < count and against[place] != bits:
            place += 1
        if place == count:
            against[place] = bits
            present |= bits
            count += 1
        units[place] += stock[k, m]
    return against[:count], units[:count], present


@compiled
def bits_in(value: int) -> int:
    """How many bits are set."""
    count = 0
    while value:
        value &= value - 1
        count += 1
    return count


@compiled
def told_first(one: int, other: int) -> bool:
    """Of two sets of as many reasons, whether the first comes first when they are listed in order."""
    apart = one ^ other
    return bool(one & (apart & -apart))


@compiled
def units_had(against: Ints, units: Ints, lifted: int) -> int:
    """Units of a line that could be had with these reasons lifted."""
    had = 0
    for i in range(against.size):
        if against[i] & ~lifted == 0:
            had += units[i]
    return int(had)
