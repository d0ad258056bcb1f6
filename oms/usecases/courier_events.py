"""What couriers' phones report: in batches, late, twice, out of order; each report stands for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from inventory.stock_groups import stand_still
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.courier.lifecycle import BEFORE_PICKUP, RunEvent, RunState, StopEvent
from oms.courier.reporting import DoorRules, Payment, Report, heard
from oms.courier.scene import Scene, changed
from oms.courier.stop import Run
from oms.money.ledger import Fact, PaymentKind
from oms.orders.order import Order
from oms.refusals import TRANSIENT, Code, Refused, refuse
from oms.steps.at_work import despite_races
from oms.steps.couriering import asking, scene_of, seen, write_scene
from oms.steps.recording import owe_back
from oms.store.couriers import (
    first_result,
    keep_result,
    lock_orders,
    lock_runs,
    save_run,
    save_stops,
    stop_of,
    stops_by_id,
)
from oms.store.fulfilments import jobs_of
from oms.usecases.payments import RECORDED, add_payment
from oms.work import Answer, RequestKey, Work, answer_once


@dataclass(frozen=True, slots=True)
class Told:
    """A report under an id of the phone's making. ``digest`` is that of the whole event as sent, ``data``
    what is kept of it besides: proof, position, note.
    """

    event_id: str
    stop_id: str
    report: Report
    digest: bytes
    data: Mapping[str, Any]


def hear_events(runtime: Runtime, actor: Actor, key: RequestKey, told: Sequence[Told]) -> Answer:
    """One result per event, in their order: applied, duplicate, superseded, or rejected with a code. A bad
    event leaves the others alone and may be sent again.
    """

    rules = door_rules(runtime)

    def work_on(work: Work) -> Answer:
        return Answer.of(200, {"results": _all(work, told, rules)})

    return despite_races(lambda: answer_once(runtime, actor, key, work_on))


def door_rules(runtime: Runtime) -> DoorRules:
    """What holds at doors now."""
    loaded = runtime.networks.current
    wanted = frozenset(kind for kind, rule in loaded.work.proof.items() if rule == "required")
    return DoorRules(loaded.reasons, loaded.work.attempts, wanted)


def _all(work: Work, told: Sequence[Told], rules: DoorRules) -> list[dict[str, Any]]:
    """Hear them in the order in which things happened, whatever the order of the batch."""
    stops = stops_by_id(work.conn, [one.stop_id for one in told])
    lock_orders(work.conn, [stop.order_id for stop in stops.values()])
    if len(stops) > 1:
        jobs = jobs_of(work.conn, [stop.fulfilment_order for stop in stops.values()])
        stand_still(work.conn, {job.group_id for job in jobs.values()})
    runs = lock_runs(work.conn, [stop.run_id for stop in stops.values() if stop.run_id])
    results: dict[int, dict[str, Any]] = {}
    for place in sorted(range(len(told)), key=lambda place: (told[place].report.occurred_at, place)):
        results[place] = _apart(work, told[place], place, runs, rules)
    return [results[place] for place in range(len(told))]


def _apart(work: Work, one: Told, place: int, runs: dict[str, Run], rules: DoorRules) -> dict[str, Any]:
    """Hear one event in a savepoint of its own, so that a bad one undoes nothing but itself."""
    events = len(work.events)
    try:
        with work.conn.begin_nested():
            result = _one(work, one, runs, rules)
    except Refused as refused:
        if refused.refusal.code in TRANSIENT:
            raise
        del work.events[events:]
        result = {"result": "rejected", "code": refused.refusal.code.value, "detail": refused.refusal.detail}
        result["errors"] = [
            {"pointer": f"/events/{place}{fault.pointer}", "code": fault.code, "detail": fault.detail}
            for fault in refused.refusal.faults
        ]
    nothing: dict[str, Any] = {"first": None, "state": None, "code": None, "detail": None, "errors": []}
    return {"event_id": one.event_id, **nothing, **result}


def _one(work: Work, one: Told, runs: dict[str, Run], rules: DoorRules) -> dict[str, Any]:
    stop = stop_of(work.conn, one.stop_id)
    run = runs.get(stop.run_id) if stop is not None and stop.run_id else None
    stop = seen(work, stop, asking(work, run))
    before = first_result(work.conn, one.event_id)
    if before is not None:
        if before[0] != one.digest:
            raise refuse(Code.IDEMPOTENCY_KEY_REUSED, "This event id was used for another event")
        return {"result": "duplicate", "first": before[1], "state": stop.state.value}
    at = min(one.report.occurred_at, work.at)  # a clock that is fast tells of nothing yet to come
    scene = scene_of(work, stop)
    after, news = heard(scene, replace(one.report, occurred_at=at), rules)
    result = "applied" if news else "superseded"
    kept = keep_result(
        work.conn,
        one.event_id,
        one.stop_id,
        one.digest,
        work.at,
        one.report.occurred_at,
        work.actor.key_id,
        result,
        one.data,
    )
    if not kept:
        raise refuse(Code.IDEMPOTENCY_KEY_REUSED, "This event id was used for another event")
    _write(work, scene, after, replace(one.report, occurred_at=at), news, one.event_id)
    if news and run is not None:
        _under_way(work, run, one.report, runs)
    return {"result": result, "state": after.stop.state.value}


def _write(work: Work, before: Scene, after: Scene, report: Report, news: bool, event_id: str) -> None:
    if not news:
        save_stops(work.conn, changed(before, after))
        return
    data: dict[str, Any] = {"event": event_id}
    passed = [state for state in after.stop.instants if state not in before.stop.instants]
    if len(passed) > 1:
        data["passed"] = passed[:-1]
    if report.type is StopEvent.COMPLETED:
        stop = after.stop
        data |= {"outcome": stop.outcome, "next_step": stop.next_step, "due_minor": stop.due_minor}
        data["collected_minor"] = stop.collected_minor
    type = f"stop.{report.type.value}"
    done = write_scene(work, before, after, type, data, reason=report.reason, occurred_at=report.occurred_at)
    if report.type is StopEvent.COMPLETED and report.payment is not None:
        _pay(work, done.order, report.payment)


def _pay(work: Work, order: Order, payment: Payment) -> None:
    """Money taken at the door is authorised and captured in one; what is more than is owed goes back."""
    for kind in (PaymentKind.AUTHORISED, PaymentKind.CAPTURED) if payment.amount_minor else ():
        fact = Fact(
            kind=kind,
            method=payment.method,
            amount_minor=payment.amount_minor,
            reference=payment.reference or None,
        )
        add_payment(work, order, fact)
    owe_back(work, order, RECORDED[PaymentKind.CAPTURED])


def _under_way(work: Work, run: Run, report: Report, runs: dict[str, Run]) -> None:
    """A run has started once its courier goes anywhere."""
    going = report.type.value not in (BEFORE_PICKUP[1].value, StopEvent.DECLINED.value)
    if run.state is RunState.PLANNED and going:
        runs[run.id] = save_run(work.conn, run.after(RunEvent.START, report.occurred_at))
        work.emit("run.started", "run", run.id, {"node": run.node}, occurred_at=report.occurred_at)
