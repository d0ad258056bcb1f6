"""Courier tours: which van visits which stops in which order, with time windows, loads, reloads and choice.

Several depots, several trips a courier with goods that become ready during the day, stops that may be left
out at a price, fixed, distance and time costs. The search is PyVRP's, which came closer than OR-Tools' on
every set they were compared on (``benchmarks/tour_gaps.py``); times and costs of its answer are counted anew
(``routing.tours_recount``), and an answer that cannot be driven loses stops until it can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from routing.tour_values import TourProblem, Tours
from routing.tours_recount import faults, recounted
from routing.tours_repair import completed, drivable, sound
from routing.tours_search import searched

ROUNDS = 10_000
"""Some two seconds for 100 stops."""


def plan_tours(
    problem: TourProblem,
    seed: int = 0,
    rounds: int = ROUNDS,
    time_left: Callable[[], float] | None = None,
) -> Tours:
    """The cheapest tours found in ``rounds`` of search, or until ``time_left()`` seconds are 0 or less.

    The same problem and seed give the same tours after the same rounds, which are told. Every tour can be
    driven as it stands; a stop that had to be visited and could not be fitted in is in ``failed``. Raises
    ValueError on matrices of the wrong shape and on values out of bounds.

    On rare days with reloads, release times, optional stops and a longest shift at once a single round goes
    on for ever inside PyVRP (see its issue 1045), where no clock is asked: people who wait for an answer have
    it sought in a process that can be ended.
    """
    _judge(problem)
    if not problem.stops or not problem.vans:
        return recounted(problem, [])

    def over(done: int) -> bool:
        return done >= rounds or (time_left is not None and time_left() <= 0)

    possible = [n for n in range(len(problem.stops)) if _possible(problem, n)]
    routes, done = searched(_only(problem, possible), seed, over) if possible else ([], 0)
    named = [(van, [[possible[n] for n in trip] for trip in trips]) for van, trips in routes]
    driven = [route for route in (drivable(problem, route) for route in named) if route[1]]
    whole = completed(problem, driven)
    broken = [fault for fault in faults(problem, whole) if not fault.endswith("not visited")]
    assert broken == [], broken
    return recounted(problem, whole, done)


def _possible(problem: TourProblem, stop: int) -> bool:
    """Whether some van could visit the stop if it were the only one."""
    return any(sound(problem, (van, [[stop]])) for van in range(len(problem.vans)))


def _only(problem: TourProblem, stops: Sequence[int]) -> TourProblem:
    """The problem with these stops alone."""
    places = [*range(len(problem.depots)), *map(problem.place, stops)]
    among = np.ix_(places, places)
    return replace(
        problem,
        stops=tuple(problem.stops[n] for n in stops),
        metres=problem.metres[among],
        seconds=problem.seconds[among],
    )


def _judge(problem: TourProblem) -> None:
    size = len(problem.depots) + len(problem.stops)
    for matrix in (problem.metres, problem.seconds):
        if matrix.shape != (size, size) or (matrix < 0).any() or matrix.diagonal().any():
            raise ValueError("matrices are [places, places], not negative, 0 from a place to itself")
    for van in problem.vans:
        if not 0 <= van.depot < len(problem.depots) or van.count < 1 or van.trips < 1:
            raise ValueError(f"{van.id}: no such depot, or no courier or trip")
    for stop in problem.stops:
        if min(stop.load, stop.service_s, stop.opens, stop.released, stop.prize or 0) < 0:
            raise ValueError(f"{stop.id}: a negative load, time or prize")
