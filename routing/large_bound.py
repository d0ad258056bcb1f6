"""A lower bound for orders beyond the exact kernel: prices of units that no parcel undercuts.

If every possible parcel costs at least the sum of the prices of its units, then no plan costs less than the
whole order at these prices. The best such prices solve a linear programme whose rows (parcels) are found as
needed: per node and tariff step the parcel that undercuts the prices most, with its last unit allowed to be a
fraction. That makes finding it a sort, and the bound valid though not always tight. Stock shared between
parcels and parcel capacities are left out, which only lowers the bound.
"""

from __future__ import annotations

import numpy as np
from ortools.linear_solver import pywraplp

from routing.compiled import compiled
from routing.kernel import SHIFT
from routing.kernel_pieces import Pieces
from routing.large_blocks import Parcels, content_cost
from routing.problem import Bools, Floats, Ints, Problem

ROUNDS = 40
ROWS_PER_ROUND = 24
ROWS_IN_ALL = 12_000  # entries of the linear programme a round is worth, divided by pieces
CLOSE = 1e-4


@compiled
def undercuts(
    price: Floats,
    quantity: Ints,
    weight_g: Ints,
    alone: Bools,
    available: Ints,
    unit_cost: Ints,
    bid: Floats,
    opening: Floats,
    card: Ints,
    capacity: Ints,
    start: Ints,
    up_to_g: Ints,
    minor: Ints,
    value: Floats,
    content: Floats,
    cost: Floats,
) -> None:
    """Per node the parcel with the least (cost − Σ price): ``value[n]`` ≥ its true reduced cost from below,
    its ``content[n, K]`` (fractions allowed) and its ``cost[n]``."""
    K, N = available.shape
    gain = np.empty(K)
    density = np.empty(K)
    for n in range(N):
        value[n] = np.inf
        if capacity[n] == 0:
            continue
        for k in range(K):
            amount = min(quantity[k], available[k, n])
            unit = price[k] - unit_cost[k, n] - bid[k, n]
            gain[k] = unit if amount > 0 else -1.0
            density[k] = -unit / max(weight_g[k], 1e-3) if amount > 0 and unit > 0 else np.inf
        order = np.argsort(density)
        for s in range(start[card[n]], start[card[n] + 1]):
            base = opening[n] + minor[s]
            room = float(up_to_g[s])
            total = 0.0
            for i in range(K):
                k = order[i]
                if gain[k] <= 0 or density[k] == np.inf or alone[k]:
                    continue
                amount = float(min(quantity[k], available[k, n]))
                if amount * weight_g[k] > room:
                    total += gain[k] * room / weight_g[k]
                    break
                total += gain[k] * amount
                room -= amount * weight_g[k]
            if base - total < value[n]:
                value[n] = base - total
                _fill(
                    K,
                    order,
                    gain,
                    density,
                    alone,
                    quantity,
                    available,
                    n,
                    weight_g,
                    float(up_to_g[s]),
                    content,
                )
                cost[n] = base + _units(K, content, n, unit_cost, bid)
            for k in range(K):
                if alone[k] and gain[k] > 0 and weight_g[k] <= up_to_g[s] and base - gain[k] < value[n]:
                    value[n] = base - gain[k]
                    content[n, :] = 0.0
                    content[n, k] = 1.0
                    cost[n] = base + unit_cost[k, n] + bid[k, n]


@compiled
def _fill(
    K: int,
    order: Ints,
    gain: Floats,
    density: Floats,
    alone: Bools,
    quantity: Ints,
    available: Ints,
    n: int,
    weight_g: Ints,
    room: float,
    content: Floats,
) -> None:
    content[n, :] = 0.0
    for i in range(K):
        k = order[i]
        if gain[k] <= 0 or density[k] == np.inf or alone[k]:
            continue
        amount = float(min(quantity[k], available[k, n]))
        if amount * weight_g[k] > room:
            content[n, k] = room / weight_g[k]
            break
        content[n, k] = amount
        room -= amount * weight_g[k]


@compiled
def _units(K: int, content: Floats, n: int, unit_cost: Ints, bid: Floats) -> float:
    total = 0.0
    for k in range(K):
        total += content[n, k] * (unit_cost[k, n] + bid[k, n])
    return total


def lower_bound(problem: Problem, pieces: Pieces, parcels: Parcels, cost: float) -> float:
    """A valid lower bound on the felt cost of these pieces; ``parcels`` of ``cost`` are a plan to start
    from.
    """
    K, N = pieces.available.shape
    penalty = (pieces.penalty >> SHIFT).astype(np.float64)
    opening = problem.fixed_minor + problem.parcel_price_minor
    fewest = float(opening.min() + problem.cards.minor.min()) if N else 0.0
    most_parcels = min(float(pieces.quantity.sum()), cost / fewest if fewest > 0 else np.inf)
    value, content, row_cost = np.empty(N), np.empty((N, K)), np.empty(N)
    master = _Master(pieces.quantity, penalty)
    for n, held in parcels:
        master.add(held.astype(np.float64), content_cost(problem, pieces, n, held))
    best = 0.0
    centre = np.zeros(K)
    for _ in range(max(8, min(ROUNDS, ROWS_IN_ALL // (K + N // 8)))):
        price = master.prices()
        if price is None:
            break
        top = float(price @ pieces.quantity)
        if top - best <= CLOSE * max(1.0, abs(top)):
            break
        for weight in (0.5, 1.0):
            tried = weight * price + (1 - weight) * centre
            undercuts(
                tried, pieces.quantity, pieces.weight_g, pieces.alone, pieces.available, pieces.unit_cost,
                pieces.bid, opening, problem.card, problem.capacity_parcels, problem.cards.start,
                problem.cards.up_to_g, problem.cards.minor, value, content, row_cost,
            )  # fmt: skip
            bound = float(tried @ pieces.quantity) + most_parcels * min(0.0, float(value.min(initial=0.0)))
            if bound > best:
                best, centre = bound, tried
            worst = np.argsort(value)[:ROWS_PER_ROUND]
            for n in worst[value[worst] < -1e-6].tolist():
                master.add(content[n], float(row_cost[n]))
    return best


class _Master:
    """max Σ quantity · price, prices within the penalties, no parcel known so far undercut."""

    def __init__(self, quantity: Ints, penalty: Floats) -> None:
        self.quantity, self.penalty = quantity, penalty
        self.rows: list[tuple[Floats, float]] = []
        self._begin()

    def _begin(self) -> None:
        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        self.price = [self.solver.NumVar(0.0, float(p), "") for p in self.penalty]
        for variable, q in zip(self.price, self.quantity.tolist(), strict=True):
            self.solver.Objective().SetCoefficient(variable, float(q))
        self.solver.Objective().SetMaximization()
        for content, cost in self.rows:
            self._write(content, cost)

    def add(self, content: Floats, cost: float) -> None:
        self.rows.append((content.copy(), cost))
        self._write(content, cost)

    def _write(self, content: Floats, cost: float) -> None:
        row = self.solver.Constraint(-self.solver.infinity(), cost)
        for k in np.flatnonzero(content).tolist():
            row.SetCoefficient(self.price[k], float(content[k]))

    def prices(self) -> Floats | None:
        """The best prices under the rows so far; None where the solver finds none, though they exist."""
        if self.solver.Solve() != pywraplp.Solver.OPTIMAL:
            self._begin()  # where it last stood, GLOP loses its way now and then
            if self.solver.Solve() != pywraplp.Solver.OPTIMAL:
                return None
        return np.array([v.solution_value() for v in self.price])
