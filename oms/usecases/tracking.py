"""Carriers say what became of the parcels they took, in any order, late, and more than once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inventory.movements import Move, Note
from inventory.outcomes import Unknown
from inventory.stock import record as record_moves
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.orders.order import Order
from oms.refusals import Code, refuse
from oms.shipments.landing import landed, moves
from oms.shipments.lifecycle import ENDED, NOT_LEFT, SHIPMENT, ShipmentEvent, ShipmentState
from oms.shipments.shipment import Shipment
from oms.shipments.tracking import Fact, Result, heard
from oms.steps.recording import record, tell_job
from oms.store.fulfilments import fulfilment_of, save_fulfilments
from oms.store.orders import load_order
from oms.store.shipments import add_facts, facts_of, save_shipments, shipments_of
from oms.usecases.packing import locked_shipment
from oms.views.shipments import shipment_view
from oms.work import Answer, RequestKey, Work, answer_once

ON_THE_WAY = (ShipmentEvent.MOVE, ShipmentEvent.BRING, ShipmentEvent.ATTEMPT)


@dataclass(frozen=True, slots=True)
class Said:
    """A fact, and for goods that came back the node that has them, unless it is the one they left."""

    fact: Fact
    node: str | None = None


@dataclass
class _Story:
    """A shipment while facts are told of it."""

    order: Order
    job: Fulfilment
    shipment: Shipment
    facts: list[Fact]
    kept: list[tuple[Fact, Result]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


def carrier_said(runtime: Runtime, actor: Actor, key: RequestKey, id: str, said: Sequence[Said]) -> Answer:
    """Facts about a shipment, with an answer for each: applied, duplicate, superseded or rejected. Raises
    Refused: not_found, forbidden for goods taken back at another's node.
    """

    def work_on(work: Work) -> Answer:
        for place, one in enumerate(said):
            if one.node is not None:
                work.actor.require_node(one.node, f"/events/{place}/node")
        story = _story(work, locked_shipment(work, id))
        results = [_told(work, story, one) for one in said]
        add_facts(work.conn, id, story.kept, work.at, work.actor.key_id)
        _move(work, story.moves)
        save_shipments(work.conn, [story.shipment])
        finish(work, story.job)
        return Answer.of(200, {"shipment": shipment_view(story.shipment), "results": results})

    return answer_once(runtime, actor, key, work_on)


def _story(work: Work, one: Shipment) -> _Story:
    order = load_order(work.conn, one.order_id)
    job = fulfilment_of(work.conn, one.fulfilment_order_id)
    assert order is not None and job is not None
    return _Story(order, job, one, facts_of(work.conn, one.id))


def _told(work: Work, story: _Story, said: Said) -> dict[str, Any]:
    result, code = _applied(work, story, said)
    if result in (Result.APPLIED, Result.SUPERSEDED):
        story.facts.append(said.fact)
        story.kept.append((said.fact, result))
    return {"id": said.fact.id, "result": result.value, "code": code or None}


def _applied(work: Work, story: _Story, said: Said) -> tuple[Result, str]:
    fact, before = said.fact, story.shipment
    if before.state in (*NOT_LEFT, ShipmentState.CANCELLED):
        return Result.REJECTED, "not_handed_over"
    if (story.job.method != "ship" or story.job.to_node) and fact.kind not in ON_THE_WAY:
        return Result.REJECTED, "not_the_carriers_to_say"
    result, code = heard(story.facts, fact, work.at)
    if result is not Result.APPLIED:
        return result, code
    if (before.state, fact.kind) not in SHIPMENT.transitions:
        return Result.SUPERSEDED, ""
    if fact.kind is ShipmentEvent.TAKE_BACK:
        after = before.taken_back(said.node, fact.occurred_at)
    else:
        after = before.after(fact.kind, fact.occurred_at)
    order = landed(story.order, before, after)
    if order is None:
        return Result.REJECTED, "came_back_otherwise"
    note = Note(reference=after.id, actor=work.actor.key_id, occurred_at=fact.occurred_at)
    story.moves += moves(before, after, note)
    data = {"shipment": after.id, "fulfilment_order": story.job.id, "node": said.node or after.node}
    told = f"shipment.{after.state.value}"
    story.order = record(work, story.order, order, told, data, occurred_at=fact.occurred_at)
    story.shipment = after
    return Result.APPLIED, ""


def _move(work: Work, moves: Sequence[Move]) -> None:
    for outcome in record_moves(work.conn, work.at, moves).outcomes if moves else ():
        if isinstance(outcome, Unknown):
            raise refuse(Code.UNKNOWN_NODE, "There is no such node to have taken the goods back")


def finish(work: Work, job: Fulfilment, at: datetime | None = None) -> Fulfilment:
    """A fulfilment order that was handed over is completed once all its shipments have ended."""
    shipments = shipments_of(work.conn, [job.id])[job.id]
    if job.state is not FulfilmentState.HANDED_OVER or not all(one.state in ENDED for one in shipments):
        return job
    done = job.after(FulfilmentEvent.COMPLETE, at or work.at)
    save_fulfilments(work.conn, [done])
    tell_job(work, done)
    return done
