"""Prices in memory: what a unit on a shelf, and room on a node's day, are worth to orders to come.

They stand beside the pool: a look at them is a look into a dictionary per line, and those of days are laid
out once. After their time, or where none were solved, there are none: then every order is routed as if nobody
had looked ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from inventory.catalogue import Catalogue
from oms.memory.alignment import Alignment
from oms.memory.network_load import Loaded
from oms.store.bid_prices import DAY_CELL, Found, newest_prices
from routing.ahead import day_prices
from routing.calendar import DAYS
from routing.promise_values import DayPrices

Row = tuple[NDArray[np.int32], NDArray[np.float64]]
"""Numbers of nodes and what a unit there is worth, in minor units."""
Wide = tuple[NDArray[Any], NDArray[np.float64]]
"""The catalogue's places of nodes by number, and a price at each."""


EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """The prices of one market by number of SKU, and of days as ``DAY_CELL``, and until when they hold."""

    until: datetime
    rows: Mapping[int, Row] = field(default_factory=dict)
    days: NDArray[Any] = field(default_factory=lambda: np.zeros(0, DAY_CELL))
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

    def spread(self, index_by_no: NDArray[Any], first: date, found: NDArray[np.float64]) -> None:
        """Add to ``found`` [D, C] the prices of days from ``first`` on, at the nodes of a catalogue."""
        cells = self.days[self.days["node"] < index_by_no.size]
        at, day = index_by_no[cells["node"]], cells["day"] - (first - EPOCH).days
        there = (at >= 0) & (day >= 0) & (day < len(found))
        np.add.at(found, (day[there], at[there]), cells["minor"][there])


@dataclass(frozen=True, slots=True, eq=False)
class _LaidOut:
    """What days are felt to be worth, and of what that is true."""

    books: tuple[Book, ...]
    loaded: Loaded
    nodes: Alignment
    catalogue: Catalogue
    prices: DayPrices


class BidPrices:
    """Readers take ``books`` once; it is replaced whole, never changed."""

    def __init__(self) -> None:
        self.books: tuple[Book, ...] = ()
        self._laid_out: _LaidOut | None = None

    def reload(self, conn: Connection) -> None:
        """A hook for the refresher, under the counter `bid_prices`."""
        self.books = tuple(_book(one) for one in newest_prices(conn) if one.cells.size or one.days.size)

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

    def days(
        self, catalogue: Catalogue, nodes: Alignment, loaded: Loaded, first: date, now: datetime
    ) -> DayPrices | None:
        """What the policy feels of room on nodes' days from ``first`` on; None where no day has a price."""
        books = tuple(book for book in self.books if book.days.size and now < book.until)
        if not books:
            return None
        known = self._laid_out
        if known is None or not (
            known.books == books
            and known.loaded is loaded
            and known.nodes is nodes
            and known.catalogue is catalogue
            and known.prices.first == first
        ):
            found = np.zeros((DAYS, len(catalogue.order)))
            for book in books:
                book.spread(catalogue.index_by_no, first, found)
            prices = day_prices(loaded.network, loaded.policy, first, nodes.gathered(found).T)
            known = self._laid_out = _LaidOut(books, loaded, nodes, catalogue, prices)
        return known.prices


def _book(found: Found) -> Book:
    cells = found.cells
    numbers, first = np.unique(cells["sku"], return_index=True)
    nodes, minor = cells["node"].astype(np.int32), cells["minor"].astype(np.float64)
    bounds = [*first.tolist(), len(cells)]
    rows = {
        no: (nodes[a:b], minor[a:b]) for no, a, b in zip(numbers.tolist(), bounds, bounds[1:], strict=False)
    }
    return Book(found.until, rows, found.days)
