"""Units taken back from the nodes that were to send them: which fulfilment orders give them up first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from oms.fulfilment.job import AT_THE_NODE, Fulfilment, standing
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.orders.stages import Stage


def least_advanced(
    jobs: Iterable[Fulfilment],
    line_id: str,
    quantity: int,
    node: str | None = None,
    first: Collection[str] = (),
) -> Iterator[tuple[Fulfilment, Stage, int]]:
    """(fulfilment order, stage, units of the line it gives up) until ``quantity`` is reached; the least
    advanced first, of equals the youngest. ``node``: only its own. ``first``: those named before all others.
    """
    here = [job for job in jobs if job.state in AT_THE_NODE and node in (None, job.node)]
    for job in sorted(here, key=lambda job: (job.id not in first, AT_THE_NODE.index(job.state), -job.no)):
        for stage, standing_there in standing(job, line_id):
            units = min(quantity, standing_there)
            if units:
                quantity -= units
                yield job, stage, units


def without(job: Fulfilment, line_id: str, quantity: int, short: bool = False) -> Fulfilment:
    """The fulfilment order with so many units of the line no longer wanted (``short``: not to be had there);
    those in no tote go first.
    """
    order = sorted(range(len(job.lines)), key=lambda place: job.lines[place].unpicked == 0)
    lines = list(job.lines)
    for place in order:
        line = lines[place]
        units = min(quantity, line.wanted) if line.line_id == line_id else 0
        quantity -= units
        lines[place] = line.without(units, short)
    assert quantity == 0, "no more is taken back than is wanted"
    return replace(job, lines=tuple(lines))


def settled(job: Fulfilment, at: datetime, reason: str = "") -> Fulfilment:
    """A fulfilment order of which nothing is wanted any more is cancelled, or completed when some of it was
    collected; one of which all that is still wanted lies in a tote is picked.
    """
    if job.state not in AT_THE_NODE:
        return job
    if not job.wanted and any(line.collected for line in job.lines):
        return job.after(FulfilmentEvent.HAND_OVER, at).after(FulfilmentEvent.COMPLETE, at)
    if not job.wanted:
        return job.after(FulfilmentEvent.CANCEL, at, reason)
    if job.state is FulfilmentState.PICKING and all(line.unpicked == 0 for line in job.lines):
        return job.after(FulfilmentEvent.FINISH_PICKING, at)
    return job
