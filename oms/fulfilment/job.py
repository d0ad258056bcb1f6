"""The work one node does for one order and one method: a fulfilment order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from oms.fulfilment.lifecycle import FULFILMENT, FulfilmentEvent, FulfilmentState
from oms.orders.stages import Stage


@dataclass(frozen=True, slots=True)
class FulfilmentLine:
    """Units of one line in one parcel of the node.

    ``cancelled`` of them are no longer wanted, ``short`` could not be had here; ``picked`` lie in a tote and
    are wanted, ``put_back`` lie in a tote and are not, until somebody puts them back on the shelf;
    ``collected`` were handed out at the counter while others of the fulfilment order stayed there.
    """

    line_id: str
    parcel: int
    sku: str
    quantity: int
    cancelled: int = 0
    picked: int = 0
    short: int = 0
    put_back: int = 0
    collected: int = 0

    @property
    def wanted(self) -> int:
        """Units this node still has to hand over."""
        return self.quantity - self.cancelled - self.short - self.collected

    @property
    def unpicked(self) -> int:
        return self.wanted - self.picked

    def handed_out(self, units: int) -> FulfilmentLine:
        """The line once so many units were collected."""
        assert units <= self.picked, "only what lies there is handed out"
        return replace(self, picked=self.picked - units, collected=self.collected + units)

    def without(self, units: int, short: bool = False) -> FulfilmentLine:
        """The line with so many units fewer, those in no tote first; ``short``: they are not to be had."""
        assert units <= self.wanted, "no more is taken back than is wanted"
        from_tote = max(0, units - self.unpicked)
        return replace(
            self,
            cancelled=self.cancelled + (0 if short else units),
            short=self.short + (units if short else 0),
            picked=self.picked - from_tote,
            put_back=self.put_back + from_tote,
        )


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """A fulfilment order. ``no`` counts within the order; ``replaces`` is the one it was made instead of.

    ``to_node``: the store it goes to when that is another (ship to store). ``instants``: when each state was
    reached first. ``reason``: why it was rejected, cancelled or held. ``on_hold`` stops everything but
    cancelling.
    """

    order_id: str
    no: int
    node: str
    method: str
    state: FulfilmentState
    group_id: str
    ship_at: datetime
    arrive_at: datetime
    created_at: datetime
    cost_minor: int
    lines: tuple[FulfilmentLine, ...]
    replaces: str | None = None
    version: int = 1
    to_node: str | None = None
    on_hold: bool = False
    reason: str = ""
    release_at: datetime | None = None
    offer_expires_at: datetime | None = None
    pick_list_id: str | None = None
    instants: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.order_id}-{self.no}"

    @property
    def wanted(self) -> int:
        """Units of all lines that this node still has to hand over."""
        return sum(line.wanted for line in self.lines)

    def after(self, event: FulfilmentEvent, at: datetime, reason: str = "") -> Fulfilment:
        """The fulfilment order once this has happened. Raises Refused illegal_transition."""
        state = FULFILMENT.step(self.state, event)
        instants = {**self.instants, state.value: self.instants.get(state.value, at)}
        return replace(self, state=state, instants=instants, reason=reason or self.reason)


_STAGE: Mapping[FulfilmentState, Stage] = {
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
"""Where the units of a fulfilment order stand before it is handed over; the least advanced come first."""

AT_THE_NODE: tuple[FulfilmentState, ...] = tuple(_STAGE)


def standing(job: Fulfilment, line_id: str) -> Iterator[tuple[Stage, int]]:
    """Where the wanted units of a line stand while the node has them, the least advanced first: those in a
    tote are picked, however the others stand.
    """
    stage = _STAGE.get(job.state)
    if stage is None:
        return
    lines = [line for line in job.lines if line.line_id == line_id]
    picked = sum(line.picked for line in lines)
    total = sum(line.wanted for line in lines)
    ahead = picked if stage is Stage.PICKING else 0
    if total > ahead:
        yield stage, total - ahead
    if ahead:
        yield Stage.PICKED, ahead
