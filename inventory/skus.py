"""Every SKU by its id: the many in columns, those of late as they are."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inventory.sku import Sku
from inventory.sku_columns import NO_COLUMNS, SkuColumns

RECENT_MAX = 8192  # entries; a copy of that many costs tens of microseconds, new columns up to a second
MADE_MAX = 1 << 16  # values made of columns that are remembered


class Skus(Mapping[str, Sku]):
    """Never changes once made; `changed` answers a new one, which shares what did not change."""

    __slots__ = ("_columns", "_made", "_recent")

    def __init__(
        self,
        columns: SkuColumns = NO_COLUMNS,
        recent: Mapping[str, Sku] | None = None,
        made: dict[str, Sku] | None = None,
    ) -> None:
        self._columns = columns
        self._recent: Mapping[str, Sku] = {} if recent is None else recent
        self._made: dict[str, Sku] = {} if made is None else made

    @property
    def nbytes(self) -> int:
        """Bytes of the columns."""
        return self._columns.nbytes

    def numbers(self) -> NDArray[np.int32]:
        """The numbers of all in columns, ascending."""
        return np.sort(self._columns.numbers)

    def __getitem__(self, key: str) -> Sku:
        found: Sku | None = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: str, default: Any = None) -> Any:
        """The SKU or ``default``, without an exception in between."""
        found = self._recent.get(key) or self._made.get(key) or self._make(key)
        return default if found is None else found

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        yield from (id for id in self._columns.ids() if id not in self._recent)
        yield from self._recent

    def __len__(self) -> int:
        return len(self._columns) + sum(self._columns.find(key) < 0 for key in self._recent)

    def changed(self, skus: Mapping[str, Sku]) -> "Skus":
        """A copy in which these keys have these values."""
        recent = {**self._recent, **skus}
        if len(recent) > RECENT_MAX:
            return Skus(self._columns.changed(recent))
        return Skus(self._columns, recent, self._made)

    def _make(self, key: str) -> Sku | None:
        row = self._columns.find(key)
        if row < 0:
            return None
        if len(self._made) >= MADE_MAX:
            self._made.clear()
        made = self._made[key] = self._columns.sku(row)
        return made
