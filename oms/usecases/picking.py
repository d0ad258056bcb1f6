"""A picker at the shelf: units into the tote, scanned or confirmed by hand; units nobody wants back on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from inventory.catalogue_edit import SkuRow
from inventory.catalogue_read import read_sku
from inventory.outcomes import InHand
from inventory.requests import NodeLine, PickRequest
from inventory.stock_pick import pick
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.fulfilment.following import followed
from oms.fulfilment.job import Fulfilment, FulfilmentLine
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.order import Order
from oms.picking import picked
from oms.picking.lifecycle import PICK_TASK, ListState, TaskEvent, TaskState
from oms.picking.task import PickList, PickTask
from oms.refusals import Code, Fault, LostRace, not_found, refuse
from oms.steps.at_work import at_work, despite_races, going, lock
from oms.steps.ending_tasks import close_list
from oms.steps.following_up import follow_up
from oms.steps.recording import record, tell_job
from oms.store.fulfilments import fulfilment_of, save_fulfilments
from oms.store.pick_lists import (
    add_tasks,
    bins_at,
    drop_serials,
    insert_line,
    keep_serials,
    load_list,
    save_tasks,
    serials_of,
)
from oms.usecases.pick_lists import require_picker, seen_by
from oms.views.pick_lists import SERIAL_TRACKED, advised
from oms.work import Answer, RequestKey, Work, answer_once


@dataclass(frozen=True, slots=True)
class Picked:
    """Units put into the tote. ``scanned``: a barcode of the SKU, or its id; else ``by_hand`` says why not.
    ``serials``: one of each unit, where the SKU's units are told apart.
    """

    quantity: int
    scanned: str | None = None
    by_hand: str = ""
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AtTask:
    """Where a picker stands: all of it locked or guarded by the order's lock. ``before`` is the order as it
    is stored; ``order`` and ``job`` have begun to be picked.
    """

    list: PickList
    task: PickTask
    before: Order
    order: Order
    job: Fulfilment
    was: FulfilmentState


def at_task(work: Work, list_id: str, no: int) -> AtTask:
    """Stand at an open task of a list that is the caller's. Raises Refused: not_found, forbidden,
    illegal_transition.
    """
    task = _task(seen_by(work.actor, load_list(work.conn, list_id)), no)
    before = lock(work, task.order_id)
    found = load_list(work.conn, list_id)
    assert found is not None, "no list is ever deleted"
    task = _task(found, no)
    PICK_TASK.step(task.state, TaskEvent.PART)
    if found.state is not ListState.CLAIMED:
        raise refuse(Code.ILLEGAL_TRANSITION, "Claim the list first", state=found.state.value)
    require_picker(work.actor, found)
    job = fulfilment_of(work.conn, task.fulfilment_order_id)
    assert job is not None, "a task is for a fulfilment order"
    going(job)
    begun = picked.begun(job, work.at)
    return AtTask(found, task, before, followed(before, job, begun), begun, job.state)


def pick_units(
    runtime: Runtime, actor: Actor, key: RequestKey, list_id: str, no: int, asked: Picked
) -> Answer:
    """Raises Refused: not_found, forbidden, illegal_transition, wrong_barcode, bad_serials, bad_quantity."""

    def work_on(work: Work) -> Answer:
        at = at_task(work, list_id, no)
        check(work, at.task, at.task.sku, at.task.line_id, asked)
        order, job = picked.pick(at.order, at.job, at.task, asked.quantity, work.at)
        in_hand(work, at.job, at.task.line_id, asked.quantity)
        keep_serials(work.conn, work.at, at.job.id, at.task.of(job), asked.serials)
        task = at.task.after(at.task.of(job))
        more = {"by_hand": asked.by_hand} if asked.by_hand else {}
        write(work, at, order, job, task, "task.picked", {"quantity": asked.quantity, **more})
        return Answer.of(200, outcome(runtime, work, list_id, no))

    return despite_races(lambda: answer_once(runtime, actor, key, work_on))


def in_hand(work: Work, job: Fulfilment, line_id: str, units: int) -> None:
    """Mark the units in inventory's books. Raises LostRace where they are held there no more."""
    request = PickRequest(job.group_id, (NodeLine(line_id, job.node, units),))
    (marked,) = pick(work.conn, work.at, [request])
    if not isinstance(marked, InHand):
        raise LostRace


def write(
    work: Work,
    at: AtTask,
    order: Order,
    job: Fulfilment,
    task: PickTask,
    type: str,
    data: Mapping[str, Any],
    reason: str = "",
    instead: FulfilmentLine | None = None,
) -> Order:
    """Write what a picker did and tell of it; whatever ends thereby, ends. ``instead``: the line of a
    substitute in the tote. The order as written.
    """
    save_fulfilments(work.conn, [job])
    save_tasks(work.conn, at.list.id, [task])
    told = {
        "fulfilment_order": job.id,
        "node": job.node,
        "pick_list": at.list.id,
        "task": task.no,
        "line": task.line_id,
        "sku": task.sku,
        **data,
    }
    if at.was is not at.job.state:
        tell_job(work, at.job)
    saved = record(work, at.before, order, type, told, reason=reason)
    if instead is not None:
        insert_line(work.conn, job, instead)
        _add_task(work, at, instead)
    if job.state is not FulfilmentState.PICKING:
        tell_job(work, job)
    saved = follow_up(work, saved, [job])
    close_list(work, at.list.id)
    return saved


def outcome(runtime: Runtime, work: Work, list_id: str, no: int) -> dict[str, Any]:
    """What a picker is told: how the task, its fulfilment order and the list stand, and what to do with the
    tote.
    """
    found = load_list(work.conn, list_id)
    assert found is not None, "no list is ever deleted"
    task = _task(found, no)
    job = fulfilment_of(work.conn, task.fulfilment_order_id)
    assert job is not None, "no fulfilment order is ever deleted"
    line = task.of(job)
    return {
        "pick_list": found.id,
        "list_state": found.state.value,
        "task": task.no,
        "state": task.state.value,
        "picked": line.picked,
        "to_pick": line.unpicked,
        "fulfilment_order": job.id,
        "fulfilment_order_state": job.state.value,
        "tote": task.tote,
        "do": advised(runtime, work.conn, task.order_id, job.id).value,
    }


def put_back(
    runtime: Runtime,
    actor: Actor,
    key: RequestKey,
    job_id: str,
    lines: Sequence[tuple[str, int, tuple[str, ...]]] | None,
) -> Answer:
    """Units of cancelled lines lie on their shelf again: (line, units, serials), or None for all of them.
    Raises Refused: not_found, unknown_line, bad_quantity, bad_serials, illegal_transition.
    """

    def work_on(work: Work) -> Answer:
        job = at_work(work, job_id).job
        after, wanted = job, lines
        if wanted is None:
            wanted = [(line.line_id, line.put_back, ()) for line in job.lines if line.put_back]
        if not wanted:
            raise refuse(Code.ILLEGAL_TRANSITION, "Nothing of it is to be put back", state=job.state.value)
        for place, (line_id, units, serials) in enumerate(wanted):
            after = picked.put_back(after, line_id, units)
            _drop(work, job, line_id, units, serials, f"/lines/{place}/serials")
        save_fulfilments(work.conn, [after])
        told = [{"line": line_id, "quantity": units} for line_id, units, _ in wanted]
        tell_job(work, after, "fulfilment.put_back", units=told)
        left = sum(line.put_back for line in after.lines)
        return Answer.of(200, {"fulfilment_order": job.id, "state": job.state.value, "put_back": left})

    return answer_once(runtime, actor, key, work_on)


def _task(found: PickList, no: int) -> PickTask:
    task = found.task(no)
    if task is None:
        raise not_found("pick task")
    return task


def check(work: Work, task: PickTask, sku_id: str, line_id: str, asked: Picked) -> None:
    """Raises Refused wrong_barcode, bad_serials: these are not units of the SKU."""
    sku = _sku(work, sku_id)
    if asked.scanned is not None and asked.scanned not in (*sku.barcodes, sku.id):
        fault = Fault("/scanned", Code.WRONG_BARCODE, "This barcode is of another SKU")
        raise refuse(Code.WRONG_BARCODE, "That is not what this task is for; nothing was picked", fault)
    wanted = asked.quantity if SERIAL_TRACKED in sku.flags else 0
    known = serials_of(work.conn, task.fulfilment_order_id, line_id)
    if len(set(asked.serials)) != len(asked.serials) or known & set(asked.serials):
        raise _bad_serials("/serials", "Every unit has a serial number of its own")
    if len(asked.serials) != wanted:
        raise _bad_serials("/serials", f"{wanted} serial numbers are wanted, one for each unit")


def _add_task(work: Work, at: AtTask, line: FulfilmentLine) -> None:
    """The task of a substitute, which is picked already, behind the others."""
    found = load_list(work.conn, at.list.id, lock=True)
    assert found is not None, "no list is ever deleted"
    done = replace(
        at.task,
        no=max(task.no for task in found.tasks) + 1,
        line_id=line.line_id,
        sku=line.sku,
        bin=bins_at(work.conn, at.job.node, [line.sku]).get(line.sku, ""),
        state=TaskState.PICKED,
        short=0,
        substituted=0,
        reason="",
        instead_of=at.task.no,
    )
    add_tasks(work.conn, at.list.id, [done])


def _drop(
    work: Work, job: Fulfilment, line_id: str, units: int, serials: tuple[str, ...], pointer: str
) -> None:
    """Forget the serial numbers of units put back. Raises Refused bad_serials unless it is clear which."""
    known = serials_of(work.conn, job.id, line_id)
    if known and not serials and units >= len(known):
        serials = tuple(known)
    if len(serials) != (units if known else 0) or set(serials) - known or len(set(serials)) < len(serials):
        raise _bad_serials(pointer, "Name the serial number of each unit that is put back")
    drop_serials(work.conn, job.id, line_id, serials)


def _bad_serials(pointer: str, detail: str) -> Exception:
    return refuse(Code.BAD_SERIALS, detail, Fault(pointer, Code.BAD_SERIALS, detail))


def _sku(work: Work, id: str) -> SkuRow:
    found = read_sku(work.conn, id)
    assert found is not None, "no SKU is ever deleted"
    return found.row
