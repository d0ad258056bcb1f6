"""Reads a folder: every file, every column, every rule between them; then all faults, or the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import holidays
import numpy as np
from numpy.typing import NDArray

from oms.adapters import folder_check as check
from oms.adapters.folder_calendars import check_calendars, check_holidays, check_names
from oms.adapters.folder_faults import Faults
from oms.adapters.folder_files import RawTable, read_json, read_table
from oms.adapters.folder_parse import Cells, filled, parse
from oms.adapters.folder_schema import LINE_NUMBER, PRICE_OF_SKU, SAME_AS_ID, TABLES, TableSpec
from oms.adapters.folder_values import (
    DEFAULT_PENALTY_MINOR,
    Folder,
    Ints,
    Known,
    NetworkFile,
    positions_of,
)

Columns = dict[str, NDArray[Any]]
NETWORK_FILE = "network.json"
KEYS = ("currency", "dimensional_divisor_mm3_per_g", "holidays", "unfilled_penalty_minor", "policy")


def read_folder(path: Path, known: Known | None = None) -> Folder:
    """Read and check a folder; raises FolderRefused with all faults before anything is used.

    ``known``: what the files are an addition to. Then any of them may be left out, ids may refer to those
    known, and whether tariffs reach far enough is for whoever puts both together to judge.
    """
    faults = Faults()
    if not path.is_dir():
        faults.add(str(path.name), 0, "", "missing_folder", "there is no such folder")
        faults.raise_if_any()
    tables: dict[str, Columns] = {}
    rows: dict[str, Ints] = {}
    files: dict[str, str] = {}
    readable = True
    for name, spec in TABLES.items():
        before = len(faults)
        raw = read_table(path, name, spec if known is None else replace(spec, optional=True), faults)
        readable &= raw is not None or before == len(faults)
        files[name] = raw.file if raw else f"{name}.csv"
        rows[name] = raw.rows if raw else np.zeros(0, dtype=np.int64)
        tables[name] = _columns(raw, spec, faults)
    network = known.network if known and not (path / NETWORK_FILE).exists() else _network(path, faults)
    _check(tables, rows, files, faults, readable, known)
    check_calendars(files["calendars"], tables["calendars"], rows["calendars"], faults)
    check_holidays(files["nodes"], tables, rows["nodes"], network.holidays, faults)
    check_names(files["calendars"], tables, rows["calendars"], network.holidays, faults)
    faults.raise_if_any()
    _compute_defaults(tables)
    values = {name: spec.values(**tables[name]) for name, spec in TABLES.items()}
    return Folder(network=network, **values)


def _columns(raw: RawTable | None, spec: TableSpec, faults: Faults) -> Columns:
    if raw is None:
        return {column.name: filled(column, 0) for column in spec.columns}
    return {
        column.name: parse(Cells(raw.file, column, raw.columns[column.name], raw.rows, faults))
        if column.name in raw.columns
        else filled(column, len(raw.rows))
        for column in spec.columns
    }


def _check(
    tables: Mapping[str, Columns],
    rows: Mapping[str, Ints],
    files: Mapping[str, str],
    faults: Faults,
    readable: bool,
    known: Known | None,
) -> None:
    """Rules between rows; those between files only when all could be read, else one fault is many."""
    for name, spec in TABLES.items():
        columns, at, referred = tables[name], rows[name], {}
        for column in spec.columns:
            if column.refers_to and readable:
                ids = _ids(tables, column.refers_to, known)
                cells = columns[column.name]
                referred[column.name] = check.check_reference(files[name], column, cells, ids, at, faults)
        check.check_keys(files[name], spec, columns, at, faults, referred)
    for name in ("nodes", "orders", "lanes"):
        check.check_country(files[name], tables[name], rows[name], faults)
    check.check_barcodes(files["skus"], tables["skus"], rows["skus"], faults)
    check.check_categories(files["skus"], tables["skus"], rows["skus"], faults)
    check.check_nodes(files["nodes"], tables["nodes"], rows["nodes"], faults)
    check.check_place(files["orders"], tables["orders"], rows["orders"], faults)
    check.check_tariffs(files["tariffs"], tables["tariffs"], rows["tariffs"], faults)
    if readable and known is None:
        check.check_reach(tables, rows, files, faults)


def _ids(tables: Mapping[str, Columns], name: str, known: Known | None) -> NDArray[np.object_]:
    """What rows may refer to in a table: its ids, and those known already."""
    column = "name" if name in ("tariffs", "calendars") else "id"
    ids = tables[name][column]
    return np.concatenate((ids, known.ids[name])) if known and name in known.ids else ids


def _compute_defaults(tables: Mapping[str, Columns]) -> None:
    """Fill the cells whose default comes from another cell."""
    for name, spec in TABLES.items():
        columns = tables[name]
        for column in spec.columns:
            values = columns[column.name]
            if column.default == SAME_AS_ID:
                columns[column.name] = np.where(values == "", columns["id"], values)
            elif column.default == LINE_NUMBER:
                columns[column.name] = np.where(values == "", _numbers_in_order(columns["order"]), values)
            elif column.default == PRICE_OF_SKU:
                skus = tables["skus"]
                price = skus["unit_price_minor"][positions_of(columns["sku"], skus["id"])]
                columns[column.name] = np.where(values < 0, price, values)


def _numbers_in_order(orders: NDArray[np.object_]) -> NDArray[np.object_]:
    seen: dict[str, int] = {}
    numbers = np.empty(len(orders), dtype=np.object_)
    for place, order in enumerate(orders):
        seen[order] = seen.get(order, 0) + 1
        numbers[place] = str(seen[order])
    return numbers


def _network(path: Path, faults: Faults) -> NetworkFile:
    document = read_json(path / NETWORK_FILE, faults)
    for key in sorted(set(document) - set(KEYS)):
        faults.add(NETWORK_FILE, 0, key, "unknown_key", f"the keys are {', '.join(KEYS)}")
    currency = document.get("currency", "USD")
    if not (isinstance(currency, str) and len(currency) == 3 and currency.isascii() and currency.isupper()):
        faults.add(NETWORK_FILE, 0, "currency", "bad_currency", "an ISO 4217 code such as USD belongs here")
    calendars = document.get("holidays", {})
    _check_holidays(calendars, faults)
    weights = document.get("policy", {})
    if not isinstance(weights, dict) or not all(_is_amount(weight) for weight in weights.values()):
        faults.add(
            NETWORK_FILE, 0, "policy", "bad_number", "an object of numbers, none negative, belongs here"
        )
    divisor = document.get("dimensional_divisor_mm3_per_g", 0.0)
    penalty = document.get("unfilled_penalty_minor", DEFAULT_PENALTY_MINOR)
    for key, amount in (("dimensional_divisor_mm3_per_g", divisor), ("unfilled_penalty_minor", penalty)):
        if not _is_amount(amount):
            faults.add(NETWORK_FILE, 0, key, "bad_number", "a number that is not negative belongs here")
    if faults:
        return NetworkFile()
    return NetworkFile(currency, float(divisor), calendars, int(penalty), weights)


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def _check_holidays(calendars: object, faults: Faults) -> None:
    if not isinstance(calendars, dict):
        faults.add(
            NETWORK_FILE, 0, "holidays", "bad_calendar", "an object of country and calendar belongs here"
        )
        return
    supported = holidays.list_supported_countries()
    for country, calendar in calendars.items():
        base, _, part = str(calendar).partition("-")
        if base not in supported or (part and part not in supported[base]):
            faults.add(
                NETWORK_FILE, 0, "holidays", "bad_calendar", f"{country}: no calendar {calendar!s:.40}"
            )
