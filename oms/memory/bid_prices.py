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


@dataclass(frozen=True, slots=True)
class Book:
    """The prices of one market by number of SKU, and until when they hold."""

    until: datetime
    rows: Mapping[int, Row] = field(default_factory=dict)


class BidPrices:
    """Readers take ``books`` once; it is replaced whole, never changed."""

    def __init__(self) -> None:
        self.books: tuple[Book, ...] = ()

    def reload(self, conn: Connection) -> None:
        """A hook for the refresher, under the counter `bid_prices`."""
        self.books = tuple(_book(until, cells) for until, cells in newest_prices(conn) if cells.size)

    def any_of(self, numbers: Sequence[int], now: datetime) -> bool:
        """Whether some of these SKUs have a price now."""
        return any(no in book.rows for book in self.books if now < book.until for no in numbers)

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
                nodes, minor = book.rows.get(no, _NONE)
                known = nodes < catalogue.index_by_no.size
                at = catalogue.index_by_no[nodes[known]]
                found[line, at[at >= 0]] = minor[known][at >= 0]
        return found


_NONE: Row = np.zeros(0, np.int32), np.zeros(0)


def _book(until: datetime, cells: NDArray[Any]) -> Book:
    numbers, first = np.unique(cells["sku"], return_index=True)
    nodes, minor = cells["node"].astype(np.int32), cells["minor"].astype(np.float64)
    bounds = [*first.tolist(), len(cells)]
    rows = {
        no: (nodes[a:b], minor[a:b]) for no, a, b in zip(numbers.tolist(), bounds, bounds[1:], strict=False)
    }
    return Book(until, rows)
