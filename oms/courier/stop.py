"""A run of a courier, and a stop on it: one address, the goods of one fulfilment order, one attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from oms.courier.lifecycle import RUN, STOP, Outcome, RunEvent, RunState, StopEvent, StopState
from oms.refusals import Code, refuse


@dataclass(frozen=True, slots=True)
class StopLine:
    """Units of one picked line that the courier took along.

    Each of them is ``aboard`` his van, or was ``kept`` by the customer, came ``back`` to a node, is ``lost``,
    or was ``passed`` to the next attempt. ``inspected`` of those that came back have found their disposition.
    """

    line_id: str
    sku: str
    quantity: int
    aboard: int = 0
    kept: int = 0
    back: int = 0
    lost: int = 0
    passed: int = 0
    inspected: int = 0

    def __post_init__(self) -> None:
        parts = (self.aboard, self.kept, self.back, self.lost, self.passed)
        assert min(parts) >= 0 and sum(parts) == self.quantity, "a unit is at one place"
        assert 0 <= self.inspected <= self.back, "what came back is inspected, once"

    @property
    def uninspected(self) -> int:
        """Units that came back and have no disposition yet."""
        return self.back - self.inspected

    def looked_at(self, units: int) -> StopLine:
        """The line once so many more of its units have a disposition."""
        return replace(self, inspected=self.inspected + units)

    def moved(self, target: str, units: int) -> StopLine:
        """The line after so many units left the van: ``target`` is kept, back, lost or passed."""
        assert 0 <= units <= self.aboard, "only what is aboard leaves the van"
        return replace(self, aboard=self.aboard - units, **{target: getattr(self, target) + units})


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop as it stands. ``place``: its place in the run; ``lines`` are known from the pick-up on.

    ``next_step``: what a failed attempt asks for. ``return_node``: where what came back was scanned in.
    ``due_minor`` was to be paid at the door for what was kept, ``collected_minor`` was paid.
    """

    order_id: str
    fulfilment_order: str
    node: str
    attempt: int
    state: StopState
    created_at: datetime
    run_id: str | None = None
    place: int = 0
    outcome: Outcome | None = None
    reason: str = ""
    next_step: str = ""
    return_node: str | None = None
    due_minor: int = 0
    collected_minor: int = 0
    version: int = 1
    instants: Mapping[str, datetime] = field(default_factory=dict)
    lines: tuple[StopLine, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.fulfilment_order}-a{self.attempt}"

    @property
    def aboard(self) -> int:
        """Units in the van."""
        return sum(line.aboard for line in self.lines)

    @property
    def uninspected(self) -> int:
        """Units that came back and have no disposition yet."""
        return sum(line.uninspected for line in self.lines)

    def after(self, event: StopEvent, at: datetime) -> Stop:
        """The stop once this has happened. Raises Refused illegal_transition."""
        state = STOP.step(self.state, event)
        return replace(self, state=state, instants={**self.instants, state.value: at})

    def line(self, line_id: str) -> StopLine | None:
        """The units of a picked line."""
        return next((line for line in self.lines if line.line_id == line_id), None)


@dataclass(frozen=True, slots=True)
class Run:
    """A courier's tour from a node; ``courier`` is the id of his key."""

    id: str
    node: str
    courier: str
    state: RunState
    created_at: datetime
    version: int = 1
    instants: Mapping[str, datetime] = field(default_factory=dict)

    def after(self, event: RunEvent, at: datetime) -> Run:
        """The run once this has happened. Raises Refused illegal_transition."""
        state = RUN.step(self.state, event)
        return replace(self, state=state, instants={**self.instants, state.value: at})


def emptied(run: Run, stops: tuple[Stop, ...], event: RunEvent, at: datetime) -> Run:
    """The run ended or cancelled. Raises Refused illegal_transition while goods are in its van."""
    after = run.after(event, at)
    aboard = {stop.id: stop.aboard for stop in stops if stop.aboard}
    if aboard:
        detail = f"{sum(aboard.values())} units are still in the van: deliver them or bring them back"
        raise refuse(Code.ILLEGAL_TRANSITION, detail, state=run.state.value, aboard=aboard)
    return after
