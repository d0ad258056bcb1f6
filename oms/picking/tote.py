"""What to do with what lies in a tote already when something of the order could not be picked."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from oms.fulfilment.job import AT_THE_NODE, Fulfilment
from oms.fulfilment.kits import left_behind, torn
from oms.orders.order import Order


class Advice(StrEnum):
    """``hold``: keep it, do not pack, until the missing units have a home or the order is cancelled."""

    CONTINUE = "continue"
    HOLD = "hold"
    PUT_BACK = "put_back"


def advice(order: Order, job: Fulfilment, together: Collection[str]) -> Advice:
    """``together``: the order's kit lines whose components must leave from one node.

    An order that may leave in part goes on without what is missing, but for what belongs to a kit kept
    together. One that may not waits until what is missing has another home.
    """
    here = job.state in AT_THE_NODE and job.wanted
    if any(line.put_back for line in job.lines) and not here:
        return Advice.PUT_BACK
    if job.state not in AT_THE_NODE:
        return Advice.CONTINUE  # nothing lies in it, whatever else its order waits for
    if left_behind(order, [job], torn(order, together)):
        return Advice.HOLD
    missing = any(line.counts.unrouted for line in order.picked_lines)
    return Advice.HOLD if missing and not order.allow_partial else Advice.CONTINUE
