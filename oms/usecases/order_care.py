"""Holds on an order, and its customer's answer to a later promise."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.fulfilment.job import AT_THE_NODE
from oms.orders.order import Order
from oms.orders.stages import Stage
from oms.refusals import Code, refuse
from oms.steps.at_work import despite_races
from oms.steps.cancelling_units import cancel_units
from oms.steps.new_orders import order_token
from oms.steps.recording import record, tell_job
from oms.steps.unrouting import in_line
from oms.store.fulfilments import fulfilments_of, save_fulfilments
from oms.store.node_work import answer_question, first_promise, question_of
from oms.usecases.node_work import released
from oms.usecases.order_changes import locked_order
from oms.views.orders import placed
from oms.work import Answer, RequestKey, Work, answer_once

LATE = "too_late"


def change_holds(
    runtime: Runtime, actor: Actor, key: RequestKey, order_id: str, hold: str, put: bool, note: str
) -> Answer:
    """Put a hold on the order or take it off. While there is any, nothing of it is released, and nobody goes
    on with what a node has. Doing it twice changes nothing. Raises Refused: not_found, illegal_transition.
    """

    def work_on(work: Work) -> Answer:
        order = in_line(work, locked_order(work, order_id))
        if put and not _alive(order):
            raise refuse(Code.ILLEGAL_TRANSITION, "Nothing of the order is left to hold")
        others = tuple(one for one in order.holds if one != hold)
        holds = (*others, hold) if put else others
        if set(holds) != set(order.holds):
            order = _with_holds(work, order, holds, hold, put, note)
        return Answer.of(200, _shown(runtime, work, order))

    return answer_once(runtime, actor, key, work_on)


def answer_promise(runtime: Runtime, actor: Actor, key: RequestKey, order_id: str, accept: bool) -> Answer:
    """The customer agrees to the later promise, or what it makes late is cancelled. Raises Refused:
    not_found, illegal_transition where nothing is asked, or what is late has left meanwhile.
    """

    def work_on(work: Work) -> Answer:
        order = in_line(work, locked_order(work, order_id))
        asked = question_of(work.conn, order_id)
        if asked is None:
            raise refuse(Code.ILLEGAL_TRANSITION, "The customer is not asked anything")
        told = first_promise(work.conn, order_id)
        assert told is not None, "a question follows a promise"
        answer_question(work.conn, order_id, accept, work.at)
        said = {"to": asked.new_to.isoformat(), "accepted": accept}
        order = record(work, order, order, "order.promise_answered", said)
        if not accept:
            late = [job for job in fulfilments_of(work.conn, order_id) if job.state in AT_THE_NODE]
            late = [job for job in late if job.arrive_at > told]
            units = _late_units(order, {job.id: _wanted(job.lines) for job in late})
            if units:
                order = cancel_units(work, order, units, LATE, first=[job.id for job in late])
        return Answer.of(200, _shown(runtime, work, order))

    return despite_races(lambda: answer_once(runtime, actor, key, work_on))


def _alive(order: Order) -> bool:
    return any(line.counts.at(*AHEAD) for line in order.picked_lines)


AHEAD = (
    Stage.BACKORDERED,
    Stage.UNROUTED,
    Stage.ROUTED,
    Stage.PICKING,
    Stage.PICKED,
    Stage.PACKED,
    Stage.READY_FOR_PICKUP,
)


def _with_holds(work: Work, order: Order, holds: tuple[str, ...], hold: str, put: bool, note: str) -> Order:
    """The order's fulfilment orders are held with it, and go on with it; those held by themselves stay."""
    jobs = [job for job in fulfilments_of(work.conn, order.id) if job.state in AT_THE_NODE]
    why = f"order:{hold}"
    if put:
        changed = [replace(job, on_hold=True, reason=why) for job in jobs if not job.on_hold]
    else:
        mine = [job for job in jobs if job.on_hold and job.reason.startswith("order:")]
        reason = f"order:{holds[0]}" if holds else ""
        changed = [replace(job, reason=reason) if holds else released(work, job) for job in mine]
    save_fulfilments(work.conn, changed)
    type = "order.held" if put else "order.released"
    saved = record(work, order, replace(order, holds=holds), type, {"hold": hold, "note": note}, reason=hold)
    if put or not holds:
        for job in changed:
            tell_job(work, job, "fulfilment.held" if put else "fulfilment.released")
    return saved


def _wanted(lines: Any) -> dict[str, int]:
    units: dict[str, int] = defaultdict(int)
    for line in lines:
        units[line.line_id] += line.wanted
    return units


def _late_units(order: Order, late: dict[str, dict[str, int]]) -> dict[str, int | None]:
    """Units of lines as sold that come late or have no plan at all; a kit is late with any of its parts."""
    units: dict[str, int | None] = {}
    for line in order.picked_lines:
        count = line.counts.unrouted + sum(job.get(line.id, 0) for job in late.values())
        if count:
            sold = line.kit_line or line.id
            units[sold] = max(units.get(sold) or 0, -(-count // (line.per_kit or 1)))
    return units


def _shown(runtime: Runtime, work: Work, order: Order) -> dict[str, Any]:
    jobs = fulfilments_of(work.conn, order.id)
    return placed(order, jobs, order_token(runtime, order.id), work.actor) | {"holds": list(order.holds)}
