"""Pick tasks, parcels, pickups and couriers' stops follow their order: whatever it wants no more is neither
picked nor packed nor fetched, and what now lies complete at a counter is ready.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from oms.fulfilment.following import followed
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.memory.network_load import work_rules
from oms.orders.order import Order
from oms.pickups.completeness import complete, lies_at_counter
from oms.pickups.lifecycle import OPEN, PickupEvent, PickupState
from oms.pickups.pickup import Pickup, opened
from oms.shipments.shipment import following
from oms.steps.calling_off import call_off
from oms.steps.ending_tasks import end_tasks
from oms.steps.recording import record, record_job
from oms.store.fulfilments import fulfilments_of, save_fulfilments
from oms.store.pickups import insert_pickup, pickups_of, save_pickup
from oms.store.shipments import save_shipments, shipments_of
from oms.work import Work

_OVER = (FulfilmentState.CANCELLED, FulfilmentState.COMPLETED)


def follow_up(work: Work, order: Order, changed: Iterable[Fulfilment]) -> Order:
    """Bring tasks, parcels and pickups in line once less of ``changed`` is wanted; the order as it is."""
    jobs = {job.id: job for job in changed}
    end_tasks(work, jobs.values())
    if jobs:
        packed = shipments_of(work.conn, jobs)
        moved = [one for id, some in packed.items() for one in following(some, jobs[id], work.at)]
        save_shipments(work.conn, moved)
        call_off(work, jobs.values())
    return bring_together(work, order)


def bring_together(work: Work, order: Order) -> Order:
    """Open a pickup for what stands packed at the counter, and make it ready once all that the order lets
    its customer collect stands there. One of which nothing is left is cancelled.
    """
    pickups = list(pickups_of(work.conn, order.id))
    if order.promise.method != "pickup" and not pickups:
        return order
    jobs = fulfilments_of(work.conn, order.id)
    _cancel_empty(work, order, pickups, jobs)
    fresh = [job for job in jobs if lies_at_counter(job) and job.state is FulfilmentState.PACKED]
    for node in dict.fromkeys(job.node for job in fresh):
        here = [job for job in fresh if job.node == node]
        pickup = _gathered(work, order, pickups, here)
        if complete(order, jobs):
            order = _ready(work, order, pickup, here)
    return order


def _cancel_empty(work: Work, order: Order, pickups: list[Pickup], jobs: Iterable[Fulfilment]) -> None:
    over = {job.id for job in jobs if job.state in _OVER}
    for place, pickup in enumerate(pickups):
        if pickup.state in OPEN and set(pickup.fulfilment_orders) <= over:
            pickups[place] = pickup.after(PickupEvent.CANCEL, work.at)
            save_pickup(work.conn, pickups[place])
            tell_pickup(work, order, order, pickups[place])


def _gathered(work: Work, order: Order, pickups: list[Pickup], here: list[Fulfilment]) -> Pickup:
    """The pickup still being prepared there, with these fulfilment orders."""
    node = here[0].node
    states = (PickupState.PREPARING,)
    found = next((one for one in pickups if one.node == node and one.state in states), None)
    pickup = found or opened(order.id, len(pickups) + 1, node, work.at)
    lying = dict.fromkeys((*pickup.fulfilment_orders, *(job.id for job in here)))
    pickup = replace(pickup, fulfilment_orders=tuple(lying))
    if found is None:
        insert_pickup(work.conn, pickup)
        pickups.append(pickup)
    else:
        save_pickup(work.conn, pickup)
    return pickup


def _ready(work: Work, order: Order, pickup: Pickup, here: list[Fulfilment]) -> Order:
    for job in here:
        after = job.after(FulfilmentEvent.READY_PICKUP, work.at)
        save_fulfilments(work.conn, [after])
        order = record_job(work, order, followed(order, job, after), after)
    done = pickup.ready(work.at, timedelta(days=work_rules(work.conn).collection_days))
    save_pickup(work.conn, done)
    return tell_pickup(work, order, order, done)


def tell_pickup(
    work: Work, before: Order, after: Order, pickup: Pickup, type: str = "", reason: str = ""
) -> Order:
    """Write the order and tell of its pickup, as what it has become unless ``type`` says otherwise."""
    deadline = pickup.deadline.isoformat() if pickup.deadline else None
    said = {"pickup": pickup.id, "node": pickup.node, "deadline": deadline}
    return record(work, before, after, type or f"pickup.{pickup.state.value}", said, reason=reason)
