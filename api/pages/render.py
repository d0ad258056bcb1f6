"""Templates and how values look on a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.naming import in_names

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
HAPPENED: Mapping[str, str] = {
    "stop.assigned": "on a courier's run",
    "stop.unassigned": "off the courier's run",
    "stop.accepted": "the courier takes it",
    "stop.en_route_to_pickup": "the courier comes for it",
    "stop.arrived_at_pickup": "the courier is at the node",
    "stop.picked_up": "the courier has it",
    "stop.en_route_to_dropoff": "the courier is on the way",
    "stop.arrived_at_dropoff": "the courier is at the door",
    "stop.completed": "the courier was at the door",
    "stop.returning": "the courier brings it back",
    "stop.arrived_at_return": "the courier is back at the node",
    "stop.returned": "scanned in from the courier",
    "stop.proof_kept": "a picture from the door came up",
    "task.picked": "picked",
    "return.goodwill_paid": "paid for goods of no order",
}
"""Types of events that say little to somebody who does not know the API."""
NO_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})

_pages = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, code: int = 200, /, **values: Any) -> Response:
    """A page as an answer. ``desk``: where its reader stands, if signed in; ``refusal``: why a form was not
    done.
    """
    body = _pages.get_template(template).render(**{"desk": None, "refusal": None, **values})
    return Response(body, code, HEADERS, "text/html; charset=utf-8")


def money(minor: float, currency: str) -> str:
    """1299 USD as `12.99 USD`."""
    return f"{minor:,.0f} {currency}" if currency in NO_CENTS else f"{minor / 100:,.2f} {currency}"


def besides(account: Mapping[str, int]) -> list[tuple[str, int]]:
    """What makes an order's lines its total: words and amounts, without those of nothing but delivery."""
    rows = (
        ("Delivery", account["shipping_owed_minor"]),
        ("Discount", -account["discount_share_minor"]),
        ("Returning goods", account["return_fee_minor"]),
    )
    return [row for row in rows if row[1] or row[0] == "Delivery"]


def instant(at: datetime | str | None, zone: str = "UTC") -> str:
    """To the minute, in the time zone named, said so; a dash where there is none."""
    if at is None:
        return "–"
    known = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{known.astimezone(ZoneInfo(zone)):%a %d %b %Y, %H:%M %Z}"


def brief(at: datetime | None) -> str:
    """For a narrow column: to the minute in UTC, which its head says; a dash where there is none. Breaks
    before the hour only.
    """
    if at is None:
        return "–"
    return f"{at.astimezone(UTC):%d\N{NO-BREAK SPACE}%b\N{NO-BREAK SPACE}%Y, %H:%M}"


def window(span: Mapping[str, Any], zone: str = "UTC") -> str:
    """`Wed 14 Jan 2026, 12:00 to 16:00 EST` where both ends, ``from`` and ``to``, are of one day."""
    begins, ends = span["from"], instant(span["to"], zone)
    if begins is None:
        return f"by {ends}"
    day, _, hour = instant(begins, zone).rpartition(", ")
    if ends.startswith(f"{day}, "):
        same_zone = hour.partition(" ")[2] == ends.rpartition(" ")[2]
        shown = hour.partition(" ")[0] if same_zone else hour
        return f"{day}, {shown} to {ends.removeprefix(f'{day}, ')}"
    return f"between {day}, {hour} and {ends}"


def age(seconds: float) -> str:
    """The largest whole unit of a span of time."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def metres(distance: float) -> str:
    """`812 m`, `12.3 km`, `1,240 km`."""
    if distance < 1000:
        return f"{distance:.0f} m"
    return f"{distance / 1000:,.1f} km" if distance < 100_000 else f"{distance / 1000:,.0f} km"


def words(name: str) -> str:
    """`insufficient_stock` as `insufficient stock`."""
    return name.replace("_", " ")


def field(pointer: str) -> str:
    """`/lines/0/quantity` as `lines 1 quantity`."""
    parts = pointer.strip("/").replace("~1", "/").split("/")
    return " ".join(str(int(part) + 1) if part.isdigit() else words(part) for part in parts)


def major(minor: int, currency: str) -> str:
    """1299 USD as `12.99`, as one types it into a form."""
    return str(minor) if currency in NO_CENTS else f"{minor / 100:.2f}"


_pages.filters.update(
    money=money,
    besides=besides,
    major=major,
    instant=instant,
    window=window,
    brief=brief,
    happened=lambda type: HAPPENED.get(type) or words(type.removeprefix("order.").replace(".", " ")),
    age=age,
    metres=metres,
    words=words,
    field=field,
    pair=lambda name: (name, words(name)),
    named=lambda id, names: (id, names.get(id, id)),
    in_names=in_names,
    twice=lambda name: (name, name),
    thousands=lambda n: f"{n:,}",
)
