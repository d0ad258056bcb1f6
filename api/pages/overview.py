"""Network and stock at a glance."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from api.pages.desk import Desk, at, home_of
from api.pages.drawing import lay_out
from oms.usecases import order_reading
from oms.views.overview import overview

router = APIRouter(include_in_schema=False)

LATEST = 8


@router.get("/")
def show_overview(desk: Annotated[Desk, at(None)]) -> Response:
    """Nodes on a map, what they hold and what they have to do; who sees only a part begins with that."""
    if not desk.actor.trusted:
        return RedirectResponse(home_of(desk.actor), 303)
    with desk.running.reads.connect() as conn:
        seen = overview(conn)
    placed = [node for node in seen.nodes if node.lat is not None and node.lon is not None]
    sheet = lay_out([(n.lat or 0.0, n.lon or 0.0) for n in placed], [float(n.on_hand) for n in placed])
    orders = order_reading.list_orders(desk.running, desk.actor, None, LATEST, None)[:LATEST]
    dots = list(zip(placed, sheet.dots, strict=True))
    as_of = desk.running.pool.as_of
    return desk.page("overview.html", seen=seen, sheet=sheet, dots=dots, orders=orders, as_of=as_of)
