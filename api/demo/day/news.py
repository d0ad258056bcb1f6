"""What happened, from the feed of events: where every fulfilment order stands, and each order's status as
anybody can rebuild it who only reads events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from api.demo.day.desk import OFFICE, Desk, Json
from oms.fulfilment.lifecycle import FulfilmentState
from oms.orders.order import order_status
from oms.orders.stages import Counts

PAGE = 200
JOB = "fulfilment."
STATES = frozenset(state.value for state in FulfilmentState)


@dataclass(slots=True)
class Job:
    """A fulfilment order as last heard of."""

    id: str
    order: str
    node: str
    state: str


@dataclass(slots=True)
class Replayed:
    """An order folded from its events: units per stage of each line, holds, and the status last told."""

    lines: dict[str, Mapping[str, int]] = field(default_factory=dict)
    holds: list[str] = field(default_factory=list)

    def at(self, stage: str) -> dict[str, int]:
        """Units at the stage, by line, where there are any."""
        return {line: stages[stage] for line, stages in self.lines.items() if stages.get(stage)}

    @property
    def status(self) -> str:
        """What its events come to."""
        counts = (Counts(**stages) for stages in self.lines.values())
        return str(order_status(counts, on_hold=bool(self.holds)).value)


class News:
    """The feed, read as it grows."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._after = 0
        self.jobs: dict[str, Job] = {}
        self.orders: dict[str, Replayed] = defaultdict(Replayed)
        self.events: list[Json] = []
        """Those of orders."""

    def hear(self) -> list[Json]:
        """What is new about orders."""
        fresh = [event for event in self._pages() if event["subject"] == "order"]
        for event in fresh:
            self._fold(event)
        self.events += fresh
        return fresh

    def _pages(self) -> Iterator[Json]:
        while True:
            page = self._desk.get(OFFICE, "/v1/events", after=self._after, limit=PAGE)
            if not page or not page["items"]:
                return
            self._after = page["next"]
            yield from page["items"]

    def _fold(self, event: Json) -> None:
        data, order = event["data"], event["subject_id"]
        self.orders[order].lines |= data.get("lines", {})
        if "holds" in data:
            self.orders[order].holds = data["holds"]
        id = data.get("fulfilment_order", "")
        state = event["type"].removeprefix(JOB)
        if event["type"].startswith(JOB) and state in STATES:
            self.jobs[id] = Job(id, order, data["node"], state)

    def nodes(self, *states: str) -> list[str]:
        """The nodes with a fulfilment order in one of these states."""
        return sorted({job.node for job in self.jobs.values() if job.state in states})

    def in_state(self, *states: str) -> list[Job]:
        """The fulfilment orders in one of these states."""
        return [job for job in self.jobs.values() if job.state in states]
