"""What a plan of tours means, counted from the problem alone: times, loads, costs and what is wrong with it.

Each courier leaves as late as possible without coming back later, which is also the shortest day
(Savelsbergh, "The Vehicle Routing Problem with Time Windows: Minimizing Route Duration", ORSA Journal on
Computing 4(2), 1992), and does everything after that as soon as possible. Nothing here knows how the plan
was found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from routing.tour_values import Route, Tour, TourProblem, Tours, Trip, Visit


@dataclass(frozen=True, slots=True)
class Leg:
    """One thing a courier does: be at a place, not before ``opens``, begin by ``closes``, stay ``stays``."""

    place: int
    opens: int
    closes: int
    stays: int


def recounted(problem: TourProblem, routes: Sequence[Route], rounds: int = 0) -> Tours:
    """The plan with its times and costs; ``faults`` says whether it may be driven."""
    tours = tuple(tour_of(problem, route) for route in routes)
    seen = {stop for _, trips in routes for trip in trips for stop in trip}
    unseen = [stop for n, stop in enumerate(problem.stops) if n not in seen]
    prizes = sum(stop.prize for stop in unseen if stop.prize is not None)
    return Tours(
        tours,
        tuple(stop.id for stop in unseen if stop.prize is not None),
        tuple(stop.id for stop in unseen if stop.prize is None),
        sum(tour.cost for tour in tours) + prizes,
        rounds,
    )


def faults(problem: TourProblem, routes: Sequence[Route]) -> list[str]:
    """Every condition that a plan breaks, in words; empty for a plan that can be driven."""
    found = [fault for route in routes for fault in route_faults(problem, route)]
    used = Counter(van for van, _ in routes)
    found += [
        f"{problem.vans[van].id}: {n} couriers" for van, n in used.items() if n > problem.vans[van].count
    ]
    visits = Counter(stop for _, trips in routes for trip in trips for stop in trip)
    found += [f"{problem.stops[stop].id}: visited {n} times" for stop, n in visits.items() if n > 1]
    must = [n for n, stop in enumerate(problem.stops) if stop.prize is None]
    return found + [f"{problem.stops[n].id}: not visited" for n in must if n not in visits]


def route_faults(problem: TourProblem, route: Route) -> Iterator[str]:
    """The same for one courier: loads, trips, windows, the length of the day."""
    van = problem.vans[route[0]]
    if len(route[1]) > van.trips:
        yield f"{van.id}: {len(route[1])} trips"
    for trip in route[1]:
        if sum(problem.stops[stop].load for stop in trip) > van.capacity:
            yield f"{van.id}: overloaded"
    legs = _legs(problem, route)
    times = _times(problem, legs)
    for leg, (_, begins) in zip(legs, times, strict=True):
        if begins > leg.closes:
            yield f"{van.id}: {begins - leg.closes} s late at place {leg.place}"
    if times[-1][1] - times[0][1] > van.longest_s:
        yield f"{van.id}: {times[-1][1] - times[0][1]} s on the way"


def tour_of(problem: TourProblem, route: Route) -> Tour:
    """A courier's day with its instants."""
    van, depot = problem.vans[route[0]], problem.depots[problem.vans[route[0]].depot]
    legs = _legs(problem, route)
    times = _times(problem, legs)
    trips, at = [], 0
    for stops in route[1]:
        visits = [Visit(problem.stops[s].id, *times[at + n]) for n, s in enumerate(stops, 1)]
        last = at + len(stops) + 1
        trips.append(Trip(times[at][1] + depot.loading_s, tuple(visits), times[last][0]))
        at = last
    metres = sum(int(problem.metres[a.place, b.place]) for a, b in pairwise(legs))
    seconds = times[-1][1] - times[0][1]
    cost = van.fixed_cost + van.metre_cost * metres + van.second_cost * seconds
    return Tour(van.id, depot.id, tuple(trips), metres, seconds, cost)


def _legs(problem: TourProblem, route: Route) -> list[Leg]:
    """Loading before every trip, its stops, the last return. Loading waits for all the goods of a trip."""
    van = problem.vans[route[0]]
    depot = problem.depots[van.depot]
    opens, closes = max(van.starts, depot.opens), min(van.ends, depot.closes)
    legs = []
    for trip in route[1]:
        stops = [problem.stops[n] for n in trip]
        ready = max((stop.released for stop in stops), default=0)
        legs.append(Leg(van.depot, max(opens, ready), closes, depot.loading_s))
        legs += [
            Leg(problem.place(n), stop.opens, stop.closes, stop.service_s)
            for n, stop in zip(trip, stops, strict=True)
        ]
    return [*legs, Leg(van.depot, opens, closes, 0)]


def _times(problem: TourProblem, legs: Sequence[Leg]) -> list[tuple[int, int]]:
    """(arrives, begins) at each leg."""
    ways = [int(problem.seconds[a.place, b.place]) for a, b in pairwise(legs)]
    begins = legs[0].opens
    for way, (before, leg) in zip(ways, pairwise(legs), strict=True):
        begins = max(leg.opens, begins + before.stays + way)
    latest = begins
    for way, leg in zip(reversed(ways), reversed(legs[:-1]), strict=True):
        latest = min(leg.closes, latest - way - leg.stays)
    start = max(legs[0].opens, latest)
    times = [(start, start)]
    for way, (before, leg) in zip(ways, pairwise(legs), strict=True):
        arrives = times[-1][1] + before.stays + way
        times.append((arrives, max(leg.opens, arrives)))
    return times
