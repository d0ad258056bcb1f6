"""Gathers the faults of a folder: all are counted, the first are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from oms.adapters.folder_values import FolderFault, FolderRefused

KEPT_PER_CHECK = 100
KEPT = 1_000
HEADER_ROWS = 1


class Faults:
    """A list that does not grow with the file: a wrong column of a million rows is 100 faults and a count."""

    def __init__(self) -> None:
        self._found: list[FolderFault] = []
        self._more = 0

    def add(self, file: str, row: int, column: str, code: str, detail: str) -> None:
        """Note one fault; ``row`` counts the header as 1."""
        self._found.append(FolderFault(file, row, column, code, detail))

    def at(
        self,
        file: str,
        column: str,
        rows: NDArray[np.int64],
        wrong: NDArray[np.bool_],
        code: str,
        detail: Callable[[int], str],
    ) -> None:
        """Note each row of ``wrong``; ``rows`` are row numbers of the file, ``detail`` takes an index."""
        places = np.flatnonzero(wrong)
        for place in places[:KEPT_PER_CHECK].tolist():
            self.add(file, int(rows[place]), column, code, detail(place))
        self._more += max(0, len(places) - KEPT_PER_CHECK)

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        """Raise FolderRefused when anything was noted, ordered by file, row and column."""
        if self._found:
            ordered = sorted(self._found, key=lambda fault: (fault.file, fault.row, fault.column, fault.code))
            raise FolderRefused(tuple(ordered[:KEPT]), self._more + max(0, len(ordered) - KEPT))


def shown(values: Iterable[object], limit: int = 3) -> str:
    """A few values for a detail, the rest counted."""
    listed = [str(value) for value in values]
    rest = len(listed) - limit
    return ", ".join(listed[:limit]) + (f" and {rest} more" if rest > 0 else "")
