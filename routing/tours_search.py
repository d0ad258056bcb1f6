"""PyVRP's iterated local search on our values: from a problem to trips, nothing else.

Wouda, Lan and Kool, "PyVRP: A High-Performance VRP Solver Package", INFORMS Journal on Computing 36(4), 2024;
late acceptance by Burke and Bykov, European Journal of Operational Research 258(1), 2017.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyvrp
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

FEASIBLE = 0.43
"""The share of feasible plans that the prices aim at."""

PATIENCE, LEAST_PATIENCE = 30, 1_000
"""Rounds per stop, and at least, without a better plan, after which the search begins anew elsewhere: it
seldom leaves the valley it settled in, and chance says which (Solomon's R204 by seed: 0.2 to 1.1 % above the
optimum)."""

PARAMETERS = pyvrp.SolveParams(
    ils=pyvrp.IteratedLocalSearchParams(history_length=HISTORY),
    penalty=PenaltyParams(solutions_between_updates=UPDATE, target_feasible=FEASIBLE),
    perturbation=PerturbationParams(max_perturbations=PERTURBATIONS),
)


def searched(problem: TourProblem, seed: int, over: Callable[[int], bool]) -> tuple[list[Route], int]:
    """(routes, rounds) of the best plan found until ``over(rounds)``; where none keeps to all conditions, one
    that breaks some.
    """
    data, chance, rounds, found = _data(problem), np.random.default_rng(seed), 0, []
    ended = False
    while not ended:
        one, rounds, ended = _settled(data, seed, rounds, over)
        found.append(one)
        seed = int(chance.integers(2**32))
    best = min(found, key=pyvrp.Result.cost).best
    return [_route(problem, route) for route in best.routes()], rounds


def _settled(
    data: pyvrp.ProblemData, seed: int, rounds: int, over: Callable[[int], bool]
) -> tuple[pyvrp.Result, int, bool]:
    """What a search from a plan at random came to, ``rounds`` with its own added, whether they are over."""
    patience = max(LEAST_PATIENCE, PATIENCE * data.num_clients)
    since, least, ended = 0, math.inf, False

    def stop(best_cost: float) -> bool:
        nonlocal rounds, since, least, ended
        since = 0 if best_cost < least else since + 1
        least = min(least, best_cost)
        ended = over(rounds)
        if ended or since > patience:
            return True
        rounds += 1
        return False

    found = pyvrp.solve(data, stop, seed, collect_stats=False, params=PARAMETERS)
    return found, rounds, ended


def _route(problem: TourProblem, route: pyvrp.Route) -> Route:
    trips = [[place - len(problem.depots) for place in trip.visits()] for trip in route.trips()]
    return route.vehicle_type(), tuple(tuple(trip) for trip in trips if trip)


def _data(problem: TourProblem) -> pyvrp.ProblemData:
    depots = [
        pyvrp.Depot(0, 0, tw_early=d.opens, tw_late=d.closes, service_duration=d.loading_s)
        for d in problem.depots
    ]
    clients = [
        pyvrp.Client(
            0, 0,
            delivery=[stop.load],
            service_duration=stop.service_s,
            tw_early=stop.opens,
            tw_late=stop.closes,
            release_time=stop.released,
            prize=stop.prize or 0,
            required=stop.prize is None,
        )
        for stop in problem.stops
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
    return pyvrp.ProblemData(clients, depots, vans, *matrices)
