"""Where the UK retailer's returns would go, and what that is worth beside two rules of thumb.

python -m benchmarks.return_nodes [--every 1] [--write]

Real: what came back and how many, prices, store sites, who ordered what. From the sample, which draws them:
weights, stock, handling, where customers live. Assumed: a node's demand is that of the customers nearest to
it; a unit nobody buys within 90 days fetches a fifth of its price; value falls by 0.3 % a day; the customer
brings the goods to the nearest store, anywhere else they go by post; a day for inspection, three in the post.
Worth is what the model expects, not what was earned.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.machine import ROOT, write_result
from routing.disposition import Outlet, dispose
from routing.geo import great_circle_m

SAMPLE = ROOT / "samples" / "uk_retailer"
SEASON_DAYS, DECAY, SALVAGE, POST_DAYS, INSPECT_DAYS = 90.0, 0.003, 0.2, 3.0, 1.0
CENTRE = "warehouse"


@dataclass(frozen=True, slots=True)
class Shop:
    """What the sample says, by node and SKU."""

    nodes: list[dict[str, str]]
    skus: dict[str, dict[str, str]]
    stock: dict[tuple[str, str], int]
    sold: Counter[tuple[str, str]]  # units that customers nearest to the node ordered
    days: float
    steps: list[tuple[int, int]]  # up to g, minor
    home: dict[str, str]  # nearest node of an order


def shop() -> Shop:
    nodes, orders = _rows("nodes"), _rows("orders")
    lats, lons = (np.array([float(node[key]) for node in nodes]) for key in ("lat", "lon"))
    home = {
        order["id"]: nodes[
            int(great_circle_m(float(order["lat"]), float(order["lon"]), lats, lons).argmin())
        ]["id"]
        for order in orders
    }
    sold: Counter[tuple[str, str]] = Counter()
    for line in pq.read_table(SAMPLE / "lines.parquet").to_pylist():
        sold[home[line["order"]], line["sku"]] += line["quantity"]
    placed = [datetime.fromisoformat(order["placed_at"]) for order in orders]
    stock = {
        (row["node"], row["sku"]): row["on_hand"]
        for row in pq.read_table(SAMPLE / "stock.parquet").to_pylist()
    }
    skus = {sku["id"]: sku for sku in _rows("skus")}
    steps = [(int(step["up_to_g"]), int(step["minor"])) for step in _rows("tariffs")]
    return Shop(nodes, skus, stock, sold, (max(placed) - min(placed)).total_seconds() / 86_400, steps, home)


def outlets(shop: Shop, sku: str, order: str) -> Iterator[Outlet]:
    """Every node, as it would be for a unit of the SKU out of this order."""
    price, weight = int(shop.skus[sku]["unit_price_minor"]), int(shop.skus[sku]["weight_g"])
    post = next((minor for up_to, minor in shop.steps if weight <= up_to), shop.steps[-1][1])
    for node in shop.nodes:
        near = node["id"] == shop.home[order] and node["kind"] != CENTRE
        yield Outlet(
            node=node["id"],
            price_minor=price,
            salvage_minor=SALVAGE * price,
            stock=shop.stock.get((node["id"], sku), 0),
            daily_demand=shop.sold[node["id"], sku] / shop.days,
            lead_days=INSPECT_DAYS + (0 if near else POST_DAYS),
            season_days=SEASON_DAYS,
            decay_per_day=DECAY,
            fixed_minor=int(node["fixed_minor"]) + (0 if near else post),
            unit_minor=int(node["pick_minor"]),
        )


def figures(every: int) -> dict[str, Any]:
    """Expected net worth of the returns by where they go."""
    world = shop()
    net: defaultdict[str, float] = defaultdict(float)
    went: Counter[str] = Counter()
    units = 0
    for row in _rows("returns")[::every]:
        choice = list(outlets(world, row["sku"], row["order"]))
        count = int(row["quantity"])
        found = dispose(count, choice)
        home = next(n for n, node in enumerate(world.nodes) if node["id"] == world.home[row["order"]])
        centre = next(n for n, node in enumerate(world.nodes) if node["kind"] == CENTRE)
        net["best"] += found.net_minor
        net["nearest"] += found.alone[home].net_minor
        net["centre"] += found.alone[centre].net_minor
        units += count
        went["left"] += found.given_up
        for placement in found.placements:
            to = "centre" if placement.node == world.nodes[centre]["id"] else "another store"
            went["nearest" if placement.node == world.home[row["order"]] else to] += placement.units
    return {
        "every": every,
        "units": units,
        "went_units": dict(went),
        "net_minor_per_unit": {rule: round(minor / units, 2) for rule, minor in net.items()},
    }


def _rows(name: str) -> list[dict[str, str]]:
    with (SAMPLE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="keep the figures under benchmarks/results")
    given = parser.parse_args()
    result = figures(given.every)
    if given.write:
        print(write_result("return-nodes", result), file=sys.stderr)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
