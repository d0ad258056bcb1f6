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
PRICED_IN_ALL = 3_000_000  # pieces at nodes priced over all rounds
CLOSE = 1e-4
SCALE_STEP = 0.02


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
    """Per node the parcel with the least (cost − Σ price): ``value[n]`` never above its true reduced cost,
    its ``content[n, K]`` (fractions allowed) and its ``cost[n]``."""
    K, N = available.shape
    gain = np.empty(K)
    density = np.empty(K)
    for n in range(N):
        value[n] = np.inf
        if capacity[n] == 0:
            continue
        for k in range(K):
            unit = price[k] - unit_cost[k, n] - bid[k, n]
            gain[k] = unit if available[k, n] > 0 else -1.0
            density[k] = np.inf if gain[k] <= 0 or alone[k] else -unit / max(weight_g[k], 1e-3)
        order = np.argsort(density)
        first, end = start[card[n]], start[card[n] + 1]
        value[n], best = _pack(
            gain, density, order, quantity, weight_g, available, n, up_to_g[first:end], minor[first:end]
        )
        lone_value, lone_step, lone = _lone(gain, weight_g, alone, up_to_g[first:end], minor[first:end])
        content[n, :] = 0.0
        if lone_value < value[n]:
            value[n], best = lone_value, lone_step
            content[n, lone] = 1.0
        elif best >= 0:
            _fill(order, density, quantity, available, n, weight_g, float(up_to_g[first + best]), content)
        if best >= 0:
            value[n] += opening[n]
            cost[n] = opening[n] + minor[first + best]
            for k in range(K):
                cost[n] += content[n, k] * (unit_cost[k, n] + bid[k, n])


@compiled
def _pack(
    gain: Floats,
    density: Floats,
    order: Ints,
    quantity: Ints,
    weight_g: Ints,
    available: Ints,
    n: int,
    up_to_g: Ints,
    minor: Ints,
) -> tuple[float, int]:
    """Least (tariff − gain) over the steps of one card, pieces packed by gain per gram, the last one in part;
    and the step. Opening costs are left out.
    """
    value, best = np.inf, -1
    i = 0
    packed, total = 0.0, 0.0  # weight and gain of the pieces order[:i], whole
    for s in range(up_to_g.size):
        room = float(up_to_g[s])
        part = 0.0
        while i < order.size and density[order[i]] < np.inf:
            k = order[i]
            amount = float(min(quantity[k], available[k, n]))
            if packed + amount * weight_g[k] > room:
                part = gain[k] * (room - packed) / weight_g[k]
                break
            packed += amount * weight_g[k]
            total += amount * gain[k]
            i += 1
        if minor[s] - total - part < value:
            value, best = minor[s] - total - part, s
    return value, best


@compiled
def _lone(gain: Floats, weight_g: Ints, alone: Bools, up_to_g: Ints, minor: Ints) -> tuple[float, int, int]:
    """Least (tariff − gain) of a unit that ships alone, with its step and piece."""
    value, best, lone = np.inf, -1, -1
    for k in range(gain.size):
        if alone[k] and gain[k] > 0:
            for s in range(up_to_g.size):
                if weight_g[k] <= up_to_g[s] and minor[s] - gain[k] < value:
                    value, best, lone = minor[s] - gain[k], s, k
    return value, best, lone


@compiled
def _fill(
    order: Ints,
    density: Floats,
    quantity: Ints,
    available: Ints,
    n: int,
    weight_g: Ints,
    room: float,
    content: Floats,
) -> None:
    for k in order:
        if density[k] == np.inf:
            return
        amount = float(min(quantity[k], available[k, n]))
        if amount * weight_g[k] > room:
            content[n, k] = room / weight_g[k]
            return
        content[n, k] = amount
        room -= amount * weight_g[k]


def lower_bound(problem: Problem, pieces: Pieces, parcels: Parcels, cost: float) -> float:
    """A valid lower bound on the felt cost of these pieces; ``parcels`` of ``cost`` are a plan to start
    from.
    """
    K, N = pieces.available.shape
    penalty = (pieces.penalty >> SHIFT).astype(np.float64)
    oracle = _Oracle(problem, pieces, cost)
    master = _Master(pieces.quantity, penalty)
    for n, held in parcels:
        master.add(held.astype(np.float64), content_cost(problem, pieces, n, held))
    best, centre = oracle.scaled(np.minimum(_plan_prices(problem, pieces, parcels), penalty))
    for turn in range(max(6, min(ROUNDS, ROWS_IN_ALL // (K + N // 8), PRICED_IN_ALL // max(1, K * N)))):
        price = master.prices()
        if price is None:
            break
        top = float(price @ pieces.quantity)
        if top - best <= CLOSE * max(1.0, abs(top)):
            break
        for weight in (0.5, 1.0):
            tried = weight * price + (1 - weight) * centre
            found = oracle.scaled(tried) if turn % 6 == 5 and weight < 1 else (oracle.bound(tried), tried)
            best, centre = max((best, centre), found, key=lambda b: b[0])
            for n in oracle.worst():
                master.add(oracle.content[n], float(oracle.cost[n]))
    return best


def _plan_prices(problem: Problem, pieces: Pieces, parcels: Parcels) -> Floats:
    """Every parcel's cost spread over its units by weight; units that no parcel holds at their penalty."""
    spread = np.zeros(pieces.quantity.size)
    for n, held in parcels:
        share = held * (pieces.weight_g + 100.0)
        spread += share / share.sum() * content_cost(problem, pieces, n, held)
    sent = sum((held for _, held in parcels), np.zeros_like(pieces.quantity))
    return np.where(sent > 0, spread / np.maximum(sent, 1), (pieces.penalty >> SHIFT).astype(np.float64))


class _Oracle:
    """Asks for the parcels that undercut given prices, and turns the answer into a bound."""

    def __init__(self, problem: Problem, pieces: Pieces, cost: float) -> None:
        K, N = pieces.available.shape
        self.problem, self.pieces = problem, pieces
        self.opening = problem.fixed_minor + problem.parcel_price_minor
        fewest = float(self.opening.min(initial=np.inf) + problem.cards.minor.min(initial=10**9))
        most = float(pieces.quantity.sum())
        self.most_parcels = min(most, cost / fewest) if fewest > 0 else most
        self.value, self.content, self.cost = np.empty(N), np.empty((N, K)), np.empty(N)

    def bound(self, price: Floats) -> float:
        """Σ quantity · price, less the most by which the parcels of one plan could undercut it."""
        p, pieces = self.problem, self.pieces
        undercuts(
            price, pieces.quantity, pieces.weight_g, pieces.alone, pieces.available, pieces.unit_cost,
            pieces.bid, self.opening, p.card, p.capacity_parcels, p.cards.start,
            p.cards.up_to_g, p.cards.minor, self.value, self.content, self.cost,
        )  # fmt: skip
        least = min(0.0, float(self.value.min(initial=0.0)))
        return float(price @ pieces.quantity) + self.most_parcels * least

    def scaled(self, price: Floats) -> tuple[float, Floats]:
        """The best bound found on the way from 0 to these prices, and where."""
        found = [(0.0, np.zeros_like(price)), (self.bound(price), price)]
        low, high = 0.0, 1.0
        while float(self.value.min(initial=0.0)) < 0 or low > 0:
            scale = (low + high) / 2
            found.append((self.bound(scale * price), scale * price))
            if float(self.value.min(initial=0.0)) < 0:
                high = scale
            else:
                low = scale
            if high - low < SCALE_STEP:
                break
        return max(found, key=lambda b: b[0])

    def worst(self) -> list[int]:
        """Nodes whose parcel undercuts the last prices most."""
        first = np.argsort(self.value)[:ROWS_PER_ROUND]
        return [int(n) for n in first[self.value[first] < -1e-6]]


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
