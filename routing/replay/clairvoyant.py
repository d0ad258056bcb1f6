"""What no policy can beat: a bound on the cost of a stream for one who knows all of it beforehand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from routing.problem import Ints
from routing.replay.dual import Prices, ascend, scarcity
from routing.replay.places import BY_COST
from routing.replay.run import Run
from routing.replay.stream import Ground, Stream

USUAL_ROUNDS = 60
STEP = 0.3
"""First step of a price, in cheapest parcels."""


def clairvoyant(
    ground: Ground,
    stream: Stream,
    rounds: int = USUAL_ROUNDS,
    past: int = 0,
    told: Callable[[int], None] | None = None,
) -> Prices:
    """Prices that know the stream, and the bound they prove on ``objective_minor`` of every policy.

    More rounds lift the bound (``told`` how many are done); the first ``past`` orders do not count. What
    comes in later counts as if it were there from the start, and nobody is turned away by an empty shelf:
    both make the bound lower, never wrong.
    """
    stock, weights = all_stock(ground, stream, past), np.ones(len(stream.order_ids))
    weights[:past] = 0.0
    run = Run(ground, stream, BY_COST)
    start = Prices(scarcity(run, weights, stock), np.zeros(run.used.shape), -np.inf)
    return ascend(run, weights, stock, rounds, STEP * ground.opening_minor, start, told=told)


def all_stock(ground: Ground, stream: Stream, past: int) -> Ints:
    """[S, N] the opening stock and all that comes in after the first ``past`` orders."""
    stock, arrivals = ground.on_hand.copy(), stream.arrivals
    late = arrivals.at > stream.placed_at[past] if past else np.ones(len(arrivals.at), np.bool_)
    np.add.at(stock, (arrivals.sku[late], arrivals.node[late]), arrivals.quantity[late])
    return stock
