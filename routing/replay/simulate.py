"""Plays a stream of orders against stock that runs out and comes in; deterministic, no unit is sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from routing.problem import Bools, Ints
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
    later.
    """

    rejects: Rejects = field(default_factory=Rejects)
    promise_days: int = 5


def simulate(
    ground: Ground,
    stream: Stream,
    policy: Policy,
    settings: Settings = Settings(),
    progress: Progress | None = None,
) -> Replay:
    """Each order in turn: the policy decides on the stock that is left, then its units are gone.

    Stock comes in before the first order that is placed no earlier.
    """
    run = Run(ground, stream, policy.rule, settings.rejects)
    if policy.sparing:
        run.spare(ground.breadth_weight * ground.opening_minor)
    tally = Tally(ground, stream, settings.promise_days)
    coming = np.searchsorted(stream.placed_at, stream.arrivals.at, side="left")
    for first, last in _stretches(len(stream.order_ids), coming):
        _bring(run, coming == first)
        tally.add(*run.advance(first, last))
        if progress is not None:
            progress(last)
    _bring(run, coming >= len(stream.order_ids))
    exact = policy.rule == BY_COST
    return tally.close(run.left, run.rejected, run.large if exact else 0, run.by_node)


def _stretches(orders: int, coming: Ints) -> Iterator[tuple[int, int]]:
    cuts = {0, orders, *range(0, orders, STRETCH), *(int(at) for at in coming if at < orders)}
    return pairwise(sorted(cuts))


def _bring(run: Run, rows: Bools) -> None:
    arrivals = run.stream.arrivals
    np.add.at(run.left, (arrivals.sku[rows], arrivals.node[rows]), arrivals.quantity[rows])
