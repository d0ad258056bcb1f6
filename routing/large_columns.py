"""The best plan made of parcels that are already known: the integer side of the bound's linear programme.

Finding the bound leaves behind the parcels that matter at its prices. CP-SAT chooses among them, within stock
and parcel capacities, under a deterministic limit; it starts from the plan that stands, so what it returns is
never worse.
"""

from __future__ import annotations

import numpy as np
from ortools.sat.python import cp_model

from routing.kernel import SHIFT, unit_felt
from routing.kernel_pieces import Pieces
from routing.large_blocks import Parcels, content_cost, plan_cost, stock_left
from routing.large_bound import Certificate, Column
from routing.problem import UNLIMITED, Floats, Ints, Problem

COLUMNS = 400
LEAST_WEIGHT = 1e-6
DETERMINISTIC_SECONDS = 0.08


def recombine(
    problem: Problem, pieces: Pieces, parcels: Parcels, certificate: Certificate, columns: list[Column]
) -> Parcels:
    """A plan of these parcels and columns, at most as dear as ``parcels``."""
    cost = plan_cost(problem, pieces, parcels)
    kept = _promising(certificate, parcels, columns, cost)
    if not kept:
        return parcels
    model = cp_model.CpModel()
    times = [model.new_int_var(0, _most(problem, pieces, n, held), "") for n, held, _ in kept]
    missing = [model.new_int_var(0, q, "") for q in pieces.quantity.tolist()]
    _limit(model, problem, pieces, kept, times, missing)
    felt = [unit_felt(0, x) for _, _, x in kept]
    model.minimize(cp_model.LinearExpr.weighted_sum([*times, *missing], [*felt, *pieces.penalty.tolist()]))
    uses = {(n, held.tobytes()): 0 for n, held, _ in kept}
    for n, held in parcels:
        uses[n, held.tobytes()] += 1
    for variable, use in zip(times, uses.values(), strict=True):
        model.add_hint(variable, use)
    sent = sum((held for _, held in parcels), np.zeros_like(pieces.quantity))
    for variable, units in zip(missing, (pieces.quantity - sent).tolist(), strict=True):
        model.add_hint(variable, units)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = DETERMINISTIC_SECONDS
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return parcels
    found = [(n, held) for (n, held, _), v in zip(kept, times, strict=True) for _ in range(solver.value(v))]
    return found if plan_cost(problem, pieces, found) < cost else parcels


def rounded(problem: Problem, pieces: Pieces, columns: list[Column], weights: Floats) -> Parcels:
    """Parcels that the linear programme sends most of, one after another, cut to what is left to send."""
    parcels: Parcels = []
    left = pieces.quantity.copy()
    available, shared, capacity = stock_left(problem, pieces, parcels)
    for i in np.argsort(-weights, kind="stable").tolist():
        n, held, _ = columns[i]
        content = np.minimum(np.minimum(held, left), available[:, n])
        fits = capacity[n] != 0 and bool((pieces.use @ content <= shared[:, n]).all())
        if weights[i] <= LEAST_WEIGHT or 2 * content.sum() <= held.sum() or not fits:
            continue
        if content_cost(problem, pieces, n, content) < float((pieces.penalty >> SHIFT) @ content):
            parcels.append((n, content))
            left -= content
            available, shared, capacity = stock_left(problem, pieces, parcels)
    return parcels


def _promising(
    certificate: Certificate, parcels: Parcels, columns: list[Column], cost: float
) -> list[Column]:
    """The parcels of the plan, then the columns that undercut the prices most, each once."""
    standing = {(n, held.tobytes()) for n, held in parcels}
    priced = {}
    for n, held, x in columns:
        reduced = x - float((certificate.price - certificate.rent[:, n]) @ held)
        if (n, held.tobytes()) in standing:
            reduced = -float("inf")
        if reduced < cost - certificate.bound:
            priced[n, held.tobytes()] = (reduced, (n, held, x))
    return [column for _, column in sorted(priced.values(), key=lambda c: c[0])[:COLUMNS]]


def _most(problem: Problem, pieces: Pieces, node: int, held: Ints) -> int:
    """How often a plan could use this parcel."""
    there = np.minimum(pieces.available[:, node], pieces.quantity)
    most = int((there[held > 0] // held[held > 0]).min())
    capacity = int(problem.capacity_parcels[node])
    return most if capacity == UNLIMITED else min(most, capacity)


def _limit(
    model: cp_model.CpModel,
    problem: Problem,
    pieces: Pieces,
    columns: list[Column],
    times: list[cp_model.IntVar],
    missing: list[cp_model.IntVar],
) -> None:
    """Every unit sent once or missing; stock, shared stock and capacity kept."""
    total = cp_model.LinearExpr.weighted_sum
    held = np.array([c for _, c, _ in columns])
    for k, q in enumerate(pieces.quantity.tolist()):
        model.add(total([*times, missing[k]], [*held[:, k].tolist(), 1]) == q)
    nodes = np.array([n for n, _, _ in columns])
    for n in np.unique(nodes).tolist():
        rows = np.flatnonzero(nodes == n)
        variables = [times[i] for i in rows]
        for k in np.flatnonzero(pieces.available[:, n] < pieces.quantity).tolist():
            model.add(total(variables, held[rows, k].tolist()) <= int(pieces.available[k, n]))
        for s in range(pieces.use.shape[0]):
            drawn = held[rows] @ pieces.use[s]
            model.add(total(variables, drawn.tolist()) <= int(pieces.shared[s, n]))
        if int(problem.capacity_parcels[n]) != UNLIMITED:
            model.add(sum(variables) <= int(problem.capacity_parcels[n]))
