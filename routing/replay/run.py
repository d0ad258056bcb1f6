"""A stream under way: the arrays of the compiled loop, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from routing.breadth import breadth_bids
from routing.problem import Floats, Ints
from routing.replay.decide import lost_unit, send
from routing.replay.node_by_node import planned
from routing.replay.places import (
    BREADTH_MINOR,
    DIVISOR,
    EXACT_STEPS,
    FIRST,
    LARGE,
    LAST,
    LATE_MINOR,
    PARCEL_MINOR,
    PARCELS,
    PENALTY,
    REJECT_RATE,
    REJECTED,
    RELAXED,
    ROOM,
    ROUNDS,
    RULE,
    SEED,
    TAKES,
    VALUE,
)
from routing.replay.play import play, situation
from routing.replay.stream import Ground, Stream
from routing.tariff import greatest_weight_g

USUAL_EXACT_STEPS = 1_000_000
"""Elementary steps of the exact kernel for one order of a replay: about 12 lines of one unit, 1 ms."""
USUAL_ROUNDS = 8
"""Rounds of improvement for an order beyond them."""
SCRATCH = 1 << 16


@dataclass(frozen=True, slots=True)
class Rejects:
    """Units that are not on their shelf when they are looked for: ``rate`` by order, SKU and node. What is
    then left of the SKU there is written off, and the order is planned again.
    """

    rate: float = 0.0
    seed: int = 0


class Run:
    """``left`` [S, N], ``used`` [N, H] orders by node and day, ``bids`` [S, N] and ``day_price`` [N, H] may
    be read and changed between two calls of ``advance``.
    """

    def __init__(
        self, ground: Ground, stream: Stream, rule: int, rejects: Rejects = Rejects(),
        exact_steps: int = USUAL_EXACT_STEPS, rounds: int = USUAL_ROUNDS,
    ) -> None:  # fmt: skip
        self.ground, self.stream = ground, stream
        shape, horizon = ground.on_hand.shape, stream.days.next_ship.shape[1]
        self.left: Ints = np.ascontiguousarray(ground.on_hand.copy())
        self.used: Ints = np.zeros((shape[1], horizon), np.int64)
        self.bids: Floats = np.zeros(shape)
        self.day_price: Floats = np.zeros((shape[1], horizon))
        self.usage: Floats = np.zeros((1, 1))
        self.day_usage: Floats = np.zeros((1, 1))
        self.weights: Floats = np.zeros(0)
        self.breadth: Floats = np.zeros(shape[1])
        self.say: Ints = np.zeros(13, np.int64)
        self.felt: Floats = np.zeros(6)
        self.say[[RULE, EXACT_STEPS, SEED, PENALTY, ROUNDS]] = (
            rule, exact_steps, rejects.seed, ground.unfilled_penalty_minor, rounds,
        )  # fmt: skip
        self.felt[[DIVISOR, PARCEL_MINOR, LATE_MINOR, REJECT_RATE]] = (
            ground.divisor_mm3_per_g, ground.parcel_minor, ground.late_day_minor, rejects.rate,
        )  # fmt: skip
        self._scratch: Ints = np.empty(SCRATCH, np.int64)
        units = np.diff(np.append(0, np.cumsum(stream.quantity))[stream.start])
        self._out: Ints = np.empty(2 * int(units.max(initial=0)) + 4, np.int64)
        self._fixed = self._constants()
        self.by_node = 0  # orders that took the node-by-node programme

    def _constants(self) -> tuple[Any, ...]:
        ground, stream, days = self.ground, self.stream, self.stream.days
        unit = stream.unit_minor
        if unit is None:
            unit = np.broadcast_to(ground.pick_minor, stream.card.shape).copy()
        return (
            stream.km, stream.card, days.transit, days.land, unit, ground.weight_g, ground.volume_mm3,
            ground.fixed_minor, np.arange(len(ground.node_ids)), ground.most_orders, days.profile, days.leave,
            days.next_ship, days.past, days.on, ground.cards.start, ground.cards.up_to_g, ground.cards.minor,
            greatest_weight_g(ground.cards),
        )  # fmt: skip

    def spare(self, parcel_minor: float) -> None:
        """Feel units at broad nodes as ``routing.breadth`` does; 0: not."""
        self.felt[BREADTH_MINOR] = parcel_minor

    def advance(self, first: int, last: int) -> tuple[Ints, Ints]:
        """Play orders ``first`` to ``last``: parcels [P, 7] (``places``) and takes [T, 2] (line, units)."""
        stream = self.stream
        units = int(stream.quantity[stream.start[first] : stream.start[last]].sum())
        parcels, takes = np.zeros((units, 7), np.int64), np.zeros((units, 2), np.int64)
        self.say[[FIRST, LAST, PARCELS, TAKES, RELAXED]] = first, last, 0, 0, 0
        while (at := self._play(parcels, takes)) < last:
            self.say[FIRST] = at
            if self.say[ROOM] > 0:
                self._scratch = np.empty(int(self.say[ROOM]) * 3 // 2, np.int64)
            elif self._node_by_node(at, parcels, takes):
                self.say[FIRST] = at + 1
        return parcels[: self.say[PARCELS]], takes[: self.say[TAKES]]

    def wish(self, weights: Floats, stock: Ints, bids: Floats, day_price: Floats) -> float:
        """What all orders are felt to cost, order o counting ``weights`` [O] times, if each had ``stock`` to
        itself at these prices: at least so much. Fills ``usage`` [S, N] and ``day_usage`` [N, H].
        """
        self.usage, self.day_usage = np.zeros(self.left.shape), np.zeros(self.used.shape)
        kept = self.left, self.bids, self.day_price
        self.left, self.bids, self.day_price, self.weights = stock, bids, day_price, weights
        last = len(self.stream.order_ids)
        nothing = np.zeros((0, 7), np.int64), np.zeros((0, 2), np.int64)
        self.say[[FIRST, LAST, RELAXED]] = 0, last, 1
        self.felt[VALUE] = 0.0
        while (at := self._play(*nothing)) < last:
            self.say[FIRST] = at
            self._scratch = np.empty(int(self.say[ROOM]) * 3 // 2, np.int64)
        self.left, self.bids, self.day_price = kept
        return float(self.felt[VALUE])

    @property
    def rejected(self) -> int:
        return int(self.say[REJECTED])

    @property
    def large(self) -> int:
        """Decisions about orders beyond the exact kernel."""
        return int(self.say[LARGE])

    def _play(self, parcels: Ints, takes: Ints) -> int:
        stream = self.stream
        arguments = (
            self.say, self.felt, stream.start, stream.sku, stream.quantity, stream.destination,
            stream.days.placed, self.weights, *self._fixed, self.left, self.used, self.bids, self.day_price,
            self.usage, self.day_usage, self.breadth, self._scratch, self._out, parcels, takes,
        )  # fmt: skip
        return int(play(*arguments))

    def _node_by_node(self, order: int, parcels: Ints, takes: Ints) -> bool:
        """Send an order whose first plan overuses a node; False: a unit was missing, so plan it anew."""
        self.by_node += 1
        stream, ground, days = self.stream, self.ground, self.stream.days
        lines, d = (
            slice(int(stream.start[order]), int(stream.start[order + 1])),
            int(stream.destination[order]),
        )
        skus, land = stream.sku[lines], int(days.land[d])
        w, v = ground.weight_g[skus], ground.volume_mm3[skus]
        limit = greatest_weight_g(ground.cards)
        nodes, available, day, price = situation(
            self.say, self.felt, skus, w, v, stream.card[d], limit, self.left, days.leave[order],
            days.profile, days.transit[d], int(days.placed[order]), days.next_ship, self.used, self.day_price,
            ground.most_orders, days.past[land], days.on[land],
        )  # fmt: skip
        cards, unit = stream.card[d][nodes], self._fixed[4][d][nodes]
        bids = self.bids[skus][:, nodes] + self._breadth_bids(available, stream.quantity[lines], nodes)
        box_node, box_units = planned(
            ground, skus, stream.quantity[lines], available, nodes, cards, unit, bids, price
        )
        count = len(box_node)
        line, node = lost_unit(self.say, self.felt, order, skus, nodes, count, box_node, box_units)
        if line >= 0:
            self.left[skus[line], node] = 0
            self.say[REJECTED] += 1
            return False
        send(
            order, skus, w, v, nodes, day, box_node, box_units, count, cards, days.transit[d],
            days.past[land], days.on[land], ground.cards.start, ground.cards.up_to_g, ground.cards.minor,
            self.say, self.felt, self.left, self.used, parcels, takes,
        )  # fmt: skip
        return True

    def _breadth_bids(self, available: Ints, quantity: Ints, nodes: Ints) -> Floats:
        return breadth_bids(float(self.felt[BREADTH_MINOR]), quantity, available, self.breadth[nodes])
