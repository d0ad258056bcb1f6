"""Why a method cannot have a line: `routing.promise_blocking`, compiled."""

from __future__ import annotations

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
    stock, present, total = reach.of.stock, 0, 0
    for m in range(reach.at.size):
        if stock[k, m] > 0:
            total += stock[k, m]
            present |= bits_of(reach, k, m)
    if total < wanted:
        return NO_STOCK_AT
    best, lifted, size = -1, present, 99
    while True:
        count = bits_in(lifted)
        fewer = count < size or (count == size and told_first(lifted, best))
        if fewer and reach_units(reach, k, lifted) >= wanted:
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
def bits_of(reach: Reach, k: int, m: int) -> int:
    """What is against a line at a node, but for stock that is not there."""
    return int((reach.at[m].bits | reach.line_bits[k, m]) & ~NO_STOCK)


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
def reach_units(reach: Reach, k: int, lifted: int) -> int:
    """Units of a line that could be had with these reasons lifted."""
    units = 0
    for m in range(reach.at.size):
        if bits_of(reach, k, m) & ~lifted == 0:
            units += reach.of.stock[k, m]
    return int(units)
