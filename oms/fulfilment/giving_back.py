"""A node gives a fulfilment order back: nothing of it is to be had there, and its units need another home."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oms.fulfilment.job import Fulfilment, standing
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.orders.order import Order
from oms.orders.stages import Stage


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The order and the fulfilment order afterwards; ``units`` per picked line wait for another home, and
    ``in_totes`` of them lie in totes until somebody puts them back.
    """

    order: Order
    job: Fulfilment
    units: Mapping[str, int]
    in_totes: Mapping[str, int]


def given_back(order: Order, job: Fulfilment, event: FulfilmentEvent, at: datetime, reason: str) -> GivenBack:
    """What a reject or an offer that ran out leads to. Raises Refused illegal_transition."""
    after = job.after(event, at, reason)
    units: Counter[str] = Counter()
    in_totes: Counter[str] = Counter()
    counts = {}
    for line_id in dict.fromkeys(line.line_id for line in job.lines):
        line = order.line(line_id)
        assert line is not None, "a fulfilment order is for lines of its order"
        moved = line.counts
        for stage, quantity in standing(job, line_id):
            moved = moved.moved(stage, Stage.UNROUTED, quantity)
            units[line_id] += quantity
        counts[line_id] = moved
    lines = []
    for part in job.lines:
        in_totes[part.line_id] += part.picked
        lines.append(part.without(part.wanted, short=True))
    return GivenBack(
        order.with_counts(counts),
        replace(after, lines=tuple(lines), offer_expires_at=None),
        +units,
        +in_totes,
    )


LOST = (FulfilmentState.REJECTED, FulfilmentState.EXPIRED)


def replacing(made: Iterable[Fulfilment], before: Sequence[Fulfilment]) -> tuple[Fulfilment, ...]:
    """The new fulfilment orders, each saying which older one it was made instead of: the latest that could
    not do some of the same lines.
    """

    def failed(job: Fulfilment) -> set[str]:
        return {line.line_id for line in job.lines if line.short or job.state in LOST}

    found = []
    for job in made:
        wanted = {line.line_id for line in job.lines}
        old = next((one for one in reversed(before) if failed(one) & wanted), None)
        found.append(replace(job, replaces=old.id) if old else job)
    return tuple(found)
