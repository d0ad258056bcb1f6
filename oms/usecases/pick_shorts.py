"""A picker finds fewer units than the task wants: they look for another home at once, or something else goes
instead.

Each is three steps under one Idempotency-Key: what happened is written, the orders that lost units are
re-sourced, then the picker is told what to do with the tote. A crash in between leaves the first two done
twice at most, which is harmless, and the answer is given once the last is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import orjson

from inventory.catalogue_read import read_sku
from inventory.movements import Note
from inventory.outcomes import FellShort, Insufficient, Released, Reserved
from inventory.requests import (
    AddRequest,
    NodeLine,
    PartLine,
    ReserveLine,
    Shelf,
    ShortRequest,
    ShortRule,
    VoidRequest,
)
from inventory.stock_add import add
from inventory.stock_groups import void
from inventory.stock_pick import short
from inventory.substitutes import substitutes_of
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.fulfilment.job import FulfilmentLine
from oms.picking import picked
from oms.picking.substituting import ALLOWED, line_id_of, substituted
from oms.reasons import Occasion, Reason
from oms.refusals import Code, Fault, LostRace, refuse
from oms.steps.at_work import despite_races
from oms.steps.unrouting import in_line, unroute_displaced
from oms.store.node_work import exclude
from oms.store.pick_lists import keep_serials
from oms.usecases.picking import AtTask, Picked, at_task, check, in_hand, outcome, write
from oms.usecases.resourcing import resource_at_once
from oms.work import Answer, RequestKey, Work, answer_once


@dataclass(frozen=True, slots=True)
class Lacking:
    """Units of a task that are not to be had, and why."""

    quantity: int
    reason: str
    note: str = ""


Act = Callable[[Work, AtTask, Reason], list[str]]
"""Does it; answers the orders that have to be re-sourced now."""


def fall_short(
    runtime: Runtime, actor: Actor, key: RequestKey, list_id: str, no: int, lacking: Lacking
) -> Answer:
    """Raises Refused: not_found, forbidden, illegal_transition, unknown_reason, bad_quantity."""

    def act(work: Work, at: AtTask, reason: Reason) -> list[str]:
        units = lacking.quantity
        order, job = picked.fall_short(at.order, at.job, at.task, units, work.at, reason.code)
        others = _take_away(work, at, reason, units)
        task = replace(at.task, short=at.task.short + units, reason=reason.code)
        task = task.after(task.of(job))
        saved = write(work, at, order, job, task, "task.short", {"quantity": units}, reason.code)
        in_line(work, saved)
        return [saved.id, *others]

    return _three_steps(runtime, actor, key, (list_id, no), lacking, act)


def substitute(
    runtime: Runtime,
    actor: Actor,
    key: RequestKey,
    list_id: str,
    no: int,
    lacking: Lacking,
    sku: str,
    found: Picked,
) -> Answer:
    """Raises Refused as ``fall_short``, and no_consent, not_a_substitute, wrong_barcode, bad_serials,
    insufficient_stock.
    """

    def act(work: Work, at: AtTask, reason: Reason) -> list[str]:
        units = lacking.quantity
        price = _allowed(work, at, sku)
        order, job, line = picked.given_up(at.order, at.job, at.task, units)
        id = line_id_of(order, at.task.line_id, sku)
        new = FulfilmentLine(id, line.parcel, sku, units, picked=units)
        check(work, at.task, sku, new.line_id, found)
        others = _take_away(work, at, reason, units)
        _take(work, at, new, units)  # first: a reservation that holds nothing any more is over
        _give_up(work, at, units)
        order = substituted(at.order, order, at.task.line_id, id, sku, units, price)
        job = picked.finished(picked.with_line(job, new), work.at)
        task = replace(at.task, substituted=at.task.substituted + units, reason=reason.code)
        task = task.after(task.of(job))
        told = {"quantity": units, "by": sku, "by_line": new.line_id, "total_minor": order.total_minor}
        saved = write(work, at, order, job, task, "task.substituted", told, reason.code, new)
        keep_serials(work.conn, work.at, job.id, new, found.serials)
        in_line(work, saved)
        return [saved.id, *others]

    return _three_steps(runtime, actor, key, (list_id, no), lacking, act)


def _three_steps(
    runtime: Runtime, actor: Actor, key: RequestKey, where: tuple[str, int], lacking: Lacking, act: Act
) -> Answer:
    first = replace(key, key=f"{key.key} act")
    # No client's key holds a blank, so this one is nobody else's.

    def work_on(work: Work) -> Answer:
        at = at_task(work, *where)
        reasons = runtime.networks.current.reasons
        reason = reasons.require(Occasion.SHORT, lacking.reason, lacking.note)
        return Answer.of(200, act(work, at, reason))

    done = despite_races(lambda: answer_once(runtime, actor, first, work_on))
    resource_at_once(runtime, orjson.loads(done.body))
    return answer_once(runtime, actor, key, lambda work: Answer.of(200, outcome(runtime, work, *where)))


def _take_away(work: Work, at: AtTask, reason: Reason, units: int) -> list[str]:
    """Correct the shelf by the reason's rule; the other orders that lost units thereby. Raises LostRace."""
    line = NodeLine(at.task.line_id, at.job.node, units)
    note = Note(reference=at.job.id, actor=work.actor.key_id)
    request = ShortRequest(at.job.group_id, (line,), reason.stock, reason.code, note)
    report = short(work.conn, work.at, [request])
    if not isinstance(report.outcomes[0], FellShort):
        raise LostRace
    if reason.stock is ShortRule.NONE:
        # The shelf is right and stays open to others; only this order must not be sent there again.
        exclude(work.conn, at.before.id, at.job.node, reason.code, work.at, [at.task.line_id])
    others = (one for one in report.displaced if one.reference != at.before.id)
    unroute_displaced(work, others, reason.code)
    return sorted({one.reference for one in report.displaced if one.firm})


def _give_up(work: Work, at: AtTask, units: int) -> None:
    """The units just found wanting need no other home."""
    parts = (PartLine(at.task.line_id, units),)
    (freed,) = void(work.conn, work.at, [VoidRequest(at.job.group_id, parts)])
    if not isinstance(freed, Released):
        raise LostRace


def _allowed(work: Work, at: AtTask, sku: str) -> int:
    """The substitute's price. Raises Refused: no_consent, not_a_substitute."""
    if at.before.substitution != ALLOWED:
        raise refuse(Code.NO_CONSENT, "The customer has not agreed to something else: report it short")
    line = at.before.line(at.task.line_id)
    assert line is not None, "a task is for a line of its order"
    possible = () if line.kit_line else substitutes_of(work.conn, [at.task.sku]).get(at.task.sku, ())
    found = read_sku(work.conn, sku) if sku in possible else None
    if found is None or not found.row.active:
        detail = f"Possible here: {', '.join(possible) or 'nothing'}"
        fault = Fault("/sku", Code.NOT_A_SUBSTITUTE, detail)
        raise refuse(Code.NOT_A_SUBSTITUTE, "This SKU may not go in its place", fault)
    return found.row.unit_price_minor


def _take(work: Work, at: AtTask, line: FulfilmentLine, units: int) -> None:
    """Hold the substitute's units at the node, in hand. Raises Refused insufficient_stock."""
    promise = at.before.promise.window_to
    wanted = ReserveLine(line.line_id, line.sku, units, Shelf(at.job.node), promise)
    (held,) = add(work.conn, work.at, [AddRequest(at.job.group_id, (wanted,))])
    if isinstance(held, Insufficient):
        detail = f"{held.shortages[0].available} units of it are free here"
        fault = Fault("/sku", Code.INSUFFICIENT_STOCK, detail)
        raise refuse(Code.INSUFFICIENT_STOCK, "The substitute is not there either", fault)
    if not isinstance(held, Reserved):
        raise LostRace
    in_hand(work, at.job, line.line_id, units)
