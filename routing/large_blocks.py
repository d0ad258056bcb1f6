"""Blocks: units glued together so that the exact kernel can re-plan an order that is too large for it.

A *content* is a vector of counts over the pieces. Contents that are to stay together become pieces of
quantity 1 of a smaller problem, which the kernel then solves exactly: which blocks travel together, and from
where.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routing.kernel import SHIFT
from routing.kernel_pieces import Pieces
from routing.problem import Ints, Problem

Parcels = list[tuple[int, Ints]]  # node index, content


def content_cost(problem: Problem, pieces: Pieces, node: int, content: Ints) -> float:
    """Felt cost of one parcel in minor units, infinite where its tariff does not carry it."""
    weight = float(content @ pieces.weight_g)
    if problem.divisor_mm3_per_g > 0:
        weight = max(weight, float(np.ceil((content @ pieces.volume_mm3) / problem.divisor_mm3_per_g)))
    first, end = problem.cards.start[problem.card[node] : problem.card[node] + 2].tolist()
    step = first + int(np.searchsorted(problem.cards.up_to_g[first:end], weight))
    if step >= end:
        return float("inf")
    units = float(content @ (pieces.unit_cost[:, node] + pieces.bid[:, node]))
    parcel = float(problem.fixed_minor[node]) + float(problem.parcel_price_minor[node])
    return float(problem.cards.minor[step]) + parcel + units


def plan_cost(problem: Problem, pieces: Pieces, parcels: Parcels) -> float:
    """Felt cost of these parcels and of the units that none of them holds."""
    missing = pieces.quantity - sum((content for _, content in parcels), np.zeros_like(pieces.quantity))
    penalty = float((pieces.penalty >> SHIFT) @ missing)
    return penalty + sum(content_cost(problem, pieces, n, content) for n, content in parcels)


def stock_left(problem: Problem, pieces: Pieces, parcels: Parcels) -> tuple[Ints, Ints, Ints]:
    """available [K, N], shared [G, N] and capacity [N] after these parcels have been taken out."""
    available = pieces.available.copy()
    shared = pieces.shared.copy()
    capacity = problem.capacity_parcels.copy()
    for n, content in parcels:
        available[:, n] -= content
        shared[:, n] -= pieces.use @ content
        if capacity[n] > 0:
            capacity[n] -= 1
    return available, shared, capacity


def blocks_of(pieces: Pieces, contents: Sequence[Ints], available: Ints, shared: Ints) -> Pieces:
    """One piece of quantity 1 per content; stock that several of them draw on is counted across them."""
    X: Ints = np.array(contents, np.int64)
    present = X > 0
    there = np.empty((len(contents), available.shape[1]), np.int64)
    unit_cost = np.empty_like(there)
    bid = np.empty(there.shape)
    for b in range(len(contents)):
        rows = np.flatnonzero(present[b])
        counts = X[b, rows, None]
        there[b] = (available[rows] >= counts).all(axis=0)
        unit_cost[b] = (counts * pieces.unit_cost[rows]).sum(axis=0)
        bid[b] = (counts * pieces.bid[rows]).sum(axis=0)
    needs = X @ pieces.use.T
    for s in range(shared.shape[0]):
        there &= needs[:, s, None] <= shared[s]
    tied = np.flatnonzero(present.sum(axis=0) > 1)
    return Pieces(
        members=tuple(() for _ in contents),
        kit=(True,) * len(contents),
        quantity=np.ones(len(contents), np.int64),
        weight_g=X @ pieces.weight_g,
        volume_mm3=X @ pieces.volume_mm3,
        alone=(X @ pieces.alone.astype(np.int64)) > 0,
        penalty=X @ pieces.penalty,
        available=there,
        unit_cost=unit_cost,
        bid=bid,
        use=np.ascontiguousarray(np.concatenate([X[:, tied].T, needs.T])),
        shared=np.ascontiguousarray(np.concatenate([available[tied], shared])),
    )
