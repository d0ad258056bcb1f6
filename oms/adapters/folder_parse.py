"""One column of a file into an array of its kind, noting every cell that is not what it should be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from oms.adapters.folder_faults import Faults
from oms.adapters.folder_schema import COMPUTED, Column, Kind
from oms.adapters.folder_values import Codes, Ints, Repeated, Texts

WHOLE = r"^[+-]?[0-9]{1,18}$"
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
CLOCK = r"^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$"
OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2})$"
CONTROL = r"[\x00-\x1f\x7f]"
EPOCH = np.datetime64(0, "us")
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one column: where they stand and where to say what is wrong with them."""

    file: str
    column: Column
    array: Any  # pyarrow Array
    rows: Ints  # row numbers in the file
    faults: Faults

    def wrong(self, mask: Bools, code: str, what: str, codes: Codes | None = None) -> None:
        """Note the cells of the mask, each with its own text. With ``codes`` it is a mask of different texts,
        of which each cell has one.
        """
        if mask.any():
            self.faults.at(
                self.file,
                self.column.name,
                self.rows,
                mask if codes is None else mask[codes],
                code,
                lambda place: f"{_cell(self.array[place])}: {what}",
            )


def parse(cells: Cells) -> NDArray[Any]:
    """The column as an array of its kind; faulty cells hold 0, an empty text, or no time of day (-1)."""
    readers = {
        Kind.ID: _texts,
        Kind.TEXT: _texts,
        Kind.WORDS: _words,
        Kind.WHOLE: _whole,
        Kind.NUMBER: _number,
        Kind.CLOCK: _clock,
        Kind.INSTANT: _instant,
    }
    return readers[cells.column.kind](cells)


def filled(column: Column, count: int) -> NDArray[Any]:
    """The column where the file leaves it out; computed defaults are filled in later."""
    value = _usual(column)
    which = np.zeros(count, np.int32)
    return Repeated.of(np.asarray(value), which) if isinstance(value, Repeated) else value[which]


@cache
def _usual(column: Column) -> NDArray[Any]:
    """What an empty cell means, once."""
    return parse(Cells("", column, pa.nulls(1, pa.string()), np.arange(1), Faults()))


def _cell(value: Any) -> str:
    text = str(value.as_py())
    return repr(text if len(text) <= 40 else text[:37] + "…")


def _as_text(cells: Cells) -> Any:
    """Trimmed text, '' for null; a column of a type other than text or whole numbers is itself a fault."""
    kind = cells.array.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)):
        if not pa.types.is_null(kind):
            cells.faults.add(
                cells.file, 1, cells.column.name, "bad_type", f"{kind} where {cells.column.kind} belongs"
            )
        return pa.array([""] * len(cells.array), pa.string())
    return pc.utf8_trim_whitespace(cells.array.cast(pa.string())).fill_null("")


def _coded(cells: Cells) -> tuple[Any, Codes]:
    """The different texts of a column, and for each row which it is: what there is to say of a text is said
    once, however many rows have it.
    """
    coded = _as_text(cells).dictionary_encode()
    return coded.dictionary, np.asarray(coded.indices.to_numpy(), dtype=np.int32)


def _mask(array: Any) -> Bools:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _objects(array: Any) -> NDArray[np.object_]:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.object_)


def _missing(cells: Cells, empty: Bools, codes: Codes | None = None) -> None:
    if cells.column.required:
        cells.wrong(empty, "missing_value", "needs a value", codes)


def _texts(cells: Cells) -> Texts:
    column = cells.column
    text, codes = _coded(cells)
    empty = _mask(pc.equal(text, ""))
    _missing(cells, empty, codes)
    control = _mask(pc.match_substring_regex(text, CONTROL))
    cells.wrong(control, "bad_text", "holds a control character", codes)
    if column.words:
        listed = _mask(pc.is_in(text, value_set=pa.array(column.words)))
        cells.wrong(~listed & ~empty, "not_allowed", f"is none of {', '.join(column.words)}", codes)
    values = _objects(text)
    if column.default not in COMPUTED and not column.required:
        values[empty] = column.default
    return Repeated.of(values, codes)


def _words(cells: Cells) -> NDArray[np.object_]:
    column = cells.column
    text, codes = _coded(cells)
    _missing(cells, _mask(pc.equal(text, "")), codes)
    lists = np.empty(len(text), dtype=np.object_)
    for place, choice in enumerate(text.to_pylist()):
        lists[place] = tuple(dict.fromkeys(word.strip() for word in choice.split("|") if word.strip()))
        if not lists[place]:
            lists[place] = () if column.required else column.default
    if column.words:
        bad = np.array([bool(set(words) - set(column.words)) for words in lists], dtype=np.bool_)
        cells.wrong(bad, "not_allowed", _only(column), codes)
    return lists[codes]


def _only(column: Column) -> str:
    return f"only {', '.join(column.words)} are known"


def _whole(cells: Cells) -> Ints:
    array = cells.array
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_null(array, nan_is_null=True), None, array)
        whole = pc.equal(pc.floor(array), array).fill_null(True)
        cells.wrong(~_mask(whole), "bad_integer", "is not a whole number")
        array = pc.if_else(whole, array, None).cast(pa.int64())
    if pa.types.is_integer(array.type):
        empty = _mask(array.is_null())
        values = np.asarray(
            array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False), dtype=np.int64
        )
        return _bounded(cells, values.copy(), empty)
    text, codes = _coded(cells)
    empty = _mask(pc.equal(text, ""))
    good = _mask(pc.match_substring_regex(text, WHOLE))
    bad = ~good & ~empty
    cells.wrong(bad, "bad_integer", "is not a whole number", codes)
    numbers = pc.if_else(pa.array(good), pc.ascii_ltrim(text, "+"), "0").cast(pa.int64())
    values = np.array(numbers.to_numpy(zero_copy_only=False), dtype=np.int64)
    return _bounded(cells, values, empty, ignore=bad, codes=codes)[codes]


def _number(cells: Cells) -> NDArray[np.float64]:
    array = cells.array
    if pa.types.is_floating(array.type) or pa.types.is_integer(array.type):
        empty = _mask(array.is_null())
        values = np.array(
            array.cast(pa.float64()).fill_null(0).to_numpy(zero_copy_only=False), dtype=np.float64
        )
        endless = ~np.isfinite(values) & ~empty
        cells.wrong(endless, "bad_number", "is not a number")
        return _bounded(cells, np.where(endless, 0, values), empty, ignore=endless)
    text = _as_text(cells)
    empty = _mask(pc.equal(text, ""))
    good = _mask(pc.match_substring_regex(text, NUMBER))
    cells.wrong(~good & ~empty, "bad_number", "is not a number")
    numbers = pc.if_else(pa.array(good), pc.ascii_ltrim(text, "+"), "0").cast(pa.float64())
    values = np.array(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)
    return _bounded(cells, values, empty, ignore=~good & ~empty)


def _clock(cells: Cells) -> Ints:
    text = _as_text(cells)
    empty = _mask(pc.equal(text, ""))
    good = _mask(pc.match_substring_regex(text, CLOCK))
    cells.wrong(~good & ~empty, "bad_clock", "is not a clock time HH:MM")
    minutes = [
        int(cell[:-3]) * 60 + int(cell[-2:]) if fine else -1
        for cell, fine in zip(text.to_pylist(), good, strict=True)
    ]
    return _bounded(cells, np.array(minutes, dtype=np.int64), empty, ignore=~good & ~empty)


def _bounded(
    cells: Cells,
    values: NDArray[Any],
    empty: Bools,
    ignore: Bools | None = None,
    codes: Codes | None = None,
) -> NDArray[Any]:
    """Fill empty cells with the default and note what lies outside the bounds."""
    column = cells.column
    _missing(cells, empty, codes)
    judged = ~empty if ignore is None else ~empty & ~ignore
    cells.wrong((values < column.low) & judged, "too_small", f"is less than {column.low:g}", codes)
    cells.wrong((values > column.high) & judged, "too_large", f"is more than {int(column.high)}", codes)
    if not column.required and column.default not in COMPUTED:
        values[empty] = column.default
    elif column.default in COMPUTED:
        values[empty] = -1
    return values


def _instant(cells: Cells) -> NDArray[np.datetime64]:
    array = cells.array
    if pa.types.is_timestamp(array.type):
        empty = _mask(array.is_null())
        micros = array.cast(pa.timestamp("us", array.type.tz), safe=False).cast(pa.int64()).fill_null(0)
        _missing(cells, empty)
        return np.asarray(micros.to_numpy(zero_copy_only=False), dtype=np.int64).astype("datetime64[us]")
    text = _as_text(cells)
    empty = _mask(pc.equal(text, ""))
    _missing(cells, empty)
    try:
        return _instants_at_once(text, empty)
    except pa.ArrowInvalid:
        return _instants_one_by_one(cells, text, empty)


def _instants_at_once(text: Any, empty: Bools) -> NDArray[np.datetime64]:
    zoned = _mask(pc.match_substring_regex(text, OFFSET))
    values = np.full(len(text), EPOCH, dtype="datetime64[us]")
    for mask, target in ((zoned, pa.timestamp("us", "UTC")), (~zoned & ~empty, pa.timestamp("us"))):
        if mask.any():
            micros = text.filter(pa.array(mask)).cast(target).cast(pa.int64())
            values[mask] = np.asarray(micros.to_numpy(zero_copy_only=False)).astype("datetime64[us]")
    return values


def _instants_one_by_one(cells: Cells, text: Any, empty: Bools) -> NDArray[np.datetime64]:
    values = np.full(len(text), EPOCH, dtype="datetime64[us]")
    wrong = np.zeros(len(text), dtype=np.bool_)
    for place, cell in enumerate(text.to_pylist()):
        if empty[place]:
            continue
        try:
            instant = datetime.fromisoformat(cell)
        except ValueError:
            wrong[place] = True
            continue
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        values[place] = np.datetime64(aware.astimezone(UTC).replace(tzinfo=None), "us")
    cells.wrong(wrong, "bad_instant", "is not an instant such as 2017-10-01T09:30:00-04:00")
    return values
