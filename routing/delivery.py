"""When carriers deliver: transit days counted in the destination's delivery days, in its own time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

import numpy as np

from routing.calendar import closing, instant, public_holidays
from routing.network_spec import DeliverySpec
from routing.problem import Ints

DELIVERY_DAYS = 160


@dataclass(frozen=True, slots=True, eq=False)
class DeliveryTable:
    """D days of a destination; ``on`` [K] are the days of delivery, ``past`` [D + 1] how many lie before a
    day. ``on`` ends with day D, which stands for "beyond the table".
    """

    midnight: Ints  # [D + 1]
    opens: Ints  # [D + 1], the last one is no day
    closes: Ints  # [D + 1]
    on: Ints
    past: Ints


def delivery_table(spec: DeliverySpec, timezone: str, first: int) -> DeliveryTable:
    """The table of ``DELIVERY_DAYS`` days from ordinal ``first`` on."""
    zone = ZoneInfo(timezone)
    dates = [date.fromordinal(first + d) for d in range(DELIVERY_DAYS + 1)]
    midnight = np.array([instant(zone, day, time(0)) for day in dates], dtype=np.int64)
    opens = np.array([instant(zone, day, spec.hours[0]) for day in dates], dtype=np.int64)
    closes = np.array([closing(zone, day, spec.hours[1]) for day in dates], dtype=np.int64)
    delivers = np.array([_delivers(spec, day) for day in dates[:-1]], dtype=np.int64)
    past = np.zeros(DELIVERY_DAYS + 1, dtype=np.int64)
    np.cumsum(delivers, out=past[1:])
    on = np.append(np.flatnonzero(delivers), DELIVERY_DAYS)
    return DeliveryTable(midnight, opens, closes, on, past)


def arrivals(table: DeliveryTable, ship_at: Ints, transit_days: Ints) -> tuple[Ints, Ints, Ints]:
    """(from [M], to [M], day [M]) of the delivery of what leaves at ``ship_at`` [M].

    0 transit days: the day it leaves, when it leaves before deliveries end there; else the next ones. What
    leaves at midnight leaves on the day that ends.
    """
    last = len(table.midnight) - 1
    left = np.clip(np.searchsorted(table.midnight, ship_at, side="left") - 1, 0, last - 1)
    same_day = (transit_days == 0) & (ship_at < table.closes[left])
    place = np.where(same_day, table.past[left], table.past[left + 1] + np.maximum(transit_days, 1) - 1)
    day = table.on[np.minimum(place, len(table.on) - 1)]
    opens = np.maximum(table.opens[day], ship_at)
    return opens, np.maximum(table.closes[day], opens), day


def _delivers(spec: DeliverySpec, day: date) -> bool:
    if day.weekday() not in spec.weekdays or day in spec.closed:
        return False
    return not (spec.holidays and day in public_holidays(spec.country, spec.subdivision, day.year))
