"""One order as a constraint programme, written from the definition of the problem alone. For comparison
only.
"""

from __future__ import annotations

import math

from ortools.sat.python import cp_model

from routing.problem import NO_GROUP, UNLIMITED, Problem

PRICE_SCALE = 16  # bid and parcel prices of the random cases are multiples of 1/16


def cp_sat_objective(problem: Problem, most_parcels: int = 2) -> float | None:
    """The optimum with at most ``most_parcels`` parcels per node, None where there is no plan.

    Exact where no node gains from more parcels than that (capacities in the cases see to it).
    """
    model = cp_model.CpModel()
    L, N = problem.shape
    terms: list[cp_model.LinearExprT] = []
    taken: dict[tuple[int, int, int], cp_model.IntVar] = {}
    for n in range(N):
        limit = int(problem.capacity_parcels[n])
        for p in range(most_parcels if limit == UNLIMITED else min(limit, most_parcels)):
            _add_parcel(model, problem, n, p, taken, terms)
    for i in range(L):
        unfilled = model.new_int_var(0, int(problem.quantity[i]) if problem.allow_unfilled else 0, "")
        sent = sum(v for (line, _, _), v in taken.items() if line == i)
        model.add(sent + unfilled == int(problem.quantity[i]))
        terms.append(unfilled * (problem.unfilled_penalty_minor * PRICE_SCALE))
    for n in range(N):
        at_node = [
            [v for p in range(most_parcels) if (v := taken.get((i, n, p))) is not None] for i in range(L)
        ]
        for i in range(L):
            model.add(sum(at_node[i]) <= int(problem.available[i, n]))
        for sku in {sku for sku in problem.skus if problem.skus.count(sku) > 1}:
            lines = [i for i in range(L) if problem.skus[i] == sku]
            there = max(int(problem.available[i, n]) for i in lines)
            model.add(sum(v for i in lines for v in at_node[i]) <= there)
    model.minimize(sum(terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None
    assert status == cp_model.OPTIMAL
    return solver.objective_value / PRICE_SCALE


def _add_parcel(
    model: cp_model.CpModel,
    problem: Problem,
    n: int,
    p: int,
    taken: dict[tuple[int, int, int], cp_model.IntVar],
    terms: list[cp_model.LinearExprT],
) -> None:
    """Variables and conditions of the p-th parcel of node n: exactly one tariff step where it is sent."""
    L = len(problem.line_ids)
    units = []
    for i in range(L):
        most = min(int(problem.quantity[i]), int(problem.available[i, n]))
        taken[i, n, p] = model.new_int_var(0, most, "")
        units.append(taken[i, n, p])
        price = int(problem.unit_cost_minor[i, n]) * PRICE_SCALE
        terms.append(units[i] * (price + round(float(problem.bid_price_minor[i, n]) * PRICE_SCALE)))
    sent = model.new_bool_var("")
    total = sum(units)
    model.add(total >= 1).only_enforce_if(sent)
    model.add(total == 0).only_enforce_if(~sent)
    opening = int(problem.fixed_minor[n]) * PRICE_SCALE
    terms.append(sent * (opening + round(float(problem.parcel_price_minor[n]) * PRICE_SCALE)))
    weight = sum(int(problem.unit_weight_g[i]) * units[i] for i in range(L))
    volume = sum(int(problem.unit_volume_mm3[i]) * units[i] for i in range(L))
    first, end = problem.cards.start[problem.card[n]], problem.cards.start[problem.card[n] + 1]
    steps = []
    ranges = []
    below = -1
    heaviest = _heaviest_g(problem)
    for s in range(int(first), int(end)):
        step = model.new_bool_var("")
        steps.append(step)
        up_to = int(problem.cards.up_to_g[s])
        ranges.append((below, up_to))
        if problem.divisor_mm3_per_g > 0:
            _within(model, problem, step, weight, volume, below, up_to)
        terms.append(step * (int(problem.cards.minor[s]) * PRICE_SCALE))
        below = up_to
        if below >= heaviest:
            break
    model.add(sum(steps) == sent)
    if problem.divisor_mm3_per_g == 0:  # the same in two rows, which is much tighter
        model.add(weight <= sum(b * up_to for b, (_, up_to) in zip(steps, ranges, strict=True)))
        model.add(weight >= sum(b * (below + 1) for b, (below, _) in zip(steps, ranges, strict=True)))
    _kits_and_lone_units(model, problem, units)


def _heaviest_g(problem: Problem) -> int:
    """Billable weight of the whole order: no parcel reaches a step beyond it."""
    weight = int((problem.quantity * problem.unit_weight_g).sum())
    if problem.divisor_mm3_per_g > 0:
        volume = int((problem.quantity * problem.unit_volume_mm3).sum())
        weight = max(weight, math.ceil(volume / problem.divisor_mm3_per_g))
    return weight


def _within(
    model: cp_model.CpModel,
    problem: Problem,
    step: cp_model.IntVar,
    weight: cp_model.LinearExprT,
    volume: cp_model.LinearExprT,
    below: int,
    up_to: int,
) -> None:
    """``step`` implies below < max(weight, ⌈volume / divisor⌉) ≤ up_to."""
    model.add(weight <= up_to).only_enforce_if(step)
    model.add(volume <= math.floor(up_to * problem.divisor_mm3_per_g)).only_enforce_if(step)
    if below >= 0:
        by_weight = model.new_bool_var("")
        model.add(weight > below).only_enforce_if(step, by_weight)
        model.add(volume > math.floor(below * problem.divisor_mm3_per_g)).only_enforce_if(step, ~by_weight)


def _kits_and_lone_units(model: cp_model.CpModel, problem: Problem, units: list[cp_model.IntVar]) -> None:
    kits: dict[int, list[int]] = {}
    for i, group in enumerate(problem.group.tolist()):
        if group != NO_GROUP:
            kits.setdefault(group, []).append(i)
    for lines in kits.values():
        whole = model.new_bool_var("")
        for i in lines:
            model.add(units[i] == int(problem.quantity[i]) * whole)
    for i, alone in enumerate(problem.ship_alone.tolist()):
        if alone:
            kin = kits.get(int(problem.group[i]), [i]) if problem.group[i] != NO_GROUP else [i]
            inside = model.new_bool_var("")
            model.add(units[i] == 0).only_enforce_if(~inside)
            for j, other in enumerate(units):
                if j not in kin:
                    model.add(other == 0).only_enforce_if(inside)
            if len(kin) == 1 and problem.group[i] == NO_GROUP:
                model.add(units[i] <= 1)
