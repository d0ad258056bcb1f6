"""Bid prices in memory: what a unit on a shelf is worth to orders to come, beside the pool.

A look at them is a look into a dictionary per line. After their time, or where none were solved, there are
none: then every order is routed as if nobody had looked ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from inventory.catalogue import Catalogue
from oms.store.bid_prices import newest_prices

Row = tuple[NDArray[np.int32], NDArray[np.float64]]
"""Numbers of nodes and what a unit there is worth, in minor units."""
Wide = tuple[NDArray[Any], NDArray[np.float64]]
"""The catalogue's places of nodes by number, and a price at each."""


@dataclass(frozen=True, slots=True)
class Book:
    """The prices of one market by number of SKU, and until when they hold."""

    until: datetime
    rows: Mapping[int, Row] = field(default_factory=dict)
    _wide: dict[int, Wide] = field(default_factory=dict)

    def wide(self, no: int, index_by_no: NDArray[Any]) -> NDArray[np.float64]:
        """[C] what a unit of the SKU is worth at each node of a catalogue; asked again and again, so it is
        laid out once.
        """
        known = self._wide.get(no)
        if known is None or known[0] is not index_by_no:
            nodes, minor = self.rows[no]
            there = nodes < index_by_no.size
            at = index_by_no[nodes[there]]
            row = np.zeros(int(index_by_no.max(initial=-1)) + 1)
            row[at[at >= 0]] = minor[there][at >= 0]
            known = self._wide[no] = (index_by_no, row)
        return known[1]


class BidPrices:
    """Readers take ``books`` once; it is replaced whole, never changed."""

    def __init__(self) -> None:
        self.books: tuple[Book, ...] = ()

    def reload(self, conn: Connection) -> None:
        """A hook for the refresher, under the counter `bid_prices`."""
        self.books = tuple(_book(until, cells) for until, cells in newest_prices(conn) if cells.size)

    def bids(self, catalogue: Catalogue, numbers: Sequence[int], now: datetime) -> NDArray[np.float64] | None:
        """[L, C] minor units a unit of the SKUs with these numbers, nodes as in ``catalogue.order``; None
        where none has a price.
        """
        books = [book for book in self.books if now < book.until]
        if not any(no in book.rows for book in books for no in numbers):
            return None
        found = np.zeros((len(numbers), len(catalogue.order)))
        for line, no in enumerate(numbers):
            for book in books:
                if no in book.rows:
                    found[line] += book.wide(no, catalogue.index_by_no)
        return found


def _book(until: datetime, cells: NDArray[Any]) -> Book:
    numbers, first = np.unique(cells["sku"], return_index=True)
    nodes, minor = cells["node"].astype(np.int32), cells["minor"].astype(np.float64)
    bounds = [*first.tolist(), len(cells)]
    rows = {
        no: (nodes[a:b], minor[a:b]) for no, a, b in zip(numbers.tolist(), bounds, bounds[1:], strict=False)
    }
    return Book(until, rows)
