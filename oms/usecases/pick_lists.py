"""Pick lists: built for a node out of what is due, claimed by one picker, given back, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.fulfilment.following import followed
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.order import Order
from oms.picking.lifecycle import PICK_TASK, ListEvent, ListState, TaskEvent, TaskState
from oms.picking.picked import begun
from oms.picking.task import PickList, PickTask
from oms.picking.waves import Caps, shared_out, walk
from oms.refusals import Code, Fault, not_found, refuse
from oms.steps.at_work import lock
from oms.steps.ending_tasks import LIST
from oms.steps.recording import record_job
from oms.store.fulfilments import fulfilments_of, save_fulfilments
from oms.store.pick_lists import (
    bins_at,
    due_of,
    insert_list,
    lists_at,
    load_list,
    lock_idle,
    orders_due,
    save_list,
    save_tasks,
    take_off,
)
from oms.views.pick_lists import headed, put_backs, whole
from oms.work import Answer, RequestKey, Work, answer_once
from oms.work_rules import WorkRules


@dataclass(frozen=True, slots=True)
class Wave:
    """What to build lists of: at most ``lists``, each within the caps; None is what the rules of work say."""

    node: str
    lists: int
    orders: int | None = None
    units: int | None = None
    totes: int | None = None
    method: str | None = None

    def caps(self, rules: WorkRules) -> Caps:
        """What each list is bounded by."""
        return Caps(
            orders=self.orders or rules.wave_orders,
            units=self.units or rules.wave_units,
            totes=self.totes or rules.wave_totes,
        )


def build_wave(runtime: Runtime, actor: Actor, key: RequestKey, wave: Wave) -> Answer:
    """Put the accepted fulfilment orders of a node that are on no list on new ones, the most urgent first.
    Raises Refused: forbidden, unknown_node.
    """
    actor.require_node(wave.node)
    if wave.node not in runtime.pool.catalogue.nodes:
        fault = Fault("/node", Code.UNKNOWN_NODE, "There is no such node")
        raise refuse(Code.UNKNOWN_NODE, "Lists are built for a node that exists", fault)

    caps = wave.caps(runtime.networks.current.work)

    def work_on(work: Work) -> Answer:
        most = wave.lists * caps.orders
        mine = lock_idle(work.conn, orders_due(work.conn, wave.node, wave.method, most))
        jobs = due_of(work.conn, mine, wave.node, wave.method)
        skus = {line.sku for job in jobs for line in job.lines}
        bins = bins_at(work.conn, wave.node, skus)
        made = []
        for taken in shared_out(jobs, caps, wave.lists):
            tasks = walk(taken, bins)
            if tasks:
                made.append(_built(work, wave, tasks))
        return Answer.of(201, {"pick_lists": [whole(runtime, work.conn, one.id) for one in made]})

    return answer_once(runtime, actor, key, work_on)


def _built(work: Work, wave: Wave, tasks: tuple[PickTask, ...]) -> PickList:
    made = PickList(work.ids.new("pl"), wave.node, ListState.OPEN, work.at, tasks, wave.method)
    insert_list(work.conn, made)
    jobs = sorted({task.fulfilment_order_id for task in tasks})
    work.emit("pick_list.built", LIST, made.id, {"node": made.node, "fulfilment_orders": jobs})
    return made


def claim_list(runtime: Runtime, actor: Actor, key: RequestKey, list_id: str) -> Answer:
    """The caller walks it; picking of its fulfilment orders begins. Raises Refused: not_found,
    illegal_transition when another was first.
    """

    def claimed(work: Work, found: PickList, orders: Sequence[Order]) -> PickList:
        made = replace(found.after(ListEvent.CLAIM), claimed_by=work.actor.key_id, claimed_at=work.at)
        for order in orders:
            _begin(work, found, order)
        return made

    return _changed(runtime, actor, key, list_id, "claimed", claimed)


def release_list(runtime: Runtime, actor: Actor, key: RequestKey, list_id: str) -> Answer:
    """The picker gives it back as it is, for another to go on. Raises Refused: not_found, forbidden,
    illegal_transition.
    """

    def released(work: Work, found: PickList, orders: Sequence[Order]) -> PickList:
        made = replace(found.after(ListEvent.RELEASE), claimed_by="", claimed_at=None)
        require_picker(work.actor, found)
        return made

    return _changed(runtime, actor, key, list_id, "released", released)


def cancel_list(runtime: Runtime, actor: Actor, key: RequestKey, list_id: str) -> Answer:
    """A list that nobody has begun to walk is taken apart; what is on it waits for the next wave. Raises
    Refused: not_found, illegal_transition.
    """

    def cancelled(work: Work, found: PickList, orders: Sequence[Order]) -> PickList:
        made = replace(found.after(ListEvent.CANCEL), ended_at=work.at)
        jobs = {job.id: job for order in orders for job in fulfilments_of(work.conn, order.id)}
        if any(task.begun(jobs[task.fulfilment_order_id]) for task in found.tasks):
            detail = "Some of it has been picked; let another picker claim the list"
            raise refuse(Code.ILLEGAL_TRANSITION, detail, state=found.state.value)
        gone = [
            replace(task, state=PICK_TASK.step(task.state, TaskEvent.WITHDRAW))
            for task in found.tasks
            if task.state is TaskState.OPEN
        ]
        save_tasks(work.conn, found.id, gone)
        take_off(work.conn, found.id)
        return made

    return _changed(runtime, actor, key, list_id, "cancelled", cancelled)


def read_list(runtime: Runtime, actor: Actor, list_id: str) -> dict[str, Any]:
    """The walk as it stands. Raises Refused not_found, also for a list of another's node."""
    with runtime.engine.connect() as conn:
        found = load_list(conn, list_id)
        seen_by(actor, found)
        return whole(runtime, conn, list_id)


def list_lists(
    runtime: Runtime,
    actor: Actor,
    node: str | None,
    state: str | None,
    after: Sequence[str] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Lists without their tasks, the oldest first. Raises Refused: forbidden, malformed."""
    if node is not None:
        actor.require_node(node, "query/node")
    nodes = actor.nodes if node is None else [node]
    with runtime.engine.connect() as conn:
        return [headed(one) for one in lists_at(conn, nodes, state, _key(after), limit)]


def list_put_backs(
    runtime: Runtime, actor: Actor, node: str, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """What lies in totes at a node and is not wanted. Raises Refused not_found."""
    actor.must_see(actor.may_node(node) and node in runtime.pool.catalogue.nodes, "node")
    with runtime.engine.connect() as conn:
        return put_backs(conn, node, after, limit)


def _key(after: Sequence[str] | None) -> tuple[datetime, str] | None:
    if after is None:
        return None
    try:
        return datetime.fromisoformat(after[0]), after[1]
    except ValueError as error:
        fault = Fault("query/cursor", "bad_cursor", "Not a cursor of this list")
        raise refuse(Code.MALFORMED, "The cursor is not one of this list", fault) from error


def seen_by(actor: Actor, found: PickList | None) -> PickList:
    """The list, if it is there and at a node of the caller's. Raises Refused not_found."""
    if found is None or not actor.may_node(found.node):
        raise not_found("pick list")
    return found


def require_picker(actor: Actor, found: PickList) -> None:
    """Raises Refused forbidden where another has claimed the list; the back office may step in."""
    if found.claimed_by != actor.key_id and not actor.trusted:
        raise refuse(Code.FORBIDDEN, "Another picker has claimed this list")


def _changed(
    runtime: Runtime,
    actor: Actor,
    key: RequestKey,
    list_id: str,
    what: str,
    change: Callable[[Work, PickList, Sequence[Order]], PickList],
) -> Answer:
    """Change who works on a list, under the locks of all its orders and then its own."""

    def work_on(work: Work) -> Answer:
        ids = seen_by(actor, load_list(work.conn, list_id)).order_ids
        orders = [lock(work, order_id) for order_id in ids]
        found = load_list(work.conn, list_id, lock=True)
        assert found is not None, "no list is ever deleted"
        made = change(work, found, orders)
        save_list(work.conn, made)
        work.emit(f"pick_list.{what}", LIST, list_id, {"node": made.node})
        return Answer.of(200, whole(runtime, work.conn, list_id))

    return answer_once(runtime, actor, key, work_on)


def _begin(work: Work, found: PickList, order: Order) -> None:
    """Picking begins for all of the order's work on the list that nothing holds."""
    for job in fulfilments_of(work.conn, order.id):
        if job.pick_list_id == found.id and job.state is FulfilmentState.ACCEPTED and not job.on_hold:
            after = begun(job, work.at)
            save_fulfilments(work.conn, [after])
            order = record_job(work, order, followed(order, job, after), after, pick_list=found.id)
