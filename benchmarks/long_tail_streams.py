"""Streams of a US grocer's households where baskets hardly ever repeat, with what they bought before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.machine import ROOT
from oms.adapters.folder_read import read_folder
from oms.adapters.folder_replay import replay_of
from routing.problem import Ints
from routing.replay.stream import Ground, Stream, no_arrivals, plain_days

LINES, UNITS = 10, 14
BEFORE_WEEKS = 13
SAMPLE_STARTS = np.datetime64("2017-09-25")
YEAR_ENDS = np.datetime64("2017-12-31")


def small(stream: Stream) -> Stream:
    """The orders that the exact kernel takes whole, and no stock that comes in."""
    units = np.diff(np.append(0, np.cumsum(stream.quantity))[stream.start])
    return chosen(stream, np.flatnonzero((np.diff(stream.start) <= LINES) & (units <= UNITS)))


def chosen(stream: Stream, orders: Ints) -> Stream:
    sizes = np.diff(stream.start)[orders]
    lines = np.concatenate([np.arange(stream.start[o], stream.start[o + 1]) for o in orders])
    placed_at = stream.placed_at[orders]
    return replace(
        stream,
        order_ids=tuple(stream.order_ids[o] for o in orders),
        placed_at=placed_at,
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        sku=stream.sku[lines],
        quantity=stream.quantity[lines],
        destination=stream.destination[orders],
        days=plain_days(placed_at, stream.km.shape[1], len(stream.km)),
        arrivals=no_arrivals(),
    )


def bought(
    ground: Ground,
    like: Stream,
    homes: dict[str, int],
    folder: Path,
    begins: np.datetime64,
    ends: np.datetime64,
) -> Stream:
    """What the households of ``homes`` (destination by customer) bought between two days, of goods that
    ``ground`` has, on the lanes and days of ``like``.
    """
    orders = pq.read_table(folder / "orders.parquet", columns=["order_id", "household_id", "ts"]).to_pydict()
    at = np.array(orders["ts"], dtype="datetime64[us]")
    home = np.array([homes.get(f"household-{one}", -1) for one in orders["household_id"]])
    kept = np.flatnonzero((at >= begins) & (at < ends) & (home >= 0))
    kept = kept[np.argsort(at[kept], kind="stable")]
    place = {str(orders["order_id"][o]): turn for turn, o in enumerate(kept)}
    index = {sku: place for place, sku in enumerate(ground.sku_ids)}
    articles = pq.read_table(folder / "skus.parquet", columns=["sku_id", "product_id"]).to_pydict()
    sku_of = {
        str(sku): index[str(product)]
        for sku, product in zip(articles["sku_id"], articles["product_id"], strict=True)
        if str(product) in index
    }
    lines = pq.read_table(folder / "lines.parquet", columns=["order_id", "sku_id", "qty"]).to_pydict()
    units: dict[tuple[int, int], int] = {}
    for order, sku, quantity in zip(lines["order_id"], lines["sku_id"], lines["qty"], strict=True):
        key = place.get(str(order), -1), sku_of.get(str(sku), -1)
        if min(key) >= 0 and quantity > 0:
            units[key] = units.get(key, 0) + int(quantity)
    keys = np.array(sorted(units), np.int64)
    every = replace(
        like, order_ids=tuple(place), placed_at=at[kept], sku=keys[:, 1], destination=home[kept],
        start=np.searchsorted(keys[:, 0], np.arange(len(kept) + 1)),
        quantity=np.array([units[int(o), int(s)] for o, s in keys], np.int64),
    )  # fmt: skip
    return filled(small(every))


def filled(stream: Stream) -> Stream:
    """Without the orders of nothing."""
    return chosen(stream, np.flatnonzero(np.diff(stream.start) > 0))


def best_sellers(ground: Ground, stream: Stream, past: int, most: int) -> Stream:
    """Of each order what was among the ``most`` articles bought oftenest before order ``past``."""
    sold = np.bincount(stream.sku[: stream.start[past]], minlength=len(ground.sku_ids))
    sold[ground.on_hand.sum(axis=1) == 0] = 0
    kept = np.isin(stream.sku, np.argsort(-sold, kind="stable")[:most])
    start = np.concatenate([[0], np.cumsum(np.add.reduceat(kept, stream.start[:-1]))]).astype(np.int64)
    return filled(replace(stream, sku=stream.sku[kept], quantity=stream.quantity[kept], start=start))


def joined(past: Stream, stream: Stream) -> Stream:
    placed_at = np.concatenate([past.placed_at, stream.placed_at])
    return replace(
        stream,
        order_ids=past.order_ids + stream.order_ids,
        placed_at=placed_at,
        start=np.concatenate([past.start, past.start[-1] + stream.start[1:]]),
        sku=np.concatenate([past.sku, stream.sku]),
        quantity=np.concatenate([past.quantity, stream.quantity]),
        destination=np.concatenate([past.destination, stream.destination]),
        days=plain_days(placed_at, stream.km.shape[1], len(stream.km)),
    )


def stocked(ground: Ground, stream: Stream, past: int, level: float, seed: int) -> Ground:
    """Of each SKU ``level`` times what the orders after ``past`` want, drawn to the shelves that have it."""
    chance = np.random.default_rng(seed)
    wanted = np.zeros(len(ground.sku_ids), np.int64)
    lines = int(stream.start[past])
    np.add.at(wanted, stream.sku[lines:], stream.quantity[lines:])
    on_hand = np.zeros_like(ground.on_hand)
    for sku in np.flatnonzero(wanted):
        has = ground.on_hand[sku].astype(np.float64)
        on_hand[sku] = chance.multinomial(int(np.ceil(level * wanted[sku])), has / has.sum())
    return replace(ground, on_hand=on_hand)


def compact(ground: Ground, stream: Stream, past: int) -> tuple[Ground, Stream]:
    """Without the SKUs that nobody asks for in the time played: none are stocked, and prices are dense."""
    wanted = np.unique(stream.sku[int(stream.start[past]) :])
    place = np.full(len(ground.sku_ids), -1, np.int64)
    place[wanted] = np.arange(len(wanted))
    keep = place[stream.sku] >= 0
    sizes = np.add.reduceat(keep, stream.start[:-1]) if len(keep) else np.zeros(0, np.int64)
    slim = replace(
        ground, sku_ids=tuple(ground.sku_ids[s] for s in wanted), weight_g=ground.weight_g[wanted],
        volume_mm3=ground.volume_mm3[wanted], on_hand=ground.on_hand[wanted],
    )  # fmt: skip
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return slim, replace(stream, sku=place[stream.sku[keep]], quantity=stream.quantity[keep], start=start)


def world(sample: str, history: Path | None, weeks: int, articles: int) -> tuple[Ground, Stream, int]:
    """The sample with the households' past: ground, stream and how many orders are past. With ``weeks`` not
    its own orders, but these households' of so many weeks at the end of the year, for the ``articles`` bought
    oftenest in as many weeks before.
    """
    folder = read_folder(ROOT / "samples" / sample)
    ground, stream = replay_of(folder)
    by_time = np.argsort(folder.orders.placed_at, kind="stable")
    homes = dict(zip(folder.orders.customer[by_time].tolist(), stream.destination.tolist(), strict=True))
    played = small(stream)
    if history is None:
        half = played.placed_at[0] + (played.placed_at[-1] - played.placed_at[0]) / 2
        return ground, played, int((played.placed_at < half).sum())
    if weeks:
        span = np.timedelta64(7 * weeks, "D")
        every = bought(ground, stream, homes, history, YEAR_ENDS - 2 * span, YEAR_ENDS)
        past = int((every.placed_at < YEAR_ENDS - span).sum())
        every = best_sellers(ground, every, past, articles)
        return ground, every, int((every.placed_at < YEAR_ENDS - span).sum())
    begins = SAMPLE_STARTS - np.timedelta64(7 * BEFORE_WEEKS, "D")
    before = bought(ground, stream, homes, history, begins, SAMPLE_STARTS)
    return ground, joined(before, played), len(before.order_ids)
