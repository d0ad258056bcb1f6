"""Bid prices that look ahead: what a unit is worth to the orders still to come, solved anew as time goes by.

At some moments of the stream, futures are drawn from the forecast, each gets its prices by dual ascent from
the stock that is left, and the mean of these is what the policy feels from then on. A unit that is scarce in
one future of five costs a fifth of what it would if it were sure to be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routing.problem import Floats, Ints
from routing.replay.dual import Prices, ascend
from routing.replay.forecast import Forecast, PastOrders
from routing.replay.places import BY_COST
from routing.replay.run import Run
from routing.replay.stream import Ground, Stream


@dataclass(frozen=True, slots=True)
class Outlook:
    """``solves`` moments from the first order on, ``scenarios`` futures each, ``rounds`` of dual ascent each
    (three times as many at first); ``step``: first step of a price, in cheapest parcels; ``scale``: of the
    prices as they are felt; ``forecast`` None: past orders, drawn anew.
    """

    solves: int = 20
    scenarios: int = 5
    rounds: int = 10
    step: float = 0.15
    scale: float = 1.0
    seed: int = 0
    forecast: Forecast | None = None


class Foresight:
    """Prices for a stream of which the orders before ``first`` are past."""

    def __init__(self, ground: Ground, stream: Stream, outlook: Outlook, first: int = 0) -> None:
        self._ground, self._stream, self._outlook, self._first = ground, stream, outlook, first
        self._forecast = outlook.forecast or PastOrders(stream)
        self._pool = Run(ground, self._forecast.pool, BY_COST)
        self._chance = np.random.default_rng(outlook.seed)
        self._last: list[Prices | None] = [None] * outlook.scenarios
        self.expected_minor = 0.0
        span = len(stream.order_ids) - first
        self.moments = frozenset(first + turn * span // outlook.solves for turn in range(outlook.solves))

    def prices(self, now: int, run: Run) -> Floats:
        """[S, N] bid prices before order ``now``, from what is on the shelves and on its way."""
        stock, coming = run.left.copy(), self._coming(now)
        arrivals = self._stream.arrivals
        due = arrivals.at > self._stream.placed_at[now]
        np.add.at(stock, (arrivals.sku[due], arrivals.node[due]), arrivals.quantity[due])
        return self.worth(now, coming, stock)

    def worth(self, now: int, coming: float, stock: Ints) -> Floats:
        """[S, N] what a unit of ``stock`` is worth to ``coming`` orders more, as the orders before ``now``
        foretell them. ``expected_minor``: what these orders are then expected to cost at least.
        """
        outlook, total, expected = self._outlook, np.zeros(stock.shape), []
        for k in range(outlook.scenarios):
            weights = self._forecast.future(now, coming, self._chance)
            if not weights.any():
                continue
            start = self._last[k]
            rounds = outlook.rounds * (3 if start is None else 1)
            step = outlook.step * self._ground.opening_minor
            self._last[k] = found = ascend(self._pool, weights, stock, rounds, step, start, proven=False)
            total += found.bids
            expected.append(found.bound_minor)
        self.expected_minor = float(np.mean(expected)) if expected else 0.0
        return total * (outlook.scale / outlook.scenarios)

    def _coming(self, now: int) -> float:
        """Orders to expect until the stream's last day, at the pace so far; its own number where none was."""
        at = self._stream.placed_at.astype("datetime64[s]").astype(np.int64)
        so_far, to_come = int(at[now] - at[0]), int(at[-1] - at[now])
        if now == 0 or so_far == 0:
            return float(len(at) - now)
        return now * to_come / so_far
