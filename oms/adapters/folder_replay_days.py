"""A folder's hours, cut-offs, holidays and transit days as the days on which parcels leave and arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from oms.adapters.folder_calendars import calendar_documents, daily
from oms.adapters.folder_values import Folder, Ints
from routing.calendar import NEVER, Profile, closing, hours_on, instant, public_holidays
from routing.network_spec import EVERY_DAY, WORKING_WEEK, CalendarSpec, Hours
from routing.replay.stream import SLACK_DAYS, Days

EPOCH = date(1970, 1, 1).toordinal()
MINUTES = 60


def days_of(
    folder: Folder, placed_at: NDArray[np.datetime64], transit: Ints, countries: Sequence[str]
) -> Days:
    """Days of the stream's parcels; day 0 is the UTC date of the first order. ``transit`` [D, N]."""
    day = placed_at.astype("datetime64[D]").astype(np.int64)
    first = int(day[0]) if len(day) else 0
    horizon = (int(day[-1]) - first if len(day) else 0) + SLACK_DAYS
    profile, profiles = _profiles(folder)
    latest = (
        np.stack([_latest(one, first, horizon) for one in profiles]) if profiles else np.zeros((0, horizon))
    )
    seconds = placed_at.astype("datetime64[s]").astype(np.int64)
    leave = np.empty((len(day), len(profiles)), np.int64)
    next_ship = np.empty((len(profiles), horizon + 1), np.int64)
    for p in range(len(profiles)):
        open_days = np.append(np.flatnonzero(latest[p] >= 0), horizon)
        closing = np.append(latest[p][latest[p] >= 0], np.iinfo(np.int64).max)
        leave[:, p] = open_days[np.searchsorted(closing, seconds, side="right")]
        next_ship[p] = open_days[
            np.minimum(np.searchsorted(open_days, np.arange(horizon + 1), side="right"), len(open_days) - 1)
        ]
    lands = sorted(set(countries))
    past, on = _deliveries(folder, lands, first, horizon)
    return Days(
        profile=profile,
        placed=day - first,
        leave=leave,
        next_ship=next_ship,
        transit=transit,
        land=np.array([lands.index(country) for country in countries], np.int64),
        past=past,
        on=on,
    )


def _profiles(folder: Folder) -> tuple[Ints, list[Profile]]:
    """Profile [N] of each node and the distinct ones."""
    nodes, rows = folder.nodes, folder.calendars
    named = calendar_documents(rows.name, rows.days, rows.opens, rows.closes)
    found: dict[tuple[object, ...], int] = {}
    profiles: list[Profile] = []
    place = np.empty(len(nodes.id), np.int64)
    for n in range(len(nodes.id)):
        rests = nodes.country[n] in folder.network.holidays
        document = (
            named[nodes.calendar[n]]
            if nodes.calendar[n]
            else daily(int(nodes.opens[n]), int(nodes.closes[n]), rests)
        )
        cutoff = int(nodes.ship_cutoff[n])
        key = (nodes.timezone[n], document["name"], nodes.country[n], cutoff)
        if key not in found:
            found[key] = len(profiles)
            profiles.append(_profile(folder, document, str(nodes.timezone[n]), str(nodes.country[n]), cutoff))
        place[n] = found[key]
    return place, profiles


def _profile(folder: Folder, document: dict[str, Any], timezone: str, country: str, cutoff: int) -> Profile:
    calendar = CalendarSpec(
        name=document["name"],
        week=tuple(_hours(hours) for hours in document["week"]),
        holidays=bool(document.get("holidays")),
        special={
            date.fromisoformat(day): _hours(hours) for day, hours in document.get("special", {}).items()
        },
    )
    rests = _holidays_of(folder, country) if calendar.holidays else None
    return Profile(timezone, calendar, rests, _wall(cutoff), 0, EVERY_DAY)


def _hours(hours: list[str] | None) -> Hours | None:
    return None if hours is None else (_clock(hours[0]), _clock(hours[1]))


def _clock(text: str) -> time:
    hour, minute = (int(part) for part in text.split(":")[:2])
    return time(hour % 24, minute)


def _wall(minutes: int) -> time | None:
    """None: with the doors, at the end of the day."""
    return None if minutes >= 24 * MINUTES else time(*divmod(minutes, MINUTES))


def _holidays_of(folder: Folder, country: str) -> tuple[str, str | None]:
    land, _, part = folder.network.holidays.get(country, country).partition("-")
    return land, part or None


def _latest(profile: Profile, first: int, horizon: int) -> Ints:
    """[H] the instant before which an order leaves that day, in seconds; NEVER on days without a parcel."""
    latest = np.full(horizon, NEVER, np.int64)
    zone = ZoneInfo(profile.timezone)
    for d in range(horizon):
        day = date.fromordinal(EPOCH + first + d)
        hours = hours_on(profile, day)
        if hours is not None:
            closes = closing(zone, day, hours[1])
            latest[d] = closes if profile.cutoff is None else min(closes, instant(zone, day, profile.cutoff))
    return latest


def _deliveries(folder: Folder, lands: Sequence[str], first: int, horizon: int) -> tuple[Ints, Ints]:
    """``past`` [C, H + 2] and ``on`` [C, H + 2]: carriers deliver on working days that are no holiday."""
    past = np.zeros((len(lands), horizon + 2), np.int64)
    on = np.full((len(lands), horizon + 2), horizon, np.int64)
    for c, land in enumerate(lands):
        days = [date.fromordinal(EPOCH + first + d) for d in range(horizon + 1)]
        delivers = np.array([day.weekday() in WORKING_WEEK and not _rests(folder, land, day) for day in days])
        past[c, 1:] = np.cumsum(delivers)
        some = np.flatnonzero(delivers)
        on[c, : len(some)] = some
    return past, on


def _rests(folder: Folder, land: str, day: date) -> bool:
    if land not in folder.network.holidays:
        return False
    return day in public_holidays(*_holidays_of(folder, land), day.year)
