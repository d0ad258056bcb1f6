"""Couriers: their runs, what their phones report, and what they bring back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.etag import ExpectedVersion, etag
from api.guard import routes
from api.paging import Paging, page_of
from api.wire import courier as wire
from api.wire.base import Id
from api.wire.inspecting import InspectBody
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.courier.lifecycle import Outcome, RunEvent, StopEvent
from oms.courier.reporting import Payment, Report
from oms.reasons import NextStep
from oms.refusals import Code, Fault, refuse
from oms.usecases import courier_events, courier_returns, courier_runs
from oms.usecases.courier_events import Told
from oms.usecases.courier_runs import Editing, Planning
from oms.views.courier import run_head
from oms.work import Answer, RequestKey, Work, answer_once, transact

router: APIRouter = routes("courier")


@router.post("/v1/courier/runs", status_code=201, response_model=wire.RunShown)
def plan_run(body: wire.RunBody, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Plan a courier's run: its stops in the order given, else by the promise made."""
    given = None if body.fulfilment_orders is None else tuple(body.fulfilment_orders)
    wish = Planning(body.node, body.courier, given, body.stops_max)
    return _post(running, caller, request, lambda work: courier_runs.plan_run(work, wish), 201)


@router.get("/v1/courier/runs", response_model=wire.RunPage)
def list_runs(
    caller: Caller,
    running: Running,
    request: Request,
    page: Paging,
    node: Annotated[Id | None, Query(description="Only runs from this node")] = None,
    courier: Annotated[Id | None, Query(description="Only runs of this courier")] = None,
    state: Annotated[wire.RunState | None, Query(description="Only runs in this state")] = None,
) -> Response:
    """Runs, the newest first; a courier's own, a node's."""
    after = _instant_key(page.key(str, str))
    rows = transact(
        running,
        caller,
        lambda work: courier_runs.list_runs(work, after, page.limit, node, courier, state),
    )
    return page_of(request, page, rows, run_head, lambda run: [run.created_at.isoformat(), run.id])


@router.get("/v1/courier/runs/{id}", response_model=wire.RunShown)
def read_run(id: Id, caller: Caller, running: Running) -> Response:
    """A run with its stops: where, when, what, how much is to be paid."""
    shown = transact(running, caller, lambda work: courier_runs.read_run(work, id))
    return reply(shown, headers=etag(shown["version"]))


@router.post("/v1/courier/runs/{id}/stops", response_model=wire.RunShown)
def edit_stops(
    id: Id,
    body: wire.StopsBody,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """Add stops, remove some, take some over from other runs."""
    wish = Editing(tuple(body.add), tuple(body.remove), tuple(body.take))
    return _post(running, caller, request, lambda work: courier_runs.edit_stops(work, id, wish, expected))


@router.post("/v1/courier/runs/{id}/start", response_model=wire.RunShown)
def start_run(id: Id, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """The courier is on his way; his first event on the road says the same."""
    return _post(running, caller, request, lambda work: courier_runs.move_run(work, id, RunEvent.START))


@router.post("/v1/courier/runs/{id}/end", response_model=wire.RunShown)
def end_run(id: Id, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """The run is over. Refused while goods are in the van; stops not begun wait for another run."""
    return _post(running, caller, request, lambda work: courier_runs.move_run(work, id, RunEvent.END))


@router.post("/v1/courier/runs/{id}/cancel", response_model=wire.RunShown)
def cancel_run(id: Id, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """It will not take place; its stops wait for another run."""
    return _post(running, caller, request, lambda work: courier_runs.move_run(work, id, RunEvent.CANCEL))


@router.post("/v1/courier/events", response_model=wire.EventResults)
def hear_events(
    body: wire.CourierEventsBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Report what happened at stops, as often and as late as the network lets it; each event is answered
    by itself.
    """
    told = [_told(event, place) for place, event in enumerate(body.events)]
    return answer(courier_events.hear_events(running, caller, request, told))


@router.post("/v1/courier/stops/{id}/receive", response_model=wire.StopShown)
def receive_stop(
    id: wire.MadeId, body: wire.ReceiveBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Scan in what the courier brought back."""
    units = _units(body.lines, "")
    return _post(
        running,
        caller,
        request,
        lambda work: courier_returns.receive_stop(work, id, body.node, units, body.reason or ""),
    )


@router.post("/v1/courier/stops/{id}/inspect", response_model=wire.StopShown)
def inspect_stop(
    id: wire.MadeId, body: InspectBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Say what becomes of units that came back; what is restocked is for sale again at once."""
    found, reason = body.found(), body.reason or ""
    return _post(running, caller, request, lambda work: courier_returns.inspect_stop(work, id, found, reason))


@router.post("/v1/courier/stops/{id}/decide", response_model=wire.StopShown)
def decide_stop(
    id: wire.MadeId, body: wire.DecideBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Say what a failed attempt leads to: another one, or the goods' way back."""
    step = NextStep(body.next_step)
    return _post(
        running, caller, request, lambda work: courier_returns.decide_stop(work, id, step, body.reason or "")
    )


def _post(
    running: Runtime,
    caller: Actor,
    request: RequestKey,
    act: Callable[[Work], dict[str, Any]],
    status: int = 200,
) -> Response:
    return answer(answer_once(running, caller, request, lambda work: Answer.of(status, act(work))))


def _told(event: wire.CourierEvent, place: int) -> Told:
    paid = event.payment
    said = event.model_dump(mode="json", exclude_none=True)
    report = Report(
        type=StopEvent(event.type),
        occurred_at=event.occurred_at,
        outcome=None if event.outcome is None else Outcome(event.outcome),
        reason=event.reason or "",
        units=_units(event.lines, f"/events/{place}"),
        payment=None if paid is None else Payment(paid.method, paid.amount_minor, paid.reference),
        node=event.node,
        note=event.note,
        proof=frozenset(said.get("proof", {})),
    )
    digest = sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()
    return Told(event.event_id, event.stop, report, digest, said)


def _units(lines: Sequence[wire.UnitsOfLine] | None, pointer: str) -> dict[str, int] | None:
    if lines is None:
        return None
    units = {line.id: line.quantity for line in lines}
    if len(units) < len(lines):
        fault = Fault(f"{pointer}/lines", Code.DUPLICATE_LINE, "A line stands there twice")
        raise refuse(Code.DUPLICATE_LINE, "A line is named once", fault)
    return units


def _instant_key(after: list[Any] | None) -> tuple[datetime, str] | None:
    if after is None:
        return None
    try:
        return datetime.fromisoformat(after[0]), after[1]
    except ValueError as error:
        fault = Fault("query/cursor", "bad_cursor", "Not a cursor of this list")
        raise refuse(Code.MALFORMED, "The cursor is not one of this list", fault) from error
