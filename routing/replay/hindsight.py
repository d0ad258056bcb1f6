"""The best plan there was: all orders of a stream routed as one wave by one who knew them beforehand.

The bound of such a wave is a second clairvoyant bound, often a better one than dual ascent's (its cuts know
that units come whole), and its cost says how much of the distance down to the bound can be had at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routing.problem import UNLIMITED
from routing.replay.as_wave import wave_of
from routing.replay.clairvoyant import all_stock
from routing.replay.places import BY_COST
from routing.replay.run import Run
from routing.replay.stream import Ground, Stream
from routing.wave.solve import TimeLeft, solve_wave


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What all orders together cost at least, and by the best plan found, in minor units."""

    bound_minor: float
    cost_minor: float


def hindsight(ground: Ground, stream: Stream, past: int = 0, time_left: TimeLeft | None = None) -> Hindsight:
    """All orders from ``past`` on as one wave. Stock that comes in counts as if it were there from the start,
    and daily capacity is not looked at: both make the bound lower, never wrong, but then the plan need not be
    one that could have been carried out.
    """
    run = Run(ground, stream, BY_COST)
    run.left = all_stock(ground, stream, past)
    rooms = np.full(len(ground.node_ids), UNLIMITED, np.int64)
    wave = wave_of(run, list(range(past, len(stream.order_ids))), (None, None), rooms, {})
    found = solve_wave(wave, time_left=time_left)
    return Hindsight(found.bound_minor, found.cost_minor)
