"""Quantities, not flags: how many units of a line stand at which stage.

``ordered = cancelled + backordered + … + lost`` holds because a unit only ever moves from stage to stage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from operator import attrgetter


class Stage(StrEnum):
    """Where a unit of an order line is, in the order of its progress."""

    CANCELLED = "cancelled"
    BACKORDERED = "backordered"
    UNROUTED = "unrouted"
    ROUTED = "routed"
    PICKING = "picking"
    PICKED = "picked"
    PACKED = "packed"
    IN_TRANSIT = "in_transit"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    REFUSED = "refused"
    RETURNING = "returning"
    LOST = "lost"


STAGES: tuple[Stage, ...] = tuple(Stage)
OPEN_STAGES: tuple[Stage, ...] = STAGES[1:9]
HANDED_OUT: tuple[Stage, ...] = (Stage.DELIVERED, Stage.REFUSED, Stage.RETURNING, Stage.LOST)
WITH_THE_NODE: tuple[Stage, ...] = (Stage.ROUTED, Stage.PICKING, Stage.PICKED, Stage.PACKED)


@dataclass(frozen=True, slots=True)
class Counts:
    """Units of one line per stage; ``returned`` counts those that went out and were scanned in again,
    ``credited`` those that went out and the customer does not have to pay for.
    """

    cancelled: int = 0
    backordered: int = 0
    unrouted: int = 0
    routed: int = 0
    picking: int = 0
    picked: int = 0
    packed: int = 0
    in_transit: int = 0
    ready_for_pickup: int = 0
    delivered: int = 0
    refused: int = 0
    returning: int = 0
    lost: int = 0
    returned: int = 0
    credited: int = 0

    def __post_init__(self) -> None:
        assert min(_by_stage(self)) >= 0, "a stage never holds fewer than no units"
        assert 0 <= self.credited <= self.at(*HANDED_OUT), "credited more than went out"
        assert 0 <= self.returned <= self.delivered + self.refused + self.returning, (
            "returned more than went out"
        )

    def at(self, *stages: Stage) -> int:
        """Units standing at any of these stages."""
        return int(sum([getattr(self, _NAMES[stage]) for stage in stages]))

    def by_stage(self) -> dict[Stage, int]:
        return dict(zip(STAGES, _by_stage(self), strict=True))

    def moved(self, source: Stage, target: Stage, quantity: int) -> Counts:
        """The counts after ``quantity`` units went from one stage to another.

        Asking for more than stands at ``source`` is a bug of the caller, who has to look first.
        """
        assert 0 <= quantity <= self.at(source), f"{quantity} units are not at {source}"
        if source is target:
            return self
        changed = {source.value: self.at(source) - quantity, target.value: self.at(target) + quantity}
        return replace(self, **changed)

    @property
    def owed(self) -> int:
        """Units the customer pays for."""
        return self.total - self.cancelled - self.credited

    @property
    def total(self) -> int:
        """The units ordered, whatever became of them."""
        return sum(_by_stage(self))

    def as_dict(self) -> dict[str, int]:
        return dict(zip(_FIELDS, _all(self), strict=True))


# Every line of every order is counted many times over; these read all numbers at once.
_FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Counts))
_NAMES: dict[Stage, str] = {stage: stage.value for stage in STAGES}
_all: Callable[[Counts], tuple[int, ...]] = attrgetter(*_FIELDS)
_by_stage: Callable[[Counts], tuple[int, ...]] = attrgetter(*_NAMES.values())


def added(*parts: Counts) -> Counts:
    """Stage by stage the sum of several lines' counts."""
    return Counts(*map(sum, zip(*map(_all, parts), strict=True)))


def of_kit(quantity: int, parts: tuple[tuple[int, Counts], ...]) -> Counts:
    """The counts of ``quantity`` kits, each of them as far as its least advanced component.

    ``parts`` gives, for every component, the units in one kit and the counts of its line.
    """
    slowest = [len(STAGES) - 1] * quantity
    returned = credited = quantity
    for per_kit, counts in parts:
        ranks = [STAGES.index(stage) for stage, units in counts.by_stage().items() for _ in range(units)]
        slowest = [min(slowest[kit], ranks[kit * per_kit]) for kit in range(quantity)]
        returned = min(returned, counts.returned // per_kit)
        credited = min(credited, counts.credited // per_kit)
    stages = [STAGES[rank] for rank in slowest]
    tallied = {stage.value: stages.count(stage) for stage in STAGES}
    out = sum(tallied[stage.value] for stage in HANDED_OUT)
    scanned = min(returned, out - tallied[Stage.LOST.value])
    return Counts(**tallied, returned=scanned, credited=min(credited, out))
