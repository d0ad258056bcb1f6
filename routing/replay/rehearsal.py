"""Whether prices pay: the latest orders played twice on the shelves as they are, without prices and with.

The older half of the orders is learned from, the younger half is played. So it is orders that really came
which say how far prices are to be felt, and prices that lose against none are not felt at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from routing.problem import Ints
from routing.replay.foresight import Foresight, Outlook
from routing.replay.policies import POLICIES
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import Ground, Stream

SCALES = (0.5, 1.0)
"""How far prices may be felt, beside not at all."""
LEAST_ORDERS = 20
"""Fewer say nothing about the next ones."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``scale``: how far prices are to be felt, 0 where they did not pay. Costs are felt ones an order, minor
    units, the penalty of unfilled units included: without prices, with them at the best scale above 0, and as
    the prices foretell for as many orders as are played.
    """

    orders: int
    scale: float
    without_minor: float
    with_minor: float
    foretold_minor: float


NOTHING = Rehearsal(0, 0.0, 0.0, 0.0, 0.0)


def rehearsed(
    ground: Ground, stream: Stream, coming: float, outlook: Outlook, scales: Iterable[float] = SCALES
) -> Rehearsal:
    """Play the younger half of a stream. ``coming``: orders that the ground's stock is to last for; of it
    there is as much as falls to the orders played, so that it is as scarce as it will be. A caller whose time
    is over ends ``scales``.
    """
    orders = len(stream.order_ids)
    past = orders // 2
    if orders < LEAST_ORDERS:
        return NOTHING
    played = orders - past
    there = replace(ground, on_hand=thinned(ground.on_hand, played / max(coming, 1.0), outlook.seed))
    without = simulate(there, stream, POLICIES["sparing"], Settings(past=past)).objective_minor
    best_scale, best = 0.0, np.inf
    for scale in scales:
        settings = Settings(past=past, outlook=replace(outlook, scale=scale))
        cost = simulate(there, stream, POLICIES["lookahead"], settings).objective_minor
        if cost < best:
            best_scale, best = scale, cost
    foretold = Foresight(there, stream, outlook, past)
    nothing_used = np.zeros_like(stream.days.next_ship[stream.days.profile])
    ahead = foretold.days_ahead(past, nothing_used)
    foretold.worth(past, float(played), there.on_hand, ahead)  # for so many, whatever pace the past tells
    pays = best < without
    return Rehearsal(
        orders=played,
        scale=best_scale if pays else 0.0,
        without_minor=without / played,
        with_minor=best / played,
        foretold_minor=foretold.expected_minor / played,
    )


def thinned(on_hand: Ints, share: float, seed: int) -> Ints:
    """Each unit stays with the chance ``share``; all of them from 1 on."""
    if share >= 1:
        return on_hand
    kept: Ints = np.random.default_rng(seed).binomial(np.maximum(on_hand, 0), share)
    return kept
