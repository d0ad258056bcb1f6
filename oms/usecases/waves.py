"""Waves of open orders: looked at together, solved outside any transaction, applied where nothing changed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from oms.actors import SYSTEM
from oms.adapters.clock import elapsed_s
from oms.bootstrap import Closing, Runtime
from oms.refusals import LostRace, Refused, not_found
from oms.steps.at_work import lock
from oms.steps.wave_applying import CHANGED, MOVED, apply_plan
from oms.steps.wave_dating import dated
from oms.steps.wave_looking import look
from oms.steps.wave_snapshot import InWave, asked, capacity_of, move_minor
from oms.store import waves as store
from oms.store.database import OUTAGES
from oms.store.waves import Wave, WaveMove
from oms.usecases.releasing import release_orders
from oms.work import Work, transact
from routing.promise import Option
from routing.wave.cost import cost_of
from routing.wave.join import join, together
from routing.wave.problem import Wave as Problem
from routing.wave.problem import WaveResult
from routing.wave.solve import solve_wave
from routing.wave.warm import warm_waves

log = logging.getLogger(__name__)

MOST_ORDERS = 2_000
DEADLINE_S = 20.0
TAKEN = "taken"
NAMED = 5
"""Orders that break a wave are named up to so many."""


def submit_wave(work: Work, market: str, deadline_s: float = DEADLINE_S) -> Wave:
    """Queue a wave over the open orders of a market; a worker solves it."""
    id = work.ids.new("wav")
    store.queue_wave(work.conn, id, work.at, work.actor.key_id, market, deadline_s)
    work.emit("wave.queued", "wave", id, {"market": market, "deadline_s": deadline_s})
    return get_wave(work.conn, id)


def get_wave(conn: Connection, id: str) -> Wave:
    """Raises Refused: not_found."""
    found = store.wave_of(conn, id)
    if found is None:
        raise not_found("wave")
    return found


def plan_waves(runtime: Runtime) -> int:
    """Queue a wave for every market that has open orders and none waiting; returns how many."""

    def plan(work: Work) -> int:
        waiting = store.waiting_markets(work.conn)
        markets = [market for market in store.open_markets(work.conn) if market not in waiting]
        for market in markets:
            submit_wave(work, market)
        return len(markets)

    return transact(runtime, SYSTEM, plan)


def run_waves(runtime: Runtime) -> int:
    """Work off what is queued; returns how many waves that was."""
    count = 0
    while not runtime.closing.is_set():
        mine = transact(runtime, SYSTEM, lambda work: store.claim_wave(work.conn, work.at))
        if mine is None:
            break
        try:
            _run(runtime, mine)
        except Closing:
            transact(runtime, SYSTEM, partial(_put_back, mine))
        except OUTAGES:
            raise
        except Exception as error:
            log.exception("Wave %s broke off", mine.id)
            detail = f"It broke off ({type(error).__name__}); the log says where; what was moved stays"
            transact(runtime, SYSTEM, partial(_fail, mine, detail))
        count += 1
    return count


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    members: Sequence[InWave]
    problem: Problem
    result: WaveResult
    options: Mapping[int, Option]  # of the orders to move, where their parcels found a day
    dearer: Mapping[int, float]  # what a later day is felt to cost more than the wave reckoned with


def _run(runtime: Runtime, mine: Wave) -> None:
    members, broken = look(runtime, mine.market, MOST_ORDERS)
    if not members:
        detail = "; ".join(["No open order of this market could move", *_passed_over(broken)])
        transact(runtime, SYSTEM, partial(_end, mine, None, (), detail))
        return
    warm_waves()
    began = elapsed_s()
    move = move_minor(members, runtime.networks.current.policy.move_share)
    problem = join([asked(one, move) for one in members], capacity_of(members))
    ends = began + mine.deadline_s

    def left_s() -> float:
        """None where the process closes: it takes the best so far, which is never worse than what stands."""
        return 0.0 if runtime.closing.is_set() else ends - elapsed_s()

    result = solve_wave(problem, time_left=left_s)
    with runtime.engine.connect() as conn:
        options, dearer = dated(conn, runtime.clock.now(), members, problem, result)
    solved = _Solved(members, problem, result, options, dearer)
    moves = _apply(runtime, mine, solved, broken)
    transact(runtime, SYSTEM, partial(_end, mine, solved, moves, "; ".join(_passed_over(broken))))
    release_orders(runtime, [move.order_id for move in moves if move.outcome == MOVED])


def _passed_over(broken: Sequence[str]) -> list[str]:
    """What is said of orders that break a wave; nothing where there are none."""
    if not broken:
        return []
    named = ", ".join(broken[:NAMED]) + (" and others" if len(broken) > NAMED else "")
    return [f"Passed over because they break a wave, the log says where: {len(broken)} ({named})"]


def _apply(runtime: Runtime, mine: Wave, solved: _Solved, broken: list[str]) -> list[WaveMove]:
    """Moves that want each other's units go together or not at all, so that nobody moves at a loss for an
    order that then stays. ``broken`` gets orders of moves that break.
    """
    moves: list[WaveMove] = []
    for group in together(solved.problem, solved.result):
        if runtime.closing.is_set():  # what is moved stays, the others are looked at by the next wave
            break
        try:
            outcomes = transact(runtime, SYSTEM, partial(_move, mine, solved, group))
        except (LostRace, Refused):
            outcomes = dict.fromkeys(group, TAKEN)
        except OUTAGES:
            raise
        except Exception:
            ids = [solved.members[o].open.order.id for o in group]
            log.exception("Orders %s break a wave and stay", ", ".join(ids))
            broken += ids
            outcomes = dict.fromkeys(group, CHANGED)
        moves += [_told(solved, o, outcome) for o, outcome in outcomes.items()]
    return moves


def _move(mine: Wave, solved: _Solved, group: Sequence[int], work: Work) -> dict[int, str]:
    """Order after order, and again: one may wait for the units another gives up. Raises LostRace where what
    could be done costs more than it saves.
    """
    for id in sorted(solved.members[o].open.order.id for o in group):
        lock(work, id)
    done: dict[int, str] = {}
    waiting = sorted((o for o in group if o in solved.options), key=lambda o: -_saved(solved, o))
    while waiting:
        before = len(done)
        for o in waiting:
            one = solved.members[o]
            option = solved.options[o]
            save, told = work.conn.begin_nested(), len(work.events)
            try:
                done[o] = apply_plan(work, one, option, mine.id)
                save.commit()
            except LostRace:
                save.rollback()
                del work.events[told:]
        waiting = [o for o in waiting if o not in done]
        if len(done) == before:
            break
    if sum(_saved(solved, o) for o, outcome in done.items() if outcome == MOVED) < 0:
        raise LostRace
    return dict.fromkeys(group, TAKEN) | done


def _saved(solved: _Solved, o: int) -> float:
    """What the move saves, its own price taken off."""
    problem, choice = solved.problem, solved.result.choices[o]
    return cost_of(problem, o, problem.current[o]) - cost_of(problem, o, choice) - solved.dearer.get(o, 0.0)


def _told(solved: _Solved, o: int, outcome: str) -> WaveMove:
    problem = solved.problem
    before = sorted({problem.node_ids[node] for node, _ in problem.current[o]})
    after = sorted({problem.node_ids[node] for node, _ in solved.result.choices[o]})
    return WaveMove(problem.order_ids[o], outcome, round(_saved(solved, o)), before, after)


def _put_back(mine: Wave, work: Work) -> None:
    store.put_back(work.conn, mine.id)


def _fail(mine: Wave, detail: str, work: Work) -> None:
    store.end_wave(work.conn, mine.id, work.at, (), state="failed", detail=detail)


def _end(mine: Wave, solved: _Solved | None, moves: Sequence[WaveMove], detail: str, work: Work) -> None:
    figures: dict[str, object] = {"state": "done", "detail": detail}
    if solved is not None:
        before, bound = solved.result.before_minor, solved.result.bound_minor
        after = before - sum(move.saved_minor for move in moves if move.outcome == MOVED)
        figures |= {
            "currency": solved.members[0].ground.network.currency,
            "orders": len(solved.members),
            "before_minor": round(before),
            "after_minor": round(after),
            "bound_minor": round(bound),
            "gap": max(0.0, (after - bound) / after) if after else 0.0,
        }
    store.end_wave(work.conn, mine.id, work.at, moves, **figures)
    moved = sum(move.outcome == MOVED for move in moves)
    event = {"market": mine.market, "moved": moved, "not_moved": len(moves) - moved}
    work.emit("wave.done", "wave", mine.id, event)
