"""Goods leave a node with a carrier: their stock is posted, and the order follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from inventory.documents import ShipRequest, TransferLine, TransferRequest
from inventory.movements import Note
from inventory.outcomes import Done, Posted, Shipped
from inventory.requests import PartLine, PostRequest
from inventory.stock_groups import post, stand_still
from inventory.stock_shipping import ship
from inventory.stock_transfers import plan_transfers
from oms.fulfilment.following import followed
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.lifecycle import FulfilmentEvent
from oms.orders.order import Order
from oms.orders.stages import Stage
from oms.refusals import LostRace
from oms.shipments.landing import on_the_road
from oms.shipments.lifecycle import NOT_LEFT, ShipmentEvent
from oms.shipments.shipment import Shipment
from oms.steps.recording import record_job
from oms.store.fulfilments import save_fulfilments
from oms.store.shipments import save_shipments, shipments_of
from oms.work import Work


def transfer_of(fulfilment_order_id: str) -> str:
    """The transfer that brings a fulfilment order to the store where it is collected."""
    return f"fo:{fulfilment_order_id}"


def hand_over(
    work: Work, orders: Mapping[str, Order], jobs: Sequence[Fulfilment], manifest_id: str | None = None
) -> dict[str, Order]:
    """Fulfilment orders leave their node: units are on the road, to the customer or to a store. ``orders``
    are those of ``jobs``, locked. Raises Refused illegal_transition; LostRace when units are not there.
    """
    gone = [job.after(FulfilmentEvent.HAND_OVER, work.at) for job in jobs]
    arriving = {(job.to_node, _sku(job, line)) for job in jobs if job.to_node for line in units_of(job)}
    if arriving:  # several verbs, one after the other
        stand_still(work.conn, {job.group_id for job in jobs}, arriving)
    _to_stores(work, [job for job in jobs if job.to_node])
    _to_customers(work, [job for job in jobs if not job.to_node])
    save_fulfilments(work.conn, gone)
    shipments = _left(work, jobs, manifest_id)
    found = dict(orders)
    for before, after in zip(jobs, gone, strict=True):
        order = found[before.order_id]
        moved = followed(order, before, after, out=Stage.IN_TRANSIT)
        named = [one.id for one in shipments if one.fulfilment_order_id == before.id]
        found[order.id] = record_job(work, order, moved, after, shipments=named, manifest=manifest_id)
    return found


def parts_of(job: Fulfilment) -> tuple[PartLine, ...]:
    """The units a fulfilment order holds at its node."""
    return tuple(PartLine(line_id, units, job.node) for line_id, units in units_of(job).items())


def units_of(job: Fulfilment) -> Counter[str]:
    """Units still wanted of each picked line."""
    units = Counter[str]()
    for line in job.lines:
        units[line.line_id] += line.wanted
    return +units


def _to_customers(work: Work, jobs: Sequence[Fulfilment]) -> None:
    requests = [
        PostRequest(job.group_id, parts_of(job), on_the_road(job.id), Note(reference=job.id, actor=who(work)))
        for job in jobs
    ]
    if not all(isinstance(outcome, Posted) for outcome in post(work.conn, work.at, requests)):
        raise LostRace


def _to_stores(work: Work, jobs: Sequence[Fulfilment]) -> None:
    """Units that travel to another node's counter stay held for their order on the road."""
    planned = [
        TransferRequest(
            transfer_of(job.id),
            job.node,
            job.to_node or "",
            job.arrive_at,
            tuple(
                TransferLine(line_id, _sku(job, line_id), units, job.group_id)
                for line_id, units in units_of(job).items()
            ),
            reference=job.order_id,
        )
        for job in jobs
    ]
    if not all(isinstance(outcome, Done) for outcome in plan_transfers(work.conn, work.at, planned)):
        raise LostRace
    left = [ShipRequest(one.id, note=Note(reference=one.id, actor=who(work))) for one in planned]
    outcomes = ship(work.conn, work.at, left)
    wanted = [job.wanted for job in jobs]
    if [one.quantity if isinstance(one, Shipped) else None for one in outcomes] != wanted:
        raise LostRace


def _left(work: Work, jobs: Sequence[Fulfilment], manifest_id: str | None) -> Sequence[Shipment]:
    packed = shipments_of(work.conn, [job.id for job in jobs])
    left = [
        replace(one.after(ShipmentEvent.HAND_OVER, work.at), manifest_id=manifest_id)
        for some in packed.values()
        for one in some
        if one.state in NOT_LEFT
    ]
    save_shipments(work.conn, left)
    return left


def _sku(job: Fulfilment, line_id: str) -> str:
    return next(line.sku for line in job.lines if line.line_id == line_id)


def who(work: Work) -> str:
    """Who the ledger remembers for a movement."""
    return work.actor.key_id
