"""Cut-offs to the second, weekends, holidays, daylight saving on both hemispheres."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.calendar import DAYS, Profile, day_tables, first_day, ready, ship_days, start_by, to_datetime
from routing.network_spec import EVERY_DAY, CalendarSpec, Hours
from tests.routing.shop import SHOP_HOURS, utc

ALWAYS = CalendarSpec("always")
NIGHT: Hours = (time(1), time(5))


def profile(
    zone: str = "America/New_York",
    calendar: CalendarSpec = SHOP_HOURS,
    cutoff: time | None = time(14),
    lead_s: int = 0,
    holidays_of: tuple[str, str | None] | None = None,
    ships_on: frozenset[int] = EVERY_DAY,
) -> Profile:
    return Profile(zone, calendar, holidays_of, cutoff, lead_s, ships_on)


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def ships_at(at: datetime, one: Profile) -> datetime:
    tables = day_tables([one], first_day(seconds(at)))
    may = ship_days(tables, np.array([0]), np.array([seconds(at)]))[0]
    return to_datetime(int(tables.closes[0, may.argmax()]))


def ready_at(at: datetime, one: Profile) -> datetime:
    tables = day_tables([one], first_day(seconds(at)))
    moment, _ = ready(tables, np.array([0]), np.array([one.lead_s]), np.array([seconds(at)]))
    return to_datetime(int(moment[0]))


def local(zone: str, *parts: int) -> datetime:
    year, month, day, hour, minute = (*parts, 0)[:5]
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_the_cut_off_counts_to_the_second() -> None:
    before = utc(2026, 1, 14, 18, 59, 59)
    assert ships_at(before, profile()) == utc(2026, 1, 14, 23)
    assert ships_at(before + timedelta(seconds=1), profile()) == utc(2026, 1, 15, 23)


def test_without_a_cut_off_closing_time_counts() -> None:
    assert ships_at(utc(2026, 1, 14, 22, 59, 59), profile(cutoff=None)) == utc(2026, 1, 14, 23)
    assert ships_at(utc(2026, 1, 14, 23), profile(cutoff=None)) == utc(2026, 1, 15, 23)


def test_sundays_are_skipped_and_saturdays_close_early() -> None:
    friday_evening, saturday_evening = utc(2026, 1, 16, 20), utc(2026, 1, 17, 20)
    assert ships_at(friday_evening, profile()) == utc(2026, 1, 17, 21)
    assert ships_at(saturday_evening, profile()) == utc(2026, 1, 19, 23)


def test_a_node_may_be_open_on_days_nothing_ships() -> None:
    weekdays = profile(ships_on=frozenset(range(5)))
    assert ships_at(utc(2026, 1, 16, 20), weekdays) == utc(2026, 1, 19, 23)
    assert ready_at(utc(2026, 1, 17, 16), weekdays) == utc(2026, 1, 17, 16)


@pytest.mark.parametrize(
    ("holidays_of", "at", "expected"),
    [
        (("US", None), utc(2026, 7, 2, 20), utc(2026, 7, 6, 22)),  # the 4th is a Saturday, kept on the 3rd
        (("GB", "ENG"), utc(2026, 4, 2, 21), utc(2026, 4, 4, 20)),
        (("DE", "BY"), utc(2026, 1, 5, 23), utc(2026, 1, 7, 23)),  # Epiphany, in Bavaria only
        (("DE", "BE"), utc(2026, 1, 5, 23), utc(2026, 1, 6, 23)),
    ],
)
def test_public_holidays_are_those_of_the_subdivision(
    holidays_of: tuple[str, str | None], at: datetime, expected: datetime
) -> None:
    calendar = CalendarSpec("h", SHOP_HOURS.week, holidays=True)
    assert ships_at(at, profile(calendar=calendar, holidays_of=holidays_of)) == expected


def test_named_dates_have_the_last_word() -> None:
    special: Mapping[date, Hours | None] = {
        date(2026, 1, 15): None,
        date(2026, 1, 18): (time(12), time(15)),
    }
    one = profile(calendar=CalendarSpec("s", SHOP_HOURS.week, special=special))
    assert ships_at(utc(2026, 1, 14, 20), one) == utc(2026, 1, 16, 23)
    assert ships_at(utc(2026, 1, 17, 20), one) == utc(2026, 1, 18, 20)


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("America/New_York", (2026, 3, 7), (2026, 3, 8)),
        ("America/New_York", (2026, 10, 31), (2026, 11, 1)),
        ("Europe/Berlin", (2026, 3, 28), (2026, 3, 29)),
        ("Europe/Berlin", (2026, 10, 24), (2026, 10, 25)),
        ("Australia/Sydney", (2026, 4, 4), (2026, 4, 5)),
        ("Australia/Sydney", (2026, 10, 3), (2026, 10, 4)),
        ("America/Santiago", (2026, 9, 5), (2026, 9, 6)),
    ],
)
def test_cut_offs_follow_the_wall_clock_over_a_change(
    zone: str, before: tuple[int, int, int], after: tuple[int, int, int]
) -> None:
    one = profile(zone, ALWAYS, cutoff=time(14))
    for day in (before, after):
        cut = local(zone, *day, 14)
        midnight = local(zone, *day[:2], day[2], 0) + timedelta(hours=23)
        closes = datetime.combine(date(*day) + timedelta(days=1), time(0), ZoneInfo(zone)).astimezone(UTC)
        assert ships_at(cut - timedelta(seconds=1), one) == closes
        assert ships_at(cut, one) > closes
        assert abs(closes - midnight) <= timedelta(hours=2)


@pytest.mark.parametrize(
    ("zone", "day", "hours_open"),
    [
        ("America/New_York", (2026, 3, 8), 3),  # 02:00 to 03:00 does not exist
        ("America/New_York", (2026, 11, 1), 5),  # 01:00 to 02:00 happens twice
        ("Europe/Berlin", (2026, 3, 29), 3),
        ("Europe/Berlin", (2026, 10, 25), 5),
        ("Australia/Sydney", (2026, 10, 4), 3),
        ("Australia/Sydney", (2026, 4, 5), 5),
    ],
)
def test_a_night_shift_is_as_long_as_it_really_is(
    zone: str, day: tuple[int, int, int], hours_open: int
) -> None:
    noon_before = local(zone, *day, 12) - timedelta(days=1)
    calendar = CalendarSpec("night", (NIGHT,) * 7)
    full_shift = profile(zone, calendar, cutoff=None, lead_s=hours_open * 3600)
    assert ready_at(noon_before, full_shift) == local(zone, *day, 5)
    longer = profile(zone, calendar, cutoff=None, lead_s=hours_open * 3600 + 1)
    assert ready_at(noon_before, longer) > local(zone, *day, 5) + timedelta(hours=12)


def test_a_time_that_is_skipped_is_the_instant_it_would_have_been() -> None:
    calendar = CalendarSpec("gap", ((time(2, 30), time(4)),) * 7)
    at = local("America/New_York", 2026, 3, 8, 0)
    assert ready_at(at, profile(calendar=calendar)) == local("America/New_York", 2026, 3, 8, 3, 30)


def test_picking_takes_opening_time_only() -> None:
    two_hours = profile(lead_s=7200)
    assert ready_at(utc(2026, 1, 14, 15), two_hours) == utc(2026, 1, 14, 17)
    assert ready_at(utc(2026, 1, 14, 22), two_hours) == utc(2026, 1, 15, 15)
    assert ready_at(utc(2026, 1, 17, 20), two_hours) == utc(2026, 1, 19, 15)
    assert ready_at(utc(2026, 1, 18, 3), two_hours) == utc(2026, 1, 19, 16)
    assert ready_at(utc(2026, 1, 18, 3), profile()) == utc(2026, 1, 19, 14)


def test_an_order_too_late_to_be_picked_leaves_the_next_day() -> None:
    slow = profile(cutoff=time(17), lead_s=2 * 3600)
    assert ships_at(utc(2026, 1, 14, 20, 59, 59), slow) == utc(2026, 1, 14, 23)
    assert ships_at(utc(2026, 1, 14, 21), slow) == utc(2026, 1, 15, 23)


WEEKS = st.lists(
    st.sampled_from(
        [None, (time(9), time(18)), (time(0), time(0)), (time(22), time(0)), (time(1, 30), time(3))]
    ),
    min_size=7,
    max_size=7,
).filter(lambda week: any(week))
ZONES = st.sampled_from(["America/New_York", "Europe/London", "Australia/Sydney", "Asia/Kolkata", "UTC"])


@settings(max_examples=150, deadline=None)
@given(WEEKS, ZONES, st.integers(0, 20 * 3600), st.integers(0, 370 * 86_400))
def test_ready_agrees_with_counting_opening_time(
    week: list[Hours | None], zone: str, lead_s: int, offset: int
) -> None:
    at = seconds(utc(2026, 1, 1)) + offset
    one = profile(zone, CalendarSpec("w", tuple(week)), None, lead_s)
    tables = day_tables([one], first_day(at))
    moment, day = (
        int(values[0]) for values in ready(tables, np.array([0]), np.array([lead_s]), np.array([at]))
    )
    if day == DAYS:
        assert int(np.clip(tables.closes[0] - np.maximum(tables.opens[0], at), 0, None).sum()) < max(
            lead_s, 1
        )
        return
    assert tables.opens[0, day] <= moment <= tables.closes[0, day]
    worked = np.clip(np.minimum(tables.closes[0], moment) - np.maximum(tables.opens[0], at), 0, None)
    assert moment >= at
    assert int(worked.sum()) == lead_s


@settings(max_examples=150, deadline=None)
@given(WEEKS, ZONES, st.integers(1, 20 * 3600), st.integers(0, 370 * 86_400))
def test_an_order_ships_a_day_exactly_until_its_latest_instant(
    week: list[Hours | None], zone: str, lead_s: int, offset: int
) -> None:
    at = seconds(utc(2026, 1, 1)) + offset
    one = profile(zone, CalendarSpec("w", tuple(week)), None, lead_s)
    tables = day_tables([one], first_day(at))
    may = ship_days(tables, np.array([0]), np.array([at]))[0]
    done = int(ready(tables, np.array([0]), np.array([lead_s]), np.array([at]))[0][0])
    for day in np.flatnonzero(tables.closes[0] > tables.opens[0]).tolist():
        closes = int(tables.closes[0, day])
        if (
            at < int(tables.opens[0, 0])
            or done > int(tables.closes[0, -1])
            or start_by(tables, 0, lead_s, closes) == at
        ):
            continue
        assert bool(may[day]) == (done <= closes)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 8 * 3600), st.integers(0, 20 * 86_400))
def test_starting_by_the_latest_instant_is_just_in_time(lead_s: int, offset: int) -> None:
    done = seconds(utc(2026, 3, 2, 16)) + offset
    one = profile(lead_s=lead_s)
    tables = day_tables([one], first_day(done - 12 * 86_400))
    begin = start_by(tables, 0, lead_s, done)
    worked = np.clip(np.minimum(tables.closes[0], done) - np.maximum(tables.opens[0], begin), 0, None).sum()
    assert worked == lead_s or (lead_s == 0 and begin == done)


def test_tables_are_shared_for_a_stretch_of_days_and_reach_far_enough() -> None:
    stretch = {first_day(seconds(utc(2026, 1, 1)) + hour * 3600) for hour in range(24 * 16)}
    assert len(stretch) == 3
    for hour in range(24 * 16):
        at = seconds(utc(2026, 1, 1)) + hour * 3600
        into = at // 86_400 + date(1970, 1, 1).toordinal() - first_day(at)
        assert 2 <= into <= 9
