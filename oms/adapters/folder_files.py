"""CSV and Parquet files into cells, and the faults of whole files: missing, ambiguous, not UTF-8, ragged."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from oms.adapters.folder_faults import HEADER_ROWS, Faults, shown
from oms.adapters.folder_schema import TableSpec
from oms.adapters.folder_values import Ints

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class RawTable:
    """Columns as the file has them, and the row number of each record."""

    file: str
    columns: Mapping[str, Any]  # name -> pyarrow Array
    rows: Ints


def read_table(folder: Path, name: str, spec: TableSpec, faults: Faults) -> RawTable | None:
    """The file of one table, or None where it is absent or cannot be read (noted unless it is optional)."""
    found = [path for path in (folder / f"{name}.csv", folder / f"{name}.parquet") if path.is_file()]
    if len(found) > 1:
        faults.add(found[0].name, 0, "", "ambiguous_file", f"{found[1].name} stands beside it")
        return None
    if not found:
        if not spec.optional:
            faults.add(
                f"{name}.csv", 0, "", "missing_file", f"neither {name}.csv nor {name}.parquet is there"
            )
        return None
    raw = _read_csv(found[0], faults) if found[0].suffix == ".csv" else _read_parquet(found[0], faults)
    return raw if raw is not None and _header_fits(raw, spec, faults) else None


def _header_fits(raw: RawTable, spec: TableSpec, faults: Faults) -> bool:
    known = {column.name for column in spec.columns}
    for name in raw.columns:
        if name not in known:
            faults.add(raw.file, 1, name, "unknown_column", f"the columns are {', '.join(sorted(known))}")
    missing = [column.name for column in spec.columns if column.required and column.name not in raw.columns]
    for name in missing:
        faults.add(
            raw.file, 1, name, "missing_column", f"the file has {shown(raw.columns, 20) or 'no columns'}"
        )
    return not missing


def _decoded(path: Path, faults: Faults) -> bytes | None:
    """The bytes of a UTF-8 file without its byte order mark."""
    data = path.read_bytes().removeprefix(BOM)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        row = data.count(b"\n", 0, wrong.start) + 1
        faults.add(
            path.name, row, "", "not_utf8", f"byte {data[wrong.start]:#04x} is not UTF-8; save it as UTF-8"
        )
        return None
    return data


def _read_csv(path: Path, faults: Faults) -> RawTable | None:
    data = _decoded(path, faults)
    if data is None:
        return None
    body = data.rstrip(b"\r\n")
    header = [name.strip() for name in next(csv.reader(io.StringIO(body.decode("utf-8"))), [])]
    twice = sorted({name for name in header if header.count(name) > 1})
    if not header or twice:
        code, detail = ("duplicate_column", shown(twice)) if twice else ("empty_file", "no header row")
        faults.add(path.name, 1, twice[0] if twice else "", code, detail)
        return None
    return _csv_table(path, body, header, faults)


def _csv_table(path: Path, body: bytes, header: list[str], faults: Faults) -> RawTable | None:
    ragged: list[int] = []

    def note(row: pa_csv.InvalidRow) -> str:
        detail = f"{row.actual_columns} cells where the header has {row.expected_columns}"
        faults.add(path.name, row.number, "", "ragged_row", detail)
        ragged.append(row.number)
        return "skip"

    try:
        table = pa_csv.read_csv(
            io.BytesIO(body),
            read_options=pa_csv.ReadOptions(use_threads=False, column_names=header, skip_rows=0),
            parse_options=pa_csv.ParseOptions(
                newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as wrong:
        faults.add(path.name, 0, "", "unreadable", str(wrong)[:200])
        return None
    table = table.slice(HEADER_ROWS)
    rows = np.arange(table.num_rows + len(ragged)) + HEADER_ROWS + 1
    return _raw(path.name, table, np.delete(rows, np.array(ragged, dtype=np.int64) - HEADER_ROWS - 1))


def _read_parquet(path: Path, faults: Faults) -> RawTable | None:
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as wrong:
        faults.add(path.name, 0, "", "unreadable", f"not a Parquet file: {str(wrong)[:160]}")
        return None
    return _raw(path.name, table, np.arange(table.num_rows) + HEADER_ROWS + 1)


def _raw(file: str, table: Any, rows: Ints) -> RawTable:
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    return RawTable(file, columns, rows.astype(np.int64))


def read_json(path: Path, faults: Faults) -> Mapping[str, Any]:
    """The object of a JSON file; empty where the file is absent or faulty (noted)."""
    if not path.is_file():
        return {}
    data = _decoded(path, faults)
    if data is None:
        return {}
    try:
        document = json.loads(data)
    except ValueError as wrong:
        row = wrong.lineno if isinstance(wrong, json.JSONDecodeError) else 0
        faults.add(path.name, row, "", "bad_json", str(wrong))
        return {}
    if not isinstance(document, dict):
        faults.add(path.name, 1, "", "bad_json", "an object belongs here")
        return {}
    return document
