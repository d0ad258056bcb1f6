"""Whether an order that may leave nothing unfilled can be sent at all: a complete model, for CP-SAT.

Which units leave which node, and where a node's parcels are counted, in which of them. Prices play no part,
so a rate card is only the weight it carries at most; a node without a limit on parcels can send every unit
by itself. Every plan of the order is a solution and every solution a plan, so an infeasible model is a
proof. The limit is deterministic; where it ends the search, that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from ortools.sat.python import cp_model

from routing.kernel_pieces import Pieces
from routing.large_blocks import Parcels, content_cost
from routing.large_knapsack import ROUNDING
from routing.plan import Status
from routing.problem import UNLIMITED, Ints, Problem

DETERMINISTIC_SECONDS = 5.0
VARIABLES = 200_000  # a larger model is not worth building for one order

Units = dict[tuple[int, int, int], cp_model.IntVar]  # piece, node, parcel of the node


@dataclass(frozen=True, slots=True)
class Verdict:
    """``parcels`` that send every unit, or none: proven INFEASIBLE, or NOT_FOUND within the limit."""

    status: Status
    parcels: Parcels | None


def send_all(problem: Problem, pieces: Pieces, limit: float = DETERMINISTIC_SECONDS) -> Verdict:
    """``limit`` in CP-SAT's deterministic seconds."""
    there = _there(problem, pieces)
    bins = _bins(problem, pieces, there)
    if int(((there > 0) * np.maximum(bins, 1)).sum()) > VARIABLES:
        return Verdict(Status.NOT_FOUND, None)
    model = cp_model.CpModel()
    units = _units(model, pieces, there, bins)
    _send_every_unit(model, pieces, units)
    for n in np.flatnonzero(there.any(axis=0)).tolist():
        _keep_to_stock(model, pieces, there, units, n)
        if bins[n]:
            _keep_to_parcels(model, problem, pieces, units, n, int(bins[n]))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = limit
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        sent = {key: solver.value(variable) for key, variable in units.items()}
        return Verdict(Status.FEASIBLE, _parcels(problem, pieces, bins, sent))
    return Verdict(Status.INFEASIBLE if status == cp_model.INFEASIBLE else Status.NOT_FOUND, None)


def _there(problem: Problem, pieces: Pieces) -> Ints:
    """[K, N] units of each piece that the node holds and could send by themselves."""
    K = pieces.quantity.size
    there = np.where(problem.capacity_parcels != 0, np.minimum(pieces.available, pieces.quantity[:, None]), 0)
    for k in range(K):
        unit = np.eye(1, K, k, dtype=np.int64)[0]
        for n in np.flatnonzero(there[k]).tolist():
            if content_cost(problem, pieces, n, unit) == float("inf"):
                there[k, n] = 0
    return there


def _bins(problem: Problem, pieces: Pieces, there: Ints) -> Ints:
    """[N] parcels that may share units, 0 where they need not be counted: never more than units."""
    units = there.sum(axis=0)
    counted = (problem.capacity_parcels != UNLIMITED) & (problem.capacity_parcels < units)
    return np.where(counted, np.maximum(problem.capacity_parcels, 0), 0)


def _units(model: cp_model.CpModel, pieces: Pieces, there: Ints, bins: Ints) -> Units:
    """Lone units need no place in a shared parcel: they stand under parcel 0."""
    units: Units = {}
    for k, n in zip(*(axis.tolist() for axis in np.nonzero(there)), strict=True):
        places = 1 if pieces.alone[k] else max(1, int(bins[n]))
        for parcel in range(places):
            units[k, n, parcel] = model.new_int_var(0, int(there[k, n]), "")
    return units


def _send_every_unit(model: cp_model.CpModel, pieces: Pieces, units: Units) -> None:
    by_piece: dict[int, list[cp_model.IntVar]] = {k: [] for k in range(pieces.quantity.size)}
    for (k, _, _), variable in units.items():
        by_piece[k].append(variable)
    for k, variables in by_piece.items():
        model.add(sum(variables) == int(pieces.quantity[k]))


def _keep_to_stock(model: cp_model.CpModel, pieces: Pieces, there: Ints, units: Units, n: int) -> None:
    at_node: dict[int, list[cp_model.IntVar]] = {k: [] for k in np.flatnonzero(there[:, n]).tolist()}
    for (k, node, _), variable in units.items():
        if node == n:
            at_node[k].append(variable)
    for k, variables in at_node.items():
        if len(variables) > 1:
            model.add(sum(variables) <= int(there[k, n]))
    for s in range(pieces.use.shape[0]):
        drawn = [int(pieces.use[s, k]) * v for k, variables in at_node.items() for v in variables]
        model.add(sum(drawn) <= int(pieces.shared[s, n]))


def _keep_to_parcels(
    model: cp_model.CpModel, problem: Problem, pieces: Pieces, units: Units, n: int, bins: int
) -> None:
    """Every shared parcel within what the card carries; lone units and shared parcels within the capacity."""
    end = int(problem.cards.start[problem.card[n] + 1])
    most_g = int(problem.cards.up_to_g[end - 1])
    used: list[cp_model.IntVar] = []
    loads = []
    for parcel in range(bins):
        inside = {
            k: v for (k, node, b), v in units.items() if node == n and b == parcel and not pieces.alone[k]
        }
        if not inside:
            continue
        used.append(model.new_bool_var(""))
        for v in inside.values():
            model.add(v == 0).only_enforce_if(~used[-1])
        model.add(sum(int(pieces.weight_g[k]) * v for k, v in inside.items()) <= most_g)
        if problem.divisor_mm3_per_g > 0:
            space = int(np.floor(most_g * problem.divisor_mm3_per_g * ROUNDING))
            model.add(sum(int(pieces.volume_mm3[k]) * v for k, v in inside.items()) <= space)
        loads.append(sum(inside.values()))
    for fuller, emptier in pairwise(loads):
        model.add(fuller >= emptier)  # which parcel is called the first makes no difference
    lone = [v for (k, node, _), v in units.items() if node == n and pieces.alone[k]]
    model.add(sum(used) + sum(lone) <= bins)


def _parcels(problem: Problem, pieces: Pieces, bins: Ints, sent: dict[tuple[int, int, int], int]) -> Parcels:
    """Counted parcels as they are; of a node without limit, each unit into the first parcel that carries
    it.
    """
    K = pieces.quantity.size
    parcels: Parcels = []
    shared: dict[tuple[int, int], list[Ints]] = {}
    for (k, n, parcel), count in sorted(sent.items()):
        for _ in range(count):
            unit = np.eye(1, K, k, dtype=np.int64)[0]
            if pieces.alone[k]:
                parcels.append((n, unit))
                continue
            opened = shared.setdefault((n, parcel), [])
            for i, content in enumerate(opened):
                if bins[n] or content_cost(problem, pieces, n, content + unit) < float("inf"):
                    opened[i] = content + unit
                    break
            else:
                opened.append(unit)
    return parcels + [(n, content) for (n, _), opened in shared.items() for content in opened]
