"""Calendars as rows and as documents, and what must hold in their file.

A document is JSON as ``routing.network_spec.CalendarSpec`` reads it: a week from Monday on, whether it rests
on public holidays, and the hours of special dates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import holidays
import numpy as np
from numpy.typing import NDArray

from oms.adapters.folder_faults import Faults
from oms.adapters.folder_values import CLOSED, Calendars, Ints

Columns = Mapping[str, NDArray[Any]]
Document = dict[str, Any]
Hours = list[str] | None

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAYS = "holidays"
"""The word for public holidays among days; a calendar can only be closed on them."""
DAY_MINUTES = 24 * 60


def calendar_documents(
    names: Iterable[str], days: Iterable[Any], opens: Iterable[int], closes: Iterable[int]
) -> dict[str, Document]:
    """The documents that rows say, by name, in the order of their first rows."""
    found: dict[str, Document] = {}
    for name, some, start, end in zip(names, days, opens, closes, strict=True):
        document = found.setdefault(name, _document(name, [None] * 7, rests=False))
        hours = None if start < 0 else [_wall(int(start)), _wall(int(end))]
        for day in some:
            if day == HOLIDAYS:
                document["holidays"] = True
            elif day in WEEKDAYS:
                document["week"][WEEKDAYS.index(day)] = hours
            else:
                document["special"][day] = hours
    return found


def calendar_table(found: Iterable[Document]) -> Calendars:
    """The rows of documents: open weekdays with equal hours together, closed ones, holidays, then dates."""
    rows: list[tuple[str, tuple[str, ...], int, int]] = []
    for document in found:
        week = [_minutes(hours) for hours in document["week"]]
        groups = sorted(set(week), key=lambda hours: (hours[0] == CLOSED, week.index(hours)))
        for hours in groups:
            days = tuple(day for day, its in zip(WEEKDAYS, week, strict=True) if its == hours)
            rows.append((document["name"], days, *hours))
        if document.get("holidays"):
            rows.append((document["name"], (HOLIDAYS,), CLOSED, CLOSED))
        special = sorted(document.get("special", {}).items())
        rows += [(document["name"], (day,), *_minutes(hours)) for day, hours in special]
    listed = np.empty(len(rows), dtype=np.object_)
    for place, row in enumerate(rows):
        listed[place] = row[1]
    return Calendars(
        name=np.array([row[0] for row in rows], dtype=np.object_),
        days=listed,
        opens=np.array([row[2] for row in rows], dtype=np.int64),
        closes=np.array([row[3] for row in rows], dtype=np.int64),
    )


def daily(opens: int, closes: int, rests: bool) -> Document:
    """What a node gets that names no calendar: the same hours every day, holidays too unless it ``rests``."""
    hours = [_wall(opens), _wall(closes)]
    name = f"daily-{opens // 60:02}{opens % 60:02}-{closes // 60:02}{closes % 60:02}"
    return _document(name + "-h" * rests, [hours] * 7, rests)


def same(one: Document | None, other: Document) -> bool:
    """Whether two documents of one name say the same."""
    return one is not None and all(
        one.get(key, usual) == other.get(key, usual)
        for key, usual in (("week", None), ("holidays", False), ("special", {}))
    )


def check_calendars(file: str, columns: Columns, rows: Ints, faults: Faults) -> None:
    """Days exist and stand once, doors open before they close, holidays are closed."""
    names, days, opens, closes = (columns[name] for name in ("name", "days", "opens", "closes"))

    def note(column: str, wrong: Any, code: str, detail: Callable[[int], str]) -> None:
        faults.at(file, column, rows, np.asarray(wrong, dtype=np.bool_), code, detail)

    strange = [not all(map(_is_day, some)) for some in days]
    note(
        "days",
        strange,
        "bad_day",
        lambda at: (
            f"{_shown(days[at])}: not all of {', '.join(WEEKDAYS)}, {HOLIDAYS}, or dates such as 2026-12-24"
        ),
    )
    again = _again(names, days)
    note("days", again, "duplicate", lambda at: f"a day of {_shown(days[at])} stands above already")
    half = (opens == CLOSED) != (closes == CLOSED)
    half &= (opens != -1) & (closes != -1)
    note("closes", half, "half_of_hours", lambda at: "opens and closes come together; neither means closed")
    early = (opens >= closes) & (closes >= 0)
    note("closes", early, "closes_before_opens", lambda at: "closes at or before it opens")
    working = [HOLIDAYS in some and start >= 0 for some, start in zip(days, opens, strict=True)]
    note(
        "opens",
        working,
        "open_on_holidays",
        lambda at: "closed on holidays, or not named; give dates that are open as dates",
    )


def check_holidays(
    file: str, tables: Mapping[str, Columns], rows: Ints, of: Mapping[str, str], faults: Faults
) -> None:
    """A node whose calendar rests on public holidays is in a country of which they are known."""
    nodes, calendars = tables["nodes"], tables["calendars"]
    pairs = zip(calendars["name"], calendars["days"], strict=True)
    resting = {name for name, days in pairs if HOLIDAYS in days}
    known = holidays.list_supported_countries()
    lost = [
        calendar in resting and of.get(country, country).partition("-")[0] not in known
        for calendar, country in zip(nodes["calendar"], nodes["country"], strict=True)
    ]
    faults.at(
        file,
        "country",
        rows,
        np.array(lost, dtype=np.bool_),
        "unknown_holidays",
        lambda at: f"{nodes['calendar'][at]} rests on public holidays; none are known here",
    )


def check_names(
    file: str, tables: Mapping[str, Columns], rows: Ints, of: Mapping[str, str], faults: Faults
) -> None:
    """No calendar has the name, but other hours, of one that nodes without a calendar get."""
    nodes, calendars = tables["nodes"], tables["calendars"]
    columns = (nodes[name] for name in ("calendar", "opens", "closes", "country"))
    made = [
        daily(int(opens), int(closes), country in of)
        for calendar, opens, closes, country in zip(*columns, strict=True)
        if not calendar
    ]
    if faults:
        return
    found = calendar_documents(*(calendars[name] for name in ("name", "days", "opens", "closes")))
    taken = {one["name"] for one in made if one["name"] in found and not same(found[one["name"]], one)}
    faults.at(
        file,
        "name",
        rows,
        np.array([name in taken for name in calendars["name"]], dtype=np.bool_),
        "reserved_name",
        lambda at: f"{calendars['name'][at]} is made for nodes that name no calendar; take another name",
    )


def _document(name: str, week: list[Hours], rests: bool) -> Document:
    return {"name": name, "week": week, "holidays": rests, "special": {}}


def _is_day(word: str) -> bool:
    if word in WEEKDAYS or word == HOLIDAYS:
        return True
    try:
        return date.fromisoformat(word).isoformat() == word
    except ValueError:
        return False


def _again(names: NDArray[np.object_], days: NDArray[np.object_]) -> list[bool]:
    seen: set[tuple[str, str]] = set()
    again = []
    for name, some in zip(names, days, strict=True):
        these = {(name, day) for day in some}
        again.append(bool(these & seen))
        seen |= these
    return again


def _wall(minutes: int) -> str:
    """Minutes after midnight as wall clock; 24:00 is 00:00, the end of the day."""
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}:00"


def _minutes(hours: Hours) -> tuple[int, int]:
    if hours is None:
        return CLOSED, CLOSED
    opens, closes = (int(wall[:2]) * 60 + int(wall[3:5]) for wall in hours)
    return opens, closes or DAY_MINUTES


def _shown(days: tuple[str, ...]) -> str:
    return "|".join(days)[:60]
