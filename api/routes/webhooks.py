"""Webhooks: where events are sent, and what became of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.etag import ExpectedVersion, etag
from api.guard import routes
from api.paging import Paging, page_of
from api.wire import webhooks as wire
from api.wire.base import Id
from api.wire.webhooks import fingerprint, show_delivery, show_webhook
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.refusals import Code, Fault, Refused, not_found, refuse
from oms.store import webhook_deliveries
from oms.store import webhooks as store
from oms.usecases import webhooks
from oms.webhooks.endpoint import Webhook
from oms.webhooks.lifecycle import DeliveryState
from oms.work import Answer, RequestKey, Work, answer_once, transact

router: APIRouter = routes("webhooks")

Seq = Annotated[int, Path(ge=0, le=2**62, description="The sequence number of the event")]


@router.post("/v1/webhooks", status_code=201, response_model=wire.WebhookMade)
def register_webhook(
    body: wire.WebhookAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Register an endpoint. Its secret is shown this once. The host has to be on the public internet."""
    refusal = webhooks.judge_url(running, body.url)

    def register(work: Work) -> Webhook:
        if refusal is not None:
            raise Refused(refusal)
        return webhooks.register(work, body.wanted(), body.after)

    return _with_secret(running, caller, request, 201, register)


@router.get("/v1/webhooks", response_model=wire.WebhookPage)
def list_webhooks(running: Running, request: Request, page: Paging) -> Response:
    """All endpoints by id."""
    after = page.key(str) or [""]
    with running.engine.begin() as conn:
        rows = store.list_page(conn, after[0], page.limit + 1)
        known = webhook_deliveries.counts(conn, [row.id for row in rows])
    return page_of(request, page, rows, lambda row: show_webhook(row, known[row.id]), lambda row: [row.id])


@router.get("/v1/webhooks/{id}", response_model=wire.WebhookView)
def read_webhook(id: Id, running: Running) -> Response:
    """One endpoint."""
    with running.engine.begin() as conn:
        found = store.webhook_of(conn, id)
        known = webhook_deliveries.counts(conn, [id])
    if found is None:
        raise not_found("webhook")
    return reply(show_webhook(found, known[id]), headers=etag(found.version))


@router.put("/v1/webhooks/{id}", response_model=wire.WebhookView)
def change_webhook(
    id: Id, body: wire.WebhookPut, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Change an endpoint, pause it, or resume it also after it was disabled: what waited is then sent."""
    refusal = webhooks.judge_url(running, body.url)

    def change(work: Work) -> tuple[Webhook, dict[str, int]]:
        if refusal is not None:
            raise Refused(refusal)
        after = webhooks.change(work, id, body.wanted(), expected)
        return after, webhook_deliveries.counts(work.conn, [id])[id]

    after, known = transact(running, caller, change)
    return reply(show_webhook(after, known), headers=etag(after.version))


@router.delete("/v1/webhooks/{id}", status_code=204, response_class=Response)
def delete_webhook(id: Id, caller: Caller, running: Running) -> Response:
    """Delete an endpoint with its deliveries. What is on its way just then may still arrive."""
    transact(running, caller, lambda work: webhooks.remove(work, id))
    return Response(status_code=204)


@router.post("/v1/webhooks/{id}/rotate", response_model=wire.WebhookMade)
def rotate_secret(
    id: Id, body: wire.RotateAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Make another secret, shown this once. During the overlap messages carry a signature by each."""
    overlap = timedelta(seconds=body.overlap_s)
    return _with_secret(running, caller, request, 200, lambda work: webhooks.rotate(work, id, overlap))


@router.get("/v1/webhooks/{id}/deliveries", response_model=wire.DeliveryPage)
def list_deliveries(
    id: Id,
    running: Running,
    request: Request,
    page: Paging,
    state: Annotated[wire.DeliveryName | None, Query(description="Only deliveries of this state")] = None,
) -> Response:
    """Deliveries to an endpoint, the newest event first; those that ended are kept for 30 days."""
    before = page.key(int)
    with running.engine.begin() as conn:
        if store.webhook_of(conn, id) is None:
            raise not_found("webhook")
        rows = webhook_deliveries.list_page(conn, id, before[0] if before else None, page.limit + 1, state)
    return page_of(request, page, rows, show_delivery, lambda row: [row.seq])


@router.post("/v1/webhooks/{id}/deliveries/replay", response_model=wire.Replayed)
def replay_range(
    id: Id, body: wire.ReplayAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Send deliveries once more, under their own ids and in the order of each subject's events."""
    states = [DeliveryState(name) for name in body.states]

    def work_on(work: Work) -> Answer:
        if body.last < body.first:
            fault = Fault("/last", "out_of_order", "The last event comes before the first")
            raise refuse(Code.INVALID, "The range ends before it begins", fault)
        return Answer.of(200, {"deliveries": webhooks.replay(work, id, body.first, body.last, states)})

    return answer(answer_once(running, caller, request, work_on))


@router.post("/v1/webhooks/{id}/deliveries/{seq}/replay", response_model=wire.Replayed)
def replay_delivery(id: Id, seq: Seq, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Send one delivery once more, or at once if it waits for its next attempt."""

    def work_on(work: Work) -> Answer:
        return Answer.of(200, {"deliveries": webhooks.replay_one(work, id, seq)})

    return answer(answer_once(running, caller, request, work_on))


def _with_secret(
    running: Runtime, caller: Actor, request: RequestKey, status: int, fn: Callable[[Work], Webhook]
) -> Response:
    """Answer with the endpoint and its secret, of which the answer that is kept knows nothing."""
    made: list[Webhook] = []

    def work_on(work: Work) -> Answer:
        made.append(fn(work))
        known = webhook_deliveries.counts(work.conn, [made[-1].id])[made[-1].id]
        return Answer.of(status, show_webhook(made[-1], known), etag(made[-1].version))

    given = answer_once(running, caller, request, work_on)
    document = orjson.loads(given.body)
    told = {fingerprint(one.secret): one.secret for one in made}
    document["secret"] = told.get(document["secret_fingerprint"])
    return reply(document, given.status, given.headers)
