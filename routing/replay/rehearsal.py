"""Whether prices pay: the latest orders played twice on the shelves as they are, without prices and with.

The older half of the orders is learned from, the younger half is played. So it is orders that really came
which say how far prices are to be felt, and prices that lose against none are not felt at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter

import numpy as np

from routing.problem import UNLIMITED, Floats, Ints
from routing.replay.foresight import Foresight, Outlook
from routing.replay.policies import POLICIES
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import Ground, Stream
from routing.replay.tally import Replay

SCALES = (0.5, 1.0)
"""How far prices may be felt, beside not at all."""
LEAST_ORDERS = 20
"""Fewer say nothing about the next ones."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``scale``: how far prices are to be felt, 0 where they did not pay. Costs are felt ones an order, minor
    units, the penalty of unfilled units included: without prices, with them at that scale (where it is 0 at
    the cheapest above), and as the prices foretell for as many orders as are played. ``soon_minor``: what
    each of the first came to with prices, NaN where it was not filled: those that are played before the
    prices are solved anew, while the shelves are much as they are now.
    """

    orders: int
    scale: float
    without_minor: float
    with_minor: float
    foretold_minor: float
    soon_minor: Floats = field(default_factory=lambda: np.zeros(0), compare=False)


COST = attrgetter("objective_minor")
NOTHING = Rehearsal(0, 0.0, 0.0, 0.0, 0.0)


def rehearsed(
    ground: Ground, stream: Stream, coming: float, outlook: Outlook, scales: Iterable[float] = SCALES
) -> Rehearsal:
    """Play the younger half of a stream. ``coming``: orders that the ground's stock is to last for; of it
    there is as much as falls to the orders played, so that it is as scarce as it will be. A caller whose time
    is over ends it by what ``outlook.told`` raises.
    """
    orders = len(stream.order_ids)
    past = orders // 2
    if orders < LEAST_ORDERS:
        return NOTHING
    played = orders - past
    there = replace(ground, on_hand=thinned(ground.on_hand, played / max(coming, 1.0), outlook.seed))
    without = simulate(there, stream, POLICIES["sparing"], Settings(past=past)).objective_minor
    found = {
        scale: simulate(
            there,
            stream,
            POLICIES["lookahead"],
            Settings(past=past, outlook=replace(outlook, scale=scale)),
        )
        for scale in scales
    }
    scale = felt(without, found)
    told = found[scale] if scale else min(found.values(), key=COST)
    foretold = Foresight(there, stream, outlook, past)
    nothing_used = np.zeros_like(stream.days.next_ship[stream.days.profile])
    ahead = foretold.days_ahead(past, nothing_used)
    foretold.worth(past, float(played), there.on_hand, ahead)  # for so many, whatever pace the past tells
    return Rehearsal(
        orders=played,
        scale=scale,
        without_minor=without / played,
        with_minor=told.objective_minor / played,
        foretold_minor=foretold.expected_minor / played,
        soon_minor=told.whole_minor[: int(min(played, coming) / outlook.solves)],
    )


def felt(without: float, found: Mapping[float, Replay]) -> float:
    """The scale to feel prices at: of those that cost less than ``without`` prices the largest, unless
    another cost less by more than chance explains; 0 where none does.

    What a smaller scale saves on some thousand orders is mostly chance, so prices are believed as they were
    solved until orders clearly say otherwise.
    """
    pay = {scale: one for scale, one in found.items() if one.objective_minor < without}
    least = min(pay.values(), key=COST, default=None)
    return max((scale for scale, one in pay.items() if least and not clearly_dearer(one, least)), default=0.0)


def clearly_dearer(one: Replay, other: Replay) -> bool:
    """Whether the same orders cost more by over two standard errors of the difference of an order, as those
    say that were filled both times.
    """
    apart = one.whole_minor - other.whole_minor
    apart = apart[~np.isnan(apart)]
    chance = 2.0 * float(np.std(apart)) * len(apart) ** 0.5 if len(apart) else 0.0
    return one.objective_minor - other.objective_minor > chance


def alone(ground: Ground, stream: Stream) -> Floats:
    """[O] what each order is felt to cost if all shelves and days of the ground's nodes were full: a measure
    of baskets and where they go, so that orders of one week can be held against those of another. NaN where
    no lane carries it.
    """
    plenty = np.full_like(ground.on_hand, int(stream.quantity.sum()))
    unlimited = np.full_like(ground.most_orders, UNLIMITED)
    full = replace(ground, on_hand=plenty, most_orders=unlimited)
    return simulate(full, stream, POLICIES["cheapest"]).whole_minor


def thinned(on_hand: Ints, share: float, seed: int) -> Ints:
    """Each unit stays with the chance ``share``; all of them from 1 on."""
    if share >= 1:
        return on_hand
    kept: Ints = np.random.default_rng(seed).binomial(np.maximum(on_hand, 0), share)
    return kept
