"""The multi-item instances of the literature as streams of the replay lab.

10,000 arrivals; 20 items; five random baskets of each size 1 to 5 and the empty one; shares of sizes, and of
baskets within a size, uniform and normalised; regions by population. A parcel costs 8.759, an item 0.423 and
0.000541 a mile; whoever is served from outside costs twice a parcel and twice the dearest item of the region.
A node carries an item with probability 0.75, and stocks what the regions nearest to it among the carriers
are expected to ask for and half a standard deviation.

Money in 10⁻⁴ dollars. The empty basket takes its share of arrivals and asks for nothing.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from routing.geo import great_circle_m
from routing.problem import UNLIMITED, Floats, Ints, RateCards
from routing.replay.stream import Ground, Stream, no_arrivals, plain_days

DATA = Path(__file__).parents[2] / "samples" / "multi_item"
NETWORKS = {"small": ("cities_small", "nodes_small"), "large": ("cities_99", "nodes_10")}
ARRIVALS, ITEMS, BASKETS, CARRIES, SAFETY = 10_000, 20, 5, 0.75, 0.5
PARCEL, ITEM, MILE = 87_590, 4_230.0, 5.41
METRES_PER_MILE = 1609.344
AMPLE = 10**6


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """J regions, K nodes and the outside as node K, T types (basket × region, the empty basket left out)."""

    ground: Ground
    baskets: tuple[tuple[int, ...], ...]
    share: Floats  # [T] of all arrivals
    basket: Ints  # [T]
    region: Ints  # [T]
    unit_minor: Ints  # [J, K + 1]
    km: Floats  # [J, K + 1]
    nearest: Ints  # [items, J] the carrier each region is counted for, K where none

    def stream(self, types: Ints) -> Stream:
        """Orders of these types, a minute apart."""
        placed_at = np.datetime64("2024-01-01", "us") + np.arange(len(types)) * np.timedelta64(1, "m")
        lines = [self.baskets[self.basket[one]] for one in types]
        start = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
        sku = np.array([item for line in lines for item in line], np.int64)
        regions, nodes = self.unit_minor.shape
        return Stream(
            order_ids=tuple(str(order) for order in range(len(types))),
            placed_at=placed_at,
            start=start,
            sku=sku,
            quantity=np.ones(len(sku), np.int64),
            destination=self.region[types],
            km=self.km,
            card=np.zeros((regions, nodes), np.int64),
            days=plain_days(placed_at, nodes, regions),
            arrivals=no_arrivals(),
            unit_minor=self.unit_minor,
        )

    def arrivals(self, seed: int, count: int = ARRIVALS) -> Ints:
        """Types of the orders among ``count`` arrivals, in turn."""
        chance = np.random.default_rng([seed, 1])
        drawn = chance.choice(len(self.share) + 1, count, p=np.append(self.share, 1 - self.share.sum()))
        return drawn[drawn < len(self.share)].astype(np.int64)


def instance(network: str, level: float, seed: int) -> Instance:
    """One of the instances on ``network`` with stock at ``level`` times the standard."""
    chance = np.random.default_rng([seed, 0])
    cities, sites = (_read(name) for name in NETWORKS[network])
    metres = np.stack([great_circle_m(lat, lon, sites[:, 0], sites[:, 1]) for lat, lon, _ in cities])
    miles, people = metres / METRES_PER_MILE, cities[:, 2]
    baskets, shares = _baskets(chance)
    regions, nodes = miles.shape
    share = (shares[:, None] * (people / people.sum())[None, :]).ravel()
    carried = chance.random((ITEMS, nodes)) < CARRIES
    away = np.where(carried[:, None, :], miles[None, :, :], np.inf)
    nearest = np.where(np.isfinite(away.min(axis=2)), away.argmin(axis=2), nodes)
    stock = _stock(baskets, share.reshape(len(baskets), regions), nearest, nodes, level)
    dearest = ITEM + MILE * miles.max(axis=1, keepdims=True)
    unit = np.rint(np.concatenate([ITEM + MILE * miles, 2 * dearest], axis=1)).astype(np.int64)
    return Instance(
        ground=_ground(stock, nodes),
        baskets=baskets,
        share=share,
        basket=np.repeat(np.arange(len(baskets)), regions),
        region=np.tile(np.arange(regions), len(baskets)),
        unit_minor=unit,
        km=np.concatenate([metres / 1000, np.zeros((regions, 1))], axis=1),
        nearest=nearest,
    )


def _baskets(chance: np.random.Generator) -> tuple[tuple[tuple[int, ...], ...], Floats]:
    baskets = [
        tuple(sorted(chance.choice(ITEMS, size, replace=False).tolist()))
        for size in range(1, BASKETS + 1)
        for _ in range(BASKETS)
    ]
    sizes = chance.random(BASKETS + 1)  # the first is that of the empty basket
    within = chance.random((BASKETS, BASKETS))
    shares = sizes[1:, None] / sizes.sum() * within / within.sum(axis=1, keepdims=True)
    return tuple(baskets), shares.ravel()


def _stock(
    baskets: tuple[tuple[int, ...], ...], share: Floats, nearest: Ints, nodes: int, level: float
) -> Ints:
    asked = np.zeros((ITEMS, nodes + 1))
    for basket, items in enumerate(baskets):
        for item in items:
            np.add.at(asked[item], nearest[item], share[basket])
    mean = ARRIVALS * asked
    stock = np.rint(level * (mean + SAFETY * np.sqrt(mean * (1 - asked)))).astype(np.int64)
    stock[:, nodes] = AMPLE
    return stock


def _ground(stock: Ints, nodes: int) -> Ground:
    nothing = np.zeros(ITEMS, np.int64)
    return Ground(
        currency="USD",
        node_ids=(*(f"node-{node}" for node in range(nodes)), "outside"),
        fixed_minor=np.array([PARCEL] * nodes + [2 * PARCEL], np.int64),
        pick_minor=np.zeros(nodes + 1, np.int64),
        cards=RateCards(("any", "none"), np.array([0, 1, 2]), np.array([10**9] * 2), np.zeros(2, np.int64)),
        sku_ids=tuple(f"item-{item}" for item in range(ITEMS)),
        weight_g=nothing + 1,
        volume_mm3=nothing,
        divisor_mm3_per_g=0.0,
        unfilled_penalty_minor=10**8,
        parcel_minor=0.0,
        breadth_weight=0.0,
        on_hand=stock,
        most_orders=np.full(nodes + 1, UNLIMITED, np.int64),
    )


def _read(name: str) -> Floats:
    """Latitude, longitude and, where there is any, population."""
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array(
        [[float(row["lat"]), float(row["lng"]), float(row.get("population") or 0)] for row in rows]
    )
