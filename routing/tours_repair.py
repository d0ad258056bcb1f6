"""What a search leaves undone: routes made drivable by leaving stops out, stops put in where it pays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from routing.tour_values import Route, TourProblem
from routing.tours_recount import route_faults, tour_of

Trips = tuple[tuple[int, ...], ...]


def sound(problem: TourProblem, route: Route) -> bool:
    """Whether a courier can do it."""
    return next(route_faults(problem, route), None) is None


def drivable(problem: TourProblem, route: Route) -> Route:
    """The route less the stops, one by one, without which least is wrong with it."""
    van, trips = route
    while trips and not sound(problem, (van, trips)):
        trips = min(_without_one(trips), key=lambda left: len(list(_faults(problem, van, left))))
    return van, trips


def completed(problem: TourProblem, routes: Sequence[Route]) -> list[Route]:
    """The routes with every unvisited stop that costs less than its prize, the dearest first, each where it
    costs least."""
    routes = list(routes)
    seen = {stop for _, trips in routes for trip in trips for stop in trip}
    left = [n for n in range(len(problem.stops)) if n not in seen]
    for stop in sorted(left, key=lambda n: -_worth(problem, n)):
        found = min(_placed(problem, routes, stop), default=None, key=lambda place: place[0])
        if found is not None and found[0] < _worth(problem, stop):
            _, at, route = found
            routes[at : at + 1] = [route]
    return routes


def _worth(problem: TourProblem, stop: int) -> float:
    prize = problem.stops[stop].prize
    return float("inf") if prize is None else float(prize)


def _placed(problem: TourProblem, routes: Sequence[Route], stop: int) -> Iterator[tuple[int, int, Route]]:
    """(extra cost, which route, what it becomes) for every sound place of a stop, a new route among them."""
    for at, (van, trips) in enumerate(routes):
        before = tour_of(problem, (van, trips)).cost
        for more in _with_one(problem, van, trips, stop):
            if sound(problem, (van, more)):
                yield tour_of(problem, (van, more)).cost - before, at, (van, more)
    used = Counter(van for van, _ in routes)
    for van, kind in enumerate(problem.vans):
        alone = (van, ((stop,),))
        if used[van] < kind.count and sound(problem, alone):
            yield tour_of(problem, alone).cost, len(routes), alone


def _with_one(problem: TourProblem, van: int, trips: Sequence[Sequence[int]], stop: int) -> Iterator[Trips]:
    """The trips with one stop more, in every place where the way to it costs less than its prize."""
    kind, worth, here = problem.vans[van], _worth(problem, stop), problem.place(stop)
    for n, trip in enumerate(trips):
        way = [kind.depot, *map(problem.place, trip), kind.depot]
        for at in range(len(trip) + 1):
            one, other = way[at], way[at + 1]
            metres = problem.metres[one, here] + problem.metres[here, other] - problem.metres[one, other]
            if kind.metre_cost * metres < worth:
                row = (*trip[:at], stop, *trip[at:])
                yield tuple(row if m == n else tuple(t) for m, t in enumerate(trips))
    if len(trips) < kind.trips:
        for n in range(len(trips) + 1):
            yield (*map(tuple, trips[:n]), (stop,), *map(tuple, trips[n:]))


def _without_one(trips: Sequence[Sequence[int]]) -> Iterator[Trips]:
    """The trips less one stop, every stop in turn; no trip is empty."""
    for n, trip in enumerate(trips):
        for at in range(len(trip)):
            rest = (*trip[:at], *trip[at + 1 :])
            yield tuple(t for t in (tuple(t) if m != n else rest for m, t in enumerate(trips)) if t)


def _faults(problem: TourProblem, van: int, trips: Sequence[Sequence[int]]) -> Iterator[str]:
    if trips:
        yield from route_faults(problem, (van, trips))
