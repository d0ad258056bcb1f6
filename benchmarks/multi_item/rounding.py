"""The policies of the papers: a fluid linear programme once, then each order by chance so that its items
leave from nodes as often as the programme says.

Jasin and Sinha (2015): An LP-based correlated rounding scheme for multi-item ecommerce order fulfillment.
Ma (2023): Order-optimal correlated rounding for fulfilling multi-item e-commerce orders. Items that their
node no longer has come from outside.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from ortools.linear_solver import pywraplp

from benchmarks.multi_item.instances import ARRIVALS, PARCEL, Instance
from routing.problem import Floats, Ints

Rounding = Callable[[Floats, np.random.Generator], Ints]
"""Shares [K + 1, items of the basket] → node of each item."""
EVEN = 1e-9


def fluid(one: Instance) -> tuple[float, list[Floats]]:
    """Cost of the fluid programme over all arrivals, and shares [K + 1, items] of every type."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    nodes = one.unit_minor.shape[1]
    stock = {
        (item, k): solver.Constraint(0.0, float(one.ground.on_hand[item, k]))
        for item in range(one.ground.on_hand.shape[0])
        for k in range(nodes - 1)
    }
    objective, columns = solver.Objective(), []
    for basket, region, share in zip(one.basket, one.region, ARRIVALS * one.share, strict=True):
        items = one.baskets[basket]
        opened = [solver.NumVar(0.0, 1.0, "") for _ in range(nodes)]
        sent = [[solver.NumVar(0.0, 1.0, "") for _ in items] for _ in range(nodes)]
        for k in range(nodes):
            objective.SetCoefficient(opened[k], share * float(one.ground.fixed_minor[k]))
            for i, item in enumerate(items):
                objective.SetCoefficient(sent[k][i], share * float(one.unit_minor[region, k]))
                solver.Add(opened[k] >= sent[k][i])
                if k < nodes - 1:
                    stock[item, k].SetCoefficient(sent[k][i], share)
        for i in range(len(items)):
            solver.Add(sum(sent[k][i] for k in range(nodes)) == 1)
        columns.append(sent)
    objective.SetMinimization()
    assert solver.Solve() == pywraplp.Solver.OPTIMAL
    shares = [np.array([[cell.solution_value() for cell in row] for row in sent]) for sent in columns]
    return float(objective.Value()), [np.maximum(share, 0) for share in shares]


def independent(shares: Floats, chance: np.random.Generator) -> Ints:
    """Each item on its own."""
    return np.array([chance.choice(len(column), p=column / column.sum()) for column in shares.T], np.int64)


def dilated(shares: Floats, chance: np.random.Generator) -> Ints:
    """Nodes open at exponential times; an item sees them the later, the less it is to leave from there."""
    opens = chance.exponential(size=len(shares))
    return _first(opens[:, None], shares)


def force_open(shares: Floats, chance: np.random.Generator) -> Ints:
    """As dilated, but the node an item is to leave from most opens for it after a while at the latest, with
    the probability that keeps its share.
    """
    opens = np.repeat(chance.exponential(size=len(shares))[:, None], shares.shape[1], axis=1)
    for i, column in enumerate(shares.T):
        most = int(column.argmax())
        x = min(float(column[most]), 1 - EVEN)
        late = (1 - x) / (1 - x + x * np.exp(1 / x) - np.e)
        opens[most, i] = 1.0 if chance.random() < late else min(opens[most, i], 1.0)
    return _first(opens, shares)


def correlated(shares: Floats, chance: np.random.Generator) -> Ints:
    """Jasin and Sinha: a node's shares are cut into layers that all, all but one, … of the items are in; a
    layer of m of n items is drawn for these together m / n of the time, the rest for each item alone.
    """
    nodes, n = shares.shape
    layer, joint = np.zeros((n, nodes, n)), np.zeros((nodes, n))
    for k in range(nodes):
        rest = np.where(shares[k] > EVEN, shares[k], 0.0)
        for m in range(n, 0, -1):
            inside = rest > EVEN
            if inside.sum() == m:
                least = rest[inside].min()
                layer[m - 1, k, inside] = least
                rest = rest - layer[m - 1, k]
                joint[k, m - 1] = least * m / n
    drawn = int(chance.choice(nodes * n, p=(joint / joint.sum()).ravel()))
    k, m = divmod(drawn, n)
    chosen = np.full(n, k, np.int64)
    for i in range(n):
        if layer[m, k, i] <= 0:
            alone = np.where(layer[:, :, i] > 0, layer[:, :, i] - joint.T, 0.0).clip(0).sum(axis=0)
            chosen[i] = chance.choice(nodes, p=alone / alone.sum())
    return chosen


ROUNDINGS: dict[str, Rounding] = {
    "independent rounding": independent,
    "correlated rounding (Jasin and Sinha)": correlated,
    "dilated rounding (Ma)": dilated,
    "force-open rounding (Ma)": force_open,
}


def played(one: Instance, types: Ints, shares: list[Floats], rounding: Rounding, seed: int) -> int:
    """Cost of a stream by such a policy."""
    chance = np.random.default_rng([seed, 2])
    return _served(one, types, lambda type_: rounding(shares[type_], chance))


def static_nearest(one: Instance, types: Ints) -> int:
    """Each item from the carrier nearest to the region, else from outside."""
    return _served(
        one, types, lambda type_: one.nearest[list(one.baskets[one.basket[type_]]), one.region[type_]]
    )


def _served(one: Instance, types: Ints, choose: Callable[[int], Ints]) -> int:
    left, outside, total = one.ground.on_hand.copy(), one.unit_minor.shape[1] - 1, 0
    for type_ in types.tolist():
        region, used = one.region[type_], set()
        for item, node in zip(one.baskets[one.basket[type_]], choose(type_).tolist(), strict=True):
            if left[item, node] <= 0:
                node = outside
            left[item, node] -= 1
            used.add(node)
            total += int(one.unit_minor[region, node])
        total += PARCEL * (len(used) + (outside in used))
    return total


def _first(opens: Floats, shares: Floats) -> Ints:
    with np.errstate(divide="ignore"):
        seen = np.where(shares > EVEN, opens / np.maximum(shares, EVEN), np.inf)
    return np.asarray(seen.argmin(axis=0), np.int64)
