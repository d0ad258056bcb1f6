"""When a node has to begin with a fulfilment order so that it leaves in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.work_rules import WorkRules
from routing.calendar import start_by
from routing.network import Network
from routing.promise_ask import seconds

LOOK_AGAIN_MIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Task:
    """What a node still has to do for one fulfilment order. ``begun``: it is past being scheduled."""

    id: str
    order_id: str
    node: str
    lines: int
    leaves_at: datetime
    arrives_at: datetime
    begun: bool = False


def due(
    network: Network, rules: WorkRules, tasks: Iterable[Task], at: datetime
) -> Iterator[tuple[Task, datetime]]:
    """The scheduled tasks of one node with the latest instant to begin each, the earliest leaving first.

    Before that instant lie, in opening time, the lead and all the node's work that leaves no later,
    ``at_once`` orders at a time. A node the network does not know works around the clock.
    """
    minutes = 0.0
    for task in sorted(tasks, key=lambda task: (task.leaves_at, task.arrives_at, task.id)):
        minutes += rules.minutes(task.lines)
        if not task.begun:
            lead_s = int(60 * (rules.lead_minutes + minutes / rules.at_once))
            yield task, _begin(network, task, lead_s, at)


def look_again(begin: datetime, at: datetime) -> datetime:
    """When to look at a task next that is not due yet: half-way, for the node's work may grow meanwhile."""
    return at + max((begin - at) / 2, LOOK_AGAIN_MIN)


def _begin(network: Network, task: Task, lead_s: int, at: datetime) -> datetime:
    if task.node not in network.index:
        return task.leaves_at - timedelta(seconds=lead_s)
    row = int(network.profile[network.index[task.node]])
    began = start_by(network.tables(seconds(at)), row, lead_s, seconds(task.leaves_at))
    return datetime.fromtimestamp(began, tz=task.leaves_at.tzinfo)
