"""The same days by OR-Tools' routing library, to compare: guided local search over trips as vehicles.

Every trip of a courier is a vehicle of its own that may not leave before the one before it is back, nor
before the goods of its stops are ready. Perron and Furnon, OR-Tools; guided local search by Voudouris and
Tsang, European Journal of Operational Research 113(2), 1999.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.tour_values import FOREVER, Route, TourProblem

TRIPS_MAX = 5
"""Trips a courier that are modelled; the best known plans of the multi-trip set have no more."""

LONG_S = 3_600
"""A limit that is never met: ``over`` ends the search."""

Courier = tuple[int, int]


def solved(problem: TourProblem, over: Callable[[], bool]) -> list[Route]:
    """The best routes found until ``over()``; none at all where it finds no plan."""
    owners = [
        (kind, courier)
        for kind, van in enumerate(problem.vans)
        for courier in range(van.count)
        for _ in range(min(van.trips, TRIPS_MAX))
    ]
    homes = [problem.vans[kind].depot for kind, _ in owners]
    places = len(problem.depots) + len(problem.stops)
    index = pywrapcp.RoutingIndexManager(places, len(owners), homes, homes)
    model = pywrapcp.RoutingModel(index)
    _priced(problem, index, model, owners)
    _timed(problem, index, model, owners)
    model.AddSearchMonitor(model.solver().CustomLimit(over))
    found = model.SolveWithParameters(_parameters())
    return _routes(problem, index, model, owners, found) if found else []


def _priced(
    problem: TourProblem,
    index: pywrapcp.RoutingIndexManager,
    model: pywrapcp.RoutingModel,
    owners: list[Courier],
) -> None:
    """Distance, loads, prizes."""
    metres, depots = problem.metres.tolist(), len(problem.depots)
    way = model.RegisterTransitCallback(lambda a, b: metres[index.IndexToNode(a)][index.IndexToNode(b)])
    model.SetArcCostEvaluatorOfAllVehicles(way)
    loads = [0] * depots + [stop.load for stop in problem.stops]
    load = model.RegisterUnaryTransitCallback(lambda a: loads[index.IndexToNode(a)])
    room = [min(problem.vans[kind].capacity, sum(loads)) for kind, _ in owners]
    model.AddDimensionWithVehicleCapacity(load, 0, room, True, "load")
    dear = 10 * int(problem.metres.max())  # to have a plan to begin with, stops that must be visited may wait
    for n, stop in enumerate(problem.stops):
        price = dear if stop.prize is None else stop.prize
        model.AddDisjunction([index.NodeToIndex(problem.place(n))], price)


def _timed(
    problem: TourProblem,
    index: pywrapcp.RoutingIndexManager,
    model: pywrapcp.RoutingModel,
    owners: list[Courier],
) -> None:
    """Windows, one trip after the other, goods that become ready."""
    seconds, depots = problem.seconds.tolist(), len(problem.depots)
    stays = [0] * depots + [stop.service_s for stop in problem.stops]
    horizon = max(min(van.ends, problem.depots[van.depot].closes) for van in problem.vans)

    def lasts(a: int, b: int) -> int:
        one = index.IndexToNode(a)
        return int(stays[one] + seconds[one][index.IndexToNode(b)])

    model.AddDimension(model.RegisterTransitCallback(lasts), horizon, horizon, False, "time")
    time, solver = model.GetDimensionOrDie("time"), model.solver()
    for n, stop in enumerate(problem.stops):
        here = index.NodeToIndex(problem.place(n))
        time.CumulVar(here).SetRange(stop.opens, min(stop.closes, horizon))
    starts = [time.CumulVar(model.Start(v)) for v in range(len(owners))]
    waits = solver.IntVar(horizon, horizon)  # when a stop leaves that no vehicle visits
    for n, stop in enumerate(problem.stops):
        if stop.released:
            vehicle = model.VehicleVar(index.NodeToIndex(problem.place(n)))
            solver.Add(solver.Element([waits, *starts], vehicle + 1) >= stop.released)
    for v, (kind, _) in enumerate(owners):
        van = problem.vans[kind]
        if van.longest_s < FOREVER:
            time.SetSpanUpperBoundForVehicle(van.longest_s, v)
        if v and owners[v] == owners[v - 1]:
            solver.Add(starts[v] >= time.CumulVar(model.End(v - 1)))


def _parameters() -> object:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromSeconds(LONG_S)
    return parameters


def _routes(
    problem: TourProblem,
    index: pywrapcp.RoutingIndexManager,
    model: pywrapcp.RoutingModel,
    owners: list[Courier],
    found: pywrapcp.Assignment,
) -> list[Route]:
    trips: dict[Courier, list[list[int]]] = defaultdict(list)
    for v, owner in enumerate(owners):
        at, stops = found.Value(model.NextVar(model.Start(v))), []
        while not model.IsEnd(at):
            stops.append(index.IndexToNode(at) - len(problem.depots))
            at = found.Value(model.NextVar(at))
        if stops:
            trips[owner].append(stops)
    return [(kind, rows) for (kind, _), rows in trips.items()]
