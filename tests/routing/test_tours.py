"""Courier tours: drivable as told, as cheap as exhaustive search on small days, near the best known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.vrp_files import SAMPLES, read_plan, read_solomon, read_vrplib
from routing.tour_values import Depot, Route, Stop, TourProblem, Tours, Van
from routing.tours import plan_tours
from routing.tours_recount import faults, recounted


def problem_of(
    places: Sequence[tuple[int, int]],
    stops: Sequence[Stop],
    vans: Sequence[Van],
    depots: Sequence[Depot] = (Depot("D"),),
) -> TourProblem:
    """A day on a plane where a unit takes a second, walked along the axes."""
    at = np.array(places, dtype=np.int64)
    metres = np.abs(at[:, None] - at[None, :]).sum(axis=2)
    return TourProblem(tuple(depots), tuple(stops), tuple(vans), metres, metres)


def routes_of(problem: TourProblem, tours: Tours) -> list[Route]:
    """The decisions behind told tours."""
    vans = {van.id: n for n, van in enumerate(problem.vans)}
    stops = {stop.id: n for n, stop in enumerate(problem.stops)}
    return [
        (vans[tour.van], [[stops[visit.stop] for visit in trip.visits] for trip in tour.trips])
        for tour in tours.tours
    ]


def check_told(problem: TourProblem, tours: Tours) -> None:
    """Every instant told, stepped through by hand."""
    stops = {stop.id: (n, stop) for n, stop in enumerate(problem.stops)}
    vans = {van.id: van for van in problem.vans}
    for tour in tours.tours:
        van = vans[tour.van]
        depot = problem.depots[van.depot]
        free, metres = max(van.starts, depot.opens), 0
        assert 1 <= len(tour.trips) <= van.trips
        for trip in tour.trips:
            here, clock = van.depot, trip.leaves
            assert trip.leaves >= free + depot.loading_s
            assert sum(stops[visit.stop][1].load for visit in trip.visits) <= van.capacity
            for visit in trip.visits:
                n, stop = stops[visit.stop]
                assert trip.leaves >= stop.released + depot.loading_s
                assert visit.arrives == clock + problem.seconds[here, problem.place(n)]
                assert visit.begins == max(visit.arrives, stop.opens) <= stop.closes
                metres += int(problem.metres[here, problem.place(n)])
                here, clock = problem.place(n), visit.begins + stop.service_s
            free = trip.returns
            metres += int(problem.metres[here, van.depot])
            assert trip.returns == clock + problem.seconds[here, van.depot]
        assert free <= min(van.ends, depot.closes)
        seconds = free - tour.trips[0].leaves + depot.loading_s
        assert (tour.metres, tour.seconds) == (metres, seconds) and seconds <= van.longest_s
        assert tour.cost == van.fixed_cost + van.metre_cost * metres + van.second_cost * seconds
    seen = [visit.stop for tour in tours.tours for trip in tour.trips for visit in trip.visits]
    assert sorted([*seen, *tours.left_out, *tours.failed]) == sorted(stops)
    for van in problem.vans:
        assert sum(tour.van == van.id for tour in tours.tours) <= van.count


def splits(stops: Sequence[int]) -> Iterator[list[list[int]]]:
    """Every way to put stops into rows, in every order within a row."""
    if not stops:
        yield []
        return
    first, *rest = stops
    for rows in splits(rest):
        yield [[first], *rows]
        for n, row in enumerate(rows):
            for at in range(len(row) + 1):
                yield [*rows[:n], [*row[:at], first, *row[at:]], *rows[n + 1 :]]


def trips_of(row: Sequence[int]) -> Iterator[list[list[int]]]:
    """Every way to cut a row into trips."""
    for cuts in range(2 ** (len(row) - 1)):
        trips = [[row[0]]]
        for n, stop in enumerate(row[1:]):
            if cuts >> n & 1:
                trips.append([])
            trips[-1].append(stop)
        yield trips


def cheapest_by_hand(problem: TourProblem) -> int | None:
    """The least cost of all plans without a fault, None where there is none."""
    optional = [n for n, stop in enumerate(problem.stops) if stop.prize is not None]
    best = None
    for left in range(2 ** len(optional)):
        out = {n for k, n in enumerate(optional) if left >> k & 1}
        for rows in splits([n for n in range(len(problem.stops)) if n not in out]):
            cost = _cheapest_of(problem, rows, 0, [])
            best = cost if best is None or (cost is not None and cost < best) else best
    return best


def _cheapest_of(problem: TourProblem, rows: list[list[int]], at: int, routes: list[Route]) -> int | None:
    if at == len(rows):
        return None if faults(problem, routes) else recounted(problem, routes).cost
    found = [
        _cheapest_of(problem, rows, at + 1, [*routes, (van, trips)])
        for van, kind in enumerate(problem.vans)
        for trips in trips_of(rows[at])
        if len(trips) <= kind.trips
    ]
    return min((cost for cost in found if cost is not None), default=None)


def day(seed: int) -> TourProblem:
    """A few stops with windows, some released late, some optional; one or two depots with couriers."""
    rng = np.random.default_rng(seed)
    count, depots = int(rng.integers(2, 6)), int(rng.integers(1, 3))
    stops = []
    for n in range(count):
        opens, prize = int(rng.integers(0, 41)), int(rng.choice([-1, -1, -1, 12, 30]))
        stops.append(
            Stop(
                f"S{n}",
                load=int(rng.integers(0, 4)),
                service_s=int(rng.integers(0, 5)),
                opens=opens,
                closes=opens + int(rng.integers(5, 61)),
                released=int(rng.choice([0, 0, 15])),
                prize=None if prize < 0 else prize,
            )
        )
    vans = [
        Van(
            f"V{n}",
            depot=n,
            count=int(rng.integers(1, 3)),
            capacity=int(rng.integers(3, 9)),
            starts=int(rng.choice([0, 5])),
            ends=int(rng.choice([90, 200])),
            longest_s=int(rng.choice([60, 300])),
            trips=int(rng.integers(1, 4)),
            fixed_cost=int(rng.choice([0, 7])),
            second_cost=int(rng.choice([0, 1])),
        )
        for n in range(depots)
    ]
    houses = [Depot(f"D{n}", loading_s=int(rng.choice([0, 3]))) for n in range(depots)]
    places = [(int(x), int(y)) for x, y in rng.integers(0, 13, size=(depots + count, 2))]
    return problem_of(places, stops, vans, houses)


SMALL_DAYS = 80


def test_small_days_equal_exhaustive_search() -> None:
    """Never below the optimum, never failing where it can be done, and nearly always the optimum itself."""
    missed = []
    for seed in range(SMALL_DAYS):
        problem = day(seed)
        found = plan_tours(problem, rounds=400)
        check_told(problem, found)
        assert found.cost == recounted(problem, routes_of(problem, found)).cost
        best = cheapest_by_hand(problem)
        if best is None:
            assert found.failed, seed
        elif found.failed or found.cost != best:
            assert not found.failed and found.cost > best, seed
            missed.append((seed, found.cost, best))
    assert len(missed) <= SMALL_DAYS // 40, missed


@pytest.mark.parametrize("name", ["C201R0.5", "R211R0.5", "PR11A"])
def test_published_plans_cost_what_is_published(name: str) -> None:
    instance = read_vrplib(SAMPLES / f"{name}.vrp")
    routes, cost = read_plan(SAMPLES / f"{name}.sol", instance.problem)
    assert faults(instance.problem, routes) == []
    told = recounted(instance.problem, routes)
    assert told.cost == cost == instance.best
    check_told(instance.problem, told)


def test_a_published_plan_with_a_stop_moved_is_at_fault() -> None:
    instance = read_vrplib(SAMPLES / "R211R0.5.vrp")
    routes = read_plan(SAMPLES / "R211R0.5.sol", instance.problem)[0]
    (van, trips), *others = sorted(routes, key=lambda route: -len(route[1]))
    turned = (van, [trip[::-1] for trip in reversed(trips)])
    assert any("late" in fault for fault in faults(instance.problem, [turned, *others]))
    heaped = (van, [[stop for trip in trips for stop in trip]])
    assert any("overloaded" in fault for fault in faults(instance.problem, [heaped, *others]))
    assert any("not visited" in fault for fault in faults(instance.problem, others))
    assert any(
        "visited 2 times" in fault for fault in faults(instance.problem, [(van, trips), *others, others[0]])
    )


@pytest.mark.parametrize(("name", "most"), [("R101.txt", 0.01), ("RC208.txt", 0.02), ("R211R0.5.vrp", 0.04)])
def test_real_instances_come_near_the_best_known(name: str, most: float) -> None:
    read = read_solomon if name.endswith("txt") else read_vrplib
    instance = read(SAMPLES / name)
    found = plan_tours(instance.problem, seed=1, rounds=4_000)
    check_told(instance.problem, found)
    assert found.failed == () and found.rounds == 4_000
    assert instance.best <= found.cost <= (1 + most) * instance.best


def test_the_same_seed_plans_the_same_and_more_rounds_are_no_worse() -> None:
    problem = read_solomon(SAMPLES / "RC208.txt").problem
    short = plan_tours(problem, seed=7, rounds=200)
    assert plan_tours(problem, seed=7, rounds=200) == short
    assert plan_tours(problem, seed=7, rounds=600).cost <= short.cost


def test_a_search_that_has_settled_begins_anew_elsewhere() -> None:
    """Where it settles first it stays 0.8 % above the optimum, however long it goes on."""
    instance = read_solomon(SAMPLES / "RC208.txt")
    assert plan_tours(instance.problem, seed=2, rounds=4_000).cost > instance.best
    assert plan_tours(instance.problem, seed=2, rounds=15_000).cost == instance.best


def test_time_that_runs_out_ends_the_search() -> None:
    problem = read_solomon(SAMPLES / "RC208.txt").problem
    left = iter(range(50, -1, -1))
    stopped = plan_tours(problem, rounds=10_000, time_left=lambda: next(left))
    assert stopped.rounds == 50
    assert plan_tours(problem, rounds=50) == stopped


def test_a_courier_reloads_when_the_goods_are_ready() -> None:
    """Two stops that do not fit together, the second ready at 30: one van, two trips."""
    stops = [Stop("early", load=2, service_s=1), Stop("late", load=2, service_s=1, released=30)]
    van = Van("bike", 0, capacity=3, trips=2, fixed_cost=100)
    problem = problem_of([(0, 0), (5, 0), (0, 4)], stops, [van], [Depot("D", loading_s=2)])
    (tour,) = plan_tours(problem, rounds=200).tours
    first, second = tour.trips
    assert [visit.stop for visit in first.visits] == ["early"]
    assert (second.leaves, second.visits[0].begins, second.returns) == (32, 36, 41)
    assert first.returns <= 30 and tour.cost == 100 + 10 + 8
    (single, *_) = plan_tours(replace(problem, vans=(replace(van, trips=1),)), rounds=200).tours
    assert len(single.trips) == 1


def test_a_courier_leaves_no_sooner_than_needed() -> None:
    problem = problem_of([(0, 0), (5, 0)], [Stop("noon", opens=50, closes=60)], [Van("V", 0, second_cost=1)])
    (tour,) = plan_tours(problem, rounds=100).tours
    assert (tour.trips[0].leaves, tour.seconds, tour.cost) == (45, 10, 20)


def test_what_cannot_be_fitted_in_is_told_and_the_rest_is_driven() -> None:
    stops = [Stop("A", load=2), Stop("B", load=2), Stop("far", closes=3), Stop("heavy", load=9)]
    problem = problem_of([(0, 0), (1, 0), (2, 0), (30, 0), (1, 1)], stops, [Van("V", 0, capacity=4)])
    found = plan_tours(problem, rounds=300)
    assert set(found.failed) == {"far", "heavy"}
    check_told(problem, found)


def test_a_stop_that_costs_more_than_its_prize_is_left_out() -> None:
    stops = [Stop("near", prize=10), Stop("far", prize=10)]
    found = plan_tours(problem_of([(0, 0), (2, 0), (9, 0)], stops, [Van("V", 0)]), rounds=200)
    assert (found.left_out, found.cost) == (("far",), 14)


def test_nothing_to_do_and_nobody_to_do_it() -> None:
    assert plan_tours(problem_of([(0, 0)], [], [Van("V", 0)])) == Tours((), (), (), 0, 0)
    assert plan_tours(problem_of([(0, 0), (1, 1)], [Stop("A")], [])).failed == ("A",)


def test_values_out_of_bounds_are_refused() -> None:
    fine = problem_of([(0, 0), (1, 1)], [Stop("A")], [Van("V", 0)])
    wrong = [
        replace(fine, metres=fine.metres[:1]),
        replace(fine, seconds=-fine.seconds),
        replace(fine, metres=fine.metres + 1),
        replace(fine, vans=(Van("V", 1),)),
        replace(fine, vans=(Van("V", 0, trips=0),)),
        replace(fine, stops=(Stop("A", load=-1),)),
    ]
    for problem in wrong:
        with pytest.raises(ValueError, match=r"matrices|depot|negative"):
            plan_tours(problem)
