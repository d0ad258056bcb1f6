"""Derive ``samples/uk_retailer``: python scripts/derive_uk_retailer.py DATA samples/uk_retailer

Real: a year of orders, lines, prices and matched returns of a UK gift retailer; store sites. Simulated with a
fixed seed: customer places and SKU weights (by the source), and here which stores carry what, stock, shelf
places, tariff, handling costs, hours, capacities.
"""

from __future__ import annotations

import argparse
import math
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sample_parts import Handling, csv_rows, in_store_barcode, instants, shelf_places, texts, whole, words

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
    positions_of,
    write_folder,
)
from oms.adapters.folder_calendars import calendar_table

SEED = 20101201
ZONE = "Europe/London"
MOST_UNITS, MOST_LINES = 60, 20  # consumers; beyond them the retailer's wholesale buyers begin
STORES = 60
NOT_GREAT_BRITAIN = ("Jersey", "Guernsey")
STORE = Handling(fixed_minor=105, pick_minor=4, capacity=150, opens=8 * 60, closes=21 * 60, cutoff=14 * 60)
CENTRE = Handling(fixed_minor=80, pick_minor=5, capacity=3_000, opens=6 * 60, closes=22 * 60, cutoff=18 * 60)
COURIER_RADIUS_M = 10_000
DIVISOR = 5_000.0  # the usual 5,000 cubic centimetres a kilogram
PENALTY_MINOR = 5_000
STEPS = {
    250: 270,
    500: 285,
    1_000: 295,
    2_000: 335,
    5_000: 520,
    10_000: 640,
    15_000: 760,
    20_000: 890,
    25_000: 1_090,
}
STEPS[30_000] = 1_290
BANDS = (("sim-local", 40, 1.0, 1), ("sim-regional", 120, 1.1, 1), ("sim-national", 300, 1.25, 2))
FAR = ("sim-far", math.inf, 1.5, 3)
COVER, COVER_SPREAD = 1.35, 0.25  # stock of a SKU over the year's demand: log-normal around this
IN_STORES, STORES_CARRYING = 0.6, (3, 8)  # share of the range that is in stores, and in how many
CENTRE_CARRIES, CENTRE_SHARE = 0.85, 0.85  # of the range in stores; what is in no store is all at the centre


def customers(data: Path) -> list[dict[str, str]]:
    return csv_rows(data / "bench_uk" / "customers_geo_sim.csv.gz")


def consumer_orders(data: Path) -> pa.Table:
    table = pq.read_table(data / "bench_uk" / "orders.parquet")
    small = pc.and_(pc.less_equal(table["n_units"], MOST_UNITS), pc.less_equal(table["n_lines"], MOST_LINES))
    placed = {int(row["customer_id"]) for row in customers(data)}
    known = pc.is_in(table["customer_id"], value_set=pa.array(sorted(placed), pa.int32()))
    return table.filter(pc.and_(pc.and_(small, pc.greater(table["n_units"], 0)), known)).sort_by("ts")


def orders(data: Path) -> Orders:
    rows = consumer_orders(data).to_pylist()
    places = {
        int(row["customer_id"]): row for row in csv_rows(data / "bench_uk" / "customers_geo_sim.csv.gz")
    }
    homes = [places[row["customer_id"]] for row in rows]
    return Orders(
        id=texts(row["invoice"] for row in rows),
        placed_at=instants((row["ts"] for row in rows), ZONE),
        channel=texts("web" for _ in rows),
        method=texts("ship" for _ in rows),
        customer=texts(f"customer-{row['customer_id']}" for row in rows),
        lat=np.array([float(home["lat"]) for home in homes]),
        lon=np.array([float(home["lng"]) for home in homes]),
        country=texts("GB" for _ in rows),
        postcode=texts(home["outcode"] for home in homes),
    )


def nodes(data: Path, demand: Orders) -> Nodes:
    """The distribution centre, and the stores that are nearest to the most orders."""
    rows = csv_rows(data / "bench_uk" / "nodes.csv")
    centre = next(row for row in rows if row["kind"] == "dc")
    shops = [row for row in rows if row["kind"] == "store" and row["town"] not in NOT_GREAT_BRITAIN]
    places = np.array([(float(row["lat"]), float(row["lng"])) for row in shops])
    nearest = nearest_of(np.column_stack((demand.lat, demand.lon)), places)
    served = np.bincount(nearest, minlength=len(shops))
    chosen = np.sort(np.lexsort((np.arange(len(shops)), -served))[:STORES])
    sites = [(centre, CENTRE)] + [(shops[place], STORE) for place in chosen.tolist()]
    outcodes = csv_rows(data / "geo" / "uk_outcodes.csv.gz")
    grid = np.array([(float(row["latitude"]), float(row["longitude"])) for row in outcodes])
    at = np.array([(float(row["lat"]), float(row["lng"])) for row, _ in sites])
    return Nodes(
        id=texts("dc-milton-keynes" if row is centre else f"store-{row['node_id']}" for row, _ in sites),
        name=texts(f"{row['town']}{' (distribution centre)' if row is centre else ''}" for row, _ in sites),
        kind=texts("warehouse" if row is centre else "store" for row, _ in sites),
        lat=at[:, 0],
        lon=at[:, 1],
        country=texts("GB" for _ in sites),
        postcode=texts(outcodes[place]["outcode"] for place in nearest_of(at, grid)),
        timezone=texts(ZONE for _ in sites),
        methods=words(("ship",) if row is centre else ("ship", "pickup", "courier") for row, _ in sites),
        daily_order_capacity=whole(kind.capacity for _, kind in sites),
        fixed_minor=whole(kind.fixed_minor for _, kind in sites),
        pick_minor=whole(kind.pick_minor for _, kind in sites),
        opens=whole(kind.opens for _, kind in sites),
        closes=whole(kind.closes for _, kind in sites),
        ship_cutoff=whole(kind.cutoff for _, kind in sites),
        courier_radius_m=whole(0 if row is centre else COURIER_RADIUS_M for row, _ in sites),
        calendar=texts("" for _ in sites),
    )


def nearest_of(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Row of the nearest place for each (lat, lon); flat distances do inside one country."""
    scale = np.array([1.0, math.cos(math.radians(54))])
    return np.array([int((((places - point) * scale) ** 2).sum(axis=1).argmin()) for point in points])


def lines(data: Path, demand: Orders) -> tuple[Lines, np.ndarray]:
    """Lines of the orders in their sequence, with the SKU's number in the source."""
    table = pq.read_table(data / "bench_uk" / "lines.parquet")
    table = table.filter(pc.is_in(table["invoice"].cast(pa.string()), value_set=pa.array(demand.id)))
    owner = texts(table["invoice"].to_pylist())
    row_of = positions_of(owner, demand.id)
    sequence = np.argsort(row_of, kind="stable")
    starts = np.searchsorted(row_of[sequence], np.arange(len(demand.id)))
    number = np.arange(len(sequence)) - starts[row_of[sequence]] + 1
    codes = {int(row["sku_id"]): row["stock_code"] for row in weights(data)}
    numbers = table["sku_id"].to_numpy()[sequence]
    price = table["unit_price_gbp"].to_numpy().astype(float)[sequence]
    return Lines(
        order=owner[sequence],
        line=texts(number),
        sku=texts(codes[int(sku)] for sku in numbers),
        quantity=table["qty"].to_numpy().astype(np.int64)[sequence],
        unit_price_minor=whole(100 * price),
    ), numbers


def weights(data: Path) -> list[dict[str, str]]:
    return csv_rows(data / "bench_uk" / "skus_weight_sim.csv.gz")


def skus(data: Path, sold: np.ndarray) -> Skus:
    wanted = set(sold.tolist())
    rows = [row for row in weights(data) if int(row["sku_id"]) in wanted]
    nothing = whole(0 for _ in rows)
    return Skus(
        id=texts(row["stock_code"] for row in rows),
        name=texts(row["description"].strip().title() for row in rows),
        barcode=words((in_store_barcode(int(row["sku_id"])),) for row in rows),
        weight_g=whole(float(row["unit_weight_g_sim"]) for row in rows),
        length_mm=nothing,
        width_mm=nothing,
        height_mm=nothing,
        unit_price_minor=whole(100 * float(row["median_price_gbp"] or 0) for row in rows),
        flags=words(() for _ in rows),
    )


def stock(sites: Nodes, catalogue: Skus, demanded: Lines) -> Stock:
    """Stock of a SKU: its year's demand times a log-normal factor, at the centre and in a few stores."""
    chance = np.random.default_rng(SEED)
    wanted = np.bincount(
        positions_of(demanded.sku, catalogue.id), weights=demanded.quantity, minlength=len(catalogue.id)
    )
    shops = np.flatnonzero(sites.kind == "store")
    places = shelf_places([code[:2] for code in catalogue.id])
    rows: list[tuple[int, int, int]] = []
    for sku, units in enumerate(wanted):
        total = max(1, round(units * COVER * math.exp(chance.normal(-(COVER_SPREAD**2) / 2, COVER_SPREAD))))
        if chance.random() >= IN_STORES:
            rows.append((0, sku, total))
            continue
        centre = chance.binomial(total, CENTRE_SHARE) if chance.random() < CENTRE_CARRIES else 0
        carrying = chance.choice(shops, chance.integers(*STORES_CARRYING, endpoint=True), replace=False)
        shares = chance.multinomial(total - centre, np.full(len(carrying), 1 / len(carrying)))
        rows.append((0, sku, centre))
        rows += [(int(node), sku, int(share)) for node, share in zip(carrying, shares, strict=True)]
    table = np.array(sorted(row for row in rows if row[2] > 0), dtype=np.int64)
    return Stock(
        node=sites.id[table[:, 0]],
        sku=catalogue.id[table[:, 1]],
        on_hand=table[:, 2],
        safety_stock=np.zeros(len(table), dtype=np.int64),
        bin=places[table[:, 1]],
    )


def returns(data: Path, catalogue: Skus, demanded: Lines) -> Returns:
    """Returns that the source matched to one of the orders, up to what was sold."""
    codes = {int(row["sku_id"]): row["stock_code"] for row in weights(data)}
    keys = zip(demanded.order, demanded.sku, strict=True)
    left = dict(zip(keys, demanded.quantity.tolist(), strict=True))
    kept: list[tuple[str, str, str, int, datetime]] = []
    for row in pq.read_table(data / "bench_uk" / "returns.parquet").sort_by("ts").to_pylist():
        key = (row["sale_invoice"], codes.get(row["sku_id"], ""))
        units = min(-row["qty"], left.get(key, 0))
        if units > 0:
            left[key] -= units
            kept.append((f"{row['return_invoice']}-{len(kept) + 1}", *key, units, row["ts"]))
    return Returns(
        id=texts(row[0] for row in kept),
        order=texts(row[1] for row in kept),
        sku=texts(row[2] for row in kept),
        quantity=whole(row[3] for row in kept),
        returned_at=instants((row[4] for row in kept), ZONE),
        reason=texts("" for _ in kept),
    )


def derive(data: Path) -> Folder:
    """The whole sample as values."""
    demand = orders(data)
    sites = nodes(data, demand)
    demanded, numbers = lines(data, demand)
    catalogue = skus(data, numbers)
    bands = (*BANDS, FAR)
    steps = [
        (name, grams, round(minor * factor)) for name, _, factor, _ in bands for grams, minor in STEPS.items()
    ]
    none, never = texts(()), np.array([], dtype="datetime64[us]")
    return Folder(
        network=NetworkFile("GBP", DIVISOR, {"GB": "GB-ENG"}, PENALTY_MINOR, {}),
        nodes=sites,
        calendars=calendar_table(()),
        skus=catalogue,
        stock=stock(sites, catalogue, demanded),
        orders=demand,
        lines=demanded,
        returns=returns(data, catalogue, demanded),
        replenishments=Replenishments(none, none, whole(()), never),
        tariffs=Tariffs(
            name=texts(step[0] for step in steps),
            up_to_g=whole(step[1] for step in steps),
            minor=whole(step[2] for step in steps),
        ),
        lanes=Lanes(
            node=texts("*" for _ in bands),
            country=texts("GB" for _ in bands),
            postcode_prefix=texts("" for _ in bands),
            up_to_km=np.array([band[1] for band in bands], dtype=np.float64),
            tariff=texts(band[0] for band in bands),
            transit_days=whole(band[3] for band in bands),
        ),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the data folder")
    parser.add_argument("out", type=Path, help="where to write the sample")
    options = parser.parse_args()
    write_folder(derive(options.data), options.out)
