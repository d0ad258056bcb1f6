"""What happened to a stop of a courier, read and written whole: order, fulfilment order, ledger, events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from inventory import places, stock
from inventory.movements import Cause, Move, Note
from inventory.outcomes import Posted, Unknown
from inventory.requests import PartLine, PostRequest
from inventory.stock_groups import post
from oms.actors import Role
from oms.courier.scene import Carried, Scene, changed
from oms.courier.stop import Run, Stop
from oms.fulfilment.lifecycle import FulfilmentState
from oms.refusals import Code, Fault, LostRace, not_found, refuse
from oms.shipments.lifecycle import ENDED, ShipmentEvent
from oms.steps.at_work import lock
from oms.steps.calling_off import tell_stop
from oms.steps.recording import record, tell_job
from oms.store.couriers import attempts_of, save_stops
from oms.store.fulfilments import fulfilment_of, save_fulfilments
from oms.store.shipments import save_shipments, shipments_of
from oms.views.courier import paid_minor
from oms.work import Work


def scene_of(work: Work, stop: Stop) -> Scene:
    """What stands around the stop, its order locked: read after the lock, so ``stop`` may be out of date."""
    order = lock(work, stop.order_id)
    job = fulfilment_of(work.conn, stop.fulfilment_order)
    assert job is not None, "a stop is of a fulfilment order"
    stops = attempts_of(work.conn, [job.id])[job.id]
    return Scene(order, job, stops, stop.attempt, paid_minor(work.conn, order.id))


def write_scene(
    work: Work,
    before: Scene,
    after: Scene,
    type: str,
    data: Mapping[str, Any],
    *,
    reason: str = "",
    occurred_at: datetime | None = None,
) -> Scene:
    """Write what changed and tell of it. Raises Refused unknown_node; LostRace when a fact took the goods
    between the look at them and their leaving.
    """
    note = Note(reference=after.stop.id, actor=work.actor.key_id, occurred_at=occurred_at)
    _enter(work, after, note)
    if after.job != before.job:
        save_fulfilments(work.conn, [after.job])
    _ship(work, before, after)
    told = changed(before, after)
    save_stops(work.conn, told)
    stop = after.stop
    said = {"stop": stop.id, "fulfilment_order": after.job.id, "run": stop.run_id, "state": stop.state.value}
    order = record(
        work, before.order, after.order, type, {**said, **data}, reason=reason, occurred_at=occurred_at
    )
    for state in after.job.instants:
        if state not in before.job.instants:
            tell_job(work, replace(after.job, state=FulfilmentState(state)))
    for other in told:
        earlier = before.stops.get(other.attempt)
        if other.attempt != after.at and (earlier is None or earlier.state is not other.state):
            tell_stop(work, other)
    return replace(after, order=order, carried=())


def _ship(work: Work, before: Scene, after: Scene) -> None:
    """The parcels follow the fulfilment order: out with the courier, and where they ended."""
    if after.job.state is before.job.state:
        return
    events = []
    if before.job.state is not FulfilmentState.HANDED_OVER:
        events.append(ShipmentEvent.HAND_OVER)
    if after.job.state is FulfilmentState.COMPLETED:
        events.append(_ended(after))
    parcels = list(shipments_of(work.conn, [after.job.id])[after.job.id])
    for event in events:
        parcels = [one.after(event, work.at) if one.state not in ENDED else one for one in parcels]
    save_shipments(work.conn, parcels)


def _ended(scene: Scene) -> ShipmentEvent:
    """How parcels ended of which something was kept, came back, or is lost."""
    lines = [line for stop in scene.stops.values() for line in stop.lines]
    if any(line.kept for line in lines):
        return ShipmentEvent.DELIVER
    return ShipmentEvent.TAKE_BACK if any(line.back for line in lines) else ShipmentEvent.LOSE


def seen(work: Work, stop: Stop | None, courier: str | None, *nodes: str | None) -> Stop:
    """The stop, if the caller may see it: a courier on his own run, staff of its node or of one of
    ``nodes``. Raises Refused not_found.
    """
    if stop is None or (courier is not None and courier != work.actor.key_id):
        raise not_found("stop")
    work.actor.must_see(any(work.actor.may_node(node) for node in (stop.node, *nodes) if node), "stop")
    return stop


def asking(work: Work, run: Run | None) -> str | None:
    """The courier whose stop it must be, where a courier asks: one without a run is nobody's."""
    if work.actor.role is not Role.COURIER:
        return None
    return run.courier if run is not None else ""


def _enter(work: Work, scene: Scene, note: Note) -> None:
    shelf = places.shelf(scene.job.node)
    leaving = [one for one in scene.carried if one.from_place == shelf]
    if leaving:
        parts = tuple(PartLine(one.line_id, one.quantity, scene.job.node) for one in leaving)
        request = PostRequest(scene.job.group_id, parts, scene.van, note)
        if not isinstance(post(work.conn, work.at, [request])[0], Posted):
            raise LostRace
    others = [one for one in scene.carried if one.from_place != shelf]
    if others:
        report = stock.record(work.conn, work.at, [_move(one, note) for one in others])
        if any(isinstance(outcome, Unknown) for outcome in report.outcomes):
            fault = Fault("/node", Code.UNKNOWN_NODE, "There is no such node")
            raise refuse(Code.UNKNOWN_NODE, "There is no such node", fault)


def _move(one: Carried, note: Note) -> Move:
    return Move(one.sku, one.quantity, one.from_place, one.to_place, _cause(one), note)


def _cause(one: Carried) -> Cause:
    if one.from_place.startswith("in_transit:"):
        return Cause.POST if one.to_place == places.CUSTOMER else Cause.RETURN
    return Cause.POST if one.to_place.startswith("in_transit:") else Cause.DISPOSITION
