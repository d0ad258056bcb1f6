"""Derive ``samples/us_grocer``: python scripts/derive_us_grocer.py DATA samples/us_grocer

Real: baskets, prices, SKU weights, store assortments, sites of stores and distribution centres, ZIP zones,
postage. Simulated with a fixed seed: which household lives where and what lies on hand in stores (by the
source), and here the stock of the distribution centres, shelf places, handling costs, hours, capacities.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sample_parts import (
    Handling,
    csv_rows,
    in_store_barcode,
    instants,
    lines_of,
    main,
    nearest_zip,
    shelf_places,
    texts,
    whole,
    words,
    zip_of,
)

from oms.adapters.folder import (
    Folder,
    Lanes,
    Lines,
    NetworkFile,
    Nodes,
    Orders,
    Replenishments,
    Returns,
    Skus,
    Stock,
    Tariffs,
)
from oms.adapters.folder_calendars import calendar_table

SEED, PERIOD_START = 20170925, np.datetime64("2017-09-25")
ZONE_OF_TIMESTAMPS = "America/New_York"
SERVICE = "ground_advantage_commercial"
GRAMS_PER_POUND = 453.59237
DIVISOR = 166 * 16_387.064 / GRAMS_PER_POUND  # the carrier's 166 cubic inches (in mm³) a pound
TRANSIT_DAYS = {1: 2, 2: 2, 3: 3, 4: 3, 5: 4, 6: 4, 7: 5, 8: 5, 9: 5}
ZONE_UP_TO_KM = {1: 80.5, 2: 241.4, 3: 482.8, 4: 965.6, 5: 1_609.3, 6: 2_253.1, 7: 2_896.8, 8: None}
STORE = Handling(fixed_minor=150, pick_minor=30, capacity=200, opens=7 * 60, closes=22 * 60, cutoff=14 * 60)
CENTRE = Handling(fixed_minor=90, pick_minor=12, capacity=2_000, opens=6 * 60, closes=22 * 60, cutoff=16 * 60)
COURIER_RADIUS_M = 15_000
CENTRE_SKUS, CENTRE_SHARE, CENTRE_MEAN_UNITS = 1_500, 0.6, 2.0
TOWNS_OF_ZONE = {
    "America/Indiana/Indianapolis": (
        "Jasper|Corydon|Paoli|New Albany|Clarksville|Bedford|Scottsburg|Linton|Seymour|Greencastle"
    ),
    "America/Indiana/Vincennes": "Washington|Vicennes",
    "America/Kentucky/Louisville": "Radcliff|Elizabethtown|Bardstown",
    "America/New_York": "London|Grove City|Washington Court House",
}
EASTERN_TOWNS = {town: zone for zone, towns in TOWNS_OF_ZONE.items() for town in towns.split("|")}
COLD = re.compile(
    r"FRZN|FROZEN|ICE CREAM|REFRG|REFRIG|MILK|YOGURT|CHEESE|MEAT|BEEF|PORK|CHICKEN|SEAFOOD|DELI"
)
SHELF_STABLE = re.compile(r"SHELF STABLE|DINNER MXS|SNACKS|PET|CAT|DOG")
AGE_RESTRICTED = re.compile(r"SPIRITS|BEERS|WINE|CIGAR|TOBACCO|LIQUOR")


def timezone(city: str) -> str:
    if city.startswith("Louisville"):
        return "America/Kentucky/Louisville"
    return EASTERN_TOWNS.get(city, "America/Chicago")


def nodes(data: Path, stores: list[dict[str, str]]) -> Nodes:
    centres = csv_rows(data / "bench_cj" / "dcs.csv")
    zips = zip_of(data)
    rows = [
        (f"store-{row['store_id']}", f"{row['site_city']}, {row['site_state']}", "store", row, STORE)
        for row in stores
    ] + [
        (
            "dc-" + row["city"].lower().replace(" ", "-"),
            f"{row['city']}, {row['state']} (distribution centre)",
            "warehouse",
            row,
            CENTRE,
        )
        for row in centres
    ]
    lat = np.array([float(row[3]["lat"]) for row in rows])
    lon = np.array([float(row[3]["lng"]) for row in rows])
    cities = [row[3].get("site_city") or row[3]["city"] for row in rows]
    is_store = [row[2] == "store" for row in rows]
    return Nodes(
        id=texts(row[0] for row in rows),
        name=texts(row[1] for row in rows),
        kind=texts(row[2] for row in rows),
        lat=lat,
        lon=lon,
        country=texts("US" for _ in rows),
        postcode=texts(nearest_zip(a, b, zips) for a, b in zip(lat, lon, strict=True)),
        timezone=texts(timezone(city) for city in cities),
        methods=words(("ship", "pickup", "courier") if store else ("ship",) for store in is_store),
        daily_order_capacity=whole(row[4].capacity for row in rows),
        fixed_minor=whole(row[4].fixed_minor for row in rows),
        pick_minor=whole(row[4].pick_minor for row in rows),
        opens=whole(row[4].opens for row in rows),
        closes=whole(row[4].closes for row in rows),
        ship_cutoff=whole(row[4].cutoff for row in rows),
        courier_radius_m=whole(COURIER_RADIUS_M if store else 0 for store in is_store),
        calendar=texts("" for _ in rows),
    )


def flags(department: str, category: str) -> tuple[str, ...]:
    named = f"{department} {category}"
    cold = COLD.search(named) and not SHELF_STABLE.search(named)
    return (*(("cold",) if cold else ()), *(("age_restricted",) if AGE_RESTRICTED.search(named) else ()))


def skus(data: Path, wanted: np.ndarray) -> tuple[Skus, np.ndarray, np.ndarray]:
    """The SKUs on sale or in stock; their number in the source; the shelf place of each."""
    table = pq.read_table(data / "completejourney" / "skus.parquet")
    rows = table.filter(pc.is_in(table["sku_id"], value_set=pa.array(wanted, pa.int32()))).to_pylist()
    prices = mean_prices(data)
    names = [
        ", ".join(
            part for part in ((row["type"] or row["category"] or "").title(), row["package_size"]) if part
        )
        for row in rows
    ]
    nothing = whole(0 for _ in rows)
    catalogue = Skus(
        id=texts(row["product_id"] for row in rows),
        name=texts(names),
        barcode=words((in_store_barcode(row["product_id"]),) for row in rows),
        weight_g=whole(row["unit_weight_g"] for row in rows),
        length_mm=nothing,
        width_mm=nothing,
        height_mm=nothing,
        unit_price_minor=whole(100 * prices.get(row["sku_id"], 0.0) for row in rows),
        flags=words(flags(row["department"] or "", row["category"] or "") for row in rows),
        category=texts((row["department"] or "").title() for row in rows),
    )
    numbers = np.array([row["sku_id"] for row in rows])
    return catalogue, numbers, shelf_places([f"{row['department']} {row['category']}" for row in rows])


def mean_prices(data: Path) -> dict[int, float]:
    """Mean price a unit over the year, before discounts."""
    table = pq.read_table(data / "completejourney" / "lines.parquet")
    total = table.append_column("paid", pc.add(table["sales_usd"], table["discount_usd"]))
    sums = total.group_by("sku_id").aggregate([("paid", "sum"), ("qty", "sum")]).to_pylist()
    return {row["sku_id"]: row["paid_sum"] / row["qty_sum"] for row in sums if row["qty_sum"]}


def popular_before(data: Path, numbers: np.ndarray) -> np.ndarray:
    """SKUs by units sold in the year up to the period, most first: what a planner could know."""
    orders = pq.read_table(data / "completejourney" / "orders.parquet", columns=["order_id", "ts"])
    early = orders.filter(pc.less(orders["ts"], PERIOD_START.astype("datetime64[ms]").item()))["order_id"]
    lines = pq.read_table(data / "completejourney" / "lines.parquet", columns=["order_id", "sku_id", "qty"])
    lines = lines.filter(pc.is_in(lines["order_id"], value_set=early.combine_chunks()))
    sums = lines.group_by("sku_id").aggregate([("qty", "sum")])
    sold = dict(zip(sums["sku_id"].to_pylist(), sums["qty_sum"].to_pylist(), strict=True))
    units = np.array([sold.get(int(number), 0) for number in numbers])
    return np.lexsort((numbers, -units))


def stock(data: Path, sites: Nodes, catalogue: Skus, numbers: np.ndarray, places: np.ndarray) -> Stock:
    """Stores as the source has them; each centre holds some of the SKUs that sold best before the period."""
    table = pq.read_table(data / "bench_cj_metro" / "stock.parquet")
    place_of = {int(number): place for place, number in enumerate(numbers)}
    node = table["node"].to_numpy().astype(np.int64)
    sku = np.array([place_of[int(number)] for number in table["sku_id"].to_numpy()])
    units = table["on_hand"].to_numpy().astype(np.int64)
    chance = np.random.default_rng(SEED)
    best = np.sort(popular_before(data, numbers)[:CENTRE_SKUS])
    parts = [(node, sku, units)]
    for centre in np.flatnonzero(sites.kind == "warehouse"):
        held = best[chance.random(len(best)) < CENTRE_SHARE]
        parts.append((np.full(len(held), centre), held, 1 + chance.poisson(CENTRE_MEAN_UNITS, len(held))))
    node, sku, units = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((sku, node))
    return Stock(
        node=sites.id[node[order]],
        sku=catalogue.id[sku[order]],
        on_hand=units[order].astype(np.int64),
        safety_stock=np.zeros(len(order), dtype=np.int64),
        bin=places[sku[order]],
    )


def orders_and_lines(data: Path, catalogue: Skus, numbers: np.ndarray) -> tuple[Orders, Lines]:
    table = pq.read_table(data / "bench_cj_metro" / "orders.parquet")
    rows = table.to_pylist()
    orders = Orders(
        id=texts(row["order_id"] for row in rows),
        placed_at=instants((row["ts"] for row in rows), ZONE_OF_TIMESTAMPS),
        channel=texts("web" for _ in rows),
        method=texts("ship" for _ in rows),
        customer=texts(f"household-{row['household_id']}" for row in rows),
        lat=table["lat"].to_numpy(),
        lon=table["lng"].to_numpy(),
        country=texts("US" for _ in rows),
        postcode=texts(row["zip5"] for row in rows),
    )
    bought = pq.read_table(data / "bench_cj_metro" / "lines.parquet")
    return orders, lines_of(bought, orders, catalogue, numbers)


def tariffs(data: Path) -> Tariffs:
    rows = [
        row for row in csv_rows(data / "usps_2025" / "usps_rates_2025-10-05.csv") if row["service"] == SERVICE
    ]
    steps: dict[tuple[str, int], float] = {}
    for zone in range(1, 10):
        for row in rows:
            # In whole grams 15.999 ounces and one pound are the same weight: the first, cheaper step stands.
            grams = math.floor(float(row["weight_not_over_lb"]) * GRAMS_PER_POUND)
            steps.setdefault((f"usps-zone{zone}", grams), 100 * float(row[f"zone{zone}"]))
    return Tariffs(
        name=texts(name for name, _ in steps),
        up_to_g=whole(grams for _, grams in steps),
        minor=whole(steps.values()),
    )


def lanes(data: Path, sites: Nodes, orders: Orders) -> Lanes:
    """Published zones between the ZIP3 areas of nodes and households; elsewhere zones by distance."""
    near = sorted({postcode[:3] for postcode in (*orders.postcode, *sites.postcode)})
    matrix = {
        (row["origin_zip3"], row["dest_zip3"]): row["usps_zone_2018"] or row["zone"]
        for row in pq.read_table(data / "us_zip" / "zip3_zones.parquet").to_pylist()
        if row["origin_zip3"] in near and row["dest_zip3"] in near
    }
    rows: list[tuple[str, str, float, int]] = [
        (node, prefix, math.inf, matrix[postcode[:3], prefix])
        for node, postcode in zip(sites.id, sites.postcode, strict=True)
        for prefix in near
    ]
    rows += [("*", "", limit or math.inf, zone) for zone, limit in ZONE_UP_TO_KM.items()]
    return Lanes(
        node=texts(row[0] for row in rows),
        country=texts("US" for _ in rows),
        postcode_prefix=texts(row[1] for row in rows),
        up_to_km=np.array([row[2] for row in rows], dtype=np.float64),
        tariff=texts(f"usps-zone{row[3]}" for row in rows),
        transit_days=whole(TRANSIT_DAYS[row[3]] for row in rows),
    )


def derive(data: Path) -> Folder:
    """The whole sample as values."""
    sites = nodes(data, csv_rows(data / "bench_cj_metro" / "nodes.csv"))
    sold = pq.read_table(data / "bench_cj_metro" / "lines.parquet")["sku_id"].to_numpy()
    held = pq.read_table(data / "bench_cj_metro" / "stock.parquet")["sku_id"].to_numpy()
    catalogue, numbers, places = skus(data, np.union1d(sold, held))
    orders, lines = orders_and_lines(data, catalogue, numbers)
    none, never = texts(()), np.array([], dtype="datetime64[us]")
    return Folder(
        network=NetworkFile("USD", round(DIVISOR, 3), {"US": "US"}, 10_000, {}),
        nodes=sites,
        calendars=calendar_table(()),
        skus=catalogue,
        stock=stock(data, sites, catalogue, numbers, places),
        orders=orders,
        lines=lines,
        returns=Returns(none, none, none, whole(()), never, none),
        replenishments=Replenishments(none, none, whole(()), never),
        tariffs=tariffs(data),
        lanes=lanes(data, sites, orders),
    )


if __name__ == "__main__":
    main(derive, __doc__)
