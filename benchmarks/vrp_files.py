"""Instances of the routing literature as our problems: Solomon's format and VRPLIB's, and what is best known.

Distances and times become whole numbers: tenths, cut off, which is the convention of the published optima, or
thousandths, rounded.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from routing.problem import Floats, Ints
from routing.tour_values import FOREVER, Depot, Route, Stop, TourProblem, Van

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples" / "vrp"
ANY_TRIPS = 1_000


@dataclass(frozen=True, slots=True)
class Instance:
    """``best``: least known cost in the problem's own units; ``fewest``: (vans, distance) of the published
    plan with fewest vans, in the instance's units."""

    name: str
    problem: TourProblem
    best: int
    fewest: tuple[int, float] | None = None


def tenths(values: Floats) -> Ints:
    cut: Ints = (10 * np.asarray(values, dtype=np.float64)).astype(np.int64)
    return cut


def thousandths(values: Floats) -> Ints:
    rounded: Ints = np.round(1000 * np.asarray(values, dtype=np.float64)).astype(np.int64)
    return rounded


Whole = Callable[[Floats], Ints]


def read_solomon(path: Path) -> Instance:
    """Solomon's and Gehring and Homberger's: one depot, as many vans as the file says, least distance."""
    numbers = [
        [float(word) for word in line.split()] for line in path.read_text().splitlines()[4:] if _data(line)
    ]
    (vans, capacity), rows = numbers[0], np.array([row for row in numbers[1:] if len(row) == 7])
    whole = np.column_stack([tenths(rows[:, 4:])])
    stops = tuple(
        Stop(str(n), load=int(rows[n, 3]), opens=int(w[0]), closes=int(w[1]), service_s=int(w[2]))
        for n, w in enumerate(whole)
        if n
    )
    ends = int(whole[0, 1])
    van = Van("van", 0, count=int(vans), capacity=int(capacity), ends=ends)
    metres = tenths(_distances(rows[:, 1:3]))
    problem = TourProblem((Depot("0", closes=ends),), stops, (van,), metres, metres)
    best, fewest = best_known()[path.stem]
    return Instance(path.stem, problem, round(10 * best), fewest)


def read_vrplib(path: Path) -> Instance:
    """VRPLIB's: several depots, reloads, release times, prizes. Cost: distance and the prizes left out."""
    head, sections = _sections(path)
    whole: Whole = thousandths if head["TYPE"] == "MDVRPTW" else tenths
    coordinates, windows = sections["NODE_COORD"], whole(sections["TIME_WINDOW"])
    depots = len(sections["DEPOT"]) if (sections["DEPOT"] > 0).all() else len(sections["DEPOT"]) - 1
    size = len(coordinates)
    zeros = np.zeros((size, 1))
    service = np.full((size, 1), float(head.get("SERVICE_TIME", 0)))
    services = whole(sections.get("SERVICE_TIME", service))[:, 0]
    releases = whole(sections.get("RELEASE_TIME", zeros))[:, 0]
    prizes = whole(sections.get("PRIZE", zeros))[:, 0]
    loads = sections["DEMAND"][:, 0].astype(np.int64)
    stops = tuple(
        Stop(
            str(n),
            load=int(loads[n]),
            service_s=int(services[n]),
            opens=int(windows[n, 0]),
            closes=int(windows[n, 1]),
            released=int(releases[n]),
            prize=int(prizes[n]) if prizes[n] else None,
        )
        for n in range(depots, size)
    )
    metres = whole(_distances(coordinates))
    kept = tuple(Depot(str(n), closes=int(windows[n, 1])) for n in range(depots))
    problem = TourProblem(kept, stops, _vans(head, sections, windows, whole), metres, metres)
    return Instance(path.stem, problem, read_plan(path.with_suffix(".sol"), problem)[1])


def read_plan(path: Path, problem: TourProblem) -> tuple[list[Route], int]:
    """(routes, cost) of a published plan; an index below the number of depots is a reload."""
    routes: list[Route] = []
    cost, depots = 0, len(problem.depots)
    kinds = [n for n, van in enumerate(problem.vans) for _ in range(van.count)]
    for line in path.read_text().splitlines():
        found = re.match(r"Route #(\d+):(.*)", line)
        if found and found[2].split():
            trips: list[list[int]] = [[]]
            for place in map(int, found[2].split()):
                if place < depots:
                    trips.append([])
                else:
                    trips[-1].append(place - depots)
            routes.append((kinds[int(found[1]) - 1], trips))
        elif line.startswith("Cost"):
            cost = int(float(line.split()[1]))
    return routes, cost


def best_known() -> dict[str, tuple[float, tuple[int, float] | None]]:
    """By instance: least distance with any number of vans, and (fewest vans, their distance)."""
    with (SAMPLES / "best_known.csv").open() as file:
        return {
            row["instance"]: (
                float(row["distance"]),
                (int(row["fewest_vans"]), float(row["distance_of_fewest"])) if row["fewest_vans"] else None,
            )
            for row in csv.DictReader(file)
        }


def _vans(head: dict[str, str], sections: dict[str, Floats], windows: Ints, whole: Whole) -> tuple[Van, ...]:
    """Vans of one depot are alike."""
    count = int(head["VEHICLES"])
    homes = sections.get("VEHICLES_DEPOT", np.ones((count, 1)))[:, 0].astype(np.int64) - 1
    longest = (
        whole(np.array([float(head["VEHICLES_MAX_DURATION"])]))[0]
        if "VEHICLES_MAX_DURATION" in head
        else FOREVER
    )
    trips = ANY_TRIPS if "VEHICLES_RELOAD_DEPOT" in sections else 1
    return tuple(
        Van(
            f"from {home}",
            int(home),
            count=int((homes == home).sum()),
            capacity=int(head["CAPACITY"]),
            ends=int(windows[home, 1]),
            longest_s=int(longest),
            trips=trips,
        )
        for home in np.unique(homes)
    )


def _sections(path: Path) -> tuple[dict[str, str], dict[str, Floats]]:
    """The head of a VRPLIB file, and its tables without the first column, which numbers the rows."""
    head: dict[str, str] = {}
    rows: dict[str, list[list[float]]] = {}
    name = ""
    for line in path.read_text().splitlines():
        if line.endswith("_SECTION"):
            name = line.removesuffix("_SECTION")
            rows[name] = []
        elif ":" in line:
            key, _, value = line.partition(":")
            head[key.strip()] = value.strip()
        elif _data(line):
            rows[name].append([float(word) for word in line.split()])
    return head, {n: np.array(table)[:, 0 if n == "DEPOT" else 1 :] for n, table in rows.items()}


def _data(line: str) -> bool:
    return bool(line.strip()) and line.strip()[0] in "-0123456789"


def _distances(points: Floats) -> Floats:
    apart: Floats = np.hypot(*(points[:, None, :2] - points[None, :, :2]).transpose(2, 0, 1))
    return apart
