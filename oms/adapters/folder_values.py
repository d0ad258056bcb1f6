"""A folder of files as values: one dataclass of equally long columns per table, in the order of the rows.

Column types, everywhere: text is an object array of ``str`` ('' where empty); a list of words
(``ship|pickup``) is an object array of ``tuple[str, ...]``; whole numbers are ``int64``; coordinates and
kilometres ``float64`` (NaN: not given; an unbounded distance is ``inf``); clock times are ``int64`` minutes
after local midnight (0 to 1440); instants are ``datetime64[us]`` in UTC. Money is in minor units of
``NetworkFile.currency``, weights in grams, lengths in millimetres.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Texts = NDArray[np.object_]
Words = NDArray[np.object_]
Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Instants = NDArray[np.datetime64]

UNLIMITED = -1
CLOSED = -2
"""Where a clock time may be missing: not open at all. (-1 stands for a time that could not be read.)"""
ANY_NODE = "*"
DEFAULT_PENALTY_MINOR = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """Sites that hold and hand out stock. ``id`` is unique and holds no ':'."""

    id: Texts
    name: Texts
    kind: Texts  # warehouse, store, dark_store, vendor, locker, van
    lat: Floats
    lon: Floats
    country: Texts  # ISO 3166 alpha-2, '' unknown
    postcode: Texts
    timezone: Texts  # IANA
    methods: Words  # of ship, pickup, courier
    daily_order_capacity: Ints  # UNLIMITED or parcels a day
    fixed_minor: Ints  # per parcel
    pick_minor: Ints  # per unit
    opens: Ints
    closes: Ints
    ship_cutoff: Ints
    courier_radius_m: Ints  # 0: no courier
    calendar: Texts  # '': open every day from ``opens`` to ``closes``


@dataclass(frozen=True, slots=True, eq=False)
class Calendars:
    """Opening hours by calendar; a weekday that no row names is closed."""

    name: Texts
    days: Words  # of mon, tue, … sun, dates such as 2026-12-24, and holidays
    opens: Ints  # CLOSED: closed on these days
    closes: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Skus:
    """Sellable articles; a length of 0 is not known."""

    id: Texts
    name: Texts
    barcode: Words
    weight_g: Ints
    length_mm: Ints
    width_mm: Ints
    height_mm: Ints
    unit_price_minor: Ints
    flags: Words
    category: Texts  # '': none


@dataclass(frozen=True, slots=True, eq=False)
class Stock:
    """Opening positions; a (node, sku) pair stands once."""

    node: Texts
    sku: Texts
    on_hand: Ints
    safety_stock: Ints
    bin: Texts


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """The demand, in file order."""

    id: Texts
    placed_at: Instants
    channel: Texts
    method: Texts  # ship, pickup, courier
    customer: Texts
    lat: Floats
    lon: Floats
    country: Texts
    postcode: Texts


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Lines of orders; ``line`` is unique inside its order."""

    order: Texts
    line: Texts
    sku: Texts
    quantity: Ints  # ≥ 1
    unit_price_minor: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """Goods that came back: units of one SKU of one order."""

    id: Texts
    order: Texts
    sku: Texts
    quantity: Ints  # ≥ 1
    returned_at: Instants
    reason: Texts


@dataclass(frozen=True, slots=True, eq=False)
class Replenishments:
    """Units that arrive at a node."""

    node: Texts
    sku: Texts
    quantity: Ints  # ≥ 1
    at: Instants


@dataclass(frozen=True, slots=True, eq=False)
class Tariffs:
    """Weight steps, ascending inside a name; a parcel heavier than the last step is not carried."""

    name: Texts
    up_to_g: Ints
    minor: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Lanes:
    """Which tariff a parcel takes; the first row that fits node, country, postcode and distance wins."""

    node: Texts  # ANY_NODE: any
    country: Texts  # '' any
    postcode_prefix: Texts  # '' any
    up_to_km: Floats  # inf: any
    tariff: Texts
    transit_days: Ints


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """``network.json``. ``holidays``: country -> calendar of the ``holidays`` package: 'US', 'GB-ENG'."""

    currency: str = "USD"
    dimensional_divisor_mm3_per_g: float = 0.0  # 0: dimensional weight off
    holidays: Mapping[str, str] = field(default_factory=dict)
    unfilled_penalty_minor: int = DEFAULT_PENALTY_MINOR  # per unit
    policy: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """Everything one folder says. Every id named in a table stands in the table it refers to."""

    network: NetworkFile
    nodes: Nodes
    calendars: Calendars
    skus: Skus
    stock: Stock
    orders: Orders
    lines: Lines
    returns: Returns
    replenishments: Replenishments
    tariffs: Tariffs
    lanes: Lanes


@dataclass(frozen=True, slots=True)
class FolderFault:
    """One thing wrong in one place. ``row``: the header is 1, in Parquet too; 0 is the file as a whole."""

    file: str
    row: int
    column: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What files are an addition to: the network, and by table the ids that rows may refer to."""

    network: NetworkFile
    ids: Mapping[str, Texts]


class FolderRefused(Exception):
    """The folder is not taken. ``faults`` are the first found, by file and row; ``more`` counts the rest."""

    def __init__(self, faults: tuple[FolderFault, ...], more: int = 0) -> None:
        super().__init__(f"{len(faults) + more} faults, the first: {faults[0] if faults else None}")
        self.faults = faults
        self.more = more


class Repeated(np.ndarray[Any, np.dtype[np.object_]]):
    """A column of text that knows which texts those are, ``different``, and of each row which it has,
    ``which``; one may be there twice where an empty cell means it. It is not written into; a part of it is a
    column like any other.
    """

    different: Texts | None = None
    which: Codes | None = None

    @classmethod
    def of(cls, different: Texts, which: Codes) -> Repeated:
        """Shapes [m], [n] -> [n]."""
        column = different[which].view(cls)
        column.different, column.which = different, which
        column.flags.writeable = False
        return column


def told_apart(column: Texts) -> tuple[Texts, Codes]:
    """The different texts, and for each row which it has: shapes [n] -> [m], [n]."""
    if isinstance(column, Repeated) and column.different is not None and column.which is not None:
        return column.different, column.which
    coded = pa.array(column.tolist(), pa.string()).dictionary_encode()
    return texts(coded.dictionary.to_pylist()), np.asarray(coded.indices.to_numpy(), np.int32)


def positions_of(wanted: Texts, ids: Texts) -> Ints:
    """Row of each wanted id in ``ids``, the first of several, -1 where it is not there.

    Shapes [n], [m] -> [n].
    """
    if not len(wanted):
        return np.empty(0, np.int64)
    rows = dict(zip(ids.tolist()[::-1], range(len(ids) - 1, -1, -1), strict=True))
    different, which = told_apart(wanted) if isinstance(wanted, Repeated) else (wanted, None)
    found = np.fromiter(map(rows.get, different.tolist(), repeat(-1)), np.int64, len(different))
    return found if which is None else found[which]


def texts(values: Iterable[Any]) -> Texts:
    """A column of text, or of tuples of words."""
    listed = list(values)
    cells = np.empty(len(listed), np.object_)
    for place, value in enumerate(listed):
        cells[place] = value
    return cells


def ints(values: Iterable[Any]) -> Ints:
    """A column of whole numbers, whatever the database counted them in."""
    return np.array([int(value) for value in values], np.int64)


def floats(values: Iterable[float | None]) -> Floats:
    """A column of numbers, NaN where there is none."""
    return np.array([np.nan if value is None else value for value in values], np.float64)


def instants(values: Iterable[Any]) -> Instants:
    """A column of instants from datetimes without a zone, in UTC."""
    return np.array(list(values), "datetime64[us]")
