"""Transit days in the destination's delivery days and time zone."""

from __future__ import annotations

from datetime import date, datetime, time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.calendar import first_day, to_datetime
from routing.delivery import DELIVERY_DAYS, arrivals, delivery_table
from routing.network_spec import EVERY_DAY, DeliverySpec
from tests.routing.shop import utc

US = DeliverySpec("US")


def arrives(
    ship_at: datetime, days: int, spec: DeliverySpec = US, zone: str = "America/New_York"
) -> tuple[datetime, datetime]:
    at = int(ship_at.timestamp())
    table = delivery_table(spec, zone, first_day(at))
    opens, closes, _ = arrivals(table, np.array([at]), np.array([days]))
    return to_datetime(int(opens[0])), to_datetime(int(closes[0]))


def test_transit_counts_delivery_days_after_the_day_it_leaves() -> None:
    assert arrives(utc(2026, 1, 14, 23), 1) == (utc(2026, 1, 15, 13), utc(2026, 1, 16, 1))
    assert arrives(utc(2026, 1, 16, 23), 1)[1] == utc(2026, 1, 21, 1)  # weekend, then Martin Luther King
    everyday = DeliverySpec("US", weekdays=EVERY_DAY, holidays=False)
    assert arrives(utc(2026, 1, 16, 23), 1, everyday)[1] == utc(2026, 1, 18, 1)


def test_closed_dates_are_no_delivery_days() -> None:
    strike = DeliverySpec("US", closed=frozenset({date(2026, 1, 15)}))
    assert arrives(utc(2026, 1, 14, 23), 1, strike)[1] == utc(2026, 1, 17, 1)


def test_the_same_day_only_while_there_are_deliveries() -> None:
    assert arrives(utc(2026, 1, 14, 15), 0) == (utc(2026, 1, 14, 15), utc(2026, 1, 15, 1))
    assert arrives(utc(2026, 1, 15, 1), 0)[0] == utc(2026, 1, 15, 13)
    assert arrives(utc(2026, 1, 17, 15), 0)[1] == utc(2026, 1, 21, 1)


def test_the_day_it_leaves_is_that_of_the_destination() -> None:
    from_auckland = utc(2026, 1, 14, 4)  # Wednesday 17:00 there, Tuesday 20:00 in Los Angeles
    assert arrives(from_auckland, 1, zone="America/Los_Angeles")[0] == utc(2026, 1, 14, 16)
    assert arrives(from_auckland, 1, DeliverySpec("NZ"), "Pacific/Auckland")[0] == utc(2026, 1, 14, 19)


@pytest.mark.parametrize(
    ("zone", "country", "ship_at", "opens", "ends"),
    [
        ("America/New_York", "US", utc(2026, 3, 6, 23), utc(2026, 3, 9, 12), utc(2026, 3, 10, 0)),
        ("America/New_York", "US", utc(2026, 10, 30, 22), utc(2026, 11, 2, 13), utc(2026, 11, 3, 1)),
        ("Europe/Berlin", "DE", utc(2026, 3, 27, 17), utc(2026, 3, 30, 6), utc(2026, 3, 30, 18)),
        ("Europe/London", "GB", utc(2026, 10, 23, 16), utc(2026, 10, 26, 8), utc(2026, 10, 26, 20)),
        ("Australia/Sydney", "AU", utc(2026, 10, 2, 7), utc(2026, 10, 4, 21), utc(2026, 10, 5, 9)),
    ],
)
def test_windows_follow_the_wall_clock_over_a_change(
    zone: str, country: str, ship_at: datetime, opens: datetime, ends: datetime
) -> None:
    assert arrives(ship_at, 1, DeliverySpec(country, holidays=False), zone) == (opens, ends)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 365 * 86_400), st.lists(st.integers(0, 20), min_size=2, max_size=6))
def test_more_transit_is_never_sooner_and_windows_are_ordered(offset: int, days: list[int]) -> None:
    at = int(utc(2026, 1, 1).timestamp()) + offset
    table = delivery_table(US, "America/New_York", first_day(at))
    transit = np.array(sorted(days))
    opens, closes, day = arrivals(table, np.full(len(days), at), transit)
    assert (opens >= at).all()
    assert (opens <= closes).all()
    assert (np.diff(closes) >= 0).all()
    assert (day < DELIVERY_DAYS).all()


def test_deliveries_until_midnight() -> None:
    night = DeliverySpec("US", hours=(time(18), time(0)))
    assert arrives(utc(2026, 1, 14, 23), 1, night) == (utc(2026, 1, 15, 23), utc(2026, 1, 16, 5))
