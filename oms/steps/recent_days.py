"""The days of a market as the replay lab plays them, where what its nodes send on a day is limited.

Hours, cut-offs and holidays are those around now; on days further back or ahead a node works as it does on
that day of the week. Orders of the past leave as they would have, had they come at the same time of the week
to come.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from routing.calendar import DAY_S, DayTables, ship_days
from routing.network import Network
from routing.network_spec import METHODS, SHIP
from routing.problem import UNLIMITED, Bools, Ints
from routing.replay.stream import Days, Stream
from routing.rooms import Free, rooms_left

EPOCH = date(1970, 1, 1)
WEEK = 7
SHIP_AT = METHODS.index(SHIP)


def limits(network: Network, nodes: Ints) -> Ints:
    """[n] parcels that each of these nodes sends a day, UNLIMITED where nobody counts."""
    found: Ints = network.limit[SHIP_AT][nodes]
    return found


def with_hours(stream: Stream, network: Network, nodes: Ints, now: int) -> Days:
    """The plain days of a stream, with those on which these nodes send."""
    tables, first, plain = network.tables(now), _first(stream), stream.days
    used, profile = np.unique(network.profile[nodes], return_inverse=True)
    sends = _sending(tables, used, first, plain.next_ship.shape[1])
    after = np.full(sends.shape, sends.shape[1] - 1)
    for day in range(sends.shape[1] - 2, -1, -1):
        after[:, day] = np.where(sends[:, day + 1], day + 1, after[:, day + 1])
    seconds = stream.placed_at.astype("datetime64[s]").astype(np.int64)
    weeks = np.maximum(-((seconds - now) // (WEEK * DAY_S)), 0)
    leave = np.stack([_leaving(tables, row, seconds, weeks, first) for row in used.tolist()], axis=1)
    return replace(plain, profile=profile.astype(np.int64), leave=np.maximum(leave, 0), next_ship=after)


def rooms_by_day(network: Network, nodes: Ints, free: Free, stream: Stream, now: int) -> Ints:
    """[n, H] parcels that these nodes may still send by day of the stream, UNLIMITED where nobody counts."""
    tables = network.tables(now)
    left = rooms_left(network, free, tables.dates[0]).by_method[SHIP_AT, nodes]
    most = limits(network, nodes)[:, None]
    room = np.repeat(most, stream.days.next_ship.shape[1], axis=1)
    begin = (tables.dates[0] - _first(stream)).days
    here = slice(max(begin, 0), min(begin + left.shape[1], room.shape[1]))
    room[:, here] = left[:, here.start - begin : here.stop - begin]
    return np.where(most == UNLIMITED, UNLIMITED, np.maximum(room, 0))


def _first(stream: Stream) -> date:
    """Day 0."""
    return EPOCH + timedelta(days=int(stream.placed_at[0].astype("datetime64[D]").astype(np.int64)))


def _sending(tables: DayTables, profiles: Ints, first: date, days: int) -> Bools:
    """[P, H] whether parcels leave."""
    known = tables.latest[profiles] > 0
    weekday = np.array([day.weekday() for day in tables.dates])
    by_weekday = np.stack([known[:, weekday == day].any(axis=1) for day in range(WEEK)], axis=1)
    found: Bools = by_weekday[:, (first.weekday() + np.arange(days)) % WEEK]
    begin = (tables.dates[0] - first).days
    here = slice(max(begin, 0), min(begin + known.shape[1], days))
    found[:, here] = known[:, here.start - begin : here.stop - begin]
    return found


def _leaving(tables: DayTables, profile: int, seconds: Ints, weeks: Ints, first: date) -> Ints:
    """[O] the day of the stream on which orders leave, as those that came ``weeks`` later would."""
    rows = np.full(len(seconds), profile)
    may = ship_days(tables, rows, seconds + weeks * WEEK * DAY_S)
    placed = seconds // DAY_S - (first - EPOCH).days
    day = may.argmax(axis=1) + (tables.dates[0] - first).days - weeks * WEEK
    return np.where(may.any(axis=1), day, placed).astype(np.int64)
