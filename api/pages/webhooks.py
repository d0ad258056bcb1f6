"""Webhooks: the endpoints, and what became of each delivery."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from api.pages.desk import Desk, at
from oms.refusals import Refusal, not_found
from oms.store import webhook_deliveries, webhooks
from oms.webhooks.lifecycle import DeliveryState

ROWS = 50
SEQ_MOST = 2**62

router = APIRouter(include_in_schema=False)

Endpoints = Annotated[Desk, at("/v1/webhooks")]
Short = Annotated[str, Query(max_length=20)]
Before = Annotated[int, Query(ge=0, le=SEQ_MOST)]


@router.get("/webhooks")
def show_webhooks(desk: Endpoints) -> Response:
    """All endpoints, and how they fare."""
    with desk.running.engine.connect() as conn:
        rows = webhooks.list_page(conn, "", ROWS)
        known = webhook_deliveries.counts(conn, [row.id for row in rows])
    return desk.page("webhooks.html", rows=rows, counts=known)


@router.get("/webhooks/{id}")
def show_webhook(id: str, desk: Endpoints, state: Short = "", before: Before = SEQ_MOST) -> Response:
    """One endpoint and its deliveries, the newest event first."""
    return _shown(desk, id, state, before)


@router.post("/webhooks/{id}")
def send_again(id: str, desk: Endpoints, state: Short = "", before: Before = SEQ_MOST) -> Response:
    """Send one delivery once more, or all that were given up."""
    one, every = "/v1/webhooks/{id}/deliveries/{seq}/replay", "/v1/webhooks/{id}/deliveries/replay"
    seq = desk.form.text("seq")
    actions = {
        "one": lambda: desk.call(one, id=id, seq=int(seq) if seq.isdecimal() and len(seq) < 19 else 0),
        "given_up": lambda: desk.call(every, {"first": 0, "last": SEQ_MOST}, id=id),
    }
    return desk.act(actions, lambda no: _shown(desk, id, state, before, no))


def _shown(desk: Desk, id: str, state: str, before: int, refusal: Refusal | None = None) -> Response:
    known = [one.value for one in DeliveryState]
    wanted = state if state in known else None
    with desk.running.engine.connect() as conn:
        endpoint = webhooks.webhook_of(conn, id)
        if endpoint is None:
            raise not_found("webhook")
        rows = webhook_deliveries.list_page(conn, id, before, ROWS + 1, wanted)
        counts = webhook_deliveries.counts(conn, [id])[id]
    more = rows[ROWS - 1].seq if len(rows) > ROWS else None
    return desk.page(
        "webhook.html",
        refusal,
        endpoint=endpoint,
        counts=counts,
        rows=rows[:ROWS],
        states=known,
        state=wanted,
        more=more,
        address=f"/app/webhooks/{quote(id, safe='')}",
    )
