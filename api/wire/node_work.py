"""Bodies of the work of nodes: fulfilment orders, what is done with them, holds, answers to promises."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field, model_validator

from api.wire.base import Id, Instant, Text, Wire, Word
from api.wire.checkout import LineId, Method
from api.wire.order_changes import Through
from api.wire.orders import PlacedOrder
from oms.fulfilment.lifecycle import FulfilmentState

State = Literal[
    "scheduled",
    "offered",
    "accepted",
    "picking",
    "picked",
    "packed",
    "ready_for_carrier",
    "ready_for_courier",
    "ready_for_pickup",
    "handed_over",
    "completed",
    "rejected",
    "expired",
    "cancelled",
]
assert set(get_args(State)) == {state.value for state in FulfilmentState}


class FulfilmentOrderLine(Wire):
    """Units of one picked line; ``wanted`` are those still to be handed over."""

    line_id: str
    sku: str
    parcel: int
    quantity: int
    wanted: int
    cancelled: int
    picked: int
    short: int
    put_back: int


class FulfilmentOrder(Wire):
    """What one node does for one order; ``possible``: what may happen to it next."""

    id: str
    order_id: str
    node: str
    to_node: str | None
    method: Method
    state: State
    version: int
    on_hold: bool
    reason: str
    replaces: str | None
    pick_list_id: str | None
    must_leave_by: Instant
    arrive_at: Instant
    offer_expires_at: Instant | None
    units: int
    lines: list[FulfilmentOrderLine]
    instants: dict[str, Instant]
    possible: list[str]


class QueuedOrder(FulfilmentOrder):
    """One in a node's queue: ``minutes`` of work; ``risk``: `tight` when hardly more time is left than that
    until it must leave, `late` when less.
    """

    promise_to: Instant | None
    minutes: float
    risk: Literal["none", "tight", "late"]


class QueuePage(Wire):
    """A page of a node's queue; what must leave first comes first."""

    items: list[QueuedOrder]
    next: str | None


class AcceptAsk(Through):
    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class RejectAsk(Through):
    """``lines``: the picked lines the reason is about, where it is not about all of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "no_staff"}]})

    reason: Word
    note: Text = ""
    lines: Annotated[list[LineId], Field(max_length=200)] = []


class HoldAsk(Through):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "customer called"}]})

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class ReleaseAsk(Through):
    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class CancelWorkAsk(Through):
    """``reason``: one of those to cancel for in the document `reasons`; left out, the first of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "customer"}]})

    reason: Word | None = None
    note: Text = ""


class MoveAsk(Through):
    model_config = ConfigDict(json_schema_extra={"examples": [{"node": "ST-1"}]})

    node: Id


class WorkFilter(Wire):
    """All that is given has to fit; something has to be given."""

    ids: Annotated[list[Annotated[str, Field(min_length=1, max_length=120)]], Field(max_length=500)] = []
    nodes: Annotated[list[Id], Field(max_length=500)] = []
    states: Annotated[list[State], Field(max_length=14)] = []
    method: Method | None = None
    sku: Id | None = None

    @model_validator(mode="after")
    def _something(self) -> WorkFilter:
        if not (self.ids or self.nodes or self.states or self.method or self.sku):
            raise ValueError("a filter names something")
        return self


class BulkAsk(Through):
    """With ``preview`` nothing changes: the answer is what would become of each."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "hold", "filter": {"nodes": ["ST-1"]}, "reason": "recall", "preview": True}
            ]
        }
    )

    action: Literal["accept", "reject", "cancel", "hold", "release", "move"]
    filter: WorkFilter
    reason: Annotated[str, Field(max_length=200)] = ""
    note: Text = ""
    node: Id | None = None
    preview: bool = False

    @model_validator(mode="after")
    def _complete(self) -> BulkAsk:
        if self.action in ("reject", "hold") and not self.reason:
            raise ValueError("a reject or a hold says why")
        if (self.action == "move") != (self.node is not None):
            raise ValueError("node says where to move it, and only that")
        return self


class BulkResult(Wire):
    id: str
    outcome: Literal["done", "refused"]
    code: str | None
    detail: str | None


class BulkAnswer(Wire):
    """One result for each that was found."""

    preview: bool
    found: int
    done: int
    results: list[BulkResult]


class OrderHoldAsk(Through):
    """``remove`` takes the hold off."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"hold": "fraud"}]})

    hold: Literal["fraud", "payment", "care"]
    remove: bool = False
    note: Text = ""


class PromiseAnswerAsk(Through):
    """The customer agrees to the later promise, or what it makes late is cancelled."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"accept": True}]})

    accept: bool


class HeldOrder(PlacedOrder):
    """The order with the holds on it."""

    holds: list[str]
