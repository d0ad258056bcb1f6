"""What would have been: the orders of some days played again on a copy, as it was and with changes, by
several policies. Nothing of it touches orders, stock or the network.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection

from oms.actors import SYSTEM
from oms.adapters.clock import elapsed_s
from oms.bootstrap import Runtime
from oms.lab.apart import Broken, Died, Stopped, play_apart
from oms.lab.axes import BadAxis, Named, read_policy
from oms.lab.changes import Changes, Why, misfits
from oms.lab.gaps import measured, measures, tasks
from oms.lab.history import MOST_ORDERS, Days, History, counted, read_history, sizes
from oms.lab.playing import Variant, World, passes
from oms.lab.sweep import to_install
from oms.refusals import Code, Fault, Refused, not_found, refuse
from oms.store import what_ifs as store
from oms.store.database import OUTAGES, unhurried
from oms.store.what_ifs import WhatIf
from oms.work import Work, transact
from routing.network_spec import SHIP, NetworkSpec
from routing.replay.clairvoyant import USUAL_ROUNDS
from routing.replay.policies import POLICIES
from routing.replay.report import Figures

log = logging.getLogger(__name__)

USUAL_POLICIES = ("nearest", "fewest_parcels", "cheapest", "sparing")
MOST_DAYS = 400
MOST_PLAYS = 400_000
"""Orders, each once a policy and world, that a run plays at most: ten minutes or so of a core."""
MOST_AHEAD = 20_000
"""As many by policies that look ahead, which take many times as long."""
MOST_CELLS = 20_000_000
"""Addresses, and SKUs, times nodes: half a gigabyte in each world."""
STOCK_NOTE = (
    "Stock is today's plus what these orders took: the further back the days, the less it says of what was "
    "there then"
)
MOST_BOUNDED = 600_000
"""Passes over an order that the clairvoyant bounds of a run take at most, as many as a replay has rounds."""
LEAST_ROUNDS = 20
"""Fewer say too little."""
UNBOUNDED_NOTE = (
    "There is no bound to tell how good the best could be: it takes too long for more than "
    f"{MOST_BOUNDED // LEAST_ROUNDS:,} orders in both worlds"
)
TOLD_S = 0.5
"""How often it is written down how far a run is."""
BREATH_S = 5.0
"""How often a run says that it lives."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which days (UTC, both included) to play again, by which policies, with weights of their own or those in
    force (``read_policy``), and what is different. The world is else the same for both: promise days,
    rejects, chance.
    """

    first_day: date
    last_day: date
    policies: tuple[str, ...] = USUAL_POLICIES
    changes: Changes = field(default_factory=Changes)
    promise_days: int = 5
    reject_rate: float = 0.0
    seed: int = 0

    @property
    def days(self) -> Days:
        """The instants they span."""
        return Days(_midnight(self.first_day), _midnight(self.last_day + timedelta(days=1)))

    @property
    def variants(self) -> list[Variant]:
        """What is played: every policy as it was, then every policy with the changes."""
        worlds = [
            World(changes, self.promise_days, self.reject_rate, self.seed)
            for changes in (Changes(), self.changes)
        ]
        return [Variant(*read_policy(name), world) for world in worlds for name in self.policies]


WANTED: TypeAdapter[Wanted] = TypeAdapter(Wanted)


def submit_what_if(work: Work, spec: NetworkSpec, wanted: Wanted) -> WhatIf:
    """Queue a run. Raises Refused invalid, unknown_node, already_exists, with every fault of the names."""
    _in_order(wanted, spec)
    played, _ = counted(work.conn, wanted.days)
    if not played:
        raise _not("/first_day", "No order of these days went to an address; choose other days")
    if not wanted.changes.orders_of(played):
        raise _not("/demand", f"This leaves none of {played:,} orders; ask for more")
    _not_too_much(work.conn, wanted, played, len(spec.nodes) + len(wanted.changes.add))
    id, variants = work.ids.new("wif"), wanted.variants
    asked = WANTED.dump_python(wanted, mode="json")
    store.queue_what_if(work.conn, id, work.at, work.actor.key_id, asked, len(variants))
    work.emit("what_if.queued", "what_if", id, {"orders": played})
    return get_what_if(work.conn, id)


def get_what_if(conn: Connection, id: str) -> WhatIf:
    """Raises Refused: not_found."""
    found = store.what_if_of(conn, id)
    if found is None:
        raise not_found("what-if")
    return found


def run_what_ifs(runtime: Runtime) -> int:
    """Work off what is queued; returns how many runs that was."""
    count = 0
    while not runtime.closing.is_set():
        mine = transact(runtime, SYSTEM, lambda work: store.claim_what_if(work.conn, work.at))
        if mine is None:
            break
        count += 1
        try:
            _run(runtime, mine)
        except Stopped:  # not its fault, so this attempt does not count
            _write(runtime, mine, state="queued", attempts=mine.attempts - 1)
        except OUTAGES:
            raise
        except Died as error:
            transact(runtime, SYSTEM, partial(_put_back, mine, str(error)))
        except Broken as error:
            _write(runtime, mine, state="failed", detail=f"It broke off: {error}", ended=True)
        except Exception as error:
            log.exception("What-if %s broke off", mine.id)
            detail = f"It broke off ({type(error).__name__}); the log says where"
            _write(runtime, mine, state="failed", detail=detail, ended=True)
    return count


def _run(runtime: Runtime, mine: WhatIf) -> None:
    wanted = WANTED.validate_python(mine.wanted)
    with runtime.engine.connect() as conn:
        snapshot = conn.execution_options(isolation_level="REPEATABLE READ")
        unhurried(snapshot)
        history = read_history(snapshot, wanted.days)
    named = [Named(one.policy, "", one) for one in wanted.variants]
    by = measures(history.folder, named, _rounds(wanted, len(history.folder.orders.id)))
    todo = sorted(tasks(named, by), key=passes)  # bounds last, so that what they take long for is there
    runs = sum(map(passes, todo))
    _write(runtime, mine, runs=runs)
    came = play_apart(history.folder, todo, _teller(runtime, mine), runtime.closing.is_set)
    done = dict(zip(todo, came, strict=True))
    result = _result(wanted, history, [measured(one, done, by) for one in named], runtime.clock.now().date())
    transact(runtime, SYSTEM, partial(_end, replace(mine, runs=runs), result))


def _rounds(wanted: Wanted, orders: int) -> int:
    """Of the bound of each world; 0 where there are too many orders."""
    both = orders + wanted.changes.orders_of(orders)  # none, where all of them were erased meanwhile
    rounds = min(USUAL_ROUNDS, MOST_BOUNDED // max(1, both))
    return rounds if rounds >= LEAST_ROUNDS else 0


def _teller(runtime: Runtime, mine: WhatIf) -> Callable[[int], None]:
    """Writes down how far it is, now and then; a database that is away just hears nothing."""
    told, at = 0, elapsed_s()

    def tell(done: int) -> None:
        nonlocal told, at
        if elapsed_s() - at < (TOLD_S if done != told else BREATH_S):
            return
        told, at = done, elapsed_s()
        try:
            ours = _write(runtime, mine, done=done)
        except OUTAGES:
            log.warning("What-if %s cannot say how far it is", mine.id)
            return
        if not ours:
            log.warning("What-if %s was taken for lost and is played by another process", mine.id)
            raise Stopped

    return tell


def _write(runtime: Runtime, mine: WhatIf, *, ended: bool = False, **values: Any) -> bool:
    def write(work: Work) -> bool:
        when = {"seen_at": work.at} | ({"ended_at": work.at} if ended else {})
        return store.write_what_if(work.conn, mine, **when, **values)

    return transact(runtime, SYSTEM, write)


def _put_back(mine: WhatIf, why: str, work: Work) -> None:
    store.put_back(work.conn, mine, work.at, f"It broke off: {why}")


def _end(mine: WhatIf, result: Mapping[str, Any], work: Work) -> None:
    done = {"state": "done", "ended_at": work.at, "result": result, "done": mine.runs, "detail": ""}
    if store.write_what_if(work.conn, mine, **done):
        work.emit("what_if.done", "what_if", mine.id, {"orders": result["orders"]})


def _result(
    wanted: Wanted, history: History, came: Sequence[tuple[Figures, float | None]], today: date
) -> dict[str, Any]:
    half, folder = len(wanted.policies), history.folder
    figures, bounds = [one for one, _ in came], [bound for _, bound in came]
    notes = {STOCK_NOTE: wanted.last_day < today, UNBOUNDED_NOTE: bounds[0] is None}
    return {
        "currency": folder.network.currency,
        "orders": len(folder.orders.id),
        "orders_changed": wanted.changes.orders_of(len(folder.orders.id)),
        "left_out": history.left_out,
        "notes": [note for note, holds in notes.items() if holds],
        "bound_base_minor": bounds[0],
        "bound_changed_minor": bounds[-1],
        "base": _named(wanted.policies, figures[:half]),
        "changed": _named(wanted.policies, figures[half:]),
        "install": dict(
            zip(wanted.policies, (to_install(folder, one) for one in wanted.variants[:half]), strict=True)
        ),
    }


def _named(policies: Sequence[str], figures: Sequence[Figures]) -> list[dict[str, Any]]:
    return [asdict(one) | {"policy": name} for name, one in zip(policies, figures, strict=True)]


def _not_too_much(conn: Connection, wanted: Wanted, played: int, nodes: int) -> None:
    more = wanted.changes.orders_of(played)
    if max(played, more) > MOST_ORDERS:
        raise _not("/last_day", f"These are more than {MOST_ORDERS:,} orders; choose fewer days")
    ahead = sum(POLICIES[read_policy(name)[0]].foresight for name in wanted.policies)
    for policies, most, which in ((len(wanted.policies), MOST_PLAYS, ""), (ahead, MOST_AHEAD, "lookahead ")):
        if (played + more) * policies > most:
            detail = (
                f"{played + more:,} orders in both worlds by {policies} {which}policies are more than "
                f"{most:,} plays; choose fewer days or fewer {which}policies"
            )
            raise _not("/policies", detail)
    for count, what in zip(sizes(conn, wanted.days), ("addresses", "SKUs"), strict=True):
        if count * nodes > MOST_CELLS:
            detail = f"{count:,} {what} by {nodes:,} nodes do not fit into memory; choose fewer days"
            raise _not("/last_day", detail)


def _in_order(wanted: Wanted, spec: NetworkSpec) -> None:
    if wanted.last_day == date.max:  # it has no day after it
        raise _not("/last_day", "Choose an earlier last day")
    if not 0 <= (wanted.last_day - wanted.first_day).days < MOST_DAYS:
        raise _not("/last_day", f"The last day comes after the first, within {MOST_DAYS} days")
    try:
        meant = [read_policy(name) for name in wanted.policies]
    except BadAxis as mistake:
        raise _not("/policies", str(mistake)) from None
    if not meant or len(set(meant)) < len(meant):
        raise _not("/policies", f"Name some of {', '.join(POLICIES)}, each once with the same weights")
    if wanted.changes == Changes():
        raise _not("", "Say what is to be different: nodes, a tariff, demand or stock")
    nodes = {node.id: node.active and SHIP in node.methods for node in spec.nodes}
    lost = misfits(nodes, [tariff.name for tariff in spec.tariffs], wanted.changes)
    if lost:
        faults = [Fault(one.where, *_MISFIT[one.why]) for one in lost]
        raise refuse(Code.INVALID, "Some names do not fit the network", *faults)


_MISFIT = {
    Why.UNKNOWN: (Code.INVALID, "There is nothing of this name"),
    Why.EXISTS: (Code.ALREADY_EXISTS, "There is such a node already"),
    Why.IDLE: (Code.INVALID, "This node is closed or sends no parcels, and one like it would not either"),
    Why.TWICE: (Code.INVALID, "This tariff is named twice"),
}


def _not(pointer: str, detail: str) -> Refused:
    return refuse(Code.INVALID, detail, *([Fault(pointer, Code.INVALID, detail)] if pointer else []))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
