"""A pick list and its tasks, as values. How many units a task still wants is said by its fulfilment line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from oms.fulfilment.job import Fulfilment, FulfilmentLine
from oms.fulfilment.lifecycle import FulfilmentState
from oms.picking.lifecycle import PICK_LIST, PICK_TASK, ListEvent, ListState, TaskEvent, TaskState

BEING_PICKED = (FulfilmentState.ACCEPTED, FulfilmentState.PICKING)


@dataclass(frozen=True, slots=True)
class PickTask:
    """The units of one fulfilment line, out of ``bin`` into ``tote``. ``no`` counts along the walk.

    ``short`` and ``substituted`` are units this picker could not find, and ``reason`` is why. ``instead_of``:
    the task whose units these replace.
    """

    no: int
    order_id: str
    fulfilment_order_id: str
    line_id: str
    parcel: int
    sku: str
    bin: str
    tote: str
    state: TaskState = TaskState.OPEN
    short: int = 0
    substituted: int = 0
    reason: str = ""
    instead_of: int | None = None

    def of(self, job: Fulfilment) -> FulfilmentLine:
        """The fulfilment line this task is for."""
        return next(one for one in job.lines if (one.line_id, one.parcel) == (self.line_id, self.parcel))

    def after(self, line: FulfilmentLine) -> PickTask:
        """The task once its line stands like this. Raises Refused illegal_transition when it has ended."""
        return replace(self, state=PICK_TASK.step(self.state, self._event(line)))

    def begun(self, job: Fulfilment) -> bool:
        """Whether a picker has done anything about it."""
        return bool(self.of(job).picked or self.short or self.substituted)

    def _event(self, line: FulfilmentLine) -> TaskEvent:
        if line.unpicked:
            return TaskEvent.PART
        if self.short:
            return TaskEvent.SHORT
        if self.substituted:
            return TaskEvent.SUBSTITUTE
        return TaskEvent.PICK if line.picked else TaskEvent.WITHDRAW


@dataclass(frozen=True, slots=True)
class PickList:
    """The walk one picker does at one node; ``claimed_by`` is the key of whoever does it."""

    id: str
    node: str
    state: ListState
    created_at: datetime
    tasks: tuple[PickTask, ...]
    method: str | None = None
    claimed_by: str = ""
    claimed_at: datetime | None = None
    ended_at: datetime | None = None

    def after(self, event: ListEvent) -> PickList:
        """The list once this has happened. Raises Refused illegal_transition."""
        return replace(self, state=PICK_LIST.step(self.state, event))

    def task(self, no: int) -> PickTask | None:
        """The task of that number."""
        return next((task for task in self.tasks if task.no == no), None)

    @property
    def order_ids(self) -> list[str]:
        """The orders it is for, in the order in which they are locked."""
        return sorted({task.order_id for task in self.tasks})


def ended_by(tasks: Iterable[PickTask], job: Fulfilment) -> list[PickTask]:
    """The open tasks that have nothing left to do as the fulfilment order stands now, ended."""
    done = []
    for task in tasks:
        line = task.of(job)
        if task.state is not TaskState.OPEN:
            continue
        if job.state not in BEING_PICKED and line.unpicked:
            done.append(replace(task, state=PICK_TASK.step(task.state, TaskEvent.WITHDRAW)))
        elif not line.unpicked:
            done.append(task.after(line))
    return done
