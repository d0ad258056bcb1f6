"""Which stop a fulfilment order gets on a run: its first, the one that waits, or another attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from oms.courier.lifecycle import WITHOUT_GOODS, StopEvent, StopState
from oms.courier.stop import Run, Stop
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.lifecycle import FulfilmentState
from oms.refusals import Code, Fault, refuse

COURIER = "courier"


def assigned(
    job: Fulfilment, attempts: Mapping[int, Stop], run: Run, place: int, at: datetime, pointer: str
) -> Stop:
    """The stop on the run. Raises Refused: invalid for work of another node or method, in_use for what is on
    a run, illegal_transition for what a courier cannot take.
    """
    if job.node != run.node or job.method != COURIER:
        detail = "Not a courier's work at the node of the run"
        raise refuse(Code.INVALID, detail, Fault(pointer, Code.INVALID, detail))
    last = attempts.get(max(attempts, default=0))
    if last is not None and last.state in (StopState.CREATED, StopState.DECLINED):
        return _on(last, run, place, at)
    if last is not None and (last.aboard or last.state in WITHOUT_GOODS):
        detail = "It is on a run already"
        raise refuse(Code.IN_USE, detail, Fault(pointer, Code.IN_USE, detail), run=last.run_id)
    if job.state is not FulfilmentState.READY_FOR_COURIER:
        detail = "Only what is ready for a courier, or waits for another attempt, goes on a run"
        raise refuse(Code.ILLEGAL_TRANSITION, detail, Fault(pointer, Code.ILLEGAL_TRANSITION, detail))
    stop = Stop(job.order_id, job.id, job.node, max(attempts, default=0) + 1, StopState.CREATED, at)
    return _on(replace(stop, instants={StopState.CREATED.value: at}), run, place, at)


def taken_over(stop: Stop, run: Run, place: int, at: datetime) -> Stop:
    """A stop without goods moves to the run. Raises Refused: invalid, illegal_transition."""
    if stop.node != run.node:
        raise refuse(Code.INVALID, "The stop is of another node than the run")
    return _on(stop, run, place, at)


def unassigned(stop: Stop, at: datetime) -> Stop:
    """The stop waits for a run again. Raises Refused illegal_transition once its goods are picked up."""
    return replace(stop.after(StopEvent.UNASSIGNED, at), run_id=None, place=0)


def _on(stop: Stop, run: Run, place: int, at: datetime) -> Stop:
    return replace(stop.after(StopEvent.ASSIGNED, at), run_id=run.id, place=place)
