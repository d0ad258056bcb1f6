"""Many SKUs in little memory: numbers in one array, texts in one piece, and a `Sku` made of a row when asked.

A hundred bytes each, where an object with all its parts takes six times as many, and nothing in it that the
garbage collector would go through.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from inventory.sku import Kit, Sku

SEPARATOR = "\x1f"  # which no id, barcode or flag has
_COUNTS = "no weight_g length_mm width_mm height_mm active cap held opens version barcodes flags category"
NUMBERS = np.dtype([(name, np.int32) for name in _COUNTS.split()] + [("price", np.int64)])
"""`opens` is a day's ordinal, 0 for none; `barcodes` and `flags` say how many texts these are; `category` is
a place among the names of categories.
"""

_SPLIT = SEPARATOR.encode()


@dataclass(frozen=True, slots=True)
class Texts:
    """Of each row its id, barcodes, flags and name, in UTF-8 between separators; row i ends at `ends[i]`."""

    joined: bytes = b""
    ends: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, rows: Collection[bytes]) -> "Texts":
        """Put the rows together."""
        return cls(b"".join(rows), np.cumsum(np.fromiter(map(len, rows), np.int64, len(rows))))

    def row(self, row: int) -> bytes:
        """One row."""
        return self.joined[self.ends.item(row - 1) if row else 0 : self.ends.item(row)]

    def ids(self) -> Iterator[bytes]:
        """The first text of each row."""
        begin = 0
        for end in self.ends.tolist():
            yield self.joined[begin : self.joined.find(_SPLIT, begin, end)]
            begin = end

    def kept(self, keep: NDArray[np.bool_]) -> "Texts":
        """Without the rows that are not to be kept."""
        if keep.all():
            return self
        lengths = np.diff(self.ends, prepend=0)
        joined = np.frombuffer(self.joined, np.uint8)[np.repeat(keep, lengths)]
        return Texts(joined.tobytes(), np.cumsum(lengths[keep]))

    def __add__(self, other: "Texts") -> "Texts":
        """Its rows behind ours."""
        ends = np.concatenate([self.ends, other.ends + len(self.joined)])
        return Texts(self.joined + other.joined, ends)


class SkuColumns:
    """Never changes once made. Rows are found by the hash of their id, in the order of hashes."""

    __slots__ = ("_categories", "_hashes", "_kits", "_numbers", "_rows", "_sets", "_texts")

    def __init__(
        self, numbers: NDArray[np.void], texts: Texts, kits: Mapping[int, Kit], categories: tuple[str, ...]
    ) -> None:
        assert numbers.size == texts.ends.size
        hashes = np.fromiter(map(hash, texts.ids()), np.int64, numbers.size)
        order = np.argsort(hashes)
        self._numbers, self._texts, self._kits, self._categories = numbers, texts, kits, categories
        self._hashes, self._rows = hashes[order], order.astype(np.int32)
        self._sets: dict[tuple[str, ...], frozenset[str]] = {}  # few SKUs differ in their flags

    def __len__(self) -> int:
        return self._numbers.size

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays and texts; kits not counted."""
        arrays = (self._numbers, self._texts.ends, self._hashes, self._rows)
        return len(self._texts.joined) + sum(array.nbytes for array in arrays)

    @property
    def numbers(self) -> NDArray[np.int32]:
        """All SKU numbers, by row."""
        numbers: NDArray[np.int32] = self._numbers["no"]
        return numbers

    def ids(self) -> Iterator[str]:
        """All ids."""
        return (id.decode() for id in self._texts.ids())

    def find(self, id: str) -> int:
        """The row of this id, -1 where there is none."""
        wanted = id.encode()
        hashed = hash(wanted)
        at = int(self._hashes.searchsorted(hashed))
        while at < self._hashes.size and self._hashes.item(at) == hashed:
            row = int(self._rows.item(at))
            if self._texts.row(row).partition(_SPLIT)[0] == wanted:
                return row
            at += 1
        return -1

    def sku(self, row: int) -> Sku:
        """A row as a value."""
        no, weight, length, width, height, active, *rest = self._numbers[row].item()
        cap, held, opens, version, codes, flags, category, price = rest
        id, *words, name = self._texts.row(row).decode().split(SEPARATOR, 1 + codes + flags)
        said = tuple(words[codes:])
        return Sku(
            no,
            id,
            name,
            tuple(words[:codes]),
            weight,
            length,
            width,
            height,
            self._sets.setdefault(said, frozenset(said)),
            price,
            bool(active),
            cap,
            held,
            date.fromordinal(opens) if opens else None,
            version,
            self._kits.get(no),
            self._categories[category],
        )

    def changed(self, skus: Mapping[str, Sku]) -> "SkuColumns":
        """A copy in which these are new or changed; takes as long as all of it is large."""
        keep = np.ones(len(self), np.bool_)
        keep[[row for id in skus if (row := self.find(id)) >= 0]] = False
        place = {category: at for at, category in enumerate(self._categories)}
        numbers = np.array(
            [_numbers(sku, place.setdefault(sku.category, len(place))) for sku in skus.values()], NUMBERS
        )
        written = {sku.no: sku.kit for sku in skus.values()}
        kits = {no: kit for no, kit in ({**self._kits, **written}).items() if kit is not None}
        texts = self._texts.kept(keep) + Texts.of([_text(sku) for sku in skus.values()])
        return SkuColumns(np.concatenate([self._numbers[keep], numbers]), texts, kits, tuple(place))


NO_COLUMNS = SkuColumns(np.empty(0, NUMBERS), Texts(), {}, ())


def _numbers(sku: Sku, category: int) -> tuple[int, ...]:
    measures = (sku.no, sku.weight_g, sku.length_mm, sku.width_mm, sku.height_mm)
    opens = sku.preorder_from.toordinal() if sku.preorder_from else 0
    sales = (sku.active, sku.backorder_cap, sku.backordered, opens, sku.version)
    return (*measures, *sales, len(sku.barcodes), len(sku.flags), category, sku.unit_price_minor)


def _text(sku: Sku) -> bytes:
    return SEPARATOR.join((sku.id, *sku.barcodes, *sorted(sku.flags), sku.name)).encode()
