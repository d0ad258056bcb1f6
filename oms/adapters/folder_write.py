"""Writes a folder that ``read_folder`` reads back equal; the same values give the same bytes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from oms.adapters.folder_read import NETWORK_FILE
from oms.adapters.folder_schema import TABLES, Column, Kind, clock
from oms.adapters.folder_values import CLOSED, UNLIMITED, Folder

PARQUET_FROM_ROWS = 10_000
"""Beyond this many rows a table is written as Parquet: smaller, and nobody edits it by hand."""


def write_folder(folder: Folder, path: Path, parquet_from_rows: int = PARQUET_FROM_ROWS) -> None:
    """Write every table that has rows, and ``network.json``; files of other names are left alone."""
    path.mkdir(parents=True, exist_ok=True)
    for name, spec in TABLES.items():
        values = getattr(folder, name)
        typed = len(getattr(values, spec.columns[0].name)) >= parquet_from_rows
        columns = {column: getattr(values, column.name) for column in spec.columns}
        table = pa.table(
            {
                column.name: _cells(column, cells, typed)
                for column, cells in columns.items()
                if not (column.sparse and (cells == column.default).all())
            }
        )
        for suffix in ("csv", "parquet"):
            (path / f"{name}.{suffix}").unlink(missing_ok=True)
        if typed:
            pq.write_table(table, path / f"{name}.parquet", compression="zstd", compression_level=19)
        elif table.num_rows or not spec.optional:
            _write_csv(table, path / f"{name}.csv")
    network = folder.network
    document = {
        "currency": network.currency,
        "dimensional_divisor_mm3_per_g": network.dimensional_divisor_mm3_per_g,
        "holidays": dict(network.holidays),
        "unfilled_penalty_minor": network.unfilled_penalty_minor,
        "policy": dict(network.policy),
    }
    (path / NETWORK_FILE).write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _write_csv(table: Any, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _cells(column: Column, values: NDArray[Any], typed: bool) -> Any:
    """The column as Arrow; what the reader takes for empty is written empty. ``typed``: instants too."""
    if column.kind is Kind.WORDS:
        return pa.array(["|".join(words) for words in values], pa.string())
    if column.kind is Kind.CLOCK:
        return pa.array(["" if at == CLOSED else clock(int(at)) for at in values], pa.string())
    if column.kind is Kind.INSTANT and typed:
        return pa.array(values, pa.timestamp("us", "UTC"))
    if column.kind is Kind.INSTANT:
        whole = bool((values == values.astype("datetime64[s]")).all())
        written = np.datetime_as_string(values, unit="s" if whole else "us")
        return pa.array([f"{instant}Z" for instant in written], pa.string())
    if column.kind is Kind.NUMBER:
        return pa.array(values, pa.float64(), mask=~np.isfinite(values))
    if column.kind is Kind.WHOLE:
        return pa.array(values, pa.int64(), mask=values == UNLIMITED if column.default == UNLIMITED else None)
    return pa.array(values, pa.string())
