"""One action on a fulfilment order, or the same on many; what loses its home is re-sourced right after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.refusals import Code, Fault, LostRace, Refused, refuse
from oms.steps.at_work import AtWork, at_work, despite_races
from oms.store import node_queue
from oms.store.fulfilments import fulfilment_of
from oms.usecases import node_work
from oms.usecases.moving import move
from oms.usecases.node_work import Aftermath
from oms.usecases.resourcing import resource_at_once
from oms.views.fulfilment_orders import shown
from oms.work import Answer, RequestKey, Work, answer_once

Action = Literal["accept", "reject", "cancel", "hold", "release", "move"]
BULK_MOST = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """``reason``: of a reject, a hold or a cancellation, which need not name one. ``lines``: what a reject
    is about. ``node``: where to move it.
    """

    action: Action
    reason: str = ""
    note: str = ""
    lines: tuple[str, ...] = ()
    node: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which fulfilment orders: those of these ids, or all at these nodes, in these states, of a method."""

    ids: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    method: str | None = None
    sku: str | None = None


def read(runtime: Runtime, actor: Actor, id: str) -> dict[str, Any]:
    """One fulfilment order. Raises Refused not_found."""
    with runtime.engine.connect() as conn:
        job = fulfilment_of(conn, id)
        actor.must_see(job is not None and actor.may_node(job.node), "fulfilment order")
        return shown(conn, id)


def act(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, wish: Wish, expected: int | None = None
) -> Answer:
    """Do it. Raises Refused: not_found, version_conflict, and what the action refuses."""
    after = Aftermath()

    def work_on(work: Work) -> Answer:
        after.orders.clear()
        found = at_work(work, id)
        if expected is not None and expected != found.job.version:
            detail = "The fulfilment order has changed since it was read"
            raise refuse(Code.VERSION_CONFLICT, detail, version=found.job.version)
        return Answer.of(200, shown(work.conn, _done(runtime, work, found, wish, after)))

    answer = despite_races(lambda: answer_once(runtime, actor, key, work_on))
    resource_at_once(runtime, after.orders)
    return answer


def act_on_many(
    runtime: Runtime, actor: Actor, key: RequestKey, filter: Filter, wish: Wish, preview: bool
) -> Answer:
    """The same on all that the filter finds, each judged by itself; a preview says what would be. Raises
    Refused: invalid for a filter that finds too many.
    """
    after = Aftermath()

    def work_on(work: Work) -> Answer:
        after.orders.clear()
        ids = node_queue.found(
            work.conn,
            ids=filter.ids,
            nodes=filter.nodes,
            own=actor.nodes,
            states=filter.states,
            method=filter.method,
            sku=filter.sku,
            most=BULK_MOST + 1,
        )
        if len(ids) > BULK_MOST:
            fault = Fault("/filter", Code.INVALID, f"At most {BULK_MOST} at a time: filter more closely")
            raise refuse(Code.INVALID, "The filter finds too many fulfilment orders", fault)
        results = _each(runtime, work, ids, wish, preview, after)
        done = sum(result["outcome"] == "done" for result in results)
        return Answer.of(200, {"preview": preview, "found": len(ids), "done": done, "results": results})

    answer = despite_races(lambda: answer_once(runtime, actor, key, work_on))
    if not preview:
        resource_at_once(runtime, after.orders)
    return answer


def _done(runtime: Runtime, work: Work, found: AtWork, wish: Wish, after: Aftermath) -> str:
    """The id of what there is to show afterwards."""
    match wish.action:
        case "accept":
            return node_work.accept(work, found).id
        case "reject":
            return node_work.reject(runtime, work, found, wish.reason, wish.note, wish.lines, after).id
        case "hold":
            return node_work.hold(work, found, wish.reason).id
        case "release":
            return node_work.release(work, found).id
        case "move":
            return move(runtime, work, found, wish.node).id
        case "cancel":
            node_work.cancel(runtime, work, found, wish.reason, wish.note)
            return found.job.id


def _each(
    runtime: Runtime, work: Work, ids: list[str], wish: Wish, preview: bool, after: Aftermath
) -> list[Mapping[str, Any]]:
    """One result for each. A preview does it all and takes it back."""
    results: list[Mapping[str, Any]] = []
    every = work.conn.begin_nested()
    told = len(work.events)
    for id in ids:
        one, before, orders = work.conn.begin_nested(), len(work.events), set(after.orders)
        try:
            _done(runtime, work, at_work(work, id), wish, after)
        except (Refused, LostRace) as no:
            one.rollback()
            del work.events[before:]
            after.orders = orders
            results.append({"id": id, "outcome": "refused", **_why(no)})
        else:
            one.commit()
            results.append({"id": id, "outcome": "done", "code": None, "detail": None})
    if preview:
        every.rollback()
        del work.events[told:]
        after.orders.clear()
    else:
        every.commit()
    return results


def _why(no: Refused | LostRace) -> Mapping[str, Any]:
    if isinstance(no, LostRace):
        return {
            "code": Code.UNAVAILABLE.value,
            "detail": "Its units were taken at this moment; try again",
        }
    return {"code": no.refusal.code.value, "detail": no.refusal.detail}
