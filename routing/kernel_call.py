"""Calling the compiled kernel: scratch memory per thread, and the few rounds in which overused nodes are
settled.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np

from routing.kernel import INFINITE
from routing.kernel_nodes import add_node, box, parcel_costs, share_of, unbox
from routing.kernel_pieces import Pieces
from routing.kernel_solve import OVERUSED, TOO_SMALL, layout, solve
from routing.problem import UNLIMITED, Ints, Problem

Bundle = tuple[int, int]  # node index, state


class _Memory(threading.local):
    def __init__(self) -> None:
        self.scratch: Ints = np.empty(1 << 14, np.int64)
        self.out: Ints = np.empty(1 << 10, np.int64)


_memory = _Memory()


@dataclass(frozen=True, slots=True)
class Settled:
    """``felt`` in inner money; the bundles attain it when ``exact``, otherwise it is a bound and they overuse
    a node.
    """

    felt: int
    bundles: tuple[Bundle, ...]
    exact: bool

    @property
    def feasible(self) -> bool:
        return self.felt < INFINITE


def settle(problem: Problem, pieces: Pieces, work_limit: float) -> Settled:
    """The best plan of these pieces, exact unless settling overused nodes would pass ``work_limit``
    elementary steps.
    """
    felt, bundles, beyond = first_programme(problem, pieces, problem.capacity_parcels)
    if not beyond:
        return Settled(felt, bundles, True)
    heavy: list[int] = []
    work = 0.0
    while True:
        heavy += [n for n in overused(pieces, problem.capacity_parcels, bundles) if n not in heavy]
        work += pieces.pairs * 4 * len(heavy)
        if work > work_limit:
            return Settled(felt, bundles, False)
        felt, bundles = Nodes(problem, pieces, tuple(heavy)).best()
        if not overused(pieces, problem.capacity_parcels, bundles):
            return Settled(felt, bundles, True)


def first_programme(problem: Problem, pieces: Pieces, capacity: Ints) -> tuple[int, tuple[Bundle, ...], bool]:
    """Felt cost, bundles and whether some node is overused."""
    out = _memory.out
    most = 2 * int(pieces.quantity.sum()) + 2
    if out.size < most:
        out = _memory.out = np.empty(most, np.int64)
    while True:
        felt = solve(
            pieces.quantity,
            pieces.weight_g,
            pieces.volume_mm3,
            pieces.alone,
            pieces.penalty,
            pieces.available,
            pieces.unit_cost,
            pieces.bid,
            problem.card,
            problem.fixed_minor,
            problem.parcel_price_minor,
            capacity,
            problem.cards.start,
            problem.cards.up_to_g,
            problem.cards.minor,
            problem.divisor_mm3_per_g,
            pieces.use,
            pieces.shared,
            _memory.scratch,
            out,
        )
        if out[1] != TOO_SMALL:
            break
        _memory.scratch = np.empty(int(out[0]) * 3 // 2, np.int64)
    found = out[2 : 2 + 2 * int(out[0])].tolist()
    return int(felt), tuple(zip(found[::2], found[1::2], strict=True)), int(out[1]) == OVERUSED


@dataclass(frozen=True, slots=True)
class Tables:
    """The kernel's tables after a first programme, copied out of the scratch memory."""

    stride: Ints  # [K + 1]
    tariff: Ints  # [C · M]
    g: Ints  # [M]
    f: Ints  # [M]


def tables(problem: Problem, pieces: Pieces, capacity: Ints) -> Tables:
    """Run the first programme under these capacities and keep its tables."""
    first_programme(problem, pieces, capacity)
    K, N = pieces.available.shape
    at = layout(K, N, problem.cards.start.size - 1, int(pieces.quantity.sum()), pieces.states)
    part = [_memory.scratch[at[i] : at[i + 1]].copy() for i in (0, 5, 6, 7)]
    return Tables(*part)


class Nodes:
    """The node-by-node programme over ``heavy``; all other nodes are pooled."""

    def __init__(self, problem: Problem, pieces: Pieces, heavy: tuple[int, ...]) -> None:
        self.problem = problem
        self.pieces = pieces
        self.heavy = heavy
        capacity = problem.capacity_parcels.copy()
        capacity[list(heavy)] = 0
        self.capacity = capacity
        self.tables = tables(problem, pieces, capacity)
        self.parts: Ints = np.empty(pieces.states, np.int64)
        self.f = [self.tables.f]
        self.boxes = [self._box(n) for n in heavy]
        for _, B, rows in self.boxes:
            after: Ints = np.empty_like(self.tables.f)
            add_node(self.tables.stride, self.f[-1], B[rows], self.parts, after)
            self.f.append(after)

    def _box(self, n: int) -> tuple[Ints, Ints, int]:
        p, pieces, stride = self.problem, self.pieces, self.tables.stride
        c: Ints = np.empty(pieces.states, np.int64)
        parcel_costs(
            n, stride, self.tables.tariff, pieces.available, pieces.unit_cost, pieces.bid, p.card,
            p.fixed_minor, p.parcel_price_minor, p.capacity_parcels, pieces.use, pieces.shared, c,
        )  # fmt: skip
        most = int(np.minimum(pieces.quantity, pieces.available[:, n]).sum())
        capacity = int(p.capacity_parcels[n])
        rows = most if capacity == UNLIMITED else min(most, capacity)
        B: Ints = np.empty((rows + 1, pieces.states), np.int64)
        last = box(n, stride, pieces.available, capacity, pieces.use, pieces.shared, c, self.parts, B)
        return c, B, int(last)

    def best(self, forced: bool = False) -> tuple[int, tuple[Bundle, ...]]:
        """Felt cost and bundles of the whole order; ``forced``: the last heavy node sends at least one
        unit.
        """
        return self.of(self.pieces.states - 1, forced)

    def of(self, state: int, forced: bool = False) -> tuple[int, tuple[Bundle, ...]]:
        """Felt cost and bundles of a state."""
        felt = int(self.f[-1][state])
        bundles: list[Bundle] = []
        spare: Ints = np.empty(max(1, int(self.pieces.quantity.sum())), np.int64)
        stride = self.tables.stride
        for i in range(len(self.heavy) - 1, -1, -1):
            c, B, rows = self.boxes[i]
            must = forced and i == len(self.heavy) - 1
            share = int(share_of(state, stride, self.f[i], B[rows], self.f[i + 1], self.parts, must))
            if share < 0:
                return INFINITE, ()
            if must:
                felt = int(self.f[i][state - share] + B[rows, share])
            count = unbox(share, rows, stride, c, B, self.parts, spare)
            bundles += [(self.heavy[i], int(t)) for t in spare[:count]]
            state -= share
        return felt, tuple(bundles) + self._pooled(state)

    def _pooled(self, state: int) -> tuple[Bundle, ...]:
        """What the pooled nodes send of ``state``, each bundle at a cheapest node, the least used among
        equals.
        """
        if state == 0 or self.tables.f[state] >= INFINITE:
            return ()
        pieces = self.pieces
        wanted = counts_of(pieces, state)
        part = replace(pieces, quantity=np.array(wanted, np.int64))
        kept = np.flatnonzero(part.quantity > 0)
        kept = kept[np.argsort(part.quantity[kept] > 1, kind="stable")]
        part = part.keep(kept)
        _, bundles, _ = first_programme(self.problem, part, self.capacity)
        stride = self.tables.stride
        into = [(n, counts_of(part, t)) for n, t in bundles]
        return tuple((n, sum(c * int(stride[k]) for c, k in zip(t, kept, strict=True))) for n, t in into)


def counts_of(pieces: Pieces, state: int) -> tuple[int, ...]:
    """Units of each piece in a state."""
    counts = []
    for q in pieces.quantity.tolist():
        state, count = divmod(state, q + 1)
        counts.append(count)
    return tuple(counts)


def overused(pieces: Pieces, capacity: Ints, bundles: tuple[Bundle, ...]) -> list[int]:
    """Nodes that these bundles use beyond stock or capacity, ascending."""
    totals: dict[int, Ints] = {}
    parcels: dict[int, int] = {}
    for n, state in bundles:
        totals[n] = totals.get(n, 0) + np.array(counts_of(pieces, state), np.int64)
        parcels[n] = parcels.get(n, 0) + 1
    return [
        n
        for n in sorted(totals)
        if (0 <= int(capacity[n]) < parcels[n])
        or bool((totals[n] > pieces.available[:, n]).any())
        or bool((pieces.use @ totals[n] > pieces.shared[:, n]).any())
    ]
