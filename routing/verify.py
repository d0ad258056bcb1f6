"""An independent recount of a plan: plain loops over the problem, nothing shared with the solver."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, fsum

from routing.plan import Parcel, Plan, Status
from routing.problem import NO_GROUP, UNLIMITED, Problem

TOLERANCE_MINOR = 1e-6


@dataclass(frozen=True, slots=True)
class Recount:
    """What the plan costs when counted again, and every condition it breaks, in words; no faults: it is
    right.
    """

    faults: tuple[str, ...]
    cost_minor: int
    objective_minor: float


def recount(problem: Problem, plan: Plan) -> Recount:
    if plan.status in (Status.INFEASIBLE, Status.NOT_FOUND):
        return Recount(tuple(_no_plan_faults(problem, plan)), 0, 0.0)
    line_at = {line: i for i, line in enumerate(problem.line_ids)}
    node_at = {node: i for i, node in enumerate(problem.node_ids)}
    unknown = [f"unknown node {p.node}" for p in plan.parcels if p.node not in node_at]
    unknown += [f"unknown line {t.line}" for p in plan.parcels for t in p.takes if t.line not in line_at]
    unknown += [f"unknown line {u.line}" for u in plan.unfilled if u.line not in line_at]
    if unknown:
        return Recount(tuple(unknown), 0, 0.0)
    faults: list[str] = []
    cost = 0
    felt: list[float] = []
    for parcel in plan.parcels:
        cash, extra = _parcel_money(problem, parcel, node_at[parcel.node], line_at, faults)
        cost += cash
        felt.append(cash + extra)
    penalty = sum(u.quantity for u in plan.unfilled) * problem.unfilled_penalty_minor
    cost += penalty
    objective = fsum([*felt, penalty])
    faults += _quantity_faults(problem, plan)
    faults += _stock_faults(problem, plan, line_at, node_at)
    faults += _group_faults(problem, plan)
    faults += _statement_faults(problem, plan, cost, objective)
    return Recount(tuple(faults), cost, objective)


def _parcel_money(
    problem: Problem, parcel: Parcel, node: int, line_at: dict[str, int], faults: list[str]
) -> tuple[int, float]:
    """Cash and what is felt on top of it; writes down what is wrong with this parcel by itself."""
    weight = 0
    volume = 0
    cash = int(problem.fixed_minor[node])
    extra = float(problem.parcel_price_minor[node])
    if not parcel.takes or len({take.line for take in parcel.takes}) < len(parcel.takes):
        faults.append(f"parcel from {parcel.node} is empty or names a line twice")
    for take in parcel.takes:
        line = line_at[take.line]
        if take.quantity < 1:
            faults.append(f"parcel from {parcel.node} takes {take.quantity} of line {take.line}")
        weight += take.quantity * int(problem.unit_weight_g[line])
        volume += take.quantity * int(problem.unit_volume_mm3[line])
        cash += take.quantity * int(problem.unit_cost_minor[line, node])
        extra += take.quantity * float(problem.bid_price_minor[line, node])
    if problem.divisor_mm3_per_g > 0:
        weight = max(weight, ceil(volume / problem.divisor_mm3_per_g))
    card = int(problem.card[node])
    for step in range(int(problem.cards.start[card]), int(problem.cards.start[card + 1])):
        if weight <= int(problem.cards.up_to_g[step]):
            cash += int(problem.cards.minor[step])
            break
    else:
        faults.append(f"parcel from {parcel.node} of {weight} g is not carried by its tariff")
    if (weight, cash) != (parcel.billable_g, parcel.cost_minor):
        faults.append(f"parcel from {parcel.node} states {parcel.billable_g} g and {parcel.cost_minor}, "
                      f"counted {weight} g and {cash}")  # fmt: skip
    if abs(parcel.objective_minor - cash - extra) > TOLERANCE_MINOR:
        faults.append(f"parcel from {parcel.node} states objective {parcel.objective_minor}")
    return cash, extra


def _quantity_faults(problem: Problem, plan: Plan) -> list[str]:
    faults: list[str] = []
    for line, wanted in zip(problem.line_ids, problem.quantity.tolist(), strict=True):
        sent = sum(t.quantity for p in plan.parcels for t in p.takes if t.line == line)
        missing = sum(u.quantity for u in plan.unfilled if u.line == line)
        if sent + missing != wanted:
            faults.append(f"line {line}: {sent} sent and {missing} unfilled of {wanted}")
        if missing and not problem.allow_unfilled:
            faults.append(f"line {line}: {missing} unfilled, which is not allowed")
    if any(u.quantity < 1 for u in plan.unfilled):
        faults.append("an unfilled entry without units")
    return faults


def _stock_faults(
    problem: Problem, plan: Plan, line_at: dict[str, int], node_at: dict[str, int]
) -> list[str]:
    faults: list[str] = []
    parcels: dict[str, int] = {}
    by_line: dict[tuple[str, str], int] = {}
    for parcel in plan.parcels:
        parcels[parcel.node] = parcels.get(parcel.node, 0) + 1
        for take in parcel.takes:
            key = parcel.node, take.line
            by_line[key] = by_line.get(key, 0) + take.quantity
    for node, count in parcels.items():
        limit = int(problem.capacity_parcels[node_at[node]])
        if limit != UNLIMITED and count > limit:
            faults.append(f"{node} sends {count} parcels of {limit}")
    by_sku: dict[tuple[str, str], int] = {}
    for (node, line), units in by_line.items():
        available = int(problem.available[line_at[line], node_at[node]])
        if units > available:
            faults.append(f"{node} sends {units} of line {line}, has {available}")
        sku = problem.skus[line_at[line]]
        by_sku[node, sku] = by_sku.get((node, sku), 0) + units
    for (node, sku), units in by_sku.items():
        lines = [i for i, other in enumerate(problem.skus) if other == sku]
        available = max(int(problem.available[i, node_at[node]]) for i in lines)
        if units > available:
            faults.append(f"{node} sends {units} of {sku} over all lines, has {available}")
    return faults


def _group_faults(problem: Problem, plan: Plan) -> list[str]:
    """Kits leave whole in one parcel; ship-alone units (or the kit they belong to) leave by themselves."""
    faults: list[str] = []
    for group in sorted(set(problem.group.tolist()) - {NO_GROUP}):
        kit = {
            line: int(q)
            for line, q, g in zip(problem.line_ids, problem.quantity, problem.group, strict=True)
            if g == group
        }
        for parcel in plan.parcels:
            inside = {t.line: t.quantity for t in parcel.takes if t.line in kit}
            if inside and inside != kit:
                faults.append(f"parcel from {parcel.node} carries a part of kit {group}")
    for line, alone, group in zip(problem.line_ids, problem.ship_alone, problem.group.tolist(), strict=True):
        if not alone:
            continue
        kin = {other for other, g in zip(problem.line_ids, problem.group, strict=True) if g == group}
        for parcel in plan.parcels:
            takes = {t.line: t.quantity for t in parcel.takes}
            company = set(takes) - (kin if group != NO_GROUP else {line})
            if line in takes and (company or (group == NO_GROUP and takes[line] > 1)):
                faults.append(f"line {line} must ship alone, its parcel from {parcel.node} holds more")
    return faults


def _statement_faults(problem: Problem, plan: Plan, cost: int, objective: float) -> list[str]:
    faults: list[str] = []
    if plan.cost_minor != cost:
        faults.append(f"cost stated {plan.cost_minor}, counted {cost}")
    if abs(plan.objective_minor - objective) > TOLERANCE_MINOR:
        faults.append(f"objective stated {plan.objective_minor}, counted {objective}")
    if plan.bound_minor > objective + TOLERANCE_MINOR:
        faults.append(f"bound {plan.bound_minor} above the objective {objective}")
    if plan.status is Status.OPTIMAL and plan.bound_minor < objective - TOLERANCE_MINOR:
        faults.append(f"called optimal with a bound of {plan.bound_minor}")
    return faults


def _no_plan_faults(problem: Problem, plan: Plan) -> list[str]:
    faults = []
    if problem.allow_unfilled:
        faults.append(f"called {plan.status.value} although units may stay unfilled")
    if plan.parcels:
        faults.append(f"called {plan.status.value} with parcels")
    return faults
