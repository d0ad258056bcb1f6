"""Customer care sends a fulfilment order to another node: checked anew, moved in one breath."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from inventory.outcomes import Rehomed
from inventory.requests import MoveRequest, MoveStep, Shelf
from inventory.stock_reserve import move as move_units
from inventory.store.locks import lock_groups
from oms import translate
from oms.bootstrap import Runtime
from oms.fulfilment import layout
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.kits import as_kits, kept_together
from oms.fulfilment.lifecycle import NOT_YET_PICKED, FulfilmentEvent
from oms.memory.ground import Ground, Question, from_locked_rows
from oms.orders.order import Order
from oms.orders.quote import Wanted
from oms.refusals import Code, Fault, LostRace, Refused, refuse
from oms.steps.at_work import AtWork, going
from oms.steps.deciding import keep_decision
from oms.steps.ending_tasks import end_tasks
from oms.steps.recording import record, tell_job
from oms.steps.settling import Chosen
from oms.store.fulfilments import insert_fulfilments, save_fulfilments
from oms.store.node_queue import nodes_waiting_for_stock
from oms.store.node_work import readmit
from oms.store.people import address_of
from oms.work import Work
from routing.eligibility import Reason, reason_text
from routing.promise import Option, Promised, Unavailable, keep


def move(runtime: Runtime, work: Work, found: AtWork, node: str) -> Fulfilment:
    """The fulfilment order made at ``node`` instead of this one; the promise is kept. Raises Refused:
    unknown_node, illegal_transition, no_feasible_plan with what stands against it; LostRace.
    """
    order, job = found.order, found.job
    _may_move(runtime, work, order, job, node)
    ground, option = _planned(runtime, work, order, job, node)
    parcels = translate.planned(option)
    steps = tuple(
        MoveStep(take.line_id, take.sku, take.quantity, Shelf(job.node), Shelf(node), option.window_to)
        for parcel in parcels
        for take in parcel.takes
    )
    capacity = translate.capacity_to_hold(ground.network, option.holds)
    outcome = move_units(work.conn, work.at, [MoveRequest(order.group_id, steps, capacity)])[0]
    if not isinstance(outcome, Rehomed):
        raise LostRace
    readmit(work.conn, order.id, node)
    old = replace(job.after(FulfilmentEvent.CANCEL, work.at, "moved"), offer_expires_at=None)
    old = replace(old, lines=tuple(line.without(line.wanted) for line in old.lines))
    no = max(one.no for one in found.jobs) + 1
    laid = layout.fulfilments(order.id, no, order.promise, order.group_id, work.at, parcels)
    made = tuple(replace(one, replaces=job.id) for one in laid)
    save_fulfilments(work.conn, [old])
    end_tasks(work, [old])
    insert_fulfilments(work.conn, made)
    decision = keep_decision(work, Chosen(option, order.promise, ground), order.id, "moved")
    event = {"decision": decision, "from": job.id, "fulfilment_orders": [one.id for one in made]}
    record(work, order, order, "order.moved", event)
    for one in (old, *made):
        tell_job(work, one)
    return made[0]


def _may_move(runtime: Runtime, work: Work, order: Order, job: Fulfilment, node: str) -> None:
    going(job)
    if job.state not in NOT_YET_PICKED:
        detail = f"This fulfilment order is {job.state.value}; only what nobody has begun to pick can move"
        raise refuse(Code.ILLEGAL_TRANSITION, detail, state=job.state.value)
    if node not in runtime.networks.current.network.index:
        fault = Fault("/node", Code.UNKNOWN_NODE, "No such node sends anything")
        raise refuse(Code.UNKNOWN_NODE, "There is no such node", fault)
    if node == job.node:
        raise refuse(Code.ILLEGAL_TRANSITION, "It is at that node already", state=job.state.value)
    if job.node in nodes_waiting_for_stock(work.conn, order.group_id):
        raise refuse(
            Code.ILLEGAL_TRANSITION, "Some of its units are still to come in there", state=job.state.value
        )


def _planned(runtime: Runtime, work: Work, order: Order, job: Fulfilment, node: str) -> tuple[Ground, Option]:
    """The plan that has only this node, on the locked truth."""
    units = Counter[str]()
    for line in job.lines:
        units[line.line_id] += line.wanted
    lines = [line for line in order.picked_lines if units[line.id]]
    wanted = tuple(Wanted(line.id, line.sku, units[line.id]) for line in lines)
    lock_groups(work.conn, [order.group_id])
    address = address_of(work.conn, order.address_id) if order.address_id else None
    where = address.whereabouts if address else None
    question = Question(wanted, order.channel, where, order.promise.pickup_node)
    ground = from_locked_rows(runtime, work.conn, work.at, question)
    together = kept_together(runtime.pool.catalogue, order)
    ground = replace(ground, basket=as_kits(ground.basket, order, together))
    only = np.zeros_like(ground.stock.available)
    column = ground.network.index[node]
    only[:, column] = ground.stock.available[:, column]
    ground = replace(ground, stock=replace(ground.stock, available=only, incoming=()))
    told = order.promise
    if told.window_to is None:
        raise _cannot(Unavailable(told.method, Reason.TOO_LATE, reason_text(Reason.TOO_LATE)))
    promised = Promised(told.method, told.window_to, told.slot, told.pickup_node)
    kept = keep(
        ground.network, ground.basket, ground.stock, ground.capacity, ground.policy, work.at, promised
    )
    if isinstance(kept, Unavailable):
        raise _cannot(kept)
    return ground, kept


def _cannot(why: Unavailable) -> Refused:
    fault = Fault("/node", why.code, why.detail)
    return refuse(Code.NO_FEASIBLE_PLAN, "That node cannot keep the promise", fault, lines=list(why.lines))
