"""Hand over to a carrier: one fulfilment order, or all that is ready for him at a node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.order import Order
from oms.refusals import Code, Fault, not_found, refuse
from oms.steps.at_work import at_work, despite_races, going, lock
from oms.steps.handing_over import hand_over
from oms.store.fulfilments import fulfilment_of, order_id_of
from oms.store.shipments import ready_for_carrier, shipments_of
from oms.views.shipments import packed_view
from oms.work import Answer, RequestKey, Work, answer_once

MANIFEST_MOST = 200
"""Fulfilment orders on one manifest; what is ready beyond that goes on the next."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a carrier takes: those named, else all that is ready, of this carrier when one is named."""

    node: str
    carrier: str | None = None
    fulfilment_orders: tuple[str, ...] | None = None


def hand_over_one(runtime: Runtime, actor: Actor, key: RequestKey, id: str) -> Answer:
    """The carrier took the parcels of a fulfilment order. Raises Refused: not_found, illegal_transition,
    insufficient_stock.
    """

    def work_on(work: Work) -> Answer:
        there = at_work(work, id)
        _for_carrier(there.job, "")
        hand_over(work, {there.order.id: there.order}, [there.job])
        return Answer.of(200, _shown(work, id))

    return despite_races(lambda: answer_once(runtime, actor, key, work_on))


def make_manifest(runtime: Runtime, actor: Actor, key: RequestKey, wish: Manifest) -> Answer:
    """The carrier took all that was ready at a node. What is not ready is passed over unless it was named.
    Raises Refused: not_found, forbidden, illegal_transition, insufficient_stock.
    """
    return despite_races(lambda: answer_once(runtime, actor, key, lambda work: _manifest(work, wish)))


def _manifest(work: Work, wish: Manifest) -> Answer:
    work.actor.must_see(work.actor.may_node(wish.node), "node")
    named = wish.fulfilment_orders
    if named is None:
        found = ready_for_carrier(work.conn, wish.node, wish.carrier, MANIFEST_MOST + 1)
    else:
        found = _named(work, wish.node, named)
    orders = _locked(work, found[:MANIFEST_MOST])
    jobs = []
    for place, id in enumerate(found[:MANIFEST_MOST]):
        job = fulfilment_of(work.conn, id)
        assert job is not None
        if named is not None:
            _for_carrier(job, f"/fulfilment_orders/{place}")
        elif job.state is not FulfilmentState.READY_FOR_CARRIER or job.on_hold:
            continue
        jobs.append(job)
    manifest_id = work.ids.new("man")
    hand_over(work, {id: orders[id] for id in {job.order_id for job in jobs}}, jobs, manifest_id)
    document: dict[str, Any] = {
        "id": manifest_id,
        "node": wish.node,
        "carrier": wish.carrier,
        "fulfilment_orders": [_shown(work, job.id) for job in jobs],
        "more": len(found) > MANIFEST_MOST,
    }
    work.emit("manifest.handed_over", "manifest", manifest_id, {"node": wish.node, "carrier": wish.carrier})
    return Answer.of(201, document)


def _named(work: Work, node: str, ids: Sequence[str]) -> list[str]:
    for place, id in enumerate(ids):
        job = fulfilment_of(work.conn, id)
        if job is None or job.node != node:
            detail = "The node has no such fulfilment order"
            raise refuse(Code.INVALID, detail, Fault(f"/fulfilment_orders/{place}", Code.NOT_FOUND, detail))
    return list(dict.fromkeys(ids))


def _locked(work: Work, ids: Sequence[str]) -> dict[str, Order]:
    """Their orders, by id, each locked in turn."""
    orders = {order_id_of(work.conn, id) for id in ids}
    return {id: lock(work, id) for id in sorted(id for id in orders if id is not None)}


def _for_carrier(job: Fulfilment, pointer: str) -> None:
    going(job)
    if job.state is not FulfilmentState.READY_FOR_CARRIER:
        detail = f"Only what is ready for the carrier is handed over to him; this is {job.state.value}"
        faults = (Fault(pointer, Code.ILLEGAL_TRANSITION, detail),) if pointer else ()
        raise refuse(Code.ILLEGAL_TRANSITION, detail, *faults, state=job.state.value)


def _shown(work: Work, id: str) -> dict[str, Any]:
    job = fulfilment_of(work.conn, id)
    if job is None:
        raise not_found("fulfilment order")
    return packed_view(job, shipments_of(work.conn, [id])[id])
