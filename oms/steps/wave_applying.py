"""What a wave decided for one order is written, if the order is as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from inventory.outcomes import Rehomed
from inventory.requests import CapacityLine, MoveRequest, MoveStep, Shelf
from inventory.stock_reserve import move
from oms import translate
from oms.fulfilment import layout
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.lifecycle import FulfilmentEvent
from oms.refusals import LostRace
from oms.steps.at_work import lock
from oms.steps.deciding import keep_decision
from oms.steps.ending_tasks import end_tasks
from oms.steps.recording import record, tell_job
from oms.steps.settling import Chosen
from oms.steps.wave_snapshot import InWave
from oms.store.fulfilments import fulfilments_of, insert_fulfilments, save_fulfilments
from oms.work import Work
from routing.promise import Option

MOVED, CHANGED = "moved", "changed"
REASON = "wave"


def apply_plan(work: Work, one: InWave, option: Option, wave_id: str) -> str:
    """MOVED, or CHANGED where the order is not as the wave saw it. Raises LostRace: its new units or places
    are another's now, or still.
    """
    order = lock(work, one.open.order.id)
    jobs = fulfilments_of(work.conn, order.id)
    present = {job.id: job.version for job in jobs}
    same = all(present.get(job.id) == job.version for job in one.open.jobs)
    if order.version != one.open.order.version or not same:
        return CHANGED
    parcels = translate.planned(option)
    no = max(job.no for job in jobs) + 1
    laid = layout.fulfilments(order.id, no, order.promise, order.group_id, work.at, parcels)
    kept, made = _compare(one.open.jobs, laid)
    ended = [job for job in one.open.jobs if job not in kept]
    _move_units(work, one, option, ended, made)
    old = [_cancelled(job, work) for job in ended]
    save_fulfilments(work.conn, old)
    end_tasks(work, old)
    made = tuple(replace(job, replaces=ended[0].id) for job in made)
    insert_fulfilments(work.conn, made)
    decision = keep_decision(work, Chosen(option, order.promise, one.ground), order.id, REASON)
    event = {
        "decision": decision,
        "wave": wave_id,
        "from": [job.id for job in ended],
        "fulfilment_orders": [job.id for job in made],
    }
    record(work, order, order, "order.moved", event, reason=REASON)
    for job in (*old, *made):
        tell_job(work, job)
    return MOVED


def _compare(
    standing: Sequence[Fulfilment], laid: Sequence[Fulfilment]
) -> tuple[list[Fulfilment], tuple[Fulfilment, ...]]:
    """Fulfilment orders that stay because the plan has the same, and those it has anew."""
    kept: list[Fulfilment] = []
    made = []
    for job in laid:
        like = [old for old in standing if old not in kept and _content(old) == _content(job)]
        if like:
            kept.append(like[0])
        else:
            made.append(job)
    first = min((job.no for job in made), default=0)
    return kept, tuple(replace(job, no=first + i) for i, job in enumerate(made))


def _content(job: Fulfilment) -> tuple[str, list[list[tuple[str, int]]]]:
    """The node and what each of its parcels holds, whatever their numbers."""
    parcels: dict[int, list[tuple[str, int]]] = {}
    for line in job.lines:
        if line.wanted:
            parcels.setdefault(line.parcel, []).append((line.line_id, line.wanted))
    return job.node, sorted(sorted(parcel) for parcel in parcels.values())


def _cancelled(job: Fulfilment, work: Work) -> Fulfilment:
    ended = replace(job.after(FulfilmentEvent.CANCEL, work.at, "moved"), offer_expires_at=None)
    return replace(ended, lines=tuple(line.without(line.wanted) for line in ended.lines))


def _move_units(
    work: Work, one: InWave, option: Option, ended: Sequence[Fulfilment], made: Sequence[Fulfilment]
) -> None:
    before, after = _units(ended), _units(made)
    steps = tuple(
        MoveStep(line, sku, units, Shelf(source), Shelf(target), option.window_to)
        for (line, sku), source, target, units in _transfers(before, after)
    )
    if not steps:
        return
    capacity = _capacity(one, option)
    outcome = move(work.conn, work.at, [MoveRequest(one.open.order.group_id, steps, capacity)])[0]
    if not isinstance(outcome, Rehomed):
        raise LostRace


Units = Counter[tuple[str, str, str]]  # (line, SKU, node)


def _units(jobs: Sequence[Fulfilment]) -> Units:
    units: Units = Counter()
    for job in jobs:
        for line in job.lines:
            units[line.line_id, line.sku, job.node] += line.wanted
    return units


def _transfers(before: Units, after: Units) -> list[tuple[tuple[str, str], str, str, int]]:
    """(line and SKU, from, to, units) that turn one into the other."""
    leaving, coming = before - after, after - before
    found = []
    for (line, sku, target), wanted in sorted(coming.items()):
        for key in sorted(leaving):
            units = min(wanted, leaving[key])
            if key[:2] == (line, sku) and units:
                leaving[key] -= units
                wanted -= units
                found.append(((line, sku), key[2], target, units))
        assert wanted == 0, "a wave sends every unit that stood"
    return found


def _capacity(one: InWave, option: Option) -> tuple[CapacityLine, ...]:
    """What the plan takes of nodes beyond what the order holds there."""
    had = Counter(job.node for job in one.open.jobs for _ in {line.parcel for line in job.lines})
    more = (
        replace(hold, quantity=hold.quantity - had[hold.node])
        for hold in option.holds
        if hold.node != option.pickup_node and hold.quantity > had[hold.node]
    )
    return translate.capacity_to_hold(one.ground.network, more)
