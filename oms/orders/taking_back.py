"""Units taken back from the nodes that were to send them: which fulfilment orders give them up first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from oms.orders.fulfilment import Fulfilment
from oms.orders.lifecycle import FulfilmentEvent, FulfilmentState, advance
from oms.orders.stages import Stage

STAGE_OF: Mapping[FulfilmentState, Stage] = {
    FulfilmentState.SCHEDULED: Stage.ROUTED,
    FulfilmentState.OFFERED: Stage.ROUTED,
    FulfilmentState.ACCEPTED: Stage.ROUTED,
    FulfilmentState.PICKING: Stage.PICKING,
    FulfilmentState.PICKED: Stage.PICKED,
    FulfilmentState.PACKED: Stage.PACKED,
    FulfilmentState.READY_FOR_CARRIER: Stage.PACKED,
    FulfilmentState.READY_FOR_COURIER: Stage.PACKED,
    FulfilmentState.READY_FOR_PICKUP: Stage.READY_FOR_PICKUP,
}
"""Where the units of a fulfilment order stand; the least advanced states come first."""

_PROGRESS = tuple(STAGE_OF)


def least_advanced(
    jobs: Iterable[Fulfilment], line_id: str, quantity: int, node: str | None = None
) -> Iterator[tuple[Fulfilment, int]]:
    """(fulfilment order, units of the line it gives up) until ``quantity`` is reached; the least advanced
    first, of equals the youngest. ``node``: only its own.
    """
    here = [job for job in jobs if job.state in STAGE_OF and node in (None, job.node)]
    for job in sorted(here, key=lambda job: (_PROGRESS.index(job.state), -job.no)):
        units = min(quantity, sum(line.wanted for line in job.lines if line.line_id == line_id))
        if units:
            quantity -= units
            yield job, units


def without(job: Fulfilment, line_id: str, quantity: int) -> Fulfilment:
    """The fulfilment order with so many units of the line no longer wanted."""
    lines = []
    for line in job.lines:
        units = min(quantity, line.wanted) if line.line_id == line_id else 0
        quantity -= units
        lines.append(replace(line, cancelled=line.cancelled + units))
    assert quantity == 0, "no more is taken back than is wanted"
    return replace(job, lines=tuple(lines))


def closed_if_empty(job: Fulfilment) -> Fulfilment:
    """A fulfilment order of which nothing is wanted any more is cancelled."""
    if any(line.wanted for line in job.lines):
        return job
    state = advance(job.state, FulfilmentEvent.CANCEL)
    assert isinstance(state, FulfilmentState), "only what can be cancelled was taken from"
    return replace(job, state=state)
