"""A pickup: what one order lets its customer collect at one counter, once all of it lies there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from oms.pickups.lifecycle import PICKUP, WAITING, PickupEvent, PickupState

WRONG_CODES_MOST = 5
"""After so many wrong codes in a row, only the token (the QR code) opens the pickup."""


@dataclass(frozen=True, slots=True)
class Pickup:
    """``no`` counts within the order; ``fulfilment_orders`` are those that lie there for it. ``deadline``:
    when the goods go back for sale. ``instants``: when each state was first reached.
    """

    order_id: str
    no: int
    node: str
    state: PickupState
    created_at: datetime
    fulfilment_orders: tuple[str, ...] = ()
    deadline: datetime | None = None
    wrong_codes: int = 0
    version: int = 1
    instants: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.order_id}-c{self.no}"

    def after(self, event: PickupEvent, at: datetime) -> Pickup:
        """The pickup once this has happened. Raises Refused illegal_transition."""
        state = PICKUP.step(self.state, event)
        instants = {**self.instants, state.value: self.instants.get(state.value, at)}
        return replace(self, state=state, instants=instants)

    def ready(self, at: datetime, collection: timedelta) -> Pickup:
        """All of it lies there: from now on it can be collected, until the deadline."""
        return replace(self.after(PickupEvent.MAKE_READY, at), deadline=at + collection)

    def mistaken(self) -> Pickup:
        """A wrong code was said."""
        return replace(self, wrong_codes=self.wrong_codes + 1)

    def overdue(self, at: datetime, grace: timedelta) -> bool:
        """Whether nobody came in time; who has come has the grace on top."""
        if self.deadline is None or self.state not in WAITING:
            return False
        return self.deadline + (grace if self.state is not PickupState.READY else timedelta()) <= at

    @property
    def locked(self) -> bool:
        """Whether too many wrong codes were said for another to be heard."""
        return self.wrong_codes >= WRONG_CODES_MOST


def opened(order_id: str, no: int, node: str, at: datetime) -> Pickup:
    """A new pickup; what it is for is still being brought together."""
    state = PickupState.PREPARING
    return Pickup(order_id, no, node, state, at, instants={state.value: at})
