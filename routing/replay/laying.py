"""Orders of a forecast laid onto the days to come: which node will have how much to send on which day.

A past order comes again on the same day of the week at the same time of day, where the past is whole weeks
and the time to come has such a day; else on any day at that time. So those who will want a day make its
price, whatever day they had.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from routing.problem import Bools, Floats, Ints
from routing.replay.stream import Days, Stream

WEEK_S, DAY_S = 7 * 86_400, 86_400
MOST_LAID = 10_000
"""Orders of one future that are laid one by one; of more, each stands for several."""


@dataclass(frozen=True, slots=True, eq=False)
class DaysAhead:
    """The time from ``begin`` to ``end``, and ``room`` [N, H]: orders that each node may still send by day of
    the stream, UNLIMITED where nobody counts.
    """

    begin: np.datetime64
    end: np.datetime64
    room: Ints


def laid(
    pool: Stream, stream: Stream, weights: Floats, ahead: DaysAhead, chance: np.random.Generator
) -> tuple[Stream, Floats]:
    """The pool's orders that come, each as often as ``weights`` [O] says, on days of the stream to come, and
    how often each of these counts. A pool other than the stream knows places and baskets, but no times.
    """
    come = np.flatnonzero(weights)
    copies = np.minimum(weights[come], max(1, MOST_LAID // max(1, len(come)))).astype(np.int64)
    orders, count = np.repeat(come, copies), np.repeat(weights[come] / copies, copies)
    at, weekly = _instants(pool, orders, pool is stream, ahead, chance)
    lag = np.zeros((len(orders), stream.days.leave.shape[1]), np.int64)
    if pool is stream:
        lag = stream.days.leave[orders] - stream.days.placed[orders, None]
    lag = np.where(weekly[:, None], lag, np.minimum(lag, 1))
    sizes = np.diff(pool.start)[orders]
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    lines = np.repeat(pool.start[orders] - start[:-1], sizes) + np.arange(start[-1])
    placed = at // DAY_S - _first_day(stream)
    days = replace(
        stream.days,
        placed=placed,
        leave=_shipping(stream.days, placed[:, None] + lag),
        transit=pool.days.transit,
        land=pool.days.land,
    )
    came = replace(
        pool,
        order_ids=tuple(pool.order_ids[order] for order in orders),
        placed_at=at.astype("datetime64[s]").astype(pool.placed_at.dtype),
        start=start,
        sku=pool.sku[lines],
        quantity=pool.quantity[lines],
        destination=pool.destination[orders],
        days=days,
    )
    return came, count


def _instants(
    pool: Stream, orders: Ints, known: bool, ahead: DaysAhead, chance: np.random.Generator
) -> tuple[Ints, Bools]:
    """Seconds at which orders come again, and whether whole weeks later than before. What is older than the
    last whole weeks of the past says nothing about days of the week: some would count once more than others.
    """
    begin, end = _seconds(ahead.begin), _seconds(ahead.end)
    before, drawn = _seconds(pool.placed_at[orders]), chance.random(len(orders))
    whole = begin - (begin - _seconds(pool.placed_at[0])) // WEEK_S * WEEK_S
    same_day, fits = _again(before, WEEK_S, (begin, end), drawn)
    any_day, fits_any = _again(before, DAY_S, (begin, end), drawn)
    weekly = fits & (before >= whole) & known
    any_time = begin + (drawn * (end - begin)).astype(np.int64)
    return np.where(weekly, same_day, np.where(fits_any & known, any_day, any_time)), weekly


def _again(before: Ints, every: int, span: tuple[Ints, Ints], drawn: Floats) -> tuple[Ints, Bools]:
    """One of the instants in the span that are so many times ``every`` seconds later, and whether one is."""
    first = -((before - span[0]) // every)
    times = (span[1] - before) // every - first + 1
    return before + every * (first + (drawn * np.maximum(times, 1)).astype(np.int64)), times > 0


def _seconds(at: np.ndarray | np.datetime64) -> Ints:
    found: Ints = at.astype("datetime64[s]").astype(np.int64)
    return found


def _first_day(stream: Stream) -> int:
    """Day 0 of the stream, in days since 1970."""
    return int(_seconds(stream.placed_at[0]) // DAY_S - stream.days.placed[0])


def _shipping(days: Days, wanted: Ints) -> Ints:
    """[O, P] the first day no sooner than ``wanted`` [O, P] on which a profile sends."""
    opening = np.column_stack([days.leave[0], days.next_ship[:, :-1]])
    last = opening.shape[1] - 1
    return np.ascontiguousarray(opening[np.arange(len(opening)), np.clip(wanted, 0, last)])
