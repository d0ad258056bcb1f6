"""Runs, stops and reports of couriers to rows and back. The order's row is the lock for its stops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from inventory.store.catalogue_tables import node
from oms.courier.lifecycle import Outcome, RunState, StopState
from oms.courier.stop import Run, Stop, StopLine
from oms.store.courier_tables import courier_event, courier_run, courier_stop, courier_stop_line
from oms.store.order_tables import order

_LINE = ("line_id", "sku", "quantity", "aboard", "kept", "back", "lost", "passed", "inspected")
_RUN = ("id", "node", "courier", "created_at", "version")
_STOP = (
    "order_id",
    "fulfilment_order",
    "node",
    "attempt",
    "created_at",
    "run_id",
    "place",
    "reason",
    "next_step",
    "return_node",
    "due_minor",
    "collected_minor",
    "version",
)
_READY = text(
    """
    SELECT f.id FROM fulfilment_order f
    LEFT JOIN LATERAL (
        SELECT s.state, s.attempt FROM courier_stop s WHERE s.fulfilment_order = f.id
        ORDER BY s.attempt DESC LIMIT 1) last ON true
    WHERE f.node = :node AND f.method = 'courier' AND NOT f.on_hold AND (
        f.state = 'ready_for_courier' AND coalesce(last.state, 'created') IN
            ('created', 'declined', 'cancelled')
        OR f.state = 'handed_over' AND last.state IN ('created', 'declined') AND EXISTS (
            SELECT FROM courier_stop b WHERE b.fulfilment_order = f.id AND b.attempt = last.attempt - 1
                AND b.state = 'returned' AND b.return_node = :node))
    ORDER BY f.arrive_at, f.id LIMIT :most
    """
)


def lock_orders(conn: Connection, ids: Iterable[str]) -> None:
    """Make these orders, and with them their stops, ours until the commit."""
    wanted = sorted(set(ids))
    if wanted:
        rows = select(order.c.id).where(order.c.id.in_(wanted)).order_by(order.c.id).with_for_update()
        conn.execute(rows)


def load_run(conn: Connection, id: str, lock: bool = False) -> Run | None:
    """The run; with ``lock`` its row stays ours until the commit. Orders are locked before."""
    statement = select(courier_run).where(courier_run.c.id == id)
    row = conn.execute(statement.with_for_update() if lock else statement).first()
    return None if row is None else _run(row)


def runs_page(
    conn: Connection,
    after: Sequence[Any] | None,
    limit: int,
    *,
    nodes: Sequence[str] | None = None,
    courier: str | None = None,
    state: str | None = None,
) -> list[Run]:
    """Runs, the newest first; one more than ``limit`` when there are more."""
    rows = select(courier_run).order_by(courier_run.c.created_at.desc(), courier_run.c.id.desc())
    if after is not None:
        rows = rows.where(tuple_(courier_run.c.created_at, courier_run.c.id) < tuple_(*after))
    if nodes is not None:
        rows = rows.where(courier_run.c.node.in_(nodes))
    if courier is not None:
        rows = rows.where(courier_run.c.courier == courier)
    if state is not None:
        rows = rows.where(courier_run.c.state == state)
    return [_run(row) for row in conn.execute(rows.limit(limit + 1))]


def insert_run(conn: Connection, run: Run) -> None:
    """Write a new run."""
    conn.execute(insert(courier_run).values(_run_row(run)))


def save_run(conn: Connection, run: Run) -> Run:
    """Write what may change of a run, as its next version."""
    after = replace(run, version=run.version + 1)
    conn.execute(update(courier_run).where(courier_run.c.id == run.id).values(_run_row(after)))
    return after


def stop_of(conn: Connection, id: str) -> Stop | None:
    """One stop, as it stands now."""
    found = _stops(conn, select(courier_stop).where(courier_stop.c.id == id))
    return found[0] if found else None


def stops_by_id(conn: Connection, ids: Iterable[str]) -> dict[str, Stop]:
    """The stops that exist."""
    wanted = select(courier_stop).where(courier_stop.c.id.in_(sorted(set(ids))))
    return {stop.id: stop for stop in _stops(conn, wanted)}


def stops_of_run(conn: Connection, run_id: str) -> tuple[Stop, ...]:
    """The stops of a run in their order."""
    wanted = select(courier_stop).where(courier_stop.c.run_id == run_id)
    return tuple(_stops(conn, wanted.order_by(courier_stop.c.place, courier_stop.c.id)))


def attempts_of(conn: Connection, fulfilment_orders: Iterable[str]) -> dict[str, dict[int, Stop]]:
    """The stops of each of these fulfilment orders, by attempt."""
    wanted = select(courier_stop).where(courier_stop.c.fulfilment_order.in_(sorted(set(fulfilment_orders))))
    found: dict[str, dict[int, Stop]] = defaultdict(dict)
    for stop in _stops(conn, wanted.order_by(courier_stop.c.attempt)):
        found[stop.fulfilment_order][stop.attempt] = stop
    return found


def save_stops(conn: Connection, stops: Iterable[Stop]) -> None:
    """Write stops that are new or have changed, with what they carry, as their next version."""
    for stop in stops:
        row = _stop_row(stop)
        fresh = insert(courier_stop).values({**row, "version": 1})
        newer = {**row, "version": courier_stop.c.version + 1}
        conn.execute(fresh.on_conflict_do_update(index_elements=["id"], set_=newer))
        rows = [{"stop_id": stop.id} | {name: getattr(line, name) for name in _LINE} for line in stop.lines]
        if rows:
            lines = insert(courier_stop_line)
            counted = {name: lines.excluded[name] for name in _LINE[3:]}
            kept = lines.on_conflict_do_update(index_elements=["stop_id", "line_id"], set_=counted)
            conn.execute(kept, rows)


def lock_runs(conn: Connection, ids: Iterable[str]) -> dict[str, Run]:
    """These runs, ours until the commit. Orders are locked before."""
    rows = select(courier_run).where(courier_run.c.id.in_(sorted(set(ids)))).order_by(courier_run.c.id)
    return {row.id: _run(row) for row in conn.execute(rows.with_for_update())}


def ready_for_courier(conn: Connection, node: str, most: int) -> list[str]:
    """Fulfilment orders of the node that no run has and whose goods lie there, earliest promise first."""
    return list(conn.scalars(_READY, {"node": node, "most": most}))


def node_known(conn: Connection, id: str) -> bool:
    """Whether there is such a node."""
    return conn.scalar(select(node.c.id).where(node.c.id == id)) is not None


def first_result(conn: Connection, event_id: str) -> tuple[bytes, str] | None:
    """(digest, result) of a report heard before."""
    rows = select(courier_event.c.digest, courier_event.c.result).where(courier_event.c.id == event_id)
    row = conn.execute(rows).first()
    return None if row is None else (row.digest, row.result)


def keep_result(
    conn: Connection,
    event_id: str,
    stop_id: str,
    digest: bytes,
    at: datetime,
    occurred_at: datetime,
    actor: str,
    result: str,
    data: Mapping[str, Any],
) -> bool:
    """Keep a report and what became of it; False when one of this id was kept meanwhile."""
    row = insert(courier_event).values(
        id=event_id,
        stop_id=stop_id,
        digest=digest,
        at=at,
        occurred_at=occurred_at,
        actor=actor,
        result=result,
        data=dict(data),
    )
    kept = row.on_conflict_do_nothing(index_elements=["id"]).returning(courier_event.c.id)
    return conn.scalar(kept) is not None


def _stops(conn: Connection, wanted: Select[Any]) -> list[Stop]:
    heads = conn.execute(wanted).all()
    ids = [head.id for head in heads]
    lines = select(courier_stop_line).where(courier_stop_line.c.stop_id.in_(ids))
    by_stop: dict[str, list[StopLine]] = defaultdict(list)
    for row in conn.execute(lines.order_by(courier_stop_line.c.line_id)) if ids else ():
        by_stop[row.stop_id].append(StopLine(**{name: getattr(row, name) for name in _LINE}))
    return [_stop(head, by_stop[head.id]) for head in heads]


def _stop(row: Any, lines: Sequence[StopLine]) -> Stop:
    return Stop(
        **{name: getattr(row, name) for name in _STOP},
        state=StopState(row.state),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        instants=_instants(row.instants),
        lines=tuple(lines),
    )


def _stop_row(stop: Stop) -> dict[str, Any]:
    return {name: getattr(stop, name) for name in _STOP} | {
        "id": stop.id,
        "state": stop.state.value,
        "outcome": None if stop.outcome is None else stop.outcome.value,
        "instants": {state: at.isoformat() for state, at in stop.instants.items()},
    }


def _run(row: Any) -> Run:
    fields = {name: getattr(row, name) for name in _RUN}
    return Run(**fields, state=RunState(row.state), instants=_instants(row.instants))


def _run_row(run: Run) -> dict[str, Any]:
    return {name: getattr(run, name) for name in _RUN} | {
        "state": run.state.value,
        "instants": {state: at.isoformat() for state, at in run.instants.items()},
    }


def _instants(told: Mapping[str, str]) -> dict[str, datetime]:
    return {state: datetime.fromisoformat(at) for state, at in told.items()}
