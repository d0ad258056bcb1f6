"""What an order is like once physical facts took units from it: they have no node any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.fulfilment.job import Fulfilment
from oms.fulfilment.taking_back import least_advanced, settled, without
from oms.orders.order import Order
from oms.orders.stages import Stage


@dataclass(frozen=True, slots=True)
class Lost:
    """Units of a picked line that are no longer at the node."""

    line_id: str
    node: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Unplaced:
    """The order and its fulfilment orders afterwards; ``changed`` are those to be written."""

    order: Order
    changed: tuple[Fulfilment, ...]
    lost: tuple[Lost, ...]


def unplaced(order: Order, jobs: Sequence[Fulfilment], queue: Sequence[Lost], at: datetime) -> Unplaced:
    """Bring the order in line with the re-sourcing ``queue`` (oldest first): every unit in it is unrouted.

    Units counted as unrouted already are the oldest of the queue; asked twice, nothing happens twice.
    """
    work = {job.id: job for job in jobs}
    counts = {line.id: line.counts for line in order.picked_lines}
    waiting = Counter[str]()
    for one in queue:
        waiting[one.line_id] += one.quantity
    lost = []
    for one in reversed(queue):
        line_id = one.line_id
        if line_id not in counts:
            continue
        units = min(one.quantity, waiting[line_id] - counts[line_id].unrouted)
        for job, stage, taken in least_advanced(tuple(work.values()), line_id, units, one.node):
            counts[line_id] = counts[line_id].moved(stage, Stage.UNROUTED, taken)
            work[job.id] = without(work[job.id], line_id, taken, short=True)
            lost.append(Lost(line_id, one.node, taken))
    before = {job.id: job for job in jobs}
    changed = tuple(settled(job, at, "displaced") for job in work.values() if job != before[job.id])
    return Unplaced(order.with_counts(counts), changed, tuple(lost))
