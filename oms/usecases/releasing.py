"""What nodes are to do reaches them in time: released when due, taken back when nobody accepts, and told of
when it stands still.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from oms.actors import SYSTEM
from oms.bootstrap import Runtime
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.fulfilment.releasing import LOOK_AGAIN_MIN, Task, due, look_again
from oms.one_by_one import one_by_one
from oms.orders.order import Order
from oms.steps.recording import tell_job
from oms.steps.unrouting import in_line
from oms.store import node_queue as queue
from oms.store.fulfilments import fulfilment_of, fulfilments_of, save_fulfilments
from oms.store.orders import load_order, order_if_idle
from oms.work import Work, transact

Find = Callable[[Connection, str], Order | None]
"""How an order is locked by its id; None where it is not there, or busy and passed over."""

NODES_AT_ONCE = 100
ALARMS_AT_ONCE = 500


def release_due(runtime: Runtime) -> int:
    """Offer to the nodes what they have to begin with by now; returns how many fulfilment orders.

    At each node what is most at risk goes first: what has to begin, then leave, then arrive the soonest.
    """
    at = runtime.clock.now()
    with runtime.engine.connect() as conn:
        nodes = queue.nodes_to_look_at(conn, at, NODES_AT_ONCE)
    return _release(runtime, nodes, at, order_if_idle)


def locked(conn: Connection, order_id: str) -> Order | None:
    """The order, ours until the commit, however long that takes."""
    return load_order(conn, order_id, lock=True)


def release_orders(runtime: Runtime, order_ids: Sequence[str], find: Find = locked) -> int:
    """The same for these orders alone."""
    if not order_ids:
        return 0
    with runtime.engine.connect() as conn:
        nodes = queue.nodes_scheduled(conn, order_ids)
    return _release(runtime, nodes, runtime.clock.now(), find, frozenset(order_ids))


def _release(
    runtime: Runtime, nodes: Sequence[str], at: datetime, find: Find, only: frozenset[str] | None = None
) -> int:
    loaded = runtime.networks.current
    with runtime.engine.connect() as conn:
        tasks = queue.tasks_at(conn, nodes)
    at_node: dict[str, list[Task]] = defaultdict(list)
    for one in tasks:
        at_node[one.node].append(one)
    looked = [pair for some in at_node.values() for pair in due(loaded.network, loaded.work, some, at)]
    looked.sort(key=lambda pair: (pair[1], pair[0].leaves_at, pair[0].arrives_at))
    by_order: dict[str, dict[str, datetime]] = defaultdict(dict)
    for task, begin in looked:
        if only is None or task.order_id in only:
            by_order[task.order_id][task.id] = begin
    to_look_at = {one.id for one in tasks if one.looks_at(at)}
    orders = (
        order_id
        for order_id, begins in by_order.items()
        if any(begin <= at or id in to_look_at for id, begin in begins.items())
    )

    def release(order_id: str) -> int:
        work_on = partial(_release_order, runtime, order_id, find, by_order[order_id])
        return transact(runtime, SYSTEM, work_on)

    return one_by_one(orders, release)


def _release_order(
    runtime: Runtime, order_id: str, find: Find, begins: dict[str, datetime], work: Work
) -> int:
    order = find(work.conn, order_id)
    if order is None:
        return 0
    order = in_line(work, order)
    jobs = {job.id: job for job in fulfilments_of(work.conn, order_id)}
    coming = queue.nodes_waiting_for_stock(work.conn, order.group_id)
    released = 0
    for id, begin in begins.items():
        job = jobs.get(id)
        if job is None or job.state is not FulfilmentState.SCHEDULED:
            continue
        waits = bool(order.holds) or job.on_hold or job.node in coming
        if waits or begin > work.at:
            again = work.at + LOOK_AGAIN_MIN if waits else look_again(begin, work.at)
            save_fulfilments(work.conn, [replace(job, release_at=again)])
            continue
        offer(runtime, work, job)
        released += 1
    return released


def offer(runtime: Runtime, work: Work, job: Fulfilment) -> Fulfilment:
    """The node is asked to do it; one that takes whatever it is offered has accepted in the same breath."""
    rules = runtime.networks.current.work
    offered = job.after(FulfilmentEvent.OFFER, work.at)
    offered = replace(offered, release_at=work.at, offer_expires_at=work.at + rules.offer)
    save_fulfilments(work.conn, [offered])
    tell_job(work, offered)
    if not rules.accepts(job.node):
        return offered
    accepted = replace(offered.after(FulfilmentEvent.ACCEPT, work.at), offer_expires_at=None)
    save_fulfilments(work.conn, [accepted])
    tell_job(work, accepted)
    return accepted


def alarm_stuck(runtime: Runtime) -> int:
    """Tell, once for each case, of work that stands still longer than the rules allow."""
    minutes = runtime.networks.current.work.stuck_minutes
    with runtime.engine.connect() as conn:
        found = dict(queue.newly_stuck(conn, minutes, runtime.clock.now(), ALARMS_AT_ONCE))
    return one_by_one(found, lambda id: transact(runtime, SYSTEM, partial(_alarm, id, found[id])))


def _alarm(id: str, since: datetime, work: Work) -> int:
    job = fulfilment_of(work.conn, id)
    assert job is not None, "no fulfilment order is ever deleted"
    stands = job.instants.get(job.state.value) == since
    if not stands or not queue.note_told(work.conn, id, job.state.value, work.at):
        return 0
    tell_job(work, job, "work.stuck", state=job.state.value, since=since.isoformat())
    return 1
