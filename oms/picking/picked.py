"""What a pick, a short or a putting back makes of an order and its fulfilment order. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from oms.fulfilment.following import followed
from oms.fulfilment.job import Fulfilment, FulfilmentLine
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.orders.order import Order
from oms.orders.stages import Stage
from oms.picking.task import PickTask
from oms.refusals import Code, Fault, refuse


def begun(job: Fulfilment, at: datetime) -> Fulfilment:
    """Somebody walks for it. Raises Refused illegal_transition where it is past picking."""
    if job.state is FulfilmentState.PICKING:
        return job
    return job.after(FulfilmentEvent.START_PICKING, at)


def pick(order: Order, job: Fulfilment, task: PickTask, units: int, at: datetime) -> tuple[Order, Fulfilment]:
    """Units of the task lie in the tote. Raises Refused: bad_quantity, illegal_transition."""
    line = _unpicked(job, task, units)
    after = finished(with_line(job, replace(line, picked=line.picked + units)), at)
    return followed(order, job, after), after


def fall_short(
    order: Order, job: Fulfilment, task: PickTask, units: int, at: datetime, reason: str
) -> tuple[Order, Fulfilment]:
    """Units of the task are not to be had here and look for a home. Raises as ``pick``."""
    line = _unpicked(job, task, units)
    after = finished(with_line(job, line.without(units, short=True)), at, reason)
    return _moved(order, task.line_id, Stage.UNROUTED, units), after


def given_up(
    order: Order, job: Fulfilment, task: PickTask, units: int
) -> tuple[Order, Fulfilment, FulfilmentLine]:
    """Units of the task are cancelled, for something else goes instead; the line as it was. Raises as
    ``pick``.
    """
    line = _unpicked(job, task, units)
    after = with_line(job, line.without(units))
    return _moved(order, task.line_id, Stage.CANCELLED, units), after, line


def finished(job: Fulfilment, at: datetime, reason: str = "") -> Fulfilment:
    """A fulfilment order of which all that is wanted lies in totes is picked; of which nothing could be had,
    rejected.
    """
    if not job.wanted:
        return job.after(FulfilmentEvent.REJECT, at, reason)
    if any(line.unpicked for line in job.lines):
        return job
    return job.after(FulfilmentEvent.FINISH_PICKING, at)


def put_back(job: Fulfilment, line_id: str, units: int) -> Fulfilment:
    """Units nobody wants lie on their shelf again. Raises Refused: unknown_line, bad_quantity."""
    mine = [line for line in job.lines if line.line_id == line_id]
    if not mine:
        raise refuse(Code.UNKNOWN_LINE, "The fulfilment order has no such line")
    waiting = sum(line.put_back for line in mine)
    if units > waiting:
        raise refuse(Code.BAD_QUANTITY, f"{waiting} units of this line are to be put back")
    for line in mine:
        part = min(units, line.put_back)
        units -= part
        job = with_line(job, replace(line, put_back=line.put_back - part))
    return job


def with_line(job: Fulfilment, line: FulfilmentLine) -> Fulfilment:
    """The fulfilment order with this line instead of the one it had, or as a new one."""
    lines = [line if _same(one, line) else one for one in job.lines]
    known = any(_same(one, line) for one in job.lines)
    return replace(job, lines=tuple(lines if known else [*lines, line]))


def _same(one: FulfilmentLine, other: FulfilmentLine) -> bool:
    return (one.line_id, one.parcel) == (other.line_id, other.parcel)


def _moved(order: Order, line_id: str, stage: Stage, units: int) -> Order:
    line = order.line(line_id)
    assert line is not None, "a fulfilment order is for lines of its order"
    return order.with_counts({line_id: line.counts.moved(Stage.PICKING, stage, units)})


def _unpicked(job: Fulfilment, task: PickTask, units: int) -> FulfilmentLine:
    """The task's line, which has so many units left to pick."""
    line = task.of(job)
    if units > line.unpicked:
        detail = f"{line.unpicked} units are left to pick"
        fault = Fault("/quantity", Code.BAD_QUANTITY, detail)
        raise refuse(Code.BAD_QUANTITY, "More than this task still wants", fault)
    return line
