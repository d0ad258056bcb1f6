"""Orders that wait, planned anew together before they leave.

Each order is promised at once, as ``lookahead`` plans it. Until it has to leave, its units are still on the
shelves: at every cut-off all orders that wait are routed as one wave (``routing.wave``) at today's prices.
Orders wait for their cut-off, and some days longer where that is allowed; so each is planned together with
what was ordered in the days after it. None arrives later than promised, none loses a unit, and no wave is
worse than what stood.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from routing.problem import Ints
from routing.replay.as_wave import Plan, Plans, arrives, parcels_of, rooms_on, wave_of
from routing.replay.places import ARRIVES, DAY, NODE, ORDER, REJECT_RATE, REJECTED, SEED, TAKEN
from routing.replay.run import Run
from routing.replay.stream import Stream
from routing.replay.turn import missing
from routing.wave.solve import LARGEST_STATES, solve_wave


def cut_offs(stream: Stream, first: int) -> frozenset[int]:
    """Orders before which some node has had a cut-off, since the first order after the one before."""
    found, begun = set(), first
    for order in range(first + 1, len(stream.order_ids)):
        if (stream.days.leave[order] != stream.days.leave[begun]).any():
            found.add(order)
            begun = order
    return frozenset(found)


class Gathered:
    """Orders that wait, with the parcels that stand for them. ``wait_days``: how long past their cut-off."""

    def __init__(self, run: Run, promise_days: int, wait_days: int = 0) -> None:
        self._run, self._promise_days, self._wait_days = run, promise_days, wait_days
        self._parcels: list[Ints] = []
        self._takes: list[Ints] = []
        self._waiting: Plans = {}

    def add(self, parcels: Ints, takes: Ints) -> None:
        """Parcels as ``Run.advance`` tells them, promised but not sent."""
        self._parcels.append(parcels)
        self._takes.append(takes)

    def leave(self, before: int, every: bool = False) -> Iterator[tuple[Ints, Ints]]:
        """At the cut-off that comes ``before`` an order: plan all that wait anew, and tell parcels and takes
        of those that have to leave, or of ``every`` one.
        """
        stand = plans_of(self._parcels, self._takes)
        self._parcels, self._takes = [], []
        if not stand and not self._waiting:
            return
        days = self._run.stream.days
        go = days.leave[before - 1]
        fit = [order for order in stand if self._may_wait(order, stand[order][0])]
        known = [*self._waiting, *fit]
        stand |= self._waiting
        together = [order for order in sorted(known) if self._in_time(order, stand[order][0], go)]
        again = self._replan(stand, together, go)
        later = days.next_ship[np.arange(len(go)), go]
        stays = (
            () if every else [o for o in together if o in stand and self._stays(o, stand[o][0], go, later)]
        )
        self._waiting = {order: stand.pop(order) for order in stays}
        yield from _told(stand)
        for order in again:
            yield self._anew(order, go)

    def _anew(self, order: int, go: Ints) -> tuple[Ints, Ints]:
        """The order routed alone once more, leaving no sooner than it may now."""
        leave = self._run.stream.days.leave
        placed = leave[order].copy()
        leave[order] = np.maximum(placed, go)
        try:
            return self._run.advance(order, order + 1)
        finally:
            leave[order] = placed

    def _replan(self, stand: Plans, together: list[int], go: Ints) -> list[int]:
        """Put the wave's plans into ``stand``, all leaving when they ``go``. Orders of which a unit is then
        not on its shelf are taken out, to be planned again.
        """
        run, again, gone = self._run, list[int](), list[tuple[int, int]]()
        if not together:
            return again
        for order in together:
            _book(run, stand[order], -1)
        latest = [self._latest(order, stand[order][0]) for order in together]
        wave = wave_of(run, together, (go, latest), rooms_on(run, go), stand)
        choices = solve_wave(wave).choices
        for place, order in enumerate(together):
            plan = parcels_of(run, wave, place, (order, go), choices[place])
            if choices[place] != wave.current[place] and (lost := _lost(run, order, plan)):
                gone.append(lost)
                again.append(order)
                del stand[order]
                continue
            stand[order] = plan
            _book(run, plan, 1)
        for shelf in gone:  # written off when all that stands has its units
            run.left[shelf] = 0
            run.say[REJECTED] += 1
        return again

    def _latest(self, order: int, parcels: Ints) -> int:
        """The day by which all of it has to be there: as it stands, or as everybody is promised."""
        promised = int(self._run.stream.days.placed[order]) + self._promise_days
        return max(int(parcels[:, ARRIVES].max()), promised)

    def _may_wait(self, order: int, parcels: Ints) -> bool:
        """Whether the order is one that a wave takes on, and none of it waits for a node with room."""
        stream = self._run.stream
        lines = slice(int(stream.start[order]), int(stream.start[order + 1]))
        leaves = stream.days.leave[order][stream.days.profile[parcels[:, NODE]]]
        small = np.prod(stream.quantity[lines] + 1.0) <= LARGEST_STATES
        return bool(small and (parcels[:, DAY] == leaves).all())

    def _in_time(self, order: int, parcels: Ints, go: Ints) -> bool:
        there = arrives(self._run, order, parcels[:, NODE], go)
        return bool((there <= self._latest(order, parcels)).all())

    def _stays(self, order: int, parcels: Ints, go: Ints, later: Ints) -> bool:
        """Whether it may still leave at the next cut-off."""
        waited = (go - self._run.stream.days.leave[order]).max()
        return bool(waited < self._wait_days and self._in_time(order, parcels, later))


def plans_of(parcels: list[Ints], takes: list[Ints]) -> Plans:
    found: Plans = {}
    for rows, units in zip(parcels, takes, strict=True):
        ends = rows[:, TAKEN].tolist()
        for row, (begin, end) in zip(rows, pairwise([0, *ends]), strict=True):
            own, parts = found.get(int(row[ORDER]), (rows[:0], []))
            found[int(row[ORDER])] = np.vstack([own, row]), [*parts, units[begin:end]]
    return found


def _lost(run: Run, order: int, plan: Plan) -> tuple[int, int] | None:
    """(SKU, node) of a unit of the plan that is not on its shelf."""
    rate, stream = float(run.felt[REJECT_RATE]), run.stream
    for row, own in zip(*plan, strict=True):
        for line in own[:, 0]:
            sku = int(stream.sku[stream.start[order] + line])
            if missing(int(run.say[SEED]), order, sku, int(row[NODE]), rate):
                return sku, int(row[NODE])
    return None


def _book(run: Run, plan: Plan, sign: int) -> None:
    """Take the plan's units and places, or give them back."""
    for row, own in zip(*plan, strict=True):
        skus = run.stream.sku[run.stream.start[row[ORDER]] + own[:, 0]]
        np.subtract.at(run.left, (skus, row[NODE]), sign * own[:, 1])
    for node, day in {(int(row[NODE]), int(row[DAY])) for row in plan[0]}:
        run.used[node, day] += sign


def _told(plans: Plans) -> Iterator[tuple[Ints, Ints]]:
    """All of them as one stretch of parcels and takes, by order."""
    if not plans:
        return
    rows = np.vstack([plans[order][0] for order in sorted(plans)])
    takes = [own for order in sorted(plans) for own in plans[order][1]]
    rows[:, TAKEN] = np.cumsum([len(own) for own in takes])
    yield rows, np.vstack(takes)
