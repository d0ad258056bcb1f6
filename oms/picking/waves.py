"""Which fulfilment orders go on one pick list, and in what order its picker walks past the bins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from oms.fulfilment.job import Fulfilment
from oms.picking.task import PickTask

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Caps:
    """What one picker can take along: orders, units of all of them, totes (one per fulfilment order)."""

    orders: int
    units: int
    totes: int


@dataclass(slots=True)
class _Filling:
    jobs: list[Fulfilment] = field(default_factory=list)
    units: int = 0

    def takes(self, job: Fulfilment, caps: Caps) -> bool:
        """Whether it fits in; a fulfilment order larger than any cap goes alone."""
        if not self.jobs:
            return True
        orders = {one.order_id for one in self.jobs} | {job.order_id}
        return (
            len(orders) <= caps.orders
            and len(self.jobs) < caps.totes
            and self.units + to_pick(job) <= caps.units
        )


def urgency(job: Fulfilment) -> tuple[object, ...]:
    """What has to leave first comes first; of equals what arrives first, then by number."""
    return job.ship_at, job.arrive_at, job.order_id, job.no


def to_pick(job: Fulfilment) -> int:
    """Units that lie on the shelf yet."""
    return sum(line.unpicked for line in job.lines)


def shared_out(jobs: Iterable[Fulfilment], caps: Caps, most: int) -> list[list[Fulfilment]]:
    """The fulfilment orders of at most ``most`` lists, the most urgent first: each goes into the first list
    that still takes it. What fits in none waits for the next wave.
    """
    lists: list[_Filling] = []
    for job in sorted(jobs, key=urgency):
        place = next((one for one in lists if one.takes(job, caps)), None)
        if place is None:
            if len(lists) == most:
                continue
            place = _Filling()
            lists.append(place)
        place.jobs.append(job)
        place.units += to_pick(job)
    return [one.jobs for one in lists]


def walk(jobs: Sequence[Fulfilment], bins: Mapping[str, str]) -> tuple[PickTask, ...]:
    """The tasks of one list in the order of their bins. ``bins``: SKU → bin at the node; what has none
    comes last.
    """
    found = [
        (job, line, bins.get(line.sku, ""), letter(place))
        for place, job in enumerate(jobs)
        for line in job.lines
        if line.unpicked
    ]
    found.sort(key=lambda one: (*natural(one[2]), one[1].sku, one[3], one[1].line_id, one[1].parcel))
    return tuple(
        PickTask(no, job.order_id, job.id, line.line_id, line.parcel, line.sku, bin, tote)
        for no, (job, line, bin, tote) in enumerate(found, 1)
    )


def natural(bin: str) -> tuple[bool, tuple[tuple[bool, int, str], ...]]:
    """Sorts A2 before A10, and what has no bin last."""
    parts = (part for part in _DIGITS.split(bin) if part)
    return not bin, tuple(
        (False, int(part), "") if part.isdecimal() else (True, 0, part.casefold()) for part in parts
    )


def letter(place: int) -> str:
    """A, B, …, Z, AA, AB, … for 0, 1, …"""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
