"""Orders that wait, planned anew together before they leave.

Each order is promised at once, as ``lookahead`` plans it. Until the first of those that wait has to leave,
their units are still on the shelves; then all of them are routed as one wave (``routing.wave``) at today's
prices. Orders wait for their cut-off, and some days longer where that is allowed. None arrives later than
promised, none loses a unit, and the wave is never worse.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from routing.breadth import breadth_bids
from routing.problem import NO_GROUP, UNLIMITED, Floats, Ints
from routing.replay.boxes import load, tariff_minor
from routing.replay.places import (
    ARRIVES,
    BREADTH_MINOR,
    DAY,
    GRAMS,
    NODE,
    ORDER,
    REJECT_RATE,
    SEED,
    TAKEN,
    TRANSPORT,
)
from routing.replay.run import Run
from routing.replay.stream import NO_CARD, Stream
from routing.replay.turn import arrival, missing
from routing.wave.problem import Choice, Wave
from routing.wave.solve import LARGEST_STATES, solve_wave

Plans = dict[int, tuple[Ints, list[Ints]]]
"""By order its parcels [P, 7] and the takes [T, 2] of each."""


def cut_offs(stream: Stream, first: int, wait_days: int = 0) -> frozenset[int]:
    """Orders before which those that wait have to leave: at some node the cut-off of the first of them, and
    ``wait_days`` more, have gone by.
    """
    found, begun = set(), first
    for order in range(first + 1, len(stream.order_ids)):
        if (stream.days.leave[order] > stream.days.leave[begun] + wait_days).any():
            found.add(order)
            begun = order
    return frozenset(found)


class Gathered:
    """Orders that wait, with the parcels that stand for them."""

    def __init__(self, run: Run, promise_days: int) -> None:
        self._run, self._promise_days = run, promise_days
        self._parcels: list[Ints] = []
        self._takes: list[Ints] = []

    def add(self, parcels: Ints, takes: Ints) -> None:
        """Parcels as ``Run.advance`` tells them, promised but not sent."""
        self._parcels.append(parcels)
        self._takes.append(takes)

    def leave(self) -> Iterator[tuple[Ints, Ints]]:
        """Parcels and takes as they are sent in the end."""
        stand = plans_of(self._parcels, self._takes)
        self._parcels, self._takes = [], []
        run = self._run
        go = run.stream.days.leave[max(stand)] if stand else np.zeros(0, np.int64)
        together = [order for order in sorted(stand) if self._may_wait(order, stand[order][0], go)]
        if len(together) < 2:
            yield from _told(stand)
            return
        for order in together:
            _book(run, stand[order], -1)
        latest = [self._latest(order, stand[order][0]) for order in together]
        wave = wave_of(run, together, (go, latest), _rooms(run, go), stand)
        choices = solve_wave(wave).choices
        again = []
        for place, order in enumerate(together):
            plan = _plan(run, wave, place, (order, go), choices[place])
            if choices[place] != wave.current[place] and (lost := _lost(run, order, plan)):
                run.left[lost] = 0
                again.append(order)
                del stand[order]
                continue
            stand[order] = plan
            _book(run, plan, 1)
        yield from _told(stand)
        for order in again:
            yield run.advance(order, order + 1)

    def _latest(self, order: int, parcels: Ints) -> int:
        """The day by which all of it has to be there: as it stands, or as everybody is promised."""
        return max(
            int(parcels[:, ARRIVES].max()), int(self._run.stream.days.placed[order]) + self._promise_days
        )

    def _may_wait(self, order: int, parcels: Ints, go: Ints) -> bool:
        """Whether the order is one that a wave takes on, none of it waits for a node with room, and its
        parcels come in time if they leave when all go.
        """
        stream, run = self._run.stream, self._run
        lines = slice(int(stream.start[order]), int(stream.start[order + 1]))
        nodes = parcels[:, NODE]
        small = np.prod(stream.quantity[lines] + 1.0) <= LARGEST_STATES
        at_once = (parcels[:, DAY] == stream.days.leave[order][stream.days.profile[nodes]]).all()
        latest = self._latest(order, parcels)
        return bool(small and at_once and (_arrives(run, order, nodes, go) <= latest).all())


def plans_of(parcels: list[Ints], takes: list[Ints]) -> Plans:
    found: Plans = {}
    for rows, units in zip(parcels, takes, strict=True):
        ends = rows[:, TAKEN].tolist()
        for row, (begin, end) in zip(rows, pairwise([0, *ends]), strict=True):
            own, parts = found.get(int(row[ORDER]), (rows[:0], []))
            found[int(row[ORDER])] = np.vstack([own, row]), [*parts, units[begin:end]]
    return found


When = tuple[Ints | None, list[int] | None]
"""[P] the day by profile on which all orders leave, None: each on its own; and by order the latest day on
which it may arrive, None: any.
"""


def wave_of(run: Run, orders: list[int], when: When, rooms: Ints, stand: Plans) -> Wave:
    """The orders, with plans that stand or without, over all that is on the shelves, theirs included.
    ``rooms`` [N]: orders that each node may still send.
    """
    go, latest = when
    ground, stream = run.ground, run.stream
    lines = np.concatenate([np.arange(stream.start[o], stream.start[o + 1]) for o in orders])
    skus, sku = np.unique(stream.sku[lines], return_inverse=True)
    held = run.left[skus] > 0
    at_sku, at_node = np.nonzero(held)
    line_start = np.concatenate([[0], np.cumsum([stream.start[o + 1] - stream.start[o] for o in orders])])
    pairs = [
        _reach(run, o, held[sku[line_start[k] : line_start[k + 1]]], _by(latest, k), go)
        for k, o in enumerate(orders)
    ]
    reach = np.concatenate([nodes for nodes, _ in pairs])
    place = np.repeat(stream.destination[orders], [len(nodes) for nodes, _ in pairs])
    paid = stream.unit_minor is None
    return Wave(
        cards=ground.cards,
        node_ids=ground.node_ids,
        capacity_parcels=rooms,
        sku_ids=tuple(ground.sku_ids[s] for s in skus),
        stock_start=np.concatenate([[0], np.cumsum(held.sum(axis=1))]).astype(np.int64),
        stock_node=at_node.astype(np.int64),
        available=run.left[skus][held],
        unit_cost_minor=ground.pick_minor[at_node] * paid,
        bid_price_minor=run.bids[skus[at_sku], at_node],
        order_ids=tuple(stream.order_ids[o] for o in orders),
        line_start=line_start.astype(np.int64),
        line_ids=tuple(str(line) for line in lines),
        sku=sku.astype(np.int64),
        quantity=stream.quantity[lines],
        unit_weight_g=ground.weight_g[skus][sku],
        unit_volume_mm3=ground.volume_mm3[skus][sku],
        ship_alone=np.zeros(len(lines), np.bool_),
        group=np.full(len(lines), NO_GROUP),
        reach_start=np.concatenate([[0], np.cumsum([len(nodes) for nodes, _ in pairs])]).astype(np.int64),
        reach_node=reach,
        card=stream.card[place, reach],
        fixed_minor=ground.fixed_minor[reach],
        parcel_price_minor=np.concatenate([price for _, price in pairs]),
        move_minor=np.zeros(len(orders), np.int64),
        divisor_mm3_per_g=ground.divisor_mm3_per_g,
        unfilled_penalty_minor=ground.unfilled_penalty_minor,
        current={k: _choice(stand[o], int(line_start[k])) for k, o in enumerate(orders) if o in stand},
        felt={k: _felt(run, o, pairs[k][0]) for k, o in enumerate(orders)},
    )


def _by(latest: list[int] | None, place: int) -> int:
    return latest[place] if latest is not None else int(np.iinfo(np.int64).max)


def _arrives(run: Run, order: int, nodes: Ints, go: Ints | None) -> Ints:
    """The days on which parcels from these nodes arrive."""
    days, d = run.stream.days, int(run.stream.destination[order])
    past, on = days.past[days.land[d]], days.on[days.land[d]]
    leaves = (days.leave[order] if go is None else go)[days.profile[nodes]]
    found = [arrival(day, days.transit[d, n], past, on) for day, n in zip(leaves, nodes, strict=True)]
    return np.array(found, np.int64)


def _reach(run: Run, order: int, held: Ints, latest: int, go: Ints | None) -> tuple[Ints, Floats]:
    """Nodes that have any of it and arrive in time, and what a parcel is felt to cost there."""
    stream, ground = run.stream, run.ground
    nodes = np.flatnonzero(held.any(axis=0) & (stream.card[stream.destination[order]] != NO_CARD))
    arrives = _arrives(run, order, nodes, go)
    kept = arrives <= latest
    felt = ground.parcel_minor + ground.late_day_minor * (arrives - stream.days.placed[order])
    return nodes[kept], felt[kept]


def _rooms(run: Run, go: Ints) -> Ints:
    """[N] orders that each node may still send on the day on which those that wait leave."""
    most = run.ground.most_orders
    used = run.used[np.arange(len(most)), go[run.stream.days.profile]]
    return np.where(most == UNLIMITED, UNLIMITED, np.maximum(most - used, 0))


def _felt(run: Run, order: int, nodes: Ints) -> Floats:
    """[L, n] what broad nodes are spared, and unit costs that depend on the destination."""
    stream = run.stream
    lines = slice(int(stream.start[order]), int(stream.start[order + 1]))
    available = run.left[stream.sku[lines]][:, nodes]
    parcel_minor = float(run.felt[BREADTH_MINOR])
    felt = np.zeros(available.shape)
    if parcel_minor > 0:
        felt = breadth_bids(parcel_minor, stream.quantity[lines], available, run.breadth[nodes])
    if stream.unit_minor is not None:
        felt = felt + stream.unit_minor[stream.destination[order], nodes][None, :]
    return felt


def _choice(plan: tuple[Ints, list[Ints]], first: int) -> Choice:
    parcels, takes = plan
    sent = (
        (int(row[NODE]), tuple(sorted((first + int(line), int(units)) for line, units in own)))
        for row, own in zip(parcels, takes, strict=True)
    )
    return tuple(sorted(sent))


def _plan(
    run: Run, wave: Wave, place: int, sent: tuple[int, Ints], choice: Choice
) -> tuple[Ints, list[Ints]]:
    """The parcels of a choice, as the loop over orders writes them down; ``sent``: the order, and when."""
    stream, ground, (order, go) = run.stream, run.ground, sent
    d, first = int(stream.destination[order]), int(wave.line_start[place])
    lines = slice(int(stream.start[order]), int(stream.start[order + 1]))
    w, v = ground.weight_g[stream.sku[lines]], ground.volume_mm3[stream.sku[lines]]
    rows, parts = np.zeros((len(choice), 7), np.int64), []
    for row, (node, content) in zip(rows, choice, strict=True):
        own = np.array([(line - first, units) for line, units in content], np.int64)
        units = np.zeros(len(w), np.int64)
        units[own[:, 0]] = own[:, 1]
        row[ORDER], row[NODE], row[DAY] = order, node, go[stream.days.profile[node]]
        row[ARRIVES] = _arrives(run, order, np.array([node]), go)[0]
        row[GRAMS] = load(units, w, v, ground.divisor_mm3_per_g)
        cards = ground.cards
        row[TRANSPORT] = tariff_minor(
            stream.card[d, node], row[GRAMS], cards.start, cards.up_to_g, cards.minor
        )
        parts.append(own)
    return rows, parts


def _lost(run: Run, order: int, plan: tuple[Ints, list[Ints]]) -> tuple[int, int] | None:
    """(SKU, node) of a unit of the plan that is not on its shelf."""
    rate, stream = float(run.felt[REJECT_RATE]), run.stream
    for row, own in zip(*plan, strict=True):
        for line in own[:, 0]:
            sku = int(stream.sku[stream.start[order] + line])
            if missing(int(run.say[SEED]), order, sku, int(row[NODE]), rate):
                return sku, int(row[NODE])
    return None


def _book(run: Run, plan: tuple[Ints, list[Ints]], sign: int) -> None:
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
