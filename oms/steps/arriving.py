"""Units that travelled to a store for their order arrive there, and the order follows its transfer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inventory.outcomes import Displaced, InHand
from inventory.read_documents import promised_of
from inventory.requests import NodeLine, PickRequest
from inventory.stock_pick import pick
from oms.fulfilment.job import Fulfilment, FulfilmentLine
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.orders.order import Order
from oms.orders.stages import Counts, Stage
from oms.shipments.lifecycle import UNDER_WAY, ShipmentEvent
from oms.shipments.packing import planned_parcels
from oms.steps.at_work import lock
from oms.steps.following_up import bring_together
from oms.steps.parcels import in_parcels
from oms.steps.recording import record, record_job, tell_job
from oms.store.fulfilments import (
    fulfilment_of,
    fulfilments_of,
    insert_fulfilments,
    order_id_of,
    save_fulfilments,
)
from oms.store.shipments import save_shipments, shipments_of
from oms.work import Work

_FULFILMENT = "fo:"
NOT_ARRIVED = "not_arrived"
"""Why units lost their home that were missing on the road, or arrived damaged."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A fulfilment order on its way to a store; ``units`` of each line are still on the road."""

    order: Order
    job: Fulfilment
    units: Counter[str]


def awaited(work: Work, transfer_id: str) -> Awaited | None:
    """What the transfer brings for an order, locked with it; None when it is stock for the node."""
    if not transfer_id.startswith(_FULFILMENT):
        return None
    id = transfer_id.removeprefix(_FULFILMENT)
    order_id = order_id_of(work.conn, id)
    if order_id is None:
        return None
    order = lock(work, order_id)
    job = fulfilment_of(work.conn, id)
    assert job is not None
    return Awaited(order, job, _on_the_road(work, job))


def arrived(work: Work, before: Awaited, displaced: Sequence[Displaced]) -> None:
    """Units that arrived stand packed at the store under a fulfilment order of its own; those that did not
    have no home any more. Call it after the receipt, before its displaced units are told of.
    """
    job, left = before.job, _on_the_road(work, before.job)
    lost = Counter[str]()
    for loss in displaced:
        if loss.group_id == job.group_id:
            lost[loss.line_id] += loss.quantity
    here = +(before.units - left - lost)
    order = _without(work, before.order, job, lost)
    if here:
        order = _at_the_store(work, order, job, here)
    if not left:
        _ended(work, job, bool(here))
    bring_together(work, order)


def _on_the_road(work: Work, job: Fulfilment) -> Counter[str]:
    return Counter(promised_of(work.conn, job.group_id, f"transfer:{_FULFILMENT}{job.id}"))


def _without(work: Work, order: Order, job: Fulfilment, lost: Counter[str]) -> Order:
    if not lost:
        return order
    told = [{"line": line, "node": job.to_node, "quantity": units} for line, units in lost.items()]
    return record(
        work,
        order,
        _moved(order, lost, Stage.UNROUTED),
        "order.displaced",
        {"displaced": told},
        reason=NOT_ARRIVED,
    )


def _at_the_store(work: Work, order: Order, job: Fulfilment, here: Counter[str]) -> Order:
    skus = {line.line_id: line.sku for line in job.lines}
    assert job.to_node is not None
    state = FulfilmentState.PACKED
    made = replace(
        job,
        no=len(fulfilments_of(work.conn, order.id)) + 1,
        node=job.to_node,
        to_node=None,
        state=state,
        ship_at=work.at,
        created_at=work.at,
        cost_minor=0,
        replaces=None,
        version=1,
        reason="",
        pick_list_id=None,
        instants={state.value: work.at},
        lines=tuple(FulfilmentLine(id, 1, skus[id], units, picked=units) for id, units in here.items()),
    )
    insert_fulfilments(work.conn, [made])
    in_parcels(work, made, planned_parcels(made))
    held = tuple(NodeLine(id, made.node, units) for id, units in here.items())
    marked = pick(work.conn, work.at, [PickRequest(job.group_id, held)])[0]
    assert isinstance(marked, InHand), f"what arrived for the group lies there, not {marked}"
    return record_job(work, order, _moved(order, here, Stage.PACKED), made, follows=job.id)


def _ended(work: Work, job: Fulfilment, some: bool) -> None:
    """Nothing of it is on the road any more."""
    done = job.after(FulfilmentEvent.COMPLETE, work.at)
    save_fulfilments(work.conn, [done])
    tell_job(work, done)
    event = ShipmentEvent.DELIVER if some else ShipmentEvent.LOSE
    shipments = [one for one in shipments_of(work.conn, [job.id])[job.id] if one.state in UNDER_WAY]
    save_shipments(work.conn, [one.after(event, work.at) for one in shipments])


def _moved(order: Order, units: Counter[str], to: Stage) -> Order:
    counts: dict[str, Counts] = {}
    for line_id, quantity in units.items():
        line = order.line(line_id)
        assert line is not None
        counts[line_id] = line.counts.moved(Stage.IN_TRANSIT, to, quantity)
    return order.with_counts(counts)
