"""The columns of each file: kind, bounds, words allowed, what they refer to, and what an empty cell means.

One table drives reading, writing and ``anyshelf import --explain``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from inventory.sku import CATEGORY_MAX
from oms.adapters.folder_values import (
    ANY_NODE,
    CLOSED,
    UNLIMITED,
    Calendars,
    Lanes,
    Lines,
    Nodes,
    Orders,
    Replenishments,
    Returns,
    Skus,
    Stock,
    Tariffs,
)

LARGEST = 2_147_483_647
DAY_MINUTES = 24 * 60


class Kind(StrEnum):
    ID = "id"
    TEXT = "text"
    WORDS = "words separated by |"
    WHOLE = "whole number"
    NUMBER = "number"
    CLOCK = "clock time HH:MM"
    INSTANT = "ISO 8601 instant, UTC where it has no offset"


REQUIRED = "required"
"""The default of a column that must be there, with no cell empty."""

SAME_AS_ID = "the id"
LINE_NUMBER = "1, 2, … in its order"
PRICE_OF_SKU = "the SKU's"
COMPUTED = (SAME_AS_ID, LINE_NUMBER, PRICE_OF_SKU)


@dataclass(frozen=True, slots=True)
class Column:
    """``default``: REQUIRED, one of COMPUTED, or the value of an empty cell. ``words``: all allowed.

    ``sparse``: written only where some cell has a value.
    """

    name: str
    kind: Kind
    default: str | int | float | tuple[str, ...] = REQUIRED
    low: float = 0
    high: float = LARGEST
    words: tuple[str, ...] = ()
    refers_to: str = ""
    also: tuple[str, ...] = ()  # allowed beside an id of ``refers_to``, or where a check of its own judges
    sparse: bool = False

    @property
    def required(self) -> bool:
        return self.default == REQUIRED


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A file: its columns, what identifies a row, and whether the file may be left out."""

    values: type
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    optional: bool = True


METHODS = ("ship", "pickup", "courier")
KINDS = ("warehouse", "store", "dark_store", "vendor", "locker", "van")
NAN = float("nan")
INF = float("inf")


def _id(name: str, refers_to: str = "", also: tuple[str, ...] = ()) -> Column:
    return Column(name, Kind.ID, refers_to=refers_to, also=also)


def _text(name: str, default: str = "") -> Column:
    return Column(name, Kind.TEXT, default)


def _whole(name: str, default: str | int, low: int = 0) -> Column:
    return Column(name, Kind.WHOLE, default, low=low)


def _clock(name: str, default: int) -> Column:
    return Column(name, Kind.CLOCK, default, high=DAY_MINUTES)


def _place(default: str | float) -> tuple[Column, Column]:
    return (
        Column("lat", Kind.NUMBER, default, low=-90, high=90),
        Column("lon", Kind.NUMBER, default, low=-180, high=180),
    )


NODES = TableSpec(
    Nodes,
    (
        _id("id"),
        _text("name", SAME_AS_ID),
        Column("kind", Kind.TEXT, "store", words=KINDS),
        *_place(REQUIRED),
        _text("country"),
        _text("postcode"),
        _text("timezone", "UTC"),
        Column("methods", Kind.WORDS, ("ship",), words=METHODS),
        _whole("daily_order_capacity", UNLIMITED),
        _whole("fixed_minor", 0),
        _whole("pick_minor", 0),
        _clock("opens", 0),
        _clock("closes", DAY_MINUTES),
        _clock("ship_cutoff", 15 * 60),
        _whole("courier_radius_m", 0),
        Column("calendar", Kind.ID, "", refers_to="calendars", sparse=True),
    ),
    key=("id",),
    optional=False,
)
CALENDARS = TableSpec(
    Calendars,
    (
        _id("name"),
        Column("days", Kind.WORDS, also=("mon to sun", "dates such as 2026-12-24", "holidays")),
        _clock("opens", CLOSED),
        _clock("closes", CLOSED),
    ),
    key=(),
)
SKUS = TableSpec(
    Skus,
    (
        _id("id"),
        _text("name", SAME_AS_ID),
        Column("barcode", Kind.WORDS, ()),
        _whole("weight_g", REQUIRED),
        *(_whole(f"{side}_mm", 0) for side in ("length", "width", "height")),
        _whole("unit_price_minor", 0),
        Column("flags", Kind.WORDS, ()),
        Column("category", Kind.TEXT, "", also=(f"at most {CATEGORY_MAX} characters",), sparse=True),
    ),
    key=("id",),
    optional=False,
)
STOCK = TableSpec(
    Stock,
    (
        _id("node", "nodes"),
        _id("sku", "skus"),
        _whole("on_hand", REQUIRED),
        _whole("safety_stock", 0),
        _text("bin"),
    ),
    key=("node", "sku"),
    optional=False,
)
ORDERS = TableSpec(
    Orders,
    (
        _id("id"),
        Column("placed_at", Kind.INSTANT),
        _text("channel", "web"),
        Column("method", Kind.TEXT, "ship", words=METHODS),
        _text("customer"),
        *_place(NAN),
        _text("country"),
        _text("postcode"),
    ),
    key=("id",),
)
LINES = TableSpec(
    Lines,
    (
        _id("order", "orders"),
        Column("line", Kind.ID, LINE_NUMBER),
        _id("sku", "skus"),
        _whole("quantity", REQUIRED, low=1),
        _whole("unit_price_minor", PRICE_OF_SKU),
    ),
    key=("order", "line"),
)
RETURNS = TableSpec(
    Returns,
    (
        _id("id"),
        _id("order", "orders"),
        _id("sku", "skus"),
        _whole("quantity", REQUIRED, low=1),
        Column("returned_at", Kind.INSTANT),
        _text("reason"),
    ),
    key=("id",),
)
REPLENISHMENTS = TableSpec(
    Replenishments,
    (
        _id("node", "nodes"),
        _id("sku", "skus"),
        _whole("quantity", REQUIRED, low=1),
        Column("at", Kind.INSTANT),
    ),
    key=(),
)
TARIFFS = TableSpec(
    Tariffs,
    (_id("name"), _whole("up_to_g", REQUIRED, low=1), _whole("minor", REQUIRED)),
    key=("name", "up_to_g"),
)
LANES = TableSpec(
    Lanes,
    (
        Column("node", Kind.ID, ANY_NODE, refers_to="nodes", also=(ANY_NODE,)),
        _text("country"),
        _text("postcode_prefix"),
        Column("up_to_km", Kind.NUMBER, INF, high=40_100),
        Column("tariff", Kind.ID, refers_to="tariffs"),
        _whole("transit_days", 2),
    ),
    key=(),
)

TABLES: Mapping[str, TableSpec] = {
    "nodes": NODES,
    "calendars": CALENDARS,
    "skus": SKUS,
    "stock": STOCK,
    "orders": ORDERS,
    "lines": LINES,
    "returns": RETURNS,
    "replenishments": REPLENISHMENTS,
    "tariffs": TARIFFS,
    "lanes": LANES,
}


@dataclass(frozen=True, slots=True)
class ColumnNote:
    """One line of ``anyshelf import --explain``; ``default`` is '' for a required column."""

    file: str
    column: str
    kind: str
    required: bool
    default: str
    allowed: str


def explain_columns() -> tuple[ColumnNote, ...]:
    """Every column of every file, in order."""
    return tuple(
        ColumnNote(name, column.name, column.kind.value, column.required, _default(column), _allowed(column))
        for name, table in TABLES.items()
        for column in table.columns
    )


def _default(column: Column) -> str:
    if column.required:
        return ""
    if column.default == CLOSED:
        return "closed"
    if column.default == UNLIMITED or column.default == INF:
        return "no limit"
    if column.default == "" or column.default != column.default or column.default == ():
        return "none"
    if column.kind is Kind.CLOCK:
        return clock(int(str(column.default)))
    return "|".join(column.default) if isinstance(column.default, tuple) else str(column.default)


def _allowed(column: Column) -> str:
    if column.words:
        return ", ".join(column.words)
    if column.refers_to or column.also:
        ids = (f"an id of {column.refers_to}",) if column.refers_to else ()
        return " or ".join(ids + column.also)
    if column.kind in (Kind.WHOLE, Kind.NUMBER):
        return f"{column.low:g} to {int(column.high)}"
    return ""


def clock(minutes: int) -> str:
    """Minutes after midnight as HH:MM."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
