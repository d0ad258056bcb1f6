"""Pack what was picked: the parcels a node will hand over, and their labels."""

from __future__ import annotations

from dataclasses import dataclass

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.fulfilment.following import followed
from oms.fulfilment.kits import WAITING, kept_together
from oms.fulfilment.lifecycle import FulfilmentEvent
from oms.picking.tote import Advice, advice
from oms.refusals import Code, Fault, not_found, refuse
from oms.shipments.packing import packed, planned_parcels
from oms.shipments.shipment import Parcel, Shipment
from oms.steps.at_work import AtWork, at_work, going, lock
from oms.steps.following_up import bring_together
from oms.steps.parcels import in_parcels
from oms.steps.recording import ORDER, record_job, tell_job
from oms.store.fulfilments import fulfilment_of, save_fulfilments
from oms.store.shipments import (
    facts_of,
    order_of_shipment,
    save_shipments,
    shipment_of,
    shipments_of,
)
from oms.views.shipments import packed_view, shipment_view, with_events
from oms.work import Answer, RequestKey, Work, answer_once


@dataclass(frozen=True, slots=True)
class Packing:
    """``parcels``: None for those of the plan. ``despite_hold``: why it is packed although its tote is to be
    held for the rest of its order.
    """

    parcels: tuple[Parcel, ...] | None = None
    despite_hold: str = ""


def pack(runtime: Runtime, actor: Actor, key: RequestKey, id: str, wish: Packing) -> Answer:
    """Put all that was picked into parcels, those of the plan unless others are named. Raises Refused:
    not_found, illegal_transition, held_for_rest, unknown_line, duplicate_line, bad_quantity.
    """
    return answer_once(runtime, actor, key, lambda work: Answer.of(200, _packed(runtime, work, id, wish)))


def _packed(runtime: Runtime, work: Work, id: str, packing: Packing) -> object:
    there = at_work(work, id)
    job, wish = there.job, packing.parcels
    going(job)
    after = job.after(FulfilmentEvent.PACK, work.at)
    despite = _despite_hold(runtime, there, packing.despite_hold)
    shipments = in_parcels(work, after, planned_parcels(job) if wish is None else packed(job, wish))
    save_fulfilments(work.conn, [after])
    order = followed(there.order, job, after)
    order = record_job(work, there.order, order, after, shipments=[one.id for one in shipments], **despite)
    event = _READY.get(job.method) if job.to_node is None else FulfilmentEvent.READY_CARRIER
    if event is None:
        bring_together(work, order)
    else:
        after = after.after(event, work.at)
        save_fulfilments(work.conn, [after])
        tell_job(work, after)
    return packed_view(fulfilment_of(work.conn, id) or after, shipments)


def _despite_hold(runtime: Runtime, there: AtWork, why: str) -> dict[str, str]:
    """What to tell of a tote packed despite its hold; nothing where there is none. Raises Refused
    held_for_rest.
    """
    order, job = there.order, there.job
    if advice(order, job, kept_together(runtime.pool.catalogue, order)) is not Advice.HOLD:
        return {}
    if why:
        return {"despite_hold": why}
    lacking = [line for line in order.picked_lines if line.counts.at(*WAITING)]
    waiting = list(dict.fromkeys(line.kit_line or line.id for line in lacking))
    detail = "Units that leave with it have no home yet: wait, cancel them, or say why it is packed without"
    fault = Fault("/despite_hold", Code.HELD_FOR_REST, f"Waiting: {', '.join(waiting)}")
    raise refuse(Code.HELD_FOR_REST, detail, fault, waiting=waiting)


_READY = {"ship": FulfilmentEvent.READY_CARRIER, "courier": FulfilmentEvent.READY_COURIER}
"""A fulfilment order for the counter is ready only together with the others of its order."""


def label(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, carrier: str, tracking_reference: str
) -> Answer:
    """Give a parcel its carrier and tracking reference, or others, while it has not left. Raises Refused:
    not_found, illegal_transition.
    """

    def work_on(work: Work) -> Answer:
        one = locked_shipment(work, id).labelled(carrier, tracking_reference, work.at)
        save_shipments(work.conn, [one])
        said = {"shipment": one.id, "carrier": carrier, "tracking_reference": tracking_reference}
        work.emit("shipment.labelled", ORDER, one.order_id, said)
        return Answer.of(200, shipment_view(one))

    return answer_once(runtime, actor, key, work_on)


def locked_shipment(work: Work, id: str) -> Shipment:
    """The shipment of the path, ours with its order until the commit. Raises Refused not_found, also for one
    that neither left the caller's node nor came back to it.
    """
    order_id = order_of_shipment(work.conn, id)
    if order_id is None:
        raise not_found("shipment")
    lock(work, order_id)
    one = shipment_of(work.conn, id)
    assert one is not None
    work.actor.must_see(_seen(work.actor, one), "shipment")
    return one


def _seen(actor: Actor, one: Shipment) -> bool:
    return any(actor.may_node(node) for node in (one.node, one.return_node) if node)


def read_shipment(runtime: Runtime, actor: Actor, id: str) -> object:
    """A parcel with what its carrier said. Raises Refused not_found."""
    with runtime.engine.connect() as conn:
        one = shipment_of(conn, id)
        if one is None or not _seen(actor, one):
            raise not_found("shipment")
        return with_events(one, facts_of(conn, id))


def read_shipments(runtime: Runtime, actor: Actor, fulfilment_order_id: str) -> object:
    """A fulfilment order with its parcels. Raises Refused not_found."""
    with runtime.engine.connect() as conn:
        job = fulfilment_of(conn, fulfilment_order_id)
        if job is None or not actor.may_node(job.node):
            raise not_found("fulfilment order")
        return packed_view(job, shipments_of(conn, [job.id])[job.id])
