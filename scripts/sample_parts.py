"""What both derivation scripts need: columns out of rows, barcodes, shelf places, clock times."""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from oms.adapters.folder import Folder, Lines, Orders, Skus, positions_of, write_folder
from oms.adapters.folder_values import Words


@dataclass(frozen=True, slots=True)
class Handling:
    """What a kind of node costs and when it works; simulated, the sources do not say."""

    fixed_minor: int
    pick_minor: int
    capacity: int  # parcels a day
    opens: int
    closes: int
    cutoff: int  # minutes after midnight


def texts(values: Iterable[object]) -> NDArray[np.object_]:
    """A text column."""
    return np.array([str(value) for value in values], dtype=np.object_)


def words(values: Iterable[Sequence[str]]) -> Words:
    """A column of lists of words."""
    listed = [tuple(value) for value in values]
    column = np.empty(len(listed), dtype=np.object_)
    for place, value in enumerate(listed):
        column[place] = value
    return column


def whole(values: Iterable[float]) -> NDArray[np.int64]:
    """A column of whole numbers."""
    return np.array([round(value) for value in values], dtype=np.int64)


def instants(stamps: Iterable[datetime], zone: str) -> NDArray[np.datetime64]:
    """Local wall-clock times of one zone as UTC; a time inside the autumn fold is taken as its first pass."""
    local = ZoneInfo(zone)
    utc = [stamp.replace(tzinfo=local).astimezone(UTC).replace(tzinfo=None) for stamp in stamps]
    return np.array(utc, dtype="datetime64[us]")


def in_store_barcode(number: int) -> str:
    """An EAN-13 with prefix 2, which GS1 leaves to a shop's own numbering."""
    body = f"2{number:011d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return body + str(-total % 10)


def shelf_places(groups: Sequence[str]) -> NDArray[np.object_]:
    """A simulated shelf place a SKU: one aisle per group of goods, counted along the aisle."""
    aisles = {group: place + 1 for place, group in enumerate(sorted(set(groups)))}
    seen: dict[str, int] = {}
    places = []
    for group in groups:
        seen[group] = seen.get(group, 0) + 1
        places.append(f"{aisles[group]:03d}-{seen[group]:03d}")
    return texts(places)


def csv_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file, gzipped or not."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def zip_of(data: Path) -> tuple[list[str], np.ndarray]:
    """ZIP codes and their [n, 2] centroids."""
    rows = csv_rows(data / "us_zip" / "us_zip5_centroids.csv.gz")
    return [row["zip5"] for row in rows], np.array([(float(row["lat"]), float(row["lng"])) for row in rows])


def nearest_zip(lat: float, lon: float, zips: tuple[list[str], np.ndarray]) -> str:
    """The code whose centroid is nearest; ``zips``: codes and their [n, 2] centroids."""
    codes, places = zips
    apart = (places[:, 0] - lat) ** 2 + ((places[:, 1] - lon) * math.cos(math.radians(lat))) ** 2
    return codes[int(apart.argmin())]


def lines_of(bought: pa.Table, orders: Orders, catalogue: Skus, numbers: np.ndarray) -> Lines:
    """Lines in the order of their orders, numbered within each; what was paid is shared by the units."""
    owner = texts(bought["order_id"].to_pylist())
    row_of = positions_of(owner, orders.id)
    sequence = np.argsort(row_of, kind="stable")
    place_of = {int(number): place for place, number in enumerate(numbers)}
    sku = np.array([place_of[int(number)] for number in bought["sku_id"].to_numpy()])[sequence]
    quantity = bought["qty"].to_numpy().astype(np.int64)[sequence]
    paid = bought["sales_usd"].to_numpy().astype(float)[sequence]
    first = np.concatenate(([0], np.flatnonzero(np.diff(row_of[sequence])) + 1))
    number = np.arange(len(sequence)) - np.repeat(first, np.diff(np.append(first, len(sequence)))) + 1
    return Lines(
        order=owner[sequence],
        line=texts(number),
        sku=catalogue.id[sku],
        quantity=quantity,
        unit_price_minor=np.round(100 * np.maximum(paid, 0) / quantity).astype(np.int64),
    )


def main(derive: Callable[[Path], Folder], about: str | None) -> None:
    """The command line of a derivation: from the data folder to a sample."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("data", type=Path, help="the data folder")
    parser.add_argument("out", type=Path, help="where to write the sample")
    options = parser.parse_args()
    write_folder(derive(options.data), options.out)
