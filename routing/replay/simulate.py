"""Plays a stream of orders against stock that runs out; deterministic, and no unit is sent twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from routing.problem import Ints
from routing.replay.parcels import Box, price
from routing.replay.policies import Policy
from routing.replay.stream import Ground, Situation, Stream, situations


@dataclass(frozen=True, slots=True)
class Replay:
    """Totals of one policy over one stream. ``cost_minor`` includes the penalty of unfilled units.

    ``digest`` names every parcel of every order: equal digests are equal runs.
    """

    orders: int
    lines: int
    units: int
    filled_orders: int
    filled_lines: int
    filled_units: int
    parcels: int
    split_orders: int  # sent in more than one parcel
    transport_minor: int
    fixed_minor: int
    pick_minor: int
    penalty_minor: int
    parcel_km: float
    digest: str

    @property
    def paid_minor(self) -> int:
        return self.transport_minor + self.fixed_minor + self.pick_minor

    @property
    def cost_minor(self) -> int:
        return self.paid_minor + self.penalty_minor


@dataclass(slots=True)
class _Tally:
    filled_orders: int = 0
    filled_lines: int = 0
    filled_units: int = 0
    parcels: int = 0
    split_orders: int = 0
    transport_minor: int = 0
    fixed_minor: int = 0
    pick_minor: int = 0
    parcel_km: float = 0.0


def simulate(ground: Ground, stream: Stream, policy: Policy) -> Replay:
    """Each order in turn: the policy decides on the stock that is left, then its units are gone."""
    left = ground.on_hand.copy()
    tally = _Tally()
    digest = hashlib.sha256()
    for order, situation in situations(ground, stream, left):
        boxes = policy(situation)
        sent = _sent(situation, boxes)
        assert (sent <= situation.available).all(), f"order {situation.order_id}: units that are not there"
        np.subtract.at(left, situation.sku, sent)
        _count(tally, situation, boxes, sent)
        digest.update(repr((order, sorted((box.node, box.takes) for box in boxes))).encode())
    units = int(stream.quantity.sum())
    return Replay(
        orders=len(stream.order_ids),
        lines=len(stream.sku),
        units=units,
        penalty_minor=(units - tally.filled_units) * ground.unfilled_penalty_minor,
        digest=digest.hexdigest(),
        filled_orders=tally.filled_orders,
        filled_lines=tally.filled_lines,
        filled_units=tally.filled_units,
        parcels=tally.parcels,
        split_orders=tally.split_orders,
        transport_minor=tally.transport_minor,
        fixed_minor=tally.fixed_minor,
        pick_minor=tally.pick_minor,
        parcel_km=tally.parcel_km,
    )


def _sent(situation: Situation, boxes: tuple[Box, ...]) -> Ints:
    sent = np.zeros_like(situation.available)
    for box in boxes:
        for line, units in box.takes:
            assert units > 0, "an empty take"
            sent[line, box.node] += units
    assert (sent.sum(axis=1) <= situation.quantity).all(), f"order {situation.order_id}: more than was asked"
    return sent


def _count(tally: _Tally, situation: Situation, boxes: tuple[Box, ...], sent: Ints) -> None:
    served = sent.sum(axis=1)
    whole = served == situation.quantity
    tally.filled_orders += bool(whole.all())
    tally.filled_lines += int(whole.sum())
    tally.filled_units += int(served.sum())
    tally.parcels += len(boxes)
    tally.split_orders += len(boxes) > 1
    for box in boxes:
        cost = price(situation, box)
        tally.transport_minor += cost.transport_minor
        tally.fixed_minor += cost.fixed_minor
        tally.pick_minor += cost.pick_minor
        tally.parcel_km += float(situation.km[box.node])
