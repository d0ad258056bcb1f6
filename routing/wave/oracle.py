"""Asking the kernel about many orders at once, half of them on each of two threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from routing.problem import Ints
from routing.wave.columns import ORDER_PIECES, OUT_HEAD, PIECE_QUANTITY
from routing.wave.kernel import price_orders
from routing.wave.tables import Tables

THREADS = 2
NOTHING: Ints = np.zeros(0, np.int64)
FEW = 64  # orders below which a second thread costs more than it saves


class Oracle:
    """Prices orders; what it writes stays valid until the next call."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._threads = ThreadPoolExecutor(THREADS)
        units = np.add.reduceat(tables.piece[:, PIECE_QUANTITY], tables.order[:-1, ORDER_PIECES])
        self._width = OUT_HEAD + 2 * units  # most a plan of each order takes to write down

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    def best(self, todo: Ints, price: Ints, left: Ints, value: Ints) -> list[tuple[Ints, int]]:
        """The best plan of each order of ``todo`` alone within ``left``, as pieces of writing for
        ``Pool.add``; ``value`` [O] their felt costs (see ``price_orders``)."""
        if todo.size < FEW:
            return [self._ask(todo, price, left, value)]
        parts = [todo[i::THREADS] for i in range(THREADS)]
        asked = [self._threads.submit(self._ask, part, price, left, value) for part in parts]
        return [one.result() for one in asked]

    def one_by_one(
        self, todo: Ints, price: Ints, left: Ints, value: Ints, held: Ints = NOTHING, at: Ints = NOTHING,
        worth: Ints = NOTHING,
    ) -> tuple[Ints, int]:  # fmt: skip
        """The same one after another, each taking what it uses out of ``left``.

        With ``held``, ``at`` and ``worth`` [len(todo)] each gives back the plan it has at ``held[at[i]:]``,
        and gets another only where that costs less than ``worth[i]``; only such are written.
        """
        if not at.size:
            at = worth = np.full(todo.size, -1)
        out = np.empty(int(self._width[todo].sum()), np.int64)
        budget = np.zeros(todo.size, np.int64)
        return out, self._call(todo, price, left, budget, 1, value, out, (held, at, worth))[1]

    def within(
        self, todo: Ints, price: Ints, left: Ints, budget: Ints, most: int, value: Ints
    ) -> Iterator[tuple[Ints, int]]:
        """Up to ``most`` plans of each order, of felt cost within ``budget`` [len(todo)]."""
        out = np.empty(max(1 << 20, most * int(self._width[todo].max(initial=1))), np.int64)
        begun = 0
        while begun < todo.size:
            done, end = self._call(todo[begun:], price, left, budget[begun:], most, value, out)
            begun += done
            yield out, end

    def _ask(self, todo: Ints, price: Ints, left: Ints, value: Ints) -> tuple[Ints, int]:
        out = np.empty(int(self._width[todo].sum()), np.int64)
        return out, self._call(todo, price, left, np.zeros(todo.size, np.int64), 1, value, out)[1]

    def _call(
        self, todo: Ints, price: Ints, left: Ints, budget: Ints, most: int, value: Ints, out: Ints,
        held: tuple[Ints, Ints, Ints] | None = None,
    ) -> tuple[int, int]:  # fmt: skip
        t = self.tables
        commit = held is not None
        done, end = price_orders(
            todo, *t.kernel, price, left, commit, *(held or (NOTHING, NOTHING, NOTHING)), budget, most,
            t.states, t.entries, value, out,
        )  # fmt: skip
        return int(done), int(end)
