"""From the lines of an order to the pieces the kernel places.

Lines that differ in nothing but their name become one piece, so that they share stock without further ado; a
kit kept together becomes one piece of quantity 1; SKUs that several pieces still draw on are counted across
pieces. Orders without any of this, the great majority, are taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from routing.kernel import INFINITE, SHIFT
from routing.problem import NO_GROUP, Bools, Floats, Ints, Problem


@dataclass(frozen=True, slots=True)
class Pieces:
    """K pieces, those of quantity 1 first; G SKUs that several pieces draw on.

    ``members[k]`` lists (line index, units of that line in one unit of the piece); where one unit stands for
    one unit of any of several like lines, these are filled in order.
    """

    members: tuple[tuple[tuple[int, int], ...], ...]
    kit: tuple[bool, ...]
    quantity: Ints
    weight_g: Ints
    volume_mm3: Ints
    alone: Bools
    penalty: Ints  # inner money per unit
    available: Ints  # [K, N]
    unit_cost: Ints  # [K, N]
    bid: Floats  # [K, N]
    use: Ints  # [G, K]
    shared: Ints  # [G, N]

    @property
    def states(self) -> int:
        """Π (quantity + 1), without overflow."""
        product = 1
        for q in self.quantity.tolist():
            product *= q + 1
        return product

    @property
    def pairs(self) -> float:
        """Π (quantity + 1)(quantity + 2) / 2: pairs of a state and a part of it, the work of one
        programme.
        """
        product = 1.0
        for q in self.quantity.tolist():
            product *= (q + 1) * (q + 2) / 2
        return product

    def keep(self, rows: Ints) -> Pieces:
        """These pieces only, in this order."""
        return Pieces(
            members=tuple(self.members[k] for k in rows),
            kit=tuple(self.kit[k] for k in rows),
            quantity=self.quantity[rows],
            weight_g=self.weight_g[rows],
            volume_mm3=self.volume_mm3[rows],
            alone=self.alone[rows],
            penalty=self.penalty[rows],
            available=self.available[rows],
            unit_cost=self.unit_cost[rows],
            bid=self.bid[rows],
            use=np.ascontiguousarray(self.use[:, rows]),
            shared=self.shared,
        )


def pieces_of(problem: Problem) -> Pieces:
    """Pieces without the units that no node has: these are unfilled whatever the kernel says."""
    plain = len(set(problem.skus)) == len(problem.skus) and bool((problem.group == NO_GROUP).all())
    if plain and int(problem.quantity.max(initial=1)) == 1:
        pieces = _as_they_are(problem)
    else:
        pieces = _gathered(problem, _gather(problem))
    return _trimmed(problem, pieces)


def _trimmed(problem: Problem, pieces: Pieces) -> Pieces:
    """Cut every quantity to what all nodes that may send a parcel have together."""
    sending = problem.capacity_parcels != 0
    there = np.minimum(pieces.available, pieces.quantity[:, None]) @ sending
    if bool((there >= pieces.quantity).all()):
        return pieces
    quantity = np.minimum(pieces.quantity, there)
    keep = np.flatnonzero(quantity > 0)
    keep = keep[np.argsort(quantity[keep] > 1, kind="stable")]
    return replace(pieces, quantity=quantity).keep(keep)


def _as_they_are(problem: Problem) -> Pieces:
    L, N = problem.shape
    return Pieces(
        members=tuple(((line, 1),) for line in range(L)),
        kit=(False,) * L,
        quantity=problem.quantity,
        weight_g=problem.unit_weight_g,
        volume_mm3=problem.unit_volume_mm3,
        alone=problem.ship_alone,
        penalty=np.full(L, _penalty(problem), np.int64),
        available=problem.available,
        unit_cost=problem.unit_cost_minor,
        bid=problem.bid_price_minor,
        use=np.zeros((0, L), np.int64),
        shared=np.zeros((0, N), np.int64),
    )


def _penalty(problem: Problem) -> int:
    return problem.unfilled_penalty_minor << SHIFT if problem.allow_unfilled else INFINITE


def _gather(problem: Problem) -> list[tuple[bool, list[int]]]:
    """(is a kit, lines) per piece; quantity 1 first, then in the order of the lines."""
    kits: dict[int, list[int]] = {}
    alike: dict[object, list[int]] = {}
    for line in range(len(problem.line_ids)):
        if problem.group[line] != NO_GROUP:
            kits.setdefault(int(problem.group[line]), []).append(line)
            continue
        key = (
            problem.skus[line],
            int(problem.unit_weight_g[line]),
            int(problem.unit_volume_mm3[line]),
            bool(problem.ship_alone[line]),
            problem.available[line].tobytes(),
            problem.unit_cost_minor[line].tobytes(),
            problem.bid_price_minor[line].tobytes(),
        )
        alike.setdefault(key, []).append(line)
    gathered = [(True, lines) for lines in kits.values()] + [(False, lines) for lines in alike.values()]
    gathered.sort(
        key=lambda piece: (not piece[0] and int(problem.quantity[piece[1]].sum()) > 1, min(piece[1]))
    )
    return gathered


def _gathered(problem: Problem, gathered: list[tuple[bool, list[int]]]) -> Pieces:
    q = problem.quantity
    first = np.array([lines[0] for _, lines in gathered], np.int64)
    pieces = Pieces(
        members=tuple(tuple((i, int(q[i]) if kit else 1) for i in lines) for kit, lines in gathered),
        kit=tuple(kit for kit, _ in gathered),
        quantity=np.array([1 if kit else int(q[lines].sum()) for kit, lines in gathered], np.int64),
        weight_g=problem.unit_weight_g[first],
        volume_mm3=problem.unit_volume_mm3[first],
        alone=problem.ship_alone[first],
        penalty=np.full(len(gathered), _penalty(problem), np.int64),
        available=problem.available[first],
        unit_cost=problem.unit_cost_minor[first],
        bid=problem.bid_price_minor[first],
        use=np.zeros((0, len(gathered)), np.int64),
        shared=np.zeros((0, problem.shape[1]), np.int64),
    )
    for k, (kit, lines) in enumerate(gathered):
        if kit:
            _fill_kit(problem, pieces, k, np.array(lines))
    return _share(problem, pieces)


def _fill_kit(problem: Problem, pieces: Pieces, k: int, lines: Ints) -> None:
    """A kit weighs, costs and needs what its lines do together; it is there once or not at all."""
    q = problem.quantity[lines]
    pieces.weight_g[k] = (q * problem.unit_weight_g[lines]).sum()
    pieces.volume_mm3[k] = (q * problem.unit_volume_mm3[lines]).sum()
    pieces.alone[k] = problem.ship_alone[lines].any()
    if problem.allow_unfilled:
        pieces.penalty[k] *= q.sum()
    pieces.unit_cost[k] = (q[:, None] * problem.unit_cost_minor[lines]).sum(axis=0)
    pieces.bid[k] = (q[:, None] * problem.bid_price_minor[lines]).sum(axis=0)
    there = (problem.available[lines] >= q[:, None]).all(axis=0)
    for sku in {problem.skus[i] for i in lines}:
        same = np.array([i for i in lines if problem.skus[i] == sku])
        there &= problem.available[same].max(axis=0) >= problem.quantity[same].sum()
    pieces.available[k] = there


def _share(problem: Problem, pieces: Pieces) -> Pieces:
    """Count the SKUs that more than one piece draws on."""
    draws: dict[str, dict[int, int]] = {}
    for k, members in enumerate(pieces.members):
        for line, units in members if pieces.kit[k] else members[:1]:
            by_piece = draws.setdefault(problem.skus[line], {})
            by_piece[k] = by_piece.get(k, 0) + units
    tied = {sku: by_piece for sku, by_piece in draws.items() if len(by_piece) > 1}
    if not tied:
        return pieces
    use = np.zeros((len(tied), len(pieces.members)), np.int64)
    shared = np.zeros((len(tied), problem.shape[1]), np.int64)
    for s, (sku, by_piece) in enumerate(tied.items()):
        for k, units in by_piece.items():
            use[s, k] = units
        lines = [i for i, other in enumerate(problem.skus) if other == sku]
        shared[s] = problem.available[lines].max(axis=0)
    return replace(pieces, use=use, shared=shared)
