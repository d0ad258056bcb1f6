"""A generated retailer for the benchmark of the checkout: nodes around American cities, SKUs, and baskets.

A tenth of the nodes are warehouses that ship; the others are stores that ship, hand out and send couriers.
Every node holds every second SKU. All of it follows from one seed.
"""

from __future__ import annotations

from datetime import time
from typing import Any

import numpy as np

from inventory.catalogue_edit import SkuRow, put_nodes, put_skus
from inventory.movements import Note
from inventory.stock_load import LoadLine, load_counts
from oms.actors import SYSTEM
from oms.bootstrap import Runtime
from oms.memory.network_load import Kind
from oms.store.versions import bump
from oms.work import Work, transact
from routing.network_spec import CalendarSpec, LaneSpec, NodeSpec, SlotSpec, TariffSpec
from routing.policy import Policy, PriceRule
from tests.support import node_row, write_documents

SEED = 4
SKUS = 400
HELD = 0.5
SPREAD_KM = 25.0
CITIES = (
    (40.71, -74.01, "America/New_York"),
    (34.05, -118.24, "America/Los_Angeles"),
    (41.88, -87.63, "America/Chicago"),
    (29.76, -95.37, "America/Chicago"),
    (33.45, -112.07, "America/Phoenix"),
    (39.95, -75.17, "America/New_York"),
    (32.72, -117.16, "America/Los_Angeles"),
    (39.74, -104.99, "America/Denver"),
    (47.61, -122.33, "America/Los_Angeles"),
    (33.75, -84.39, "America/New_York"),
)
ZONES_KM = (250.0, 500.0, 1_000.0, 1_600.0, 2_300.0, 3_000.0, None)
STEPS = 20
STORE_HOURS = CalendarSpec("store", ((time(9), time(21)),) * 6 + ((time(10), time(18)),))
TARIFFS = tuple(
    TariffSpec(
        f"zone {zone}",
        tuple((500 * step, 420 + 60 * zone + (30 + 12 * zone) * step) for step in range(1, STEPS + 1)),
    )
    for zone in range(len(ZONES_KM))
)
LANES = tuple(
    LaneSpec(f"zone {zone}", 1 + zone, country="US", up_to_km=up_to_km)
    for zone, up_to_km in enumerate(ZONES_KM)
)
SLOTS = (
    SlotSpec("morning", time(10), time(13), capacity=5_000),
    SlotSpec("afternoon", time(14), time(17), capacity=5_000),
    SlotSpec("evening", time(18), time(20), capacity=5_000),
)
POLICY = Policy(
    late_day_minor=40.0,
    parcel_minor=60.0,
    price_rules=(
        PriceRule(method="ship", amount_minor=599, free_from_minor=7_500),
        PriceRule(method="courier", amount_minor=999),
        PriceRule(method="pickup", amount_minor=0),
    ),
)


def furnish(runtime: Runtime, nodes: int) -> None:
    """Write a network of so many nodes and its stock, and have this process see it."""
    chance = np.random.default_rng([SEED, nodes])
    specs = [node_spec(chance, number) for number in range(nodes)]
    transact(runtime, SYSTEM, lambda work: _write(work, specs))
    held = chance.random((nodes, SKUS)) < HELD
    units = chance.integers(1, 60, (nodes, SKUS))
    counted = [
        LoadLine(specs[node].id, f"S{sku}", int(units[node, sku])) for node, sku in np.argwhere(held).tolist()
    ]
    for chunk in load_counts(runtime.engine, runtime.clock.now(), counted, Note()):
        assert not chunk.unknown, "all nodes and SKUs were written before"
    runtime.refresher.look()
    runtime.feed.look()


def availability_asks(number: int, near: bool, skus: int = SKUS) -> list[dict[str, Any]]:
    """Three SKUs each, as a product page or a cart asks: totals and methods, or those near a customer."""
    chance = np.random.default_rng([SEED, 1])
    asks: list[dict[str, Any]] = [{"skus": _skus(chance, skus), "channel": "web"} for _ in range(number)]
    for ask in asks if near else ():
        ask["near"] = dict(zip(("lat", "lon"), _point(chance), strict=True))
    return asks


def promise_asks(number: int, skus: int = SKUS) -> list[dict[str, Any]]:
    """Three lines each to a place of its own, by all methods; every fifth line wants two units."""
    chance = np.random.default_rng([SEED, 2])
    return [_promise_ask(chance, skus) for _ in range(number)]


def _promise_ask(chance: np.random.Generator, skus: int) -> dict[str, Any]:
    lat, lon = _point(chance)
    wanted = enumerate(_skus(chance, skus), 1)
    return {
        "channel": "web",
        "lines": [
            {"id": str(line), "sku": sku, "quantity": 1 + int(chance.random() < 0.2)} for line, sku in wanted
        ],
        "destination": {
            "country": "US",
            "postcode": f"{chance.integers(1_000, 99_999):05}",
            "lat": lat,
            "lon": lon,
        },
        "methods": ["ship", "pickup", "courier"],
    }


def _skus(chance: np.random.Generator, skus: int) -> list[str]:
    return [f"S{number}" for number in chance.choice(skus, 3, replace=False).tolist()]


def _point(chance: np.random.Generator) -> tuple[float, float]:
    lat, lon, _ = CITIES[int(chance.integers(len(CITIES)))]
    north, east = chance.normal(0.0, SPREAD_KM / 111 / 2, 2).tolist()
    return round(lat + north, 5), round(lon + east, 5)


def node_spec(chance: np.random.Generator, number: int) -> NodeSpec:
    """A node around one of the cities, by its number a warehouse or a store."""
    lat, lon, timezone = CITIES[number % len(CITIES)]
    north, east = chance.normal(0.0, SPREAD_KM / 111, 2).tolist()
    store = number % len(CITIES) != number // len(CITIES) % len(CITIES)
    return NodeSpec(
        f"{'ST' if store else 'WH'}-{number}",
        round(lat + north, 5),
        round(lon + east, 5),
        "US",
        timezone,
        kind="store" if store else "warehouse",
        methods=frozenset({"ship", "pickup", "courier"} if store else {"ship"}),
        calendar=STORE_HOURS.name,
        fixed_minor=150 if store else 60,
        pick_minor=40 if store else 20,
        limits={"ship": 100_000} if store else {},
        pick_lead_minutes=60,
        ship_cutoff=time(16),
        courier_radius_m=12_000 if store else 0,
        courier_minor=450,
    )


def _write(work: Work, specs: list[NodeSpec]) -> None:
    write_network(work, specs)
    chance = np.random.default_rng([SEED, 3])
    weight, price = chance.integers(100, 2_500, SKUS).tolist(), chance.integers(300, 6_000, SKUS).tolist()
    put_skus(
        work.conn,
        [SkuRow(f"S{i}", f"Article {i}", weight_g=weight[i], unit_price_minor=price[i]) for i in range(SKUS)],
    )
    bump(work.conn, "catalogue")


def write_network(work: Work, specs: list[NodeSpec]) -> None:
    """Nodes, and by what goods leave them."""
    put_nodes(work.conn, [node_row(spec) for spec in specs])
    documents: list[tuple[Kind, str, Any]] = [(Kind.TARIFF, tariff.name, tariff) for tariff in TARIFFS]
    documents += [(Kind.CALENDAR, STORE_HOURS.name, STORE_HOURS)]
    documents += [(Kind.LANES, Kind.LANES, LANES), (Kind.SLOTS, Kind.SLOTS, SLOTS)]
    documents += [(Kind.POLICY, Kind.POLICY, POLICY)]
    write_documents(work, documents)
