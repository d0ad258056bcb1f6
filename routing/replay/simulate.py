"""Plays a stream of orders against stock that runs out and comes in; deterministic, no unit is sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from routing.ahead import above_least, days_above_least
from routing.problem import Bools, Ints
from routing.replay.foresight import Foresight, Outlook
from routing.replay.gather import Gathered, cut_offs
from routing.replay.places import BY_COST
from routing.replay.policies import Policy
from routing.replay.run import Rejects, Run
from routing.replay.stream import Ground, Stream
from routing.replay.tally import Replay, Tally

Progress = Callable[[int], None]
"""Told how many orders are done."""

STRETCH = 500
"""Orders between two words about progress."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What happens to all policies alike. ``promise_days``: an order is on time when all of it arrives no
    later. ``past``: so many first orders are not played; policies that look ahead may learn from them.
    ``outlook``: how these look ahead; ``wait_days``: how much longer than to their cut-off orders wait for
    others, where policies gather them and the promise allows it.
    """

    rejects: Rejects = field(default_factory=Rejects)
    promise_days: int = 5
    past: int = 0
    outlook: Outlook = field(default_factory=Outlook)
    wait_days: int = 0


def simulate(
    ground: Ground,
    stream: Stream,
    policy: Policy,
    settings: Settings = Settings(),
    progress: Progress | None = None,
) -> Replay:
    """Each order in turn: the policy decides on the stock that is left, then its units are gone.

    Stock comes in before the first order that is placed no earlier; the opening stock is what is there when
    the ``past`` is over.
    """
    run = Run(ground, stream, policy.rule, settings.rejects)
    if policy.sparing:
        run.spare(ground.breadth_weight * ground.opening_minor)
    past = settings.past
    foresight = Foresight(ground, stream, settings.outlook, past) if policy.foresight else None
    tally = Tally(ground, stream, settings.promise_days, past)
    coming = np.searchsorted(stream.placed_at, stream.arrivals.at, side="left")
    moments = foresight.moments if foresight is not None else frozenset[int]()
    leaving = cut_offs(stream, past) if policy.wave else frozenset[int]()
    gathered = Gathered(run, settings.promise_days, settings.wait_days)
    for first, last in _stretches(past, len(stream.order_ids), {*moments, *leaving, *coming.tolist()}):
        if first in leaving:
            _add(tally, gathered.leave(first))
        _bring(run, (coming == first) & (first > past))
        if foresight is not None and first in moments:
            worth = foresight.prices(first, run)
            run.bids = np.ascontiguousarray(above_least(worth.units, run.left))
            run.day_price = days_above_least(worth.days)
        if policy.wave:
            gathered.add(*run.advance(first, last))
        else:
            tally.add(*run.advance(first, last))
        if progress is not None:
            progress(last - past)
    _add(tally, gathered.leave(len(stream.order_ids), every=True))
    _bring(run, coming >= len(stream.order_ids))
    exact = policy.rule == BY_COST
    return tally.close(run.left, run.rejected, run.large if exact else 0, run.by_node)


def _add(tally: Tally, sent: Iterable[tuple[Ints, Ints]]) -> None:
    for parcels, takes in sent:
        tally.add(parcels, takes)


def _stretches(past: int, orders: int, stops: set[int]) -> Iterator[tuple[int, int]]:
    cuts = {orders, *range(past, orders, STRETCH), *(stop for stop in stops if past <= stop < orders)}
    return pairwise(sorted(cuts))


def _bring(run: Run, rows: Bools) -> None:
    arrivals = run.stream.arrivals
    np.add.at(run.left, (arrivals.sku[rows], arrivals.node[rows]), arrivals.quantity[rows])
