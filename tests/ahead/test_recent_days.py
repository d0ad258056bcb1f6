"""A market's days as the replay lab plays them: when its nodes send, and how much they still may."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from oms.steps.recent_days import limits, rooms_by_day, with_hours
from routing.network_spec import CalendarSpec
from routing.problem import UNLIMITED
from routing.replay.stream import Stream, plain_days
from tests.replay.world import ints, stream
from tests.routing.shop import network, node

WEEK = timedelta(days=7)
NOW = datetime(2026, 1, 14, 12, tzinfo=UTC)  # a Wednesday, seven in the morning in New York
HOURS = (time(8), time(18))
WEEKDAYS = CalendarSpec("weekdays", (*(HOURS,) * 5, None, None), False, {})
NET = network(
    node("WH", calendar=None, limits={"ship": 5}),
    node("ST", calendar="weekdays", ship_cutoff=None),
    calendars=(WEEKDAYS,),
)
BOTH = ints(0, 1)


def orders(*at: datetime) -> Stream:
    placed_at = np.array([one.replace(tzinfo=None) for one in at], "datetime64[us]")
    bare = stream(2, *({0: 1},) * len(at))
    return replace(bare, placed_at=placed_at, days=plain_days(placed_at, 2, 1))


def test_orders_leave_by_the_cut_off_and_on_days_that_are_worked() -> None:
    at = [NOW - 3 * WEEK + timedelta(days=day, hours=hour) for day in range(7) for hour in (0, 8)]
    days = with_hours(orders(*at), NET, BOTH, int(NOW.timestamp()))
    wait = days.leave[:, days.profile] - days.placed[:, None]
    assert wait[:, 0].tolist() == [0, 1] * 7, "15:00 is past the cut-off of 14:00"
    # Wednesday, Thursday, Friday, Saturday, Sunday, Monday, Tuesday at 7 and at 15 o'clock
    assert wait[:, 1].tolist() == [0, 0, 0, 0, 0, 0, 2, 2, 1, 1, 0, 0, 0, 0]
    store = days.next_ship[days.profile[1]]
    friday = (date(2026, 1, 16) - at[0].date()).days
    assert (
        store[friday] == friday + 3 and store[friday - 7] == friday - 4 and store[friday + 70] == friday + 73
    )
    assert (days.next_ship[days.profile[0], :40] == np.arange(1, 41)).all()


def test_of_a_day_what_is_held_is_taken_and_the_rest_is_the_limit() -> None:
    recent = orders(NOW - 2 * WEEK, NOW - WEEK)
    held = {
        ("WH", NOW.date(), "ship"): 2,
        ("WH", NOW.date() + WEEK, "ship"): -1,
        ("WH", NOW.date(), "pickup"): 0,
    }
    room = rooms_by_day(NET, BOTH, held, recent, int(NOW.timestamp()))
    assert limits(NET, BOTH).tolist() == [5, UNLIMITED]
    assert room.shape == (2, recent.days.next_ship.shape[1])
    assert (room[1] == UNLIMITED).all()
    assert (room[0, 14], room[0, 21]) == (2, 0)
    assert set(np.delete(room[0], [14, 21]).tolist()) == {5}
