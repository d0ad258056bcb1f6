"""Prices of units and of days, by dual ascent: what a unit on a shelf is worth to a stream of orders.

If each order had all stock to itself and paid prices for it, the orders together would want too much of some
units and leave others. Prices rise where more is wanted than there is and fall where less is. At any prices
≥ 0 what all orders are felt to cost at these prices, less what the stock is worth at them, is no more than
any plan for the whole stream costs (Lagrangian duality), also one that knew the stream beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from routing.problem import UNLIMITED, Floats, Ints
from routing.replay.run import Run

ZERO = 1e-9
KEPT = 0.3
"""Share of its swings that a price remembers when it goes on from an earlier solve."""


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """``bids`` [S, N] minor units a unit, ``days`` [N, H] an order at a node on a day; ``bound_minor``: the
    best bound met, no stream counted so costs less.
    """

    bids: Floats
    days: Floats
    bound_minor: float
    swing: Floats | None = None  # [S, N] how much each price has swung, for those who go on from here
    day_swing: Floats | None = None  # [N, H]


def ascend(
    run: Run,
    weights: Floats,
    stock: Ints,
    rounds: int,
    step_minor: float,
    start: Prices | None = None,
    proven: bool = True,
    room: Ints | None = None,
    held_back: float = 0.0,
    told: Callable[[int], None] | None = None,
) -> Prices:
    """``rounds`` steps from ``start`` (or 0) for the run's orders, each counted ``weights`` times, and
    ``stock`` [S, N]; ``room`` [N, H]: orders that each node may send by day, None: its limit on all of them.
    Each price has a step of its own, ``step_minor`` at first, which shrinks as it swings (AdaGrad). The
    prices returned are the mean of the second half: a better guide than the last ones, and often a better
    bound, which is only looked at where it is to be ``proven``. ``held_back``: so much of each shelf, less
    than a unit, nobody gets: a unit that is just enough then costs what one less would, not what one more
    would save. ``told`` how many rounds are done.
    """
    bids = np.zeros(stock.shape) if start is None else start.bids.copy()
    days = np.zeros(run.used.shape) if start is None else start.days.copy()
    bids[stock <= 0] = 0.0
    seen, seen_days = np.full(bids.shape, ZERO), np.full(days.shape, ZERO)
    if start is not None and start.swing is not None:
        seen += KEPT * start.swing
    if start is not None and start.day_swing is not None:
        seen_days += KEPT * start.day_swing
    mean, mean_days, best, counted = np.zeros_like(bids), np.zeros_like(days), -np.inf, 0
    room = np.broadcast_to(run.ground.most_orders[:, None], days.shape) if room is None else room
    limited = room != UNLIMITED
    room = np.where(limited, room, 0)
    for turn in range(rounds):
        cost = run.wish(weights, stock, bids, days)
        best = max(best, cost - float((bids * stock).sum()) - float((days * room).sum()))
        if turn >= rounds // 2:
            mean += bids
            mean_days += days
            counted += 1
        _step(bids, run.usage - stock + held_back, seen, step_minor, stock > 0)
        _step(days, run.day_usage - room, seen_days, step_minor, limited)
        if told is not None:
            told(turn + 1)
    mean, mean_days = mean / max(1, counted), mean_days / max(1, counted)
    if proven:
        cost = run.wish(weights, stock, mean, mean_days)
        best = max(best, cost - float((mean * stock).sum()) - float((mean_days * room).sum()))
    return Prices(mean, mean_days, best, seen, seen_days)


def scarcity(run: Run, weights: Floats, stock: Ints) -> Floats:
    """[S, N] prices to start from: a unit of a SKU of which less is there than is wanted is worth the penalty
    of the order that goes without, less a parcel.
    """
    stream, ground = run.stream, run.ground
    wanted = np.zeros(len(stock))
    np.add.at(wanted, stream.sku, stream.quantity * np.repeat(weights, np.diff(stream.start)))
    worth = max(0.0, ground.unfilled_penalty_minor - 2.0 * ground.opening_minor)
    scarce = wanted > stock.sum(axis=1)
    return np.where(scarce[:, None] & (stock > 0), worth, 0.0)


def _step(prices: Floats, excess: Floats, seen: Floats, step_minor: float, priced: np.ndarray) -> None:
    """Move prices by what is wanted in excess; one at 0 that nobody wants more of has not moved."""
    moves = priced & ((excess > 0) | (prices > 0))
    seen[moves] += excess[moves] ** 2
    prices[moves] = np.maximum(0.0, prices[moves] + step_minor * excess[moves] / np.sqrt(seen[moves]))
