"""Whether all that an order lets its customer collect lies packed at the counter."""

from __future__ import annotations

from collections.abc import Sequence

from oms.fulfilment.job import AT_THE_NODE, Fulfilment
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.order import Order
from oms.orders.stages import Stage

_THERE = (FulfilmentState.PACKED, FulfilmentState.READY_FOR_PICKUP)


def lies_at_counter(job: Fulfilment) -> bool:
    """Whether it stands packed at the store where it is to be collected."""
    return job.method == "pickup" and job.to_node is None and job.state in _THERE


def complete(order: Order, jobs: Sequence[Fulfilment]) -> bool:
    """Whether the customer need not wait for more: no node works on anything for the order, nothing is on
    the way to the store, and what has no home yet is a back-order that may come later.
    """
    coming = [
        job
        for job in jobs
        if not lies_at_counter(job)
        and (job.state in AT_THE_NODE or (job.state is FulfilmentState.HANDED_OVER and job.to_node))
    ]
    waiting = (Stage.UNROUTED,) if order.allow_partial else (Stage.UNROUTED, Stage.BACKORDERED)
    return not coming and not any(line.counts.at(*waiting) for line in order.picked_lines)
