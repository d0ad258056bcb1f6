"""The pictures of docs/mathematics.md about returns, walks and tours, drawn from runs of the real functions,
and those of its second page (``benchmarks.price_pictures``).

python -m benchmarks.mathematics_pictures
"""

from __future__ import annotations

from itertools import pairwise

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks import price_pictures
from benchmarks.pictures import begin, save
from benchmarks.return_nodes import outlets, shop
from benchmarks.vrp_files import SAMPLES, read_vrplib
from benchmarks.walk_metres import DEEP_M, drawn, floor_of
from routing.disposition import dispose, marginal_minor
from routing.tours import plan_tours
from routing.walk import Walk, s_shape_walk, shortest_walk
from routing.walk_spots import Floor, Spot

TOURS_ROUNDS = 6_000
RETURNED, SHOWN, SKUS_TRIED = 8, 4, 60


def draw_walks() -> None:
    """The same twenty spots by rule of thumb and by the programme, on two blocks."""
    floor, start, spots = floor_of(2), Spot(0, 0.0), drawn(20, seed=7)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
    _floor(left, floor, spots, s_shape_walk(floor, start, spots), "S-shape")
    _floor(right, floor, spots, shortest_walk(floor, start, spots), "shortest")
    save(figure, "walk")


def _floor(axes: Axes, floor: Floor, spots: list[Spot], walk: Walk, name: str) -> None:
    for aisle in floor.aisles:
        axes.plot([aisle, aisle], [0, DEEP_M], color="0.85", linewidth=6, zorder=0)
    for crossing in floor.crossings:
        axes.plot([floor.aisles[0], floor.aisles[-1]], [crossing] * 2, color="0.85", linewidth=3, zorder=0)
    way = [(floor.aisles[spot.aisle], spot.metre) for spot in walk.way]
    for n, ((x, y), (u, v)) in enumerate(pairwise(way)):
        side = 0.5 if (u, v) > (x, y) else -0.5  # there and back side by side
        shift = (side, 0) if x == u else (0, side)
        ends = [x + shift[0], u + shift[0]], [y + shift[1], v + shift[1]]
        axes.plot(*ends, color=plt.get_cmap("viridis")(n / len(way)), linewidth=1.6)
    axes.plot(
        [floor.aisles[s.aisle] for s in spots], [s.metre for s in spots], "o", color="black", markersize=4
    )
    axes.plot(*way[0], "s", color="tab:red", markersize=8)
    axes.set(
        title=f"{name}: {walk.metres:.0f} m", xlabel="m along the cross-aisles", ylabel="m along the aisles"
    )


def draw_tours() -> None:
    """A real plan of the multi-trip sample: every trip of every courier, and when it is out."""
    instance = read_vrplib(SAMPLES / "R211R0.5.vrp")
    tours = plan_tours(instance.problem, seed=1, rounds=TOURS_ROUNDS)
    places = _coordinates("R211R0.5")
    figure, (plane, day) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    for n, tour in enumerate(tours.tours):
        color = plt.get_cmap("tab10")(n % 10)
        for trip in tour.trips:
            way = [places[0], *(places[int(visit.stop)] for visit in trip.visits), places[0]]
            plane.plot(*zip(*way, strict=True), color=color, linewidth=1, marker=".", markersize=4)
            day.barh(n, (trip.returns - trip.leaves) / 10, left=trip.leaves / 10, color=color, height=0.7)
            day.text(trip.leaves / 10 + 4, n, f"{len(trip.visits)}", va="center", fontsize=8, color="white")
    plane.plot(*places[0], "s", color="black")
    gap = 100 * (tours.cost / instance.best - 1)
    plane.set(title=f"{tours.cost / 10:.1f}, {gap:.1f} % over the best known", xlabel="x", ylabel="y")
    day.set(title="trips of each courier, stops a trip", xlabel="time", ylabel="courier")
    save(figure, "tours")


def _coordinates(name: str) -> list[tuple[float, float]]:
    rows = (SAMPLES / f"{name}.vrp").read_text().split("NODE_COORD_SECTION\n")[1].split("DEMAND_SECTION")[0]
    return [(float(x), float(y)) for _, x, y in (row.split() for row in rows.splitlines())]


def draw_disposition() -> None:
    """What each further unit of a much sold SKU fetches at the best nodes, and how eight are split."""
    world = shop()
    order = min(world.home)
    sold = [sku for (_, sku), _ in world.sold.most_common(SKUS_TRIED)]
    split = {sku: dispose(RETURNED, list(outlets(world, sku, order))) for sku in sold}
    sku = max(split, key=lambda tried: len(split[tried].placements))
    found, choice = split[sku], list(outlets(world, sku, order))
    units = {placement.node: placement.units for placement in found.placements}
    taken = [outlet for outlet in choice if outlet.node in units]
    others = sorted(choice, key=lambda o: -float(marginal_minor(o, 1)[0]) + o.fixed_minor)
    shown = taken + [outlet for outlet in others if outlet not in taken][: max(0, SHOWN - len(taken))]
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for outlet in shown:
        worth = marginal_minor(outlet, RETURNED) - outlet.unit_minor
        kept = units.get(outlet.node, 0)
        (drawn_line,) = axes.plot(range(1, RETURNED + 1), worth, label=f"{outlet.node}: takes {kept}")
        axes.plot(range(1, kept + 1), worth[:kept], "o", color=drawn_line.get_color())
    axes.set(
        xlabel="unit of the parcel",
        ylabel="expected worth, pence",
        title=f"{RETURNED} × {world.skus[sku]['name']}",
    )
    axes.legend(fontsize=8)
    save(figure, "disposition")


def main() -> None:
    begin()
    draw_walks()
    draw_tours()
    draw_disposition()
    price_pictures.draw()


if __name__ == "__main__":
    main()
