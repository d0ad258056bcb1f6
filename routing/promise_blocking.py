"""When a line cannot be had: the smallest set of conditions that stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from routing.eligibility import BIT, REASONS, Blocking, Eligibility, Reason, reason_text
from routing.plan import Unfilled
from routing.promise_ask import Ask, Lines
from routing.promise_option import eligibility_of
from routing.promise_reach import Reach
from routing.promise_solve import Solved
from routing.promise_values import Unavailable

NO_STOCK = BIT[Reason.INSUFFICIENT_STOCK]

_OF_ALL = {
    Reason.METHOD_NOT_OFFERED: "no node that has it offers this method",
    Reason.NO_NODE_IN_RADIUS: "the destination is out of reach of every node that has it",
    Reason.NO_LANE: "no lane leads to the destination from a node that has it",
    Reason.CLOSED: "every node that has it is closed, or nothing is delivered, within the horizon",
    Reason.INSUFFICIENT_STOCK: "all nodes together have fewer units than are wanted",
}
"""The reason of a line is one of all nodes, so it is worded for all; the others read the same for one."""


def blocking(lines: Lines, eligible: Eligibility, unfilled: Sequence[Unfilled]) -> tuple[Blocking, ...]:
    """One per unfilled line: the fewest reasons which, all lifted, would let all units of its SKU be had.

    ``insufficient_stock`` where even all nodes together have too little. ``node_capacity_exhausted`` where
    every unit is at an eligible node, but these may not send enough parcels.
    """
    place = {line: row for row, line in enumerate(lines.ids)}
    return tuple(
        Blocking(line.line, line.quantity, _smallest(lines, eligible, place[line.line])) for line in unfilled
    )


def _smallest(lines: Lines, eligible: Eligibility, row: int) -> tuple[Reason, ...]:
    wanted = sum(
        int(quantity)
        for sku, quantity in zip(lines.skus, lines.quantity, strict=True)
        if sku == lines.skus[row]
    )
    bits = (eligible.node_bits | eligible.line_bits[row]) & ~NO_STOCK
    kinds, kind = np.unique(bits, return_inverse=True)
    units = np.bincount(kind, weights=eligible.stock[row], minlength=len(kinds))
    if units.sum() < wanted:
        return (Reason.INSUFFICIENT_STOCK,)
    present = int(np.bitwise_or.reduce(kinds[units > 0], initial=0))
    reasons = [reason for reason in REASONS if present & BIT[reason]]
    for size in range(len(reasons) + 1):
        for chosen in combinations(reasons, size):
            lifted = sum(BIT[reason] for reason in chosen)
            if units[(kinds & ~lifted) == 0].sum() >= wanted:
                return chosen or (Reason.NODE_CAPACITY_EXHAUSTED,)
    raise AssertionError("all reasons lifted leave all the stock there is")


def refusals(ask: Ask, reach: Reach, solved: Solved | None) -> tuple[Unavailable, ...]:
    """What a reach leaves unfilled, by code; all lines where nothing can be sent at all."""
    lines = ask.lines
    if solved is None:
        quantities = zip(lines.ids, lines.quantity.tolist(), strict=True)
        unfilled = tuple(Unfilled(line, quantity, "") for line, quantity in quantities)
    else:
        unfilled = solved.plan.unfilled
    return _by_code(reach.method, blocking(lines, eligibility_of(ask, reach), unfilled))


def _by_code(method: str, found: Sequence[Blocking]) -> tuple[Unavailable, ...]:
    """One per code, naming its lines; the code of a line is the first of its reasons."""
    by_code: dict[Reason, list[Blocking]] = {}
    for one in found:
        by_code.setdefault(one.reasons[0], []).append(one)
    return tuple(
        Unavailable(
            method,
            code.value,
            reason_of_all(code),
            tuple(one.line for one in ones),
            tuple(ones),
        )
        for code, ones in by_code.items()
    )


def reason_of_all(code: Reason) -> str:
    """The reason of a line, which is one of all nodes, in words."""
    return _OF_ALL.get(code) or reason_text(code)
