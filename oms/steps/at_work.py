"""A fulfilment order somebody works on: found, locked with its order, and in line with its stock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oms.fulfilment.job import Fulfilment
from oms.orders.order import Order
from oms.refusals import Code, LostRace, not_found, refuse
from oms.steps.settling import ATTEMPTS
from oms.steps.unrouting import in_line
from oms.store.fulfilments import fulfilments_of, order_id_of
from oms.store.orders import load_order
from oms.work import Answer, Work


@dataclass(frozen=True, slots=True)
class AtWork:
    """The order, all its fulfilment orders, and the one that is meant."""

    order: Order
    jobs: tuple[Fulfilment, ...]
    job: Fulfilment


def at_work(work: Work, id: str) -> AtWork:
    """The fulfilment order of the path, ours until the commit. Raises Refused: not_found, also for one of
    another's node.
    """
    order_id = order_id_of(work.conn, id)
    if order_id is None:
        raise not_found("fulfilment order")
    order = lock(work, order_id)
    jobs = fulfilments_of(work.conn, order_id)
    job = next(job for job in jobs if job.id == id)
    work.actor.must_see(work.actor.may_node(job.node), "fulfilment order")
    return AtWork(order, jobs, job)


def lock(work: Work, order_id: str) -> Order:
    """The order that something belongs to, ours until the commit, with what facts took from it known."""
    order = load_order(work.conn, order_id, lock=True)
    assert order is not None, "what belongs to an order keeps it there"
    return in_line(work, order)


def going(job: Fulfilment) -> None:
    """Raises Refused illegal_transition while the fulfilment order is on hold."""
    if job.on_hold:
        detail = "The fulfilment order is on hold: release it first"
        raise refuse(Code.ILLEGAL_TRANSITION, detail, state=job.state.value)


def despite_races(once: Callable[[], Answer]) -> Answer:
    """Run it again when a physical fact took units between the look at the order and at its stock."""
    for _ in range(ATTEMPTS):
        try:
            return once()
        except LostRace:
            continue
    detail = "The books do not have these units on the node's shelf: receive or count them, then try again"
    raise refuse(Code.INSUFFICIENT_STOCK, detail)
