"""Prices that look ahead: what a unit on a shelf, and room for an order on a node's day, are worth to the
orders still to come, solved anew as time goes by.

At some moments of the stream, futures are drawn from the forecast, each gets its prices by dual ascent from
the stock and the room that are left, and the mean of these is what the policy feels from then on. A unit that
is scarce in one future of five costs a fifth of what it would if it were sure to be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from routing.problem import UNLIMITED, Floats, Ints
from routing.replay.dual import Prices, ascend
from routing.replay.forecast import Forecast, PastOrders
from routing.replay.laying import DaysAhead, laid
from routing.replay.places import BY_COST
from routing.replay.run import Run
from routing.replay.stream import Ground, Stream

HALF_A_UNIT = 0.5
"""Held back of each shelf in every second future. At whole units what one more would save and what one less
would cost differ; prices found without it tend to the one, with it to the other, and their mean lies between.
Where only one future is looked at, which may be the true one, nothing is held back.
"""


@dataclass(frozen=True, slots=True)
class Outlook:
    """``solves`` moments from the first order on, ``scenarios`` futures each, ``rounds`` of dual ascent each
    (three times as many at first); ``step``: first step of a price, in cheapest parcels; ``scale``: of the
    prices as they are felt; ``forecast`` None: past orders, drawn anew; ``days`` False: what nodes may send
    on a day is not priced; ``horizon``: how far each solve looks, at orders to come and at units that come
    in, None: to the stream's last order. ``told`` how many rounds of a solve are done; what it raises ends
    the solve, and all that waits for it.
    """

    solves: int = 20
    scenarios: int = 5
    rounds: int = 10
    step: float = 0.15
    scale: float = 1.0
    seed: int = 0
    forecast: Forecast | None = None
    days: bool = True
    horizon: np.timedelta64 | None = None
    told: Callable[[int], None] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """In minor units: ``units`` [S, N] a unit on a shelf, ``days`` [N, H] room for an order on a node's day;
    0 where nobody counts.
    """

    units: Floats
    days: Floats


class Foresight:
    """Prices for a stream of which the orders before ``first`` are past."""

    def __init__(self, ground: Ground, stream: Stream, outlook: Outlook, first: int = 0) -> None:
        self._ground, self._stream, self._outlook, self._first = ground, stream, outlook, first
        self._forecast = outlook.forecast or PastOrders(stream)
        self._pool = Run(ground, self._forecast.pool, BY_COST)
        self._chance = np.random.default_rng(outlook.seed)
        self._day_chance = np.random.default_rng([outlook.seed, 1])
        self._last: list[Prices | None] = [None] * outlook.scenarios
        self.expected_minor = 0.0
        span = len(stream.order_ids) - first
        self.moments = frozenset(first + turn * span // outlook.solves for turn in range(outlook.solves))

    def prices(self, now: int, run: Run) -> Worth:
        """Prices before order ``now``, from what is on the shelves and on its way, and from what nodes may
        still send.
        """
        stock, coming = run.left.copy(), self._coming(now)
        arrivals = self._stream.arrivals
        due = (arrivals.at > self._stream.placed_at[now]) & (arrivals.at <= self._until(now))
        np.add.at(stock, (arrivals.sku[due], arrivals.node[due]), arrivals.quantity[due])
        return self.worth(now, coming, stock, self.days_ahead(now, run.used))

    def days_ahead(self, now: int, used: Ints) -> DaysAhead | None:
        """From order ``now`` to the horizon; None where no day is priced. ``used`` [N, H]: orders that
        nodes have on their days already. Who could send all orders of the busiest day so far is not limited.
        """
        most = self._ground.most_orders[:, None]
        busiest = np.bincount(self._stream.days.placed[:now]).max(initial=0)
        limited = (most != UNLIMITED) & (most < busiest)
        if not self._outlook.days or not limited.any():
            return None
        room = np.where(limited, np.maximum(most - used, 0), UNLIMITED)
        return DaysAhead(self._stream.placed_at[now], self._until(now), room)

    def worth(self, now: int, coming: float, stock: Ints, ahead: DaysAhead | None = None) -> Worth:
        """What a unit of ``stock`` [S, N], and the room of the days ``ahead``, are worth to ``coming`` orders
        more, as the orders before ``now`` foretell them. ``expected_minor``: what these orders are then
        expected to cost at least.
        """
        outlook, expected = self._outlook, []
        units = np.zeros(stock.shape)
        days = np.zeros((stock.shape[1], self._stream.days.next_ship.shape[1]))
        for k in range(outlook.scenarios):
            weights = self._forecast.future(now, coming, self._chance)
            if not weights.any():
                continue
            held_back = HALF_A_UNIT if k % 2 else 0.0
            self._last[k] = found = self._solved(weights, stock, self._last[k], ahead, held_back)
            units += found.bids
            if ahead is not None:
                days += found.days
            expected.append(found.bound_minor)
        self.expected_minor = float(np.mean(expected)) if expected else 0.0
        share = outlook.scale / outlook.scenarios
        return Worth(units * share, days * share)

    def _solved(
        self, weights: Floats, stock: Ints, start: Prices | None, ahead: DaysAhead | None, held_back: float
    ) -> Prices:
        """The prices of one future, going on from its last ones."""
        outlook, pool, room = self._outlook, self._pool, None
        rounds = outlook.rounds * (3 if start is None else 1)
        if ahead is not None:
            came, weights = laid(pool.stream, self._stream, weights, ahead, self._day_chance)
            pool, room = Run(self._ground, came, BY_COST), ahead.room
            if start is not None and start.days.shape != room.shape:  # solved when no day was worth anything
                start = replace(start, days=np.zeros(room.shape), day_swing=None)
        step = outlook.step * self._ground.opening_minor
        told = outlook.told
        return ascend(
            pool, weights, stock, rounds, step, start,
            proven=False, room=room, held_back=held_back, told=told,
        )  # fmt: skip

    def _until(self, now: int) -> np.datetime64:
        """How far a solve before order ``now`` looks."""
        placed_at, horizon = self._stream.placed_at, self._outlook.horizon
        last: np.datetime64 = placed_at[-1]
        return last if horizon is None else min(last, placed_at[now] + horizon)

    def _coming(self, now: int) -> float:
        """Orders to expect until the horizon, at the pace so far; their own number where none was."""
        placed_at, until = self._stream.placed_at, self._until(now)
        begin, at, end = (
            int(one.astype("datetime64[s]").astype(np.int64)) for one in (placed_at[0], placed_at[now], until)
        )
        if at == begin:
            return float(np.searchsorted(placed_at, until, side="right") - now)
        return now * (end - at) / (at - begin)
