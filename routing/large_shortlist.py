"""Every parcel that a plan within a budget above the bound can hold.

At the prices of a certificate no parcel costs less than its units (its *reduced cost* is not negative), and a
plan costs the bound plus at least the reduced costs of its parcels. So a plan that costs at most ``budget``
more than the bound holds no parcel of more than that. Per node and weight step these are listed depth first,
behind the same bound as in ``large_knapsack``; where there are too many, the budget is lowered to the half
that costs less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routing.compiled import compiled
from routing.kernel_pieces import Pieces
from routing.large_blocks import content_cost
from routing.large_bound import Certificate, load_of
from routing.large_knapsack import EPSILON, ROUNDING, fits, fraction
from routing.problem import UNLIMITED, Bools, Floats, Ints, Problem

PARCELS = 20_000
ENTRIES = 1_000_000  # parcels × pieces
STEPS = 200_000  # of the search at one node
HALVINGS = 24
FULL, LONG = -1, -2


@dataclass(frozen=True, slots=True)
class Shortlist:
    """All parcels of reduced cost at most ``budget``, by reduced cost, those left out that another node
    always sends for less.
    """

    budget: float
    node: Ints  # [M]
    content: Ints  # [M, K]
    reduced: Floats  # [M] ≥ 0
    cost: Floats  # [M] felt


@compiled
def list_step(
    worth: Floats, load: Floats, weight: Floats, volume: Floats, amount: Ints,
    above: float, up_to: float, divisor: float, asked: float, budget: float,
    count: int, reduced: Floats, content: Ints,
) -> int:  # fmt: skip
    """Append the parcels of one weight step whose ``asked`` less their worth is within the budget; returns
    how many there are then, FULL or LONG.
    """
    m = worth.size
    counts = np.zeros(m, np.int64)
    space = up_to * divisor * ROUNDING if divisor > 0 else np.inf
    least = asked - budget - EPSILON
    total, held, filled, loaded = 0.0, 0.0, 0.0, 0.0
    i, steps = 0, 0
    while i >= 0:
        while i < m and total + fraction(i, up_to - loaded, worth, load, amount) >= least:
            c = fits(amount[i], weight[i], volume[i], up_to - held, space - filled)
            while c > 0 and worth[i] < 0 and total + c * worth[i] < least:
                c -= 1
            counts[i] = c
            total += c * worth[i]
            held += c * weight[i]
            filled += c * volume[i]
            loaded += c * load[i]
            i += 1
        billable = max(held, np.ceil(filled / divisor)) if divisor > 0 else held
        if i == m and total >= least and above < billable <= up_to and counts.any():
            if count == reduced.size:
                return FULL
            for j in range(m):
                content[count, j] = counts[j]
            reduced[count] = asked - total
            count += 1
        i -= 1
        while i >= 0 and counts[i] == 0:
            i -= 1
        if i >= 0:
            steps += 1
            counts[i] -= 1
            total -= worth[i]
            held -= weight[i]
            filled -= volume[i]
            loaded -= load[i]
            i += 1
        if steps > STEPS:
            return LONG
    return count


@compiled
def list_node(
    worth: Floats, load: Floats, weight: Floats, volume: Floats, amount: Ints, up_to_g: Ints, minor: Ints,
    divisor: float, opening: float, budget: float, count: int, reduced: Floats, content: Ints,
) -> int:  # fmt: skip
    """``list_step`` for every step of the node's card that the order can reach."""
    heaviest, largest = (amount * weight).sum(), (amount * volume).sum()
    above = -1.0
    for s in range(up_to_g.size):
        if above >= heaviest and (divisor <= 0 or above >= np.ceil(largest / divisor)):
            break
        count = list_step(
            worth, load, weight, volume, amount, above, float(up_to_g[s]), divisor,
            minor[s] + opening, budget, count, reduced, content,
        )  # fmt: skip
        if count < 0:
            break
        above = float(up_to_g[s])
    return count


class _Collector:
    """Fills the list node by node, lowering the budget where it grows too long."""

    def __init__(self, problem: Problem, pieces: Pieces, certificate: Certificate, budget: float) -> None:
        self.problem, self.pieces, self.certificate, self.budget = problem, pieces, certificate, budget
        K = pieces.quantity.size
        most = max(1, min(PARCELS, ENTRIES // max(1, K)))
        self.content: Ints = np.zeros((most, K), np.int64)
        self.reduced: Floats = np.zeros(most)
        self.node: Ints = np.zeros(most, np.int64)
        self.load = load_of(problem, pieces)
        self.count = 0
        self.halvings = 0

    def add(self, n: int) -> bool:
        """List node n's parcels; False where even a small budget asks for too many."""
        while (found := self._list(n)) < 0:
            self.halvings += 1
            if self.halvings > HALVINGS:
                return False
            self.budget = self.budget / 2 if found == LONG else float(np.median(self.reduced))
            kept = np.flatnonzero(self.reduced[: self.count] <= self.budget)
            for array in (self.content, self.reduced, self.node):
                array[: kept.size] = array[kept]
            self.count = kept.size
        self.node[self.count : found] = n
        self.count = found
        return True

    def _list(self, n: int) -> int:
        p, pieces, certificate = self.problem, self.pieces, self.certificate
        worth = certificate.price - certificate.rent[:, n] - pieces.unit_cost[:, n] - pieces.bid[:, n]
        kept = np.flatnonzero((pieces.available[:, n] > 0) & ~pieces.alone & (worth >= -self.budget))
        kept = kept[np.argsort(-worth[kept] / np.maximum(self.load[kept], 1e-3), kind="stable")]
        first, end = p.cards.start[p.card[n] : p.card[n] + 2].tolist()
        opening = float(p.fixed_minor[n]) + float(p.parcel_price_minor[n]) - certificate.least
        sorted_content: Ints = np.zeros((self.reduced.size - self.count, kept.size), np.int64)
        found = list_node(
            worth[kept], self.load[kept], pieces.weight_g[kept].astype(np.float64),
            pieces.volume_mm3[kept].astype(np.float64),
            np.minimum(pieces.quantity, pieces.available[:, n])[kept],
            p.cards.up_to_g[first:end], p.cards.minor[first:end], p.divisor_mm3_per_g, opening, self.budget,
            0, self.reduced[self.count :], sorted_content,
        )  # fmt: skip
        if found < 0:
            return int(found)
        rows = slice(self.count, self.count + int(found))
        self.content[rows] = 0
        self.content[rows, kept] = sorted_content[: int(found)]
        return self._add_lone_units(n, rows.stop)

    def _add_lone_units(self, n: int, count: int) -> int:
        pieces, certificate = self.pieces, self.certificate
        for k in np.flatnonzero(pieces.alone & (pieces.available[:, n] > 0)).tolist():
            unit = np.eye(1, pieces.quantity.size, k, dtype=np.int64)[0]
            cost = content_cost(self.problem, pieces, n, unit)
            reduced = cost - certificate.price[k] + certificate.rent[k, n] - certificate.least
            if reduced > self.budget:
                continue
            if count == self.reduced.size:
                return FULL
            self.content[count], self.reduced[count] = unit, reduced
            count += 1
        return count


def shortlist(problem: Problem, pieces: Pieces, certificate: Certificate, budget: float) -> Shortlist | None:
    """The parcels within ``budget`` or the largest part of it that stays short; None where none does."""
    collector = _Collector(problem, pieces, certificate, budget)
    for n in np.flatnonzero(problem.capacity_parcels != 0).tolist():
        if not collector.add(n):
            return None
    node, content = collector.node[: collector.count], collector.content[: collector.count]
    reduced = np.maximum(0.0, collector.reduced[: collector.count])
    values = ((certificate.price - certificate.rent[:, node].T) * content).sum(axis=1)
    cost = collector.reduced[: collector.count] + certificate.least + values
    kept = np.flatnonzero((content @ pieces.use.T <= pieces.shared[:, node].T).all(axis=1))
    kept = kept[_undominated(problem, pieces, node[kept], content[kept], cost[kept])]
    kept = kept[np.argsort(reduced[kept], kind="stable")]
    return Shortlist(collector.budget, node[kept], content[kept], reduced[kept], cost[kept])


def _undominated(problem: Problem, pieces: Pieces, node: Ints, content: Ints, cost: Floats) -> Ints:
    """Rows but for those whose content a node that can never run short of it sends for no more."""
    tied: Bools = np.any(pieces.use > 0, axis=0)
    short: Bools = (pieces.available < pieces.quantity[:, None]) | tied[:, None]
    runs_short: Bools = np.any((content > 0) & short[:, node].T, axis=1)
    plenty: Bools = ~runs_short & (problem.capacity_parcels[node] == UNLIMITED)
    _, group = np.unique(
        np.ascontiguousarray(content).view(np.dtype((np.void, 8 * max(1, content.shape[1])))).ravel(),
        return_inverse=True,
    )
    order = np.lexsort((np.arange(cost.size), cost, group))
    least = np.full(cost.size + 1, np.inf)
    holder = np.full(cost.size + 1, -1)
    cheapest_last = order[plenty[order]][::-1]
    least[group[cheapest_last]], holder[group[cheapest_last]] = cost[cheapest_last], cheapest_last
    rows = np.arange(cost.size)
    return np.flatnonzero((cost < least[group]) | (holder[group] == rows))
