"""A counter without a receipt: what a customer bought is looked up and taken in."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response

from api.pages.desk import Desk, at
from api.pages.returns import counter_of, scanned, taken_in
from oms.refusals import Code, Fault, Refusal, Refused, refuse
from oms.usecases.customers import Wanted
from oms.usecases.returnable import list_returnable
from oms.views.scanning import sku_scanned

ROWS = 20
SCANS = 2
"""Rows for goods of none of the orders."""

router = APIRouter(include_in_schema=False)

Short = Annotated[str, Query(max_length=254)]


async def _asked(
    email: Short = "",
    phone: Short = "",
    card: Short = "",
    sku: Short = "",
    node: Short = "",
    after: Short = "",
) -> dict[str, str]:
    given = {"email": email, "phone": phone, "card": card, "sku": sku, "node": node, "after": after}
    return {name: text.strip() for name, text in given.items()}


Counter = Annotated[Desk, at("/v1/returnable")]
Asked = Annotated[dict[str, str], Depends(_asked)]


@router.get("/returnable")
def look_up(desk: Counter, asked: Asked) -> Response:
    """Orders of whoever has this e-mail, phone number or card, with the units that may still come back."""
    try:
        return _found(desk, asked)
    except Refused as no:
        return _page(desk, asked, [], no.refusal)


@router.post("/returnable")
def take_in(desk: Counter, asked: Asked) -> Response:
    """Units of these orders lie on the counter, and perhaps others with them."""

    def taken() -> str:
        sold = [_line(place, units) for place, units in desk.form.numbers("sold").items() if units]
        return taken_in(desk, [*sold, *scanned(desk)])

    return desk.act({"take": taken}, lambda no: _found(desk, asked, no))


def _line(place: str, units: int) -> dict[str, Any]:
    order, _, line = place.partition("/")
    return {"order": order, "line": line, "quantity": units}


def _found(desk: Desk, asked: dict[str, str], refusal: Refusal | None = None) -> Response:
    wanted = Wanted(*(asked[name] or None for name in ("email", "phone", "card")))
    if wanted == Wanted():
        return _page(desk, asked, [], refusal)
    key = asked["after"].split("~", 1) if "~" in asked["after"] else None
    rows = list_returnable(desk.running, desk.actor, wanted, _sku(desk, asked["sku"]), key, ROWS)
    more = None
    if len(rows) > ROWS:
        last = f"{rows[ROWS - 1]['placed_at'].isoformat()}~{rows[ROWS - 1]['order']}"
        more = urlencode(asked | {"after": last})
    return _page(desk, asked, rows[:ROWS], refusal, more)


def _sku(desk: Desk, said: str) -> str | None:
    if not said:
        return None
    with desk.running.engine.connect() as conn:
        sku = sku_scanned(conn, said)
    if sku is None:
        detail = "There is no such SKU or barcode"
        raise refuse(Code.UNKNOWN_SKU, detail, Fault("/sku", Code.UNKNOWN_SKU, detail))
    return sku


def _page(
    desk: Desk,
    asked: dict[str, str],
    rows: list[dict[str, Any]],
    refusal: Refusal | None,
    more: str | None = None,
) -> Response:
    counter = counter_of(desk, asked["node"]) | {"scans": SCANS}
    sought = any(asked[name] for name in ("email", "phone", "card"))
    return desk.page(
        "returnable.html", refusal, orders=rows, asked=asked, sought=sought, more=more, **counter
    )
