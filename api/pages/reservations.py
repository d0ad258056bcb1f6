"""Reservations that hold something, and freeing a stuck one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.pages.desk import Desk, at
from inventory.reads import GroupFilter, open_groups
from oms.refusals import Refusal

ROWS = 50
OLDEST = datetime.fromisoformat("0001-01-01T00:00:00+00:00")

router = APIRouter(include_in_schema=False)

Care = Annotated[Desk, at("/v1/reservations")]
Short = Annotated[str, Query(max_length=200)]
Minutes = Annotated[int, Query(ge=0, le=10**6)]


@router.get("/reservations")
def show_reservations(
    desk: Care, node: Short = "", sku: Short = "", owner: Short = "", minutes: Minutes = 0
) -> Response:
    """Oldest first."""
    return _shown(desk, node, sku, owner, minutes)


@router.post("/reservations")
def free_reservation(
    desk: Care, node: Short = "", sku: Short = "", owner: Short = "", minutes: Minutes = 0
) -> Response:
    """Free one stuck reservation."""
    body = {"ids": [desk.form.text("id")], "reason": "freed on the page"}
    actions = {"free": lambda: desk.call("/v1/reservations/void", body)}
    return desk.act(actions, lambda no: _shown(desk, node, sku, owner, minutes, no))


def _shown(
    desk: Desk, node: str, sku: str, owner: str, minutes: int, refusal: Refusal | None = None
) -> Response:
    now = desk.running.clock.now()
    before = now - timedelta(minutes=minutes) if minutes else None
    wanted = GroupFilter(older_than=before, owner=owner or None, node=node or None, sku=sku or None)
    with desk.running.engine.connect() as conn:
        rows = open_groups(conn, wanted, after=(OLDEST, ""), most=ROWS + 1)
    asked = {"node": node, "sku": sku, "owner": owner, "minutes": minutes}
    return desk.page(
        "reservations.html", refusal, rows=rows[:ROWS], more=len(rows) > ROWS, now=now, asked=asked
    )
