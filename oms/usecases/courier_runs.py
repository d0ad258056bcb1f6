"""Runs of couriers: planned, changed, started, ended; read by the courier whose they are and by the node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from oms.actors import Role
from oms.courier.assigning import assigned, taken_over, unassigned
from oms.courier.lifecycle import BEFORE_PICKUP, OPEN_RUN, RunEvent, RunState
from oms.courier.stop import Run, Stop, emptied
from oms.refusals import Code, Fault, not_found, refuse
from oms.steps.at_work import lock
from oms.steps.calling_off import tell_stop
from oms.store.couriers import (
    attempts_of,
    insert_run,
    load_run,
    lock_orders,
    lock_runs,
    node_known,
    ready_for_courier,
    runs_page,
    save_run,
    save_stops,
    stops_by_id,
    stops_of_run,
)
from oms.store.fulfilments import fulfilment_of, order_id_of
from oms.store.keys import key_of
from oms.views.courier import run_shown
from oms.work import Work


@dataclass(frozen=True, slots=True)
class Planning:
    """``fulfilment_orders`` in the order of the stops; None: what is ready at the node, earliest promise
    first, at most ``stops_max``.
    """

    node: str
    courier: str
    fulfilment_orders: tuple[str, ...] | None
    stops_max: int


@dataclass(frozen=True, slots=True)
class Editing:
    """``add`` names fulfilment orders, ``remove`` stops of this run, ``take`` stops of other runs."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    take: tuple[str, ...] = ()


def plan_run(work: Work, wish: Planning) -> dict[str, Any]:
    """A run with its stops. Raises Refused: forbidden, unknown_node, invalid, in_use, illegal_transition."""
    work.actor.require_node(wish.node)
    if not node_known(work.conn, wish.node):
        raise refuse(Code.UNKNOWN_NODE, "There is no such node", Fault("/node", Code.UNKNOWN_NODE, "Unknown"))
    _courier(work, wish.courier, wish.node)
    ids = wish.fulfilment_orders
    if ids is None:
        ids = tuple(ready_for_courier(work.conn, wish.node, wish.stops_max))
    elif len(ids) > wish.stops_max:
        detail = f"A run has at most {wish.stops_max} stops"
        raise refuse(Code.INVALID, detail, Fault("/fulfilment_orders", Code.INVALID, detail))
    if not ids:
        raise refuse(Code.INVALID, "Nothing at this node waits for a courier")
    run = Run(
        work.ids.new("run"), wish.node, wish.courier, RunState.PLANNED, work.at,
        instants={RunState.PLANNED.value: work.at},
    )  # fmt: skip
    stops = _assigned(work, run, ids, 1, "/fulfilment_orders")
    insert_run(work.conn, run)
    work.emit("run.planned", "run", run.id, {"node": run.node, "courier": run.courier, "stops": len(stops)})
    _written(work, stops)
    return run_shown(work.conn, run)


def edit_stops(work: Work, run_id: str, wish: Editing, expected: int | None) -> dict[str, Any]:
    """Stops added, removed and taken over. Raises Refused: not_found, version_conflict, invalid, in_use,
    illegal_transition once goods are picked up or the run is over.
    """
    seen_run(work, load_run(work.conn, run_id))
    named = stops_by_id(work.conn, (*wish.remove, *wish.take))
    orders = [order_id_of(work.conn, id) for id in wish.add]
    lock_orders(work.conn, [*(id for id in orders if id), *(stop.order_id for stop in named.values())])
    runs = lock_runs(work.conn, [run_id, *(stop.run_id for stop in named.values() if stop.run_id)])
    run = runs[run_id]
    if expected is not None and expected != run.version:
        raise refuse(Code.VERSION_CONFLICT, "The run has changed since it was read", version=run.version)
    if run.state not in OPEN_RUN:
        raise refuse(Code.ILLEGAL_TRANSITION, "The run is over", state=run.state.value)
    named = stops_by_id(work.conn, named)
    before = stops_of_run(work.conn, run_id)
    removed = [
        unassigned(_named(named, id, f"/remove/{n}", run_id), work.at) for n, id in enumerate(wish.remove)
    ]
    _written(work, removed, "stop.unassigned")
    place = max((stop.place for stop in before), default=0) + 1
    taken = [
        taken_over(_named(named, id, f"/take/{n}"), run, place + n, work.at) for n, id in enumerate(wish.take)
    ]
    _written(work, taken)
    _written(work, _assigned(work, run, wish.add, place + len(taken), "/add"))
    saved = save_run(work.conn, run)
    data = {"added": list(wish.add), "removed": list(wish.remove), "taken": list(wish.take)}
    work.emit("run.changed", "run", run.id, data)
    return run_shown(work.conn, saved)


def move_run(work: Work, run_id: str, event: RunEvent) -> dict[str, Any]:
    """Start, end or cancel a run. Raises Refused: not_found, illegal_transition, which for an end names what
    is still in the van.
    """
    seen_run(work, load_run(work.conn, run_id))
    lock_orders(work.conn, [stop.order_id for stop in stops_of_run(work.conn, run_id)])
    run = lock_runs(work.conn, [run_id])[run_id]
    stops = stops_of_run(work.conn, run_id)
    if event is RunEvent.START:
        after = run.after(event, work.at)
    else:
        after = emptied(run, stops, event, work.at)
        left = [unassigned(stop, work.at) for stop in stops if stop.state in BEFORE_PICKUP]
        _written(work, left, "stop.unassigned")
    saved = save_run(work.conn, after)
    work.emit(f"run.{saved.state.value}", "run", run_id, {"node": run.node, "courier": run.courier})
    return run_shown(work.conn, saved)


def read_run(work: Work, run_id: str) -> dict[str, Any]:
    """Raises Refused not_found, also for a run of another courier or node."""
    return run_shown(work.conn, seen_run(work, load_run(work.conn, run_id)))


def list_runs(
    work: Work,
    after: Sequence[Any] | None,
    limit: int,
    node: str | None,
    courier: str | None,
    state: str | None,
) -> list[Run]:
    """Runs, the newest first; one more than ``limit`` when there are more. Raises Refused forbidden."""
    if node is not None:
        work.actor.require_node(node, "query/node")
    mine = work.actor.key_id if work.actor.role is Role.COURIER else courier
    nodes = [node] if node is not None else sorted(work.actor.nodes) if work.actor.nodes is not None else None
    return runs_page(work.conn, after, limit, nodes=nodes, courier=mine, state=state)


def seen_run(work: Work, run: Run | None) -> Run:
    """The run, if the caller may see it. Raises Refused not_found."""
    if run is None or (work.actor.role is Role.COURIER and run.courier != work.actor.key_id):
        raise not_found("run")
    work.actor.must_see(work.actor.may_node(run.node), "run")
    return run


def _courier(work: Work, key_id: str, node: str) -> None:
    key = key_of(work.conn, key_id)
    at_home = key is not None and (key.nodes is None or node in key.nodes)
    if key is None or key.role is not Role.COURIER or key.revoked_at is not None or not at_home:
        detail = "Not the id of a living courier's key for this node"
        raise refuse(Code.INVALID, detail, Fault("/courier", Code.INVALID, detail))


def _assigned(work: Work, run: Run, ids: Sequence[str], place: int, pointer: str) -> list[Stop]:
    """The stops of these fulfilment orders on the run, their orders locked."""
    doubled = [n for n, id in enumerate(ids) if id in ids[:n]]
    if doubled:
        faults = [Fault(f"{pointer}/{n}", Code.DUPLICATE_ID, "It stands here twice") for n in doubled]
        raise refuse(Code.DUPLICATE_ID, "A fulfilment order has one stop", *faults)
    orders = [order_id_of(work.conn, id) for id in ids]
    missing = [n for n, order_id in enumerate(orders) if order_id is None]
    if missing:
        faults = [Fault(f"{pointer}/{n}", Code.INVALID, "There is no such fulfilment order") for n in missing]
        raise refuse(Code.INVALID, "Some fulfilment orders do not exist", *faults)
    for order_id in sorted({id for id in orders if id}):
        lock(work, order_id)
    attempts = attempts_of(work.conn, ids)
    stops = []
    for n, id in enumerate(ids):
        job = fulfilment_of(work.conn, id)
        assert job is not None, "a fulfilment order is never deleted"
        stops.append(assigned(job, attempts.get(id, {}), run, place + n, work.at, f"{pointer}/{n}"))
    return stops


def _named(stops: dict[str, Stop], id: str, pointer: str, run_id: str | None = None) -> Stop:
    stop = stops.get(id)
    if stop is None or (run_id is not None and stop.run_id != run_id):
        detail = "There is no such stop on this run" if run_id else "There is no such stop"
        raise refuse(Code.INVALID, detail, Fault(pointer, Code.INVALID, detail))
    return stop


def _written(work: Work, stops: Iterable[Stop], type: str = "") -> None:
    for stop in stops:
        save_stops(work.conn, [stop])
        tell_stop(work, stop, type)
