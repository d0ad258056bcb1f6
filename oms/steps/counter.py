"""What happens to goods at the counter: collected in full or part, or given back for sale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inventory.movements import Note
from inventory.outcomes import Posted, Released
from inventory.places import CUSTOMER
from inventory.requests import PartLine, PostRequest, VoidRequest
from inventory.stock_groups import post, void
from oms.fulfilment.job import Fulfilment, FulfilmentLine
from oms.fulfilment.lifecycle import FulfilmentState
from oms.fulfilment.taking_back import settled, without
from oms.orders.order import Order
from oms.orders.stages import Counts, Stage
from oms.refusals import LostRace
from oms.shipments.lifecycle import NOT_LEFT, ShipmentEvent
from oms.shipments.shipment import following
from oms.steps.handing_over import parts_of, units_of
from oms.steps.recording import tell_job
from oms.store.fulfilments import save_fulfilments
from oms.store.shipments import save_shipments, shipments_of
from oms.work import Work


@dataclass(frozen=True, slots=True)
class Handed:
    """The order and its fulfilment orders at the counter afterwards."""

    order: Order
    jobs: tuple[Fulfilment, ...]


def lying(jobs: Sequence[Fulfilment], ids: Sequence[str]) -> tuple[Fulfilment, ...]:
    """The fulfilment orders of a pickup that still lie ready."""
    ready = FulfilmentState.READY_FOR_PICKUP
    return tuple(job for job in jobs if job.id in ids and job.state is ready)


def hand_out(work: Work, order: Order, jobs: Sequence[Fulfilment], units: Mapping[str, int]) -> Handed:
    """The customer takes ``units`` of each line, the earliest fulfilment orders' first; what is left of
    them stays ready. The order is not written yet. Raises LostRace when the units are not there.
    """
    left = Counter(units)
    after, requests = [], []
    for job in jobs:
        mine = Counter({line: min(left[line], there) for line, there in units_of(job).items()})
        left -= mine
        after.append(settled(_without_collected(job, mine), work.at))
        parts = tuple(PartLine(line, taken, job.node) for line, taken in mine.items() if taken)
        if parts:
            note = Note(reference=job.id, actor=work.actor.key_id)
            requests.append(PostRequest(job.group_id, parts, CUSTOMER, note))
    assert not +left, "no more is handed out than lies there"
    if not all(isinstance(outcome, Posted) for outcome in post(work.conn, work.at, requests)):
        raise LostRace
    moved = _moved(order, Counter(units), Stage.DELIVERED)
    return Handed(moved, _settled(work, jobs, after))


def give_back(work: Work, order: Order, jobs: Sequence[Fulfilment], reason: str) -> Handed:
    """Nobody takes it: its stock is free for sale at once, as it never left the node, and somebody has to
    put it back. The order is not written yet. Raises LostRace when the units are not there.
    """
    after, total = [], Counter[str]()
    requests = [VoidRequest(job.group_id, parts_of(job)) for job in jobs]
    if not all(isinstance(outcome, Released) for outcome in void(work.conn, work.at, requests)):
        raise LostRace
    for job in jobs:
        total += units_of(job)
        less = job
        for line_id, units in units_of(job).items():
            less = without(less, line_id, units)
        after.append(settled(less, work.at, reason))
    moved = _moved(order, total, Stage.REFUSED, returned=True)
    return Handed(moved, _settled(work, jobs, after))


def _without_collected(job: Fulfilment, units: Counter[str]) -> Fulfilment:
    left, lines = Counter(units), list[FulfilmentLine]()
    for line in job.lines:
        part = min(left[line.line_id], line.wanted)
        left[line.line_id] -= part
        lines.append(line.handed_out(part))
    return replace(job, lines=tuple(lines))


def _settled(work: Work, before: Sequence[Fulfilment], after: Sequence[Fulfilment]) -> tuple[Fulfilment, ...]:
    """Write what changed of fulfilment orders and their parcels, and tell of those that are over."""
    changed = [now for was, now in zip(before, after, strict=True) if now != was]
    save_fulfilments(work.conn, changed)
    packed = shipments_of(work.conn, [job.id for job in changed])
    for job in changed:
        over = job.state is FulfilmentState.COMPLETED
        shipments = {one.id: one for one in packed[job.id]}
        shipments |= {one.id: one for one in following(packed[job.id], job, work.at)}
        if over:
            for one in shipments.values():
                if one.state in NOT_LEFT:
                    gone = one.after(ShipmentEvent.HAND_OVER, work.at)
                    shipments[one.id] = gone.after(ShipmentEvent.DELIVER, work.at)
        save_shipments(work.conn, list(shipments.values()))
        if job.state is not FulfilmentState.READY_FOR_PICKUP:
            tell_job(work, job)
    return tuple(after)


def _moved(order: Order, units: Counter[str], to: Stage, returned: bool = False) -> Order:
    counts: dict[str, Counts] = {}
    for line_id, quantity in (+units).items():
        line = order.line(line_id)
        assert line is not None, "what lies ready is of lines of the order"
        now = line.counts.moved(Stage.READY_FOR_PICKUP, to, quantity)
        counts[line_id] = now
        if returned:
            back, owed_less = now.returned + quantity, now.credited + quantity
            counts[line_id] = replace(now, returned=back, credited=owed_less)
    return order.with_counts(counts)
