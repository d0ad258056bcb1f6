"""The work one node does for one order and one method."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.orders.lifecycle import FulfilmentState


@dataclass(frozen=True, slots=True)
class FulfilmentLine:
    """Units of one line in one parcel of the node; ``cancelled`` of them are no longer wanted."""

    line_id: str
    parcel: int
    sku: str
    quantity: int
    cancelled: int = 0

    @property
    def wanted(self) -> int:
        return self.quantity - self.cancelled


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """A fulfilment order. ``no`` counts within the order; ``replaces`` is the one it was made instead of."""

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

    @property
    def id(self) -> str:
        return f"{self.order_id}-{self.no}"
