"""What must hold between rows and between files, noted row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from inventory.sku import CATEGORY_MAX
from oms.adapters.folder_faults import Faults
from oms.adapters.folder_schema import Column, TableSpec
from oms.adapters.folder_values import ANY_NODE, Ints, positions_of, told_apart

Columns = Mapping[str, NDArray[Any]]
COUNTRY = r"^([A-Z]{2})?$"


def check_keys(
    file: str, spec: TableSpec, columns: Columns, rows: Ints, faults: Faults, referred: Mapping[str, Ints]
) -> None:
    """No two rows of one key. ``referred``: for columns that name rows of another table, which these are."""
    if not spec.key or not len(rows) or _all_differ(spec.key, columns, referred):
        return
    table = pa.table({name: pa.array(columns[name]) for name in spec.key} | {"row": np.arange(len(rows))})
    first = table.group_by(list(spec.key)).aggregate([("row", "min")])
    again = np.ones(len(rows), dtype=np.bool_)
    again[np.asarray(first["row_min"].to_numpy())] = False
    key = " and ".join(spec.key)
    again &= np.logical_and.reduce([columns[name] != "" for name in spec.key])
    faults.at(
        file,
        spec.key[-1],
        rows,
        again,
        "duplicate",
        lambda place: (
            f"{key} {' '.join(str(columns[name][place]) for name in spec.key)} stands above already"
        ),
    )


def _all_differ(key: Sequence[str], columns: Columns, referred: Mapping[str, Ints]) -> bool:
    """By numbers where there are such: tuples of texts by the hundred thousand take four times as long."""
    numbers = [referred[name] for name in key if name in referred]
    if len(numbers) == len(key) == 2 and all((rows >= 0).all() for rows in numbers):
        packed = np.sort(numbers[0] << 32 | numbers[1])
        return bool((packed[1:] != packed[:-1]).all())
    texts = [columns[name].tolist() for name in key]
    return len(set(zip(*texts, strict=True))) == len(texts[0])


def check_reference(
    file: str, column: Column, values: NDArray[Any], known: NDArray[np.object_], rows: Ints, faults: Faults
) -> Ints:
    """Every id of the column stands in the table it refers to. Returns in which row, -1 for none."""
    found = positions_of(values, known)
    unknown = found < 0
    if not unknown.any():
        return found
    unknown &= values != ""
    for word in column.also:
        unknown &= values != word
    faults.at(
        file,
        column.name,
        rows,
        unknown,
        f"unknown_{column.refers_to.rstrip('s')}",
        lambda place: f"{values[place]} is not among the {column.refers_to}",
    )
    return found


def check_nodes(file: str, columns: Columns, rows: Ints, faults: Faults) -> None:
    """Zones and countries exist, ids can stand in a place name, doors open before they close."""
    ids, zones = columns["id"], columns["timezone"]
    reserved = np.array([":" in name or name == ANY_NODE for name in ids], dtype=np.bool_)
    faults.at(file, "id", rows, reserved, "bad_id", lambda place: f"{ids[place]}: ':' and '*' are taken")
    known = available_timezones() if len(zones) else ()
    bad = np.array([zone not in known for zone in zones], dtype=np.bool_)
    faults.at(
        file, "timezone", rows, bad, "unknown_timezone", lambda place: f"{zones[place]} is no IANA time zone"
    )
    closed = (columns["opens"] >= columns["closes"]) & (columns["closes"] >= 0)
    faults.at(
        file, "closes", rows, closed, "closes_before_opens", lambda place: "closes at or before it opens"
    )


def check_barcodes(file: str, columns: Columns, rows: Ints, faults: Faults) -> None:
    """A barcode stands at one SKU and is no other's id, or a scan would name two."""
    ids, barcodes = columns["id"], columns["barcode"]
    first: dict[str, int] = {id: place for place, id in enumerate(ids)}
    other: dict[int, tuple[str, int]] = {}
    for place, words in enumerate(barcodes):
        for code in words:
            holder = first.setdefault(code, place)
            if ids[holder] != ids[place]:
                other.setdefault(place, (code, holder))
    again = np.zeros(len(ids), dtype=np.bool_)
    again[list(other)] = True

    def detail(place: int) -> str:
        code, holder = other[place]
        return f"{code} is a barcode or the id of {ids[holder]} in row {rows[holder]} already"

    faults.at(file, "barcode", rows, again, "barcode_taken", detail)


def check_categories(file: str, columns: Columns, rows: Ints, faults: Faults) -> None:
    """No longer than a category may be."""
    named, which = told_apart(columns["category"])
    long = np.array([len(category) > CATEGORY_MAX for category in named], dtype=np.bool_)[which]
    faults.at(
        file, "category", rows, long, "too_long", lambda place: f"has more than {CATEGORY_MAX} characters"
    )


def check_country(file: str, columns: Columns, rows: Ints, faults: Faults) -> None:
    """Two capital letters or nothing."""
    countries, which = told_apart(columns["country"])
    good = pc.match_substring_regex(pa.array(countries, pa.string()), COUNTRY)
    bad = ~np.asarray(good.to_numpy(zero_copy_only=False), dtype=np.bool_)[which]
    faults.at(
        file,
        "country",
        rows,
        bad,
        "bad_country",
        lambda place: f"{columns['country'][place]} is not like US or GB",
    )


def check_place(file: str, columns: Columns, rows: Ints, faults: Faults) -> None:
    """An order that gives one coordinate gives both."""
    half = np.isnan(columns["lat"]) != np.isnan(columns["lon"])
    faults.at(file, "lat", rows, half, "half_a_place", lambda place: "lat and lon come together")


def check_tariffs(file: str, columns: Columns, rows: Ints, faults: Faults) -> None:
    """Steps of one name stand together and ascend: a hole or a jump back would price a parcel by accident."""
    names, limits = columns["name"], columns["up_to_g"]
    if not len(names):
        return
    same = np.concatenate(([False], names[1:] == names[:-1]))
    falls = same & (np.diff(limits, prepend=limits[:1]) < 0)
    faults.at(
        file,
        "up_to_g",
        rows,
        falls,
        "not_ascending",
        lambda place: f"{names[place]}: {limits[place]} g after {limits[place - 1]} g",
    )
    starts = np.flatnonzero(~same)
    seen: set[str] = set()
    apart = np.zeros(len(names), dtype=np.bool_)
    for start in starts.tolist():
        apart[start] = names[start] in seen
        seen.add(names[start])
    faults.at(
        file,
        "name",
        rows,
        apart,
        "not_together",
        lambda place: f"the other steps of {names[place]} stand elsewhere",
    )


def check_reach(
    tables: Mapping[str, Columns], rows: Mapping[str, Ints], files: Mapping[str, str], faults: Faults
) -> None:
    """A lane's tariff carries the heaviest SKU its nodes stock, and every node that ships has a lane."""
    nodes, lanes, tariffs = tables["nodes"], tables["lanes"], tables["tariffs"]
    heaviest = _heaviest_per_node(tables)
    overall = int(heaviest.max(initial=0))
    needed: dict[str, int] = {}
    for node, tariff in sorted(set(zip(lanes["node"], lanes["tariff"], strict=True))):
        place = positions_of(np.array([node], dtype=np.object_), nodes["id"])[0]
        weight = overall if node == ANY_NODE else int(heaviest[place]) if place >= 0 else 0
        needed[tariff] = max(needed.get(tariff, 0), weight)
    reach = {name: place for place, name in enumerate(tariffs["name"])}  # the last step of each name wins
    short = np.zeros(len(tariffs["name"]), dtype=np.bool_)
    for tariff, weight in needed.items():
        if tariff in reach:
            short[reach[tariff]] = tariffs["up_to_g"][reach[tariff]] < weight
    faults.at(
        files["tariffs"],
        "up_to_g",
        rows["tariffs"],
        short,
        "does_not_reach",
        lambda place: (
            f"{tariffs['name'][place]} ends here; a SKU of {needed[tariffs['name'][place]]} g is stocked"
        ),
    )
    served = set(lanes["node"])
    stranded = np.array(
        [
            "ship" in methods and node not in served and ANY_NODE not in served
            for node, methods in zip(nodes["id"], nodes["methods"], strict=True)
        ],
        dtype=np.bool_,
    )
    faults.at(
        files["nodes"],
        "id",
        rows["nodes"],
        stranded,
        "no_lane",
        lambda place: f"{nodes['id'][place]} ships, by no lane",
    )


def _heaviest_per_node(tables: Mapping[str, Columns]) -> Ints:
    nodes, skus, stock = tables["nodes"], tables["skus"], tables["stock"]
    node, sku = positions_of(stock["node"], nodes["id"]), positions_of(stock["sku"], skus["id"])
    known = (node >= 0) & (sku >= 0)
    heaviest = np.zeros(len(nodes["id"]), dtype=np.int64)
    np.maximum.at(heaviest, node[known], skus["weight_g"][sku[known]])
    return heaviest
