"""PyVRP's iterated local search on our values: from a problem to trips, nothing else.

Wouda, Lan and Kool, "PyVRP: A High-Performance VRP Solver Package", INFORMS Journal on Computing 36(4), 2024;
late acceptance by Burke and Bykov, European Journal of Operational Research 258(1), 2017.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.PenaltyManager import PenaltyParams
from pyvrp.search import PerturbationParams

from routing.tour_values import Route, TourProblem

PERTURBATIONS = 15
"""At most so many changes at random a round: with PyVRP's own 25 fewer rounds fit in the same time."""

HISTORY = 100
"""Rounds back to which a change for the worse is compared: PyVRP's own 300 settle too late for 10 seconds."""

UPDATE = 50
"""Rounds after which the prices of lateness and overload follow how much is feasible. They begin low: with
PyVRP's own 500 a day of tight windows (Solomon's R101) is searched 4,000 rounds without a feasible plan."""

PATIENCE, LEAST_PATIENCE = 30, 1_000
"""Rounds per stop, and at least, without a better plan, after which the search begins anew elsewhere: it
seldom leaves the valley it settled in, and chance says which (Solomon's R204 by seed: 0.2 to 1.1 % above the
optimum)."""

PARAMETERS = pyvrp.SolveParams(
    ils=pyvrp.IteratedLocalSearchParams(history_length=HISTORY),
    penalty=PenaltyParams(solutions_between_updates=UPDATE),
    perturbation=PerturbationParams(max_perturbations=PERTURBATIONS),
)


def searched(problem: TourProblem, seed: int, over: Callable[[int], bool]) -> tuple[list[Route], int]:
    """(routes, rounds) of the best plan found until ``over(rounds)``; where none keeps to all conditions, one
    that breaks some.
    """
    data, chance = _data(problem), np.random.default_rng(seed)
    best, rounds = _settled(data, chance, 0, over)
    while not over(rounds):
        found, rounds = _settled(data, chance, rounds, over)
        best = min(best, found, key=pyvrp.Result.cost)
    return [_route(problem, route) for route in best.best.routes()], rounds


def _settled(
    data: pyvrp.ProblemData, chance: np.random.Generator, rounds: int, over: Callable[[int], bool]
) -> tuple[pyvrp.Result, int]:
    """What a search from a plan at random came to, and ``rounds`` with its own added."""
    patience = max(LEAST_PATIENCE, PATIENCE * data.num_clients)
    since, least = 0, math.inf

    def stop(best_cost: float) -> bool:
        nonlocal rounds, since, least
        since = 0 if best_cost < least else since + 1
        least = min(least, best_cost)
        if since > patience or over(rounds):
            return True
        rounds += 1
        return False

    seed = int(chance.integers(2**32))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)  # that nothing is feasible is told otherwise
        found = pyvrp.solve(data, stop, seed, collect_stats=False, params=PARAMETERS)
    return found, rounds


def _route(problem: TourProblem, route: pyvrp.Route) -> Route:
    trips: list[list[int]] = []
    for activity in route:
        if activity.is_depot():
            trips.append([])
        else:
            trips[-1].append(activity.idx)
    return route.vehicle_type(), tuple(tuple(trip) for trip in trips if trip)


def _data(problem: TourProblem) -> pyvrp.ProblemData:
    depots = [
        pyvrp.Depot(place, tw_early=d.opens, tw_late=d.closes, service_duration=d.loading_s)
        for place, d in enumerate(problem.depots)
    ]
    clients = [
        pyvrp.Client(
            problem.place(n),
            delivery=[stop.load],
            service_duration=stop.service_s,
            tw_early=stop.opens,
            tw_late=stop.closes,
            release_time=stop.released,
            prize=stop.prize or 0,
            required=stop.prize is None,
        )
        for n, stop in enumerate(problem.stops)
    ]  # fmt: skip
    vans = [
        pyvrp.VehicleType(
            num_available=van.count,
            capacity=[van.capacity],
            start_depot=van.depot,
            end_depot=van.depot,
            fixed_cost=van.fixed_cost,
            tw_early=van.starts,
            tw_late=van.ends,
            shift_duration=van.longest_s,
            unit_distance_cost=van.metre_cost,
            unit_duration_cost=van.second_cost,
            reload_depots=[van.depot] if van.trips > 1 else [],
            max_reloads=van.trips - 1,
        )
        for van in problem.vans
    ]
    matrices: Any = [problem.metres], [problem.seconds]  # typed there as arrays shaped like an int
    where = [pyvrp.Location(0, 0)] * len(problem.metres)  # only the matrices tell how far
    return pyvrp.ProblemData(where, clients, depots, vans, *matrices)
