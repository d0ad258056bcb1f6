"""The click-and-collect counter: find what lies there, say that its customer came, verify, hand out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.pages.desk import Desk, at
from api.pages.places import nodes_of, only_node, zone_of
from oms.refusals import Refusal, Refused
from oms.usecases.pickups import Wanted, list_pickups
from oms.views.overview import sku_names

ROWS = 200

router = APIRouter(include_in_schema=False)

Counter = Annotated[Desk, at("/v1/pickups")]
Short = Annotated[str, Query(max_length=100)]


@router.get("/counter")
def show_counter(
    desk: Counter, node: Short = "", code: Short = "", phone: Short = "", order: Short = ""
) -> Response:
    """What is prepared, what lies ready, whose time is over; found by code, phone or order."""
    return _shown(desk, node, code, phone, order)


@router.post("/counter")
def act_at_counter(
    desk: Counter, node: Short = "", code: Short = "", phone: Short = "", order: Short = ""
) -> Response:
    """One step with one pickup."""
    form, id = desk.form, desk.form.text("pickup")
    actions = {
        "arrived": lambda: desk.call("/v1/pickups/{id}/arrived", {}, id=id),
        "verify": lambda: desk.call("/v1/pickups/{id}/verify", _proof(form.text("code")), id=id),
        "collect": lambda: desk.call("/v1/pickups/{id}/collect", {}, id=id),
        "part": lambda: desk.call("/v1/pickups/{id}/collect", _part(desk), id=id),
    }
    return desk.act(actions, lambda no: _shown(desk, node, code, phone, order, no))


def _shown(
    desk: Desk, node: str, code: str, phone: str, order: str, refusal: Refusal | None = None
) -> Response:
    place = node.strip() or only_node(desk.actor)
    digits = "".join(letter for letter in phone if letter.isdecimal() and letter.isascii())
    wanted = Wanted(place or None, code.strip() or None, digits or None, order.strip() or None)
    found: list[dict[str, Any]] = []
    try:
        if place or order.strip() or digits or code.strip():
            found = list(list_pickups(desk.running, desk.actor, wanted, "", ROWS))
    except Refused as refused:
        refusal = refused.refusal
    with desk.running.engine.connect() as conn:
        names = sku_names(conn, [line["sku"] for one in found for line in one["lines"]])
    return desk.page(
        "counter.html",
        refusal,
        nodes=nodes_of(desk),
        asked={"node": place, "code": code, "phone": phone, "order": order},
        groups=_grouped(desk, found),
        chosen=desk.form.text("pickup"),
        names=names,
        zone=zone_of(desk, place),
    )


def _grouped(desk: Desk, found: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Those with somebody waiting first, those that nobody came for last."""
    now = desk.running.clock.now()
    groups: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("At the counter", "Ready", "Being prepared", "Nobody came")
    }
    for one in found:
        late = one["deadline"] is not None and one["deadline"] < now
        name = {"preparing": "Being prepared", "ready": "Nobody came" if late else "Ready"}.get(one["state"])
        groups[name or "At the counter"].append(one)
    return [(name, some) for name, some in groups.items() if some]


def _proof(said: str) -> dict[str, Any]:
    """Six digits are the code; a scanner types the token of the QR code."""
    return {"code": said} if len(said) <= 6 else {"token": said}


def _part(desk: Desk) -> dict[str, Any]:
    units = desk.form.numbers("units")
    lines = [{"id": line, "quantity": n} for line, n in units.items() if n]
    return {"lines": lines, "rest": desk.form.text("rest")}
