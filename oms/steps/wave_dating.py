"""Parcels of a wave get their days, order after order, of what is left of the nodes' days.

A wave counts what a node may send on all its days together. Which day a parcel leaves on is decided here: the
first with room, those first whose promise ends first. Who finds no day that is soon enough stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from oms import translate
from oms.steps.wave_snapshot import InWave, days_free, held_by, way_at
from routing.plan import Plan
from routing.problem import UNLIMITED
from routing.promise import Capacity, Option, Way
from routing.route import route
from routing.wave.cost import cost_of
from routing.wave.join import Leftover, choice_of, plan_of
from routing.wave.problem import Choice, Wave, WaveResult


class DaysLeft:
    """Room on nodes' days once the orders that move have given theirs back; those that stay keep it."""

    def __init__(self, conn: Connection, at: datetime, moving: Sequence[InWave]) -> None:
        held = held_by(conn, [one.open for one in moving])
        self._network, self._free = moving[0].ground.network, days_free(conn, at, held).free

    def way(self, one: InWave) -> Way | None:
        """How its promise can be kept with the room that is left; None where it cannot."""
        if (one.way.problem.capacity_parcels == UNLIMITED).all():
            return one.way
        return way_at(one.open, one.ground, Capacity(self._free))

    def take(self, option: Option) -> None:
        """The room that this option needs is gone."""
        taken = {
            (line.node, line.day, line.bucket): max(
                0, self._free.get((line.node, line.day, line.bucket), line.limit) - line.quantity
            )
            for line in translate.capacity_to_hold(self._network, option.holds)
        }
        if taken:
            self._free = {**self._free, **taken}  # anew: what is laid out of it is known by its identity


def dated(
    conn: Connection, at: datetime, members: Sequence[InWave], problem: Wave, result: WaveResult
) -> tuple[dict[int, Option], dict[int, float]]:
    """What the wave chose for each order it moves, on what the others leave to it, and what its days cost
    more than the wave reckoned with; nothing for those whose parcels find no day.
    """
    found: dict[int, Option] = {}
    dearer: dict[int, float] = {}
    if not result.moved:
        return found, dearer
    leftover = Leftover(problem, result.choices)
    days = DaysLeft(conn, at, [members[o] for o in result.moved])
    for o in sorted(result.moved, key=lambda o: (members[o].way.ends, o)):
        way, choice = days.way(members[o]), result.choices[o]
        if way is None or not _fits(way, problem, choice):
            continue
        way = replace(way, problem=leftover.problem_of(way.problem, choice))
        plan = _plan(members[o], way, leftover, (o, choice))
        found[o] = way.option(plan)
        reckoned = cost_of(problem, o, choice) - float(problem.move_minor[o])
        dearer[o] = max(0.0, plan.objective_minor - reckoned)
        days.take(found[o])
    return found, dearer


def _fits(way: Way, problem: Wave, choice: Choice) -> bool:
    """Whether each node of a choice has room for its parcels on its day."""
    room = dict(zip(way.problem.node_ids, way.problem.capacity_parcels.tolist(), strict=True))
    sent = Counter(problem.node_ids[node] for node, _ in choice)
    return all(room.get(node, 0) == UNLIMITED or room.get(node, 0) >= n for node, n in sent.items())


def _plan(one: InWave, way: Way, leftover: Leftover, chosen: tuple[int, Choice]) -> Plan:
    """Of equally good plans the one that the router alone finds there, so that the decision can be computed
    again.
    """
    o, choice = chosen
    plan = plan_of(leftover.wave, o, way.problem, choice)
    alone = route(way.problem, work_limit=one.ground.policy.work_limit)
    if not alone.unfilled and alone.objective_minor <= plan.objective_minor + 1e-6:
        leftover.swap(choice, choice_of(leftover.wave, o, alone))
        return alone
    return plan
