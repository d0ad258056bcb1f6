"""A lower bound for orders beyond the exact kernel: prices of units that no parcel undercuts.

Every unit of the order has a price, and a unit at a node that holds fewer than the order wants has a rent. If
every possible parcel costs at least the prices of its units less their rents, then no plan costs less than
the whole order at these prices, less the rents of all that such nodes hold. The best prices and rents solve a
linear programme whose rows (parcels) are found as needed: per node the parcel that undercuts them most
(``large_knapsack``). Stock shared between pieces and parcel capacities are left out, which only lowers the
bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.linear_solver import pywraplp

from routing.kernel import SHIFT
from routing.kernel_pieces import Pieces
from routing.large_blocks import Parcels, content_cost
from routing.large_knapsack import undercuts
from routing.problem import Floats, Ints, Problem

ROUNDS = 40
ROWS_PER_ROUND = 24
ROWS_IN_ALL = 12_000  # entries of the linear programme a round is worth, divided by pieces
PRICED_IN_ALL = 3_000_000  # pieces at nodes priced over all rounds
CLOSE = 1e-6
SCALE_STEP = 0.02


Column = tuple[int, Ints, float]  # node index, content, felt cost of the parcel


@dataclass(frozen=True, slots=True)
class Certificate:
    """Prices and rents, and what proves a bound from them: no parcel undercuts them by more than ``-least``,
    and no plan of interest has more than ``most_parcels``.
    """

    price: Floats  # [K]
    rent: Floats  # [K, N]
    least: float  # ≤ 0
    most_parcels: float
    bound: float


def lower_bound(
    problem: Problem, pieces: Pieces, parcels: Parcels, cost: float
) -> tuple[Certificate, list[Column], Floats]:
    """A valid lower bound on the felt cost of these pieces, the parcels met on the way, and how much of each
    the linear programme would send; ``parcels`` of ``cost`` are a plan to start from.
    """
    K, N = pieces.available.shape
    oracle = _Oracle(problem, pieces, cost)
    penalty = (pieces.penalty >> SHIFT).astype(np.float64)
    master = _Master(oracle.scarce, oracle.worth, penalty)
    for n, held in parcels:
        master.add(n, held, content_cost(problem, pieces, n, held))
    start = np.zeros(oracle.worth.size)
    start[:K] = np.minimum(_plan_prices(problem, pieces, parcels), penalty)
    centre, best = oracle.scaled(start)
    for turn in range(max(6, min(ROUNDS, ROWS_IN_ALL // (K + N // 8), PRICED_IN_ALL // max(1, K * N)))):
        values = master.values()
        if values is None:
            break
        top = float(values @ oracle.worth)
        if top - best.bound <= CLOSE * max(1.0, abs(top)):
            break
        for weight in (0.5, 1.0):
            tried = weight * values + (1 - weight) * centre
            scaled = turn % 6 == 5 and weight < 1
            found = oracle.scaled(tried) if scaled else (tried, oracle.bound(tried))
            centre, best = max((centre, best), found, key=lambda c: c[1].bound)
            for n in oracle.worst():
                held = oracle.content[n].copy()
                master.add(n, held, content_cost(problem, pieces, n, held))
    return best, master.rows, master.weights()


def _plan_prices(problem: Problem, pieces: Pieces, parcels: Parcels) -> Floats:
    """Every parcel's cost spread over its units by weight; units that no parcel holds at their penalty."""
    spread = np.zeros(pieces.quantity.size)
    for n, held in parcels:
        share = held * (pieces.weight_g + 100.0)
        spread += share / share.sum() * content_cost(problem, pieces, n, held)
    sent = sum((held for _, held in parcels), np.zeros_like(pieces.quantity))
    return np.where(sent > 0, spread / np.maximum(sent, 1), (pieces.penalty >> SHIFT).astype(np.float64))


class _Oracle:
    """Asks for the parcels that undercut given prices and rents, and turns the answer into a bound.

    Both stand in one vector: K prices, then the rents of ``scarce`` (piece, node); ``worth`` is what the
    bound gains by each.
    """

    def __init__(self, problem: Problem, pieces: Pieces, cost: float) -> None:
        K, N = pieces.available.shape
        self.problem, self.pieces = problem, pieces
        self.load = load_of(problem, pieces)
        self.opening = problem.fixed_minor + problem.parcel_price_minor
        fewest = float(self.opening.min(initial=np.inf) + problem.cards.minor.min(initial=10**9))
        most = float(pieces.quantity.sum())
        self.most_parcels = min(most, cost / fewest) if fewest > 0 else most
        held = pieces.available
        self.scarce = np.nonzero((held > 0) & (held < pieces.quantity[:, None]))
        self.worth = np.concatenate([pieces.quantity, -held[self.scarce]]).astype(np.float64)
        self.value, self.attained, self.content = np.empty(N), np.empty(N), np.empty((N, K), np.int64)

    def bound(self, values: Floats) -> Certificate:
        """What the order is worth, less the most by which the parcels of one plan could undercut it."""
        p, pieces = self.problem, self.pieces
        price = values[: pieces.quantity.size]
        rent = np.zeros(pieces.available.shape)
        rent[self.scarce] = values[pieces.quantity.size :]
        undercuts(
            price, pieces.quantity, pieces.weight_g, pieces.volume_mm3, self.load, pieces.alone,
            pieces.available, pieces.unit_cost, pieces.bid + rent, self.opening, p.card, p.capacity_parcels,
            p.cards.start, p.cards.up_to_g, p.cards.minor, p.divisor_mm3_per_g,
            self.value, self.attained, self.content,
        )  # fmt: skip
        least = min(0.0, float(self.value.min(initial=0.0)))
        return Certificate(
            price, rent, least, self.most_parcels, float(values @ self.worth) + self.most_parcels * least
        )

    def scaled(self, values: Floats) -> tuple[Floats, Certificate]:
        """The best bound found on the way from 0 to these values."""
        K, N = self.pieces.available.shape
        nothing = Certificate(np.zeros(K), np.zeros((K, N)), 0.0, self.most_parcels, 0.0)
        found = [(np.zeros_like(values), nothing), (values, self.bound(values))]
        low, high = 0.0, 1.0
        while found[-1][1].least < 0 or low > 0:
            scale = (low + high) / 2
            found.append((scale * values, self.bound(scale * values)))
            if found[-1][1].least < 0:
                high = scale
            else:
                low = scale
            if high - low < SCALE_STEP:
                break
        return max(found, key=lambda c: c[1].bound)

    def worst(self) -> list[int]:
        """Nodes whose parcel undercuts the last prices most."""
        first = np.argsort(self.attained, kind="stable")[:ROWS_PER_ROUND]
        return [int(n) for n in first[self.attained[first] < -1e-6]]


def load_of(problem: Problem, pieces: Pieces) -> Floats:
    """What a unit takes of a parcel's billable weight: its weight, or its volume where the order is mostly
    that.
    """
    weight = pieces.weight_g.astype(np.float64)
    if problem.divisor_mm3_per_g <= 0:
        return weight
    volume: Floats = pieces.volume_mm3 / problem.divisor_mm3_per_g
    return weight if weight @ pieces.quantity >= volume @ pieces.quantity else volume


class _Master:
    """The values of most worth, prices within the penalties, no parcel known so far undercutting them."""

    def __init__(self, scarce: tuple[Ints, ...], worth: Floats, penalty: Floats) -> None:
        self.worth, self.penalty = worth, penalty
        pairs = zip(scarce[0].tolist(), scarce[1].tolist(), strict=True)
        self.rent_of = {pair: penalty.size + i for i, pair in enumerate(pairs)}
        self.rows: list[Column] = []
        self._begin()

    def _begin(self) -> None:
        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        most = [*self.penalty.tolist(), *[self.solver.infinity()] * len(self.rent_of)]
        self.value = [self.solver.NumVar(0.0, m, "") for m in most]
        for variable, worth in zip(self.value, self.worth.tolist(), strict=True):
            self.solver.Objective().SetCoefficient(variable, worth)
        self.solver.Objective().SetMaximization()
        for row in self.rows:
            self._write(*row)

    def add(self, node: int, content: Ints, cost: float) -> None:
        if cost < float("inf"):
            self.rows.append((node, content, cost))
            self._write(node, content, cost)

    def _write(self, node: int, content: Ints, cost: float) -> None:
        row = self.solver.Constraint(-self.solver.infinity(), cost)
        for k in np.flatnonzero(content).tolist():
            units = float(content[k])
            row.SetCoefficient(self.value[k], units)
            rent = self.rent_of.get((k, node))
            if rent is not None:
                row.SetCoefficient(self.value[rent], -units)

    def weights(self) -> Floats:
        """How much of each parcel the linear programme would send."""
        if self.values() is None:
            return np.zeros(len(self.rows))
        return np.array([row.dual_value() for row in self.solver.constraints()])

    def values(self) -> Floats | None:
        """The best values under the rows so far; None where the solver finds none, though they exist."""
        if self.solver.Solve() != pywraplp.Solver.OPTIMAL:
            self._begin()  # where it last stood, GLOP loses its way now and then
            if self.solver.Solve() != pywraplp.Solver.OPTIMAL:
                return None
        return np.array([v.solution_value() for v in self.value])
