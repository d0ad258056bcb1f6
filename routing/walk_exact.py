"""The shortest picker's tour, exactly: a dynamic programme over the aisles.

Ratliff and Rosenthal ("Order-Picking in a Rectangular Warehouse: A Solvable Case of the Traveling Salesman
Problem", Operations Research 31(3), 1983) for one block, Roodbergen and De Koster (European Journal of
Operational Research 133(1), 2001) for two, Pansart, Catusse and Cambazard ("Exact algorithms for the order
picking problem", Computers & Operations Research 100, 2018) for any number. A shortest tour walks no stretch
more than twice, so it is a choice per piece of aisle between two cross-aisles (through it once or twice, in
and out from either end or from both up to the largest gap, or not at all) and per piece of cross-aisle (not,
once, twice). Going from left to right only the frontier is remembered: for each cross-aisle whether it has
been met oddly, and which of them hang together. One block has seven such states, and the work is linear in
aisles and spots; every further block has some five times as many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from routing.walk_spots import Floor, Spot

Edge = tuple[Spot, Spot]


@dataclass(frozen=True, slots=True)
class Frontier:
    """Per cross-aisle at the current aisle: the part of the tour it belongs to (0: not met), and whether it
    has been met an odd number of times. ``finished``: a whole tour lies behind, nothing more may come."""

    part: tuple[int, ...]
    odd: tuple[bool, ...]
    finished: bool = False

    @property
    def untouched(self) -> bool:
        return not self.finished and not any(self.part)

    @property
    def whole(self) -> bool:
        """Whether what lies behind is one closed walk, or nothing."""
        return len(set(self.part) - {0}) <= 1 and not any(self.odd)


@dataclass(frozen=True, slots=True)
class Piece:
    """One way to walk a piece of aisle: how often its two ends are met, and whether it joins them."""

    metres: float
    low: int
    high: int
    through: bool
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """The cheapest way to a frontier."""

    metres: float
    edges: tuple[Edge, ...] = ()
    before: Trail | None = None

    def all_edges(self) -> list[Edge]:
        found, trail = list(self.edges), self.before
        while trail is not None:
            found.extend(trail.edges)
            trail = trail.before
        return found


Trails = dict[Frontier, Trail]


def shortest_edges(floor: Floor, spots: Iterable[Spot]) -> tuple[float, list[Edge]]:
    """(metres, edges) of a shortest closed walk through all spots.

    Edges join neighbouring spots and crossings; together they are connected and meet every place an even
    number of times.
    """
    places = sorted(set(spots))
    if len({spot.aisle for spot in places}) <= 1:  # no end of the aisle needs to be met
        edges = list(pairwise(places)) * 2
        return sum(other.metre - one.metre for one, other in edges), edges
    rows = len(floor.crossings)
    trails: Trails = {Frontier((0,) * rows, (False,) * rows): Trail(0.0)}
    for aisle in range(len(floor.aisles)):
        for block in range(floor.blocks):
            here = [spot for spot in places if spot.aisle == aisle and _inside(floor, block, spot)]
            trails = _walked(trails, block, _pieces(floor, aisle, block, here))
        if aisle + 1 < len(floor.aisles):
            for row in range(rows):
                trails = _crossed(trails, floor, aisle, row)
    best = min((trail for end, trail in trails.items() if end.whole), key=lambda trail: trail.metres)
    return best.metres, best.all_edges()


def _inside(floor: Floor, block: int, spot: Spot) -> bool:
    """A spot on a cross-aisle is seen from the block before it."""
    low, high = floor.crossings[block], floor.crossings[block + 1]
    return low < spot.metre <= high or (block == 0 and spot.metre == 0)


def _pieces(floor: Floor, aisle: int, block: int, here: Sequence[Spot]) -> list[Piece]:
    """Ways to see the spots of a piece of aisle, ascending."""
    ends = Spot(aisle, floor.crossings[block]), Spot(aisle, floor.crossings[block + 1])
    legs = tuple(pairwise([ends[0], *here, ends[1]]))
    length = ends[1].metre - ends[0].metre
    found = [Piece(length, 1, 1, True, legs), Piece(2 * length, 2, 2, True, legs * 2)]
    if not here:
        return [Piece(0.0, 0, 0, False, ()), *found]
    found += [_gapped(legs, 0), _gapped(legs, len(here))]
    if len(here) > 1:
        widest = max(range(1, len(here)), key=lambda n: legs[n][1].metre - legs[n][0].metre)
        found.append(_gapped(legs, widest))
    return found


def _gapped(legs: tuple[Edge, ...], gap: int) -> Piece:
    """In and out from the ends, leaving out one leg."""
    kept = (legs[:gap] + legs[gap + 1 :]) * 2
    metres = sum(other.metre - one.metre for one, other in kept)
    return Piece(metres, 2 if gap else 0, 2 if gap < len(legs) - 1 else 0, False, kept)


def _walked(trails: Trails, block: int, pieces: Sequence[Piece]) -> Trails:
    found: Trails = {}
    for frontier, trail in trails.items():
        for piece in pieces:
            if not piece.low and not piece.high:
                _keep(found, frontier, trail)
            elif not frontier.finished:
                reached = _met(frontier, block, piece)
                _keep(found, reached, Trail(trail.metres + piece.metres, piece.edges, trail))
    return found


def _met(frontier: Frontier, block: int, piece: Piece) -> Frontier:
    part, odd = list(frontier.part), list(frontier.odd)
    for row, times in ((block, piece.low), (block + 1, piece.high)):
        odd[row] ^= times % 2 == 1
        if times and not part[row]:
            part[row] = max(part) + 1
    if piece.through:
        one, other = part[block], part[block + 1]
        part = [one if p == other else p for p in part]
    return Frontier(_named(part), tuple(odd))


def _crossed(trails: Trails, floor: Floor, aisle: int, row: int) -> Trails:
    """One cross-aisle followed to the next aisle, as often as what was met so far allows."""
    edge = Spot(aisle, floor.crossings[row]), Spot(aisle + 1, floor.crossings[row])
    across = floor.aisles[aisle + 1] - floor.aisles[aisle]
    found: Trails = {}
    for frontier, trail in trails.items():
        for times, reached in _followed(frontier, row):
            kept = Trail(trail.metres + times * across, (edge,) * times, trail) if times else trail
            _keep(found, reached, kept)
    return found


def _followed(frontier: Frontier, row: int) -> Iterator[tuple[int, Frontier]]:
    """Met oddly: once. Met evenly: twice, or not at all unless the rest would be cut off."""
    if frontier.odd[row]:
        yield 1, frontier
        return
    mine = frontier.part[row]
    if not mine:
        yield 0, frontier
        return
    yield 2, frontier
    part = [*frontier.part[:row], 0, *frontier.part[row + 1 :]]
    if mine in part:
        yield 0, Frontier(_named(part), frontier.odd)
    elif not any(part):
        yield 0, Frontier(_named(part), frontier.odd, finished=True)


def _named(part: Sequence[int]) -> tuple[int, ...]:
    """The same parts, numbered as they come."""
    names = {0: 0}
    return tuple(names.setdefault(p, len(names)) for p in part)


def _keep(found: Trails, frontier: Frontier, trail: Trail) -> None:
    if frontier not in found or trail.metres < found[frontier].metres:
        found[frontier] = trail
