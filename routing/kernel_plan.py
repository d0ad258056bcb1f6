"""From chosen parcels (node index, units per line) to a plan with its money, in a fixed order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from routing.kernel_call import Bundle, counts_of
from routing.kernel_pieces import Pieces
from routing.plan import Parcel, Plan, Status, Take, Unfilled
from routing.problem import Problem

Chosen = tuple[int, Mapping[int, int]]  # node index, line index → units

NOWHERE = "no_node_has_it"
TOO_FEW = "not_enough_available"
NOT_CARRIED = "no_tariff_carries_it"
DEARER = "dearer_than_unfilled"
SCARCE = "capacity_or_stock_used_up"
LIMIT_REACHED = "search_limit_reached"


def parcels_of(pieces: Pieces, bundles: Sequence[Bundle], quantity: Sequence[int]) -> list[Chosen]:
    """Units per line of every bundle; like lines are filled in their order."""
    left = list(quantity)
    chosen: list[Chosen] = []
    for node, state in bundles:
        lines: dict[int, int] = {}
        for k, count in enumerate(counts_of(pieces, state)):
            if count and pieces.kit[k]:
                lines.update(pieces.members[k])
            elif count:
                for line, _ in pieces.members[k]:
                    taken = min(count, left[line])
                    if taken:
                        lines[line] = taken
                        left[line] -= taken
                        count -= taken
        chosen.append((node, lines))
    return chosen


def assemble(problem: Problem, chosen: Sequence[Chosen], bound: float | None) -> Plan:
    """``bound`` on the objective; None says that these parcels are optimal."""
    parcels = [_parcel(problem, node, lines) for node, lines in sorted(chosen, key=_in_order)]
    left = dict(enumerate(problem.quantity.tolist()))
    for _, lines in chosen:
        for line, units in lines.items():
            left[line] -= units
    missing = {line: q for line, q in left.items() if q > 0}
    penalty = problem.unfilled_penalty_minor * sum(missing.values())
    objective = math.fsum([*(p.objective_minor for p in parcels), penalty])
    status = Status.OPTIMAL if bound is None or objective <= bound else Status.FEASIBLE
    return Plan(
        status=status,
        parcels=tuple(parcels),
        unfilled=_unfilled(problem, missing),
        cost_minor=sum(p.cost_minor for p in parcels) + penalty,
        objective_minor=objective,
        bound_minor=objective if status is Status.OPTIMAL or bound is None else bound,
    )


def no_plan(problem: Problem, status: Status) -> Plan:
    """No plan that sends every unit, where none may stay behind: proven (INFEASIBLE, every line named with
    what blocks it) or not found within the limit. No parcels.
    """
    every = dict(enumerate(problem.quantity.tolist()))
    unfilled = _unfilled(problem, every)
    if status is Status.NOT_FOUND:
        unfilled = tuple(replace(line, reason=LIMIT_REACHED) for line in unfilled)
    return Plan(status, (), unfilled, 0, 0.0, 0.0)


def billable_g(problem: Problem, lines: Mapping[int, int]) -> int:
    """max(actual weight, volume / divisor) in whole grams."""
    weight = sum(units * int(problem.unit_weight_g[line]) for line, units in lines.items())
    if problem.divisor_mm3_per_g > 0:
        volume = sum(units * int(problem.unit_volume_mm3[line]) for line, units in lines.items())
        weight = max(weight, math.ceil(volume / problem.divisor_mm3_per_g))
    return weight


def tariff_minor(problem: Problem, node: int, weight_g: int) -> int | None:
    """What the node's card asks for a parcel of this weight; None where it is not carried."""
    first, end = problem.cards.start[problem.card[node] : problem.card[node] + 2].tolist()
    step = first + int(np.searchsorted(problem.cards.up_to_g[first:end], weight_g))
    return int(problem.cards.minor[step]) if step < end else None


def _parcel(problem: Problem, node: int, lines: Mapping[int, int]) -> Parcel:
    weight = billable_g(problem, lines)
    tariff = tariff_minor(problem, node, weight)
    assert tariff is not None, "the kernel chose a parcel that the tariff does not carry"
    cash = tariff + int(problem.fixed_minor[node])
    felt = [float(problem.parcel_price_minor[node])]
    for line, units in lines.items():
        cash += units * int(problem.unit_cost_minor[line, node])
        felt.append(units * float(problem.bid_price_minor[line, node]))
    return Parcel(
        node=problem.node_ids[node],
        takes=tuple(Take(problem.line_ids[line], lines[line]) for line in sorted(lines)),
        billable_g=weight,
        cost_minor=cash,
        objective_minor=math.fsum([cash, *felt]),
    )


def _in_order(one: Chosen) -> tuple[int, list[tuple[int, int]]]:
    """Sort key: nodes in the order of the problem, then lines in theirs."""
    node, lines = one
    return node, [(line, -lines[line]) for line in sorted(lines)]


def _unfilled(problem: Problem, missing: Mapping[int, int]) -> tuple[Unfilled, ...]:
    return tuple(
        Unfilled(problem.line_ids[line], units, _why_unfilled(problem, line))
        for line, units in sorted(missing.items())
    )


def _why_unfilled(problem: Problem, line: int) -> str:
    """The first thing that stands in the way of the whole line."""
    there = np.where(problem.capacity_parcels != 0, problem.available[line], 0)
    if not there.any():
        return NOWHERE
    wanted = sum(
        int(q) for q, sku in zip(problem.quantity, problem.skus, strict=True) if sku == problem.skus[line]
    )
    if int(np.minimum(there, wanted).sum()) < wanted:
        return TOO_FEW
    weight = billable_g(problem, {line: 1})
    costs = [
        tariff + int(problem.fixed_minor[n]) + int(problem.unit_cost_minor[line, n])
        for n in np.flatnonzero(there).tolist()
        if (tariff := tariff_minor(problem, n, weight)) is not None
    ]
    if not costs:
        return NOT_CARRIED
    return DEARER if min(costs) >= problem.unfilled_penalty_minor and problem.allow_unfilled else SCARCE
