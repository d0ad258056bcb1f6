"""Derive a grocer's whole year to replay: python scripts/derive_us_grocer_year.py DATA FOLDER

All 155,000 baskets of 2017 at all 457 stores and five distribution centres; too large to be a sample of the
project. As ``derive_us_grocer``, but for stock: there is none in the source for all stores. A store carries
what it sold that year. It opens with, and every four weeks gets, 1.2 times the units of a mean four weeks, by
chance (Poisson): enough in all, but seldom where and when it is wanted.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from derive_us_grocer import (
    CENTRE_MEAN_UNITS,
    CENTRE_SHARE,
    CENTRE_SKUS,
    DIVISOR,
    SEED,
    ZONE_OF_TIMESTAMPS,
    lanes,
    nodes,
    skus,
    tariffs,
)
from sample_parts import csv_rows, instants, lines_of, main, texts, whole

from oms.adapters.folder import Folder, NetworkFile, Nodes, Orders, Replenishments, Returns, Skus, Stock
from oms.adapters.folder_calendars import calendar_table

COVER = 1.2
PERIODS, PERIOD = 13, np.timedelta64(28, "D")
BEGINS = np.datetime64("2017-01-01T05:00", "us")
CENTRAL_WEST_OF = {"IL": 0.0, "TN": -85.0, "KY": -86.0, "IN": -87.2}
"""Degrees of longitude west of which a state keeps Central time; near enough for closing times."""

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Node, SKU and mean units of four weeks."""


def sites_of(data: Path) -> Nodes:
    """All stores and the distribution centres."""
    stores = csv_rows(data / "bench_cj" / "stores_geo_sim.csv")
    sites = nodes(data, stores)
    states = [row["site_state"] for row in stores] + ["OH"] * (len(sites.id) - len(stores))
    central = [lon < CENTRAL_WEST_OF.get(state, -999.0) for lon, state in zip(sites.lon, states, strict=True)]
    zones = ["America/Chicago" if west else "America/New_York" for west in central]
    return replace(sites, timezone=texts(zones))


def bought_in_stores(data: Path) -> tuple[pa.Table, pa.Table]:
    """Orders, and their lines of goods that can be sent, with the store they were bought in."""
    goods = pq.read_table(data / "completejourney" / "skus.parquet", columns=["sku_id", "deliverable"])
    sendable = goods.filter(goods["deliverable"])["sku_id"].combine_chunks()
    orders = pq.read_table(data / "completejourney" / "orders.parquet")
    lines = pq.read_table(data / "completejourney" / "lines.parquet")
    kept = pc.and_(pc.is_in(lines["sku_id"], value_set=sendable), pc.greater(lines["qty"], 0))
    lines = lines.filter(kept).join(orders.select(["order_id", "store_id"]), "order_id")
    filled = pc.unique(lines["order_id"])
    return orders.filter(pc.is_in(orders["order_id"], value_set=filled)), lines


def orders_of(data: Path, table: pa.Table) -> Orders:
    """Every basket, asked for from the household's home."""
    homes = {row["household_id"]: row for row in csv_rows(data / "bench_cj" / "households_geo_sim.csv.gz")}
    rows = [row for row in table.to_pylist() if str(row["household_id"]) in homes]
    at = [homes[str(row["household_id"])] for row in rows]
    return Orders(
        id=texts(row["order_id"] for row in rows),
        placed_at=instants((row["ts"] for row in rows), ZONE_OF_TIMESTAMPS),
        channel=texts("web" for _ in rows),
        method=texts("ship" for _ in rows),
        customer=texts(f"household-{row['household_id']}" for row in rows),
        lat=np.array([float(home["lat"]) for home in at]),
        lon=np.array([float(home["lng"]) for home in at]),
        country=texts("US" for _ in rows),
        postcode=texts(home["zip5"] for home in at),
    )


def pairs_of(lines: pa.Table, sites: Nodes, numbers: np.ndarray, chance: np.random.Generator) -> Pairs:
    """What each store sold; each centre some of the SKUs that sold best."""
    sums = lines.group_by(["store_id", "sku_id"]).aggregate([("qty", "sum")])
    node_of = {id: place for place, id in enumerate(sites.id)}
    place_of = {int(number): place for place, number in enumerate(numbers)}
    node = np.array([node_of[f"store-{store}"] for store in sums["store_id"].to_pylist()])
    sku = np.array([place_of[number] for number in sums["sku_id"].to_pylist()])
    mean = COVER * sums["qty_sum"].to_numpy() / PERIODS
    sold = np.bincount(sku, sums["qty_sum"].to_numpy(), len(numbers))
    best = np.sort(np.argsort(-sold, kind="stable")[:CENTRE_SKUS])
    parts = [(node, sku, mean)]
    for centre in np.flatnonzero(sites.kind == "warehouse"):
        held = best[chance.random(best.size) < CENTRE_SHARE]
        parts.append((np.full(held.size, centre), held, np.full(held.size, CENTRE_MEAN_UNITS)))
    node, sku, mean = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((sku, node))
    return node[order], sku[order], mean[order]


def supply(pairs: Pairs, sites: Nodes, catalogue: Skus) -> tuple[Stock, Replenishments]:
    """Opening stock, and what comes every four weeks."""
    node, sku, mean = pairs
    chance = np.random.default_rng(SEED)
    opening = chance.poisson(mean)
    coming = [(BEGINS + turn * PERIOD, chance.poisson(mean)) for turn in range(1, PERIODS)]
    some = [(at, np.flatnonzero(units), units) for at, units in coming]
    rows = np.concatenate([kept for _, kept, _ in some])
    stock = Stock(
        node=sites.id[node],
        sku=catalogue.id[sku],
        on_hand=opening.astype(np.int64),
        safety_stock=np.zeros(node.size, np.int64),
        bin=texts("" for _ in node),
    )
    return stock, Replenishments(
        node=sites.id[node[rows]],
        sku=catalogue.id[sku[rows]],
        quantity=np.concatenate([units[kept] for _, kept, units in some]).astype(np.int64),
        at=np.concatenate([np.full(kept.size, at) for at, kept, _ in some]),
    )


def derive(data: Path) -> Folder:
    """The whole year as values."""
    sites = sites_of(data)
    table, bought = bought_in_stores(data)
    catalogue, numbers, _ = skus(data, np.unique(bought["sku_id"].to_numpy()))
    orders = orders_of(data, table)
    of_orders = pc.is_in(pc.cast(bought["order_id"], pa.string()), value_set=pa.array(orders.id, pa.string()))
    bought = bought.filter(of_orders)
    stock, replenishments = supply(
        pairs_of(bought, sites, numbers, np.random.default_rng(SEED)), sites, catalogue
    )
    none, never = texts(()), np.array([], dtype="datetime64[us]")
    return Folder(
        network=NetworkFile("USD", round(DIVISOR, 3), {"US": "US"}, 10_000, {}),
        nodes=sites,
        calendars=calendar_table(()),
        skus=catalogue,
        stock=stock,
        orders=orders,
        lines=lines_of(bought, orders, catalogue, numbers),
        returns=Returns(none, none, none, whole(()), never, none),
        replenishments=replenishments,
        tariffs=tariffs(data),
        lanes=lanes(data, sites, orders),
    )


if __name__ == "__main__":
    main(derive, __doc__)
