"""Derive ``samples/uk_retailer``: python scripts/derive_uk_retailer.py DATA samples/uk_retailer

Real: a year of orders, lines, prices and matched returns of a UK gift retailer; store sites. Simulated with a
fixed seed: customer places and SKU weights (by the source), and here which stores carry what, stock, shelf
places, handling costs, hours, capacities. What decides between policies has its reason beside it and was set
from that alone, before any were compared on it; `samples/uk_retailer/ATTRIBUTION.md` names the sources.
"""

from __future__ import annotations

import math
from datetime import datetime
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
    main,
    shelf_places,
    texts,
    whole,
    words,
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
    positions_of,
)
from oms.adapters.folder_calendars import calendar_table

SEED = 20101201
ZONE = "Europe/London"
MOST_UNITS, MOST_LINES = 60, 20  # consumers; beyond them the retailer's wholesale buyers begin
STORES = 60
NOT_GREAT_BRITAIN = ("Jersey", "Guernsey")
# An hour of work costs the minimum wage of October 2010. At the centre a picker makes 90 picks an hour, the
# middle of what manual warehouses do, and packs a parcel in 2 minutes; in a store, among customers, half as
# many and twice as long. A pick is a line, of 5.6 units in these orders. Box and label: 25 pence (no source).
WAGE_MINOR, UNITS_A_PICK, BOX_MINOR = 593, 5.6, 25


def handling(picks_an_hour: float, pack_minutes: float, **hours: int) -> Handling:
    """What work at a kind of node costs."""
    return Handling(
        fixed_minor=round(BOX_MINOR + WAGE_MINOR * pack_minutes / 60),
        pick_minor=round(WAGE_MINOR / (picks_an_hour * UNITS_A_PICK)),
        **hours,
    )


STORE = handling(45, 4, capacity=150, opens=8 * 60, closes=21 * 60, cutoff=14 * 60)
CENTRE = handling(90, 2, capacity=3_000, opens=6 * 60, closes=22 * 60, cutoff=18 * 60)
COURIER_RADIUS_M = 10_000
PENALTY_MINOR = 5_000  # beyond any parcel of one unit, so that what is there is sent
# Royal Mail's prices from April 2011, up to grams → pence, one price to anywhere in the country: second class
# packets, beyond 1 kg Standard Parcels. Both take about three working days.
TARIFF = {100: 133, 250: 172, 500: 216, 750: 261, 1_000: 315, 2_000: 441, 4_000: 762, 6_000: 1_034}
TARIFF |= {8_000: 1_267, 10_000: 1_361, 20_000: 1_586}
TRANSIT_DAYS = 3
# A buyer forecasts the year of each SKU with a log-normal error (σ 0.3: most are within a third) and buys so
# much more that four SKUs of five last the year (z 0.84).
FORECAST_ERROR, SERVICE_Z = 0.3, 0.84
# Half of it lies at the centre (no source; the least presumptuous), half in stores. These get inner packs of
# 6, each of which goes to a store drawn by how many orders come from nearest to it.
IN_STORES, INNER_PACK = 0.5, 6


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
        category=texts("" for _ in rows),
    )


def stock(sites: Nodes, catalogue: Skus, demanded: Lines, demand: Orders) -> Stock:
    """Stock of a SKU: what the buyer bought for the year, at the centre and, by inner packs, in stores."""
    chance = np.random.default_rng(SEED)
    wanted = np.bincount(
        positions_of(demanded.sku, catalogue.id), weights=demanded.quantity, minlength=len(catalogue.id)
    )
    shops = np.flatnonzero(sites.kind == "store")
    homes, doors = np.column_stack((demand.lat, demand.lon)), np.column_stack((sites.lat, sites.lon))[shops]
    custom = np.bincount(nearest_of(homes, doors), minlength=len(shops)) / len(homes)
    bought = wanted * np.exp(FORECAST_ERROR * (SERVICE_Z + chance.standard_normal(len(wanted))))
    places = shelf_places([code[:2] for code in catalogue.id])
    rows: list[tuple[int, int, int]] = []
    for sku, total in enumerate(np.maximum(1, bought.round()).astype(int).tolist()):
        packs = chance.multinomial(int(total * IN_STORES) // INNER_PACK, custom) * INNER_PACK
        rows.append((0, sku, total - int(packs.sum())))
        rows += [(int(shops[shop]), sku, int(packs[shop])) for shop in np.flatnonzero(packs)]
    table = np.array(sorted(rows), dtype=np.int64)
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
    none, never = texts(()), np.array([], dtype="datetime64[us]")
    return Folder(
        network=NetworkFile("GBP", 0.0, {"GB": "GB-ENG"}, PENALTY_MINOR, {}),
        nodes=sites,
        calendars=calendar_table(()),
        skus=catalogue,
        stock=stock(sites, catalogue, demanded, demand),
        orders=demand,
        lines=demanded,
        returns=returns(data, catalogue, demanded),
        replenishments=Replenishments(none, none, whole(()), never),
        tariffs=Tariffs(
            name=texts("royal-mail-2011" for _ in TARIFF), up_to_g=whole(TARIFF), minor=whole(TARIFF.values())
        ),
        lanes=Lanes(
            node=texts("*"),
            country=texts(["GB"]),
            postcode_prefix=texts([""]),
            up_to_km=np.array([math.inf]),
            tariff=texts(["royal-mail-2011"]),
            transit_days=whole([TRANSIT_DAYS]),
        ),
    )


if __name__ == "__main__":
    main(derive, __doc__)
