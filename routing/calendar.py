"""When a node works: opening hours, holidays, cut-offs and time zones as tables of instants.

Nodes that share hours, zone, cut-off and lead share a *profile*. ``day_tables`` computes, for all profiles,
the instants of ``DAYS`` days in a row; they only depend on the network and the first day, so they are
remembered there and every question is a comparison of integers. Instants are whole seconds since 1970 UTC.

A wall-clock time that a daylight-saving change skips counts as the instant it would have been; one that
happens twice means the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np

from routing.compiled import compiled
from routing.network_spec import CalendarSpec, Hours
from routing.problem import Bools, Ints

DAYS = 48
DAY_S = 86_400
STRIDE = 8
"""A table starts two days before a multiple of this many days, so it serves all instants of that stretch."""

NEVER = -1


@dataclass(frozen=True, slots=True)
class Profile:
    """All that decides when a node works. ``holidays_of``: (country, subdivision) or None."""

    timezone: str
    calendar: CalendarSpec
    holidays_of: tuple[str, str | None] | None
    cutoff: time | None
    lead_s: int
    ships_on: frozenset[int]

    def __hash__(self) -> int:
        return hash((self.timezone, self.calendar.name, self.holidays_of, self.cutoff, self.lead_s))


@dataclass(frozen=True, slots=True, eq=False)
class DayTables:
    """P profiles × D days. A closed day has ``opens == closes``; a day without shipping ``latest ==
    NEVER``.
    """

    dates: tuple[date, ...]  # [D]
    opens: Ints  # [P, D]
    closes: Ints  # [P, D]
    worked: Ints  # [P, D + 1] seconds open before each day
    latest: Ints  # [P, D] an order before this instant leaves that day


@lru_cache(maxsize=4096)
def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """Public holidays; raises NotImplementedError for a country or subdivision nobody knows."""
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year).keys())


def instant(zone: ZoneInfo, day: date, wall: time) -> int:
    """Seconds since 1970 UTC of a wall-clock time."""
    return int(datetime.combine(day, wall, tzinfo=zone).timestamp())


def closing(zone: ZoneInfo, day: date, wall: time) -> int:
    """As ``instant``, but 00:00 is the end of the day."""
    return instant(zone, day + timedelta(days=1), wall) if wall == time(0) else instant(zone, day, wall)


def first_day(at: int) -> int:
    """Ordinal of the first day of the table that serves instant ``at``."""
    day = at // DAY_S
    return date(1970, 1, 1).toordinal() + day - day % STRIDE - 2


def hours_on(profile: Profile, day: date) -> Hours | None:
    """The opening hours of a day, None when closed."""
    if day in profile.calendar.special:
        return profile.calendar.special[day]
    if profile.holidays_of is not None and day in public_holidays(*profile.holidays_of, day.year):
        return None
    return profile.calendar.week[day.weekday()]


def day_tables(profiles: Sequence[Profile], first: int) -> DayTables:
    """Tables of ``DAYS`` days from ordinal ``first`` on."""
    dates = tuple(date.fromordinal(first + d) for d in range(DAYS))
    shape = (len(profiles), DAYS)
    opens, closes = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    cutoff = np.full(shape, NEVER, dtype=np.int64)
    known: dict[tuple[str, date, time, bool], int] = {}

    def look(zone: str, day: date, wall: time, ending: bool) -> int:
        key = (zone, day, wall, ending)
        if key not in known:
            known[key] = (closing if ending else instant)(ZoneInfo(zone), day, wall)
        return known[key]

    for p, profile in enumerate(profiles):
        for d, day in enumerate(dates):
            hours = hours_on(profile, day)
            if hours is None:
                opens[p, d] = closes[p, d] = look(profile.timezone, day, time(0), False)
                continue
            opens[p, d] = look(profile.timezone, day, hours[0], False)
            closes[p, d] = max(opens[p, d], look(profile.timezone, day, hours[1], True))
            if day.weekday() in profile.ships_on:
                wall = profile.cutoff
                cut = closes[p, d] if wall is None else look(profile.timezone, day, wall, False)
                cutoff[p, d] = min(cut, closes[p, d])
    worked = np.zeros((len(profiles), DAYS + 1), dtype=np.int64)
    np.cumsum(closes - opens, axis=1, out=worked[:, 1:])
    lead = np.array([profile.lead_s for profile in profiles], dtype=np.int64)
    return DayTables(dates, opens, closes, worked, _latest(opens, worked, cutoff, lead))


def _latest(opens: Ints, worked: Ints, cutoff: Ints, lead: Ints) -> Ints:
    """The earlier of the cut-off and the last instant that still leaves the lead in opening time."""
    latest = cutoff.copy()
    for p in np.flatnonzero(lead > 0):
        spare = worked[p, 1:] - lead[p]
        day = np.searchsorted(worked[p], spare, side="right") - 1
        inside = np.clip(day, 0, opens.shape[1] - 1)
        start = np.where(spare < 0, NEVER, opens[p, inside] + spare - worked[p, inside])
        latest[p] = np.minimum(latest[p], start)
    return latest


def ship_days(tables: DayTables, rows: Ints, at: Ints) -> Bools:
    """[M, D]: an order at ``at`` [M] to a node of profile ``rows`` [M] may leave that day."""
    may: Bools = at[:, None] < tables.latest[rows]
    return may


def ready(tables: DayTables, rows: Ints, lead: Ints, at: Ints) -> tuple[Ints, Ints]:
    """(instant [M], day [M]) when ``lead`` [M] seconds of opening time have passed since ``at`` [M].

    Day D = not within the table.
    """
    opens, closes, worked = tables.opens[rows], tables.closes[rows], tables.worked[rows]
    span = closes - opens
    need = np.clip(at[:, None] - opens, 0, span).sum(axis=1) + lead
    at_work = (closes > at[:, None]) & (span > 0) & (worked[:, 1:] >= need[:, None])
    day = np.where(at_work.any(axis=1), at_work.argmax(axis=1), opens.shape[1])
    inside = np.minimum(day, opens.shape[1] - 1)
    m = np.arange(len(rows))
    moment = opens[m, inside] + np.maximum(need - worked[m, inside], 0)
    return moment, day


def start_by(tables: DayTables, row: int, lead: int, done: int) -> int:
    """The latest instant to begin so that ``lead`` seconds of opening time have passed at ``done``."""
    return done if lead == 0 else int(_start_by(tables.opens, tables.closes, tables.worked, row, lead, done))


@compiled
def _start_by(opens: Ints, closes: Ints, worked: Ints, row: int, lead: int, done: int) -> int:
    days = opens.shape[1]
    spare = -lead
    for d in range(days):
        spare += min(max(done - opens[row, d], 0), closes[row, d] - opens[row, d])
    if spare < 0:
        return int(opens[row, 0])
    day = min(np.searchsorted(worked[row], spare, side="right") - 1, days - 1)
    return int(opens[row, day] + spare - worked[row, day])


def to_datetime(at: int) -> datetime:
    return datetime.fromtimestamp(at, tz=UTC)
