"""What a courier's day looks like before and after it is planned: depots, stops, vans; tours of trips.

Times are whole seconds on one clock, distances whole metres, loads any whole unit; money is what the vans
charge per metre and second. ``routing.tours`` plans, ``routing.tours_recount`` checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.problem import Ints

FOREVER = 2**40
"""Later than any instant."""


@dataclass(frozen=True, slots=True)
class Depot:
    """A node that vans leave from; every trip takes ``loading_s`` there before it leaves."""

    id: str
    opens: int = 0
    closes: int = FOREVER
    loading_s: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """A delivery. Work begins in ``opens ≤ t ≤ closes``; the van may not leave before ``released``, when the
    goods are ready. Without ``prize`` it has to be visited; with one it may be left out at that price."""

    id: str
    load: int = 0
    service_s: int = 0
    opens: int = 0
    closes: int = FOREVER
    released: int = 0
    prize: int | None = None


@dataclass(frozen=True, slots=True)
class Van:
    """``count`` couriers alike, who leave ``depot`` and come back to it, up to ``trips`` times, between
    ``starts`` and ``ends`` and in ``longest_s`` from first leaving to last return."""

    id: str
    depot: int
    count: int = 1
    capacity: int = FOREVER
    starts: int = 0
    ends: int = FOREVER
    longest_s: int = FOREVER
    trips: int = 1
    fixed_cost: int = 0
    metre_cost: int = 1
    second_cost: int = 0


@dataclass(frozen=True, slots=True)
class TourProblem:
    """``metres`` and ``seconds`` [K + N, K + N]: from place to place, K depots first, then N stops."""

    depots: tuple[Depot, ...]
    stops: tuple[Stop, ...]
    vans: tuple[Van, ...]
    metres: Ints
    seconds: Ints

    def place(self, stop: int) -> int:
        """Where a stop stands in the matrices."""
        return len(self.depots) + stop


@dataclass(frozen=True, slots=True)
class Visit:
    stop: str
    arrives: int
    begins: int


@dataclass(frozen=True, slots=True)
class Trip:
    leaves: int
    visits: tuple[Visit, ...]
    returns: int


@dataclass(frozen=True, slots=True)
class Tour:
    """One courier's day. ``cost`` is without prizes."""

    van: str
    depot: str
    trips: tuple[Trip, ...]
    metres: int
    seconds: int
    cost: int


@dataclass(frozen=True, slots=True)
class Tours:
    """``cost``: of all tours, and the prizes of optional stops left out. ``left_out``: those stops;
    ``failed``: stops that had to be visited and are not. ``rounds``: of search, to plan the same again."""

    tours: tuple[Tour, ...]
    left_out: tuple[str, ...]
    failed: tuple[str, ...]
    cost: int
    rounds: int


Route = tuple[int, Sequence[Sequence[int]]]
"""A van and its trips as indices of stops: all that a plan decides; everything else follows."""
