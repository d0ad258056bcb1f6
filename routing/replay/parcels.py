"""Parcels as policies hand them over, how a node boxes its units, and what a parcel costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.problem import Ints
from routing.replay.stream import Situation
from routing.tariff import billable_g, greatest_weight_g


@dataclass(frozen=True, slots=True)
class Box:
    """One parcel: the node, and (line, units) pairs by line."""

    node: int
    takes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class BoxCost:
    """What is paid for one parcel."""

    transport_minor: int
    fixed_minor: int
    pick_minor: int

    @property
    def minor(self) -> int:
        return self.transport_minor + self.fixed_minor + self.pick_minor


def price(situation: Situation, box: Box) -> BoxCost:
    """Cost of a parcel by the node's tariff. A parcel that is not carried is a bug of the policy."""
    ground = situation.ground
    weight, volume = _load(situation, box)
    billable = billable_of(situation, weight, volume)
    card = int(situation.card[box.node])
    steps = slice(int(ground.cards.start[card]), int(ground.cards.start[card + 1]))
    step = int(np.searchsorted(ground.cards.up_to_g[steps], billable))
    assert step < steps.stop - steps.start, (
        f"{billable} g is more than card {ground.cards.names[card]} carries"
    )
    units = sum(units for _, units in box.takes)
    return BoxCost(
        transport_minor=int(ground.cards.minor[steps][step]),
        fixed_minor=int(ground.fixed_minor[box.node]),
        pick_minor=units * int(ground.pick_minor[box.node]),
    )


def billable_of(situation: Situation, weight_g: int, volume_mm3: int) -> int:
    """Billable weight of one parcel."""
    divisor = situation.ground.divisor_mm3_per_g
    return int(billable_g(np.array([weight_g]), np.array([volume_mm3]), divisor)[0])


def _load(situation: Situation, box: Box) -> tuple[int, int]:
    weight = sum(int(situation.unit_weight_g[line]) * units for line, units in box.takes)
    volume = sum(int(situation.unit_volume_mm3[line]) * units for line, units in box.takes)
    return weight, volume


def boxed(situation: Situation, units: Ints) -> tuple[Box, ...]:
    """Parcels for ``units`` [L, N]: at each node, heaviest first, into the first box that carries it."""
    limits = greatest_weight_g(situation.ground.cards)
    boxes: list[Box] = []
    for node in np.flatnonzero(units.any(axis=0)).tolist():
        limit = int(limits[situation.card[node]])
        boxes += [Box(node, takes) for takes in _first_fit(situation, units[:, node], limit)]
    return tuple(boxes)


def _first_fit(situation: Situation, units: Ints, limit_g: int) -> Sequence[tuple[tuple[int, int], ...]]:
    weight, volume = situation.unit_weight_g, situation.unit_volume_mm3
    if billable_of(situation, int((units * weight).sum()), int((units * volume).sum())) <= limit_g:
        return [tuple((line, int(units[line])) for line in np.flatnonzero(units).tolist())]
    loads: list[tuple[int, int]] = []
    contents: list[dict[int, int]] = []
    for line in sorted(np.flatnonzero(units).tolist(), key=lambda line: (-int(weight[line]), line)):
        for _ in range(int(units[line])):
            grown = [(load[0] + int(weight[line]), load[1] + int(volume[line])) for load in loads]
            fits = (place for place, load in enumerate(grown) if billable_of(situation, *load) <= limit_g)
            place = next(fits, len(loads))
            if place == len(loads):
                loads.append((0, 0))
                contents.append({})
                grown.append((int(weight[line]), int(volume[line])))
            loads[place] = grown[place]
            contents[place][line] = contents[place].get(line, 0) + 1
    return [tuple(sorted(content.items())) for content in contents]
