"""Bodies of couriers' runs, stops and events."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.wire.base import Count, Id, Instant, Latitude, Longitude, Money, Text, Wire, Word

STOPS_MAX = 100
EVENTS_MAX = 200
LINES_MAX = 1_000

LineId = Annotated[str, Field(min_length=1, max_length=200, examples=["1"])]
"""A line as picked: for a kit, one of its components."""
MadeId = Annotated[
    str, Field(min_length=1, max_length=130, pattern=r"^[^\x00-\x20/:]+$", examples=["1001-1"])
]
"""An id made from an order's: of a fulfilment order, or of a stop."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
EventType = Literal[
    "accepted",
    "declined",
    "en_route_to_pickup",
    "arrived_at_pickup",
    "picked_up",
    "en_route_to_dropoff",
    "arrived_at_dropoff",
    "completed",
    "returning",
    "arrived_at_return",
    "returned",
]
RunState = Literal["planned", "started", "ended", "cancelled"]


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class RunBody(Wire):
    """A tour of a courier from a node. Without ``fulfilment_orders``: what is ready there, earliest promise
    first. ``courier`` is the id of a key of role courier.
    """

    model_config = _example(node="N1", courier="key_7", fulfilment_orders=["1001-1", "1002-1"])

    node: Id
    courier: Id
    fulfilment_orders: Annotated[list[MadeId], Field(min_length=1, max_length=STOPS_MAX)] | None = None
    stops_max: Annotated[int, Field(ge=1, le=STOPS_MAX)] = 20


class StopsBody(Wire):
    """``add`` fulfilment orders, ``remove`` stops of this run, ``take`` stops over from other runs, all
    before their goods are picked up.
    """

    model_config = _example(add=["1003-1"], remove=["1001-1-a1"])

    add: Annotated[list[MadeId], Field(max_length=STOPS_MAX)] = []
    remove: Annotated[list[MadeId], Field(max_length=STOPS_MAX)] = []
    take: Annotated[list[MadeId], Field(max_length=STOPS_MAX)] = []


class UnitsOfLine(Wire):
    id: LineId
    quantity: Count


class PaymentTaken(Wire):
    """Money taken at the door, in the order's currency."""

    method: Word
    amount_minor: Money
    reference: Annotated[str, Field(max_length=200)] = ""


class Proof(Wire):
    """What shows that the goods were handed over; pictures are named by the SHA-256 of their bytes, which
    come up by themselves, before or after.
    """

    signature: Sha256 | None = None
    photo: Sha256 | None = None
    barcode: Annotated[str, Field(max_length=200)] | None = None
    pin: Literal["checked"] | None = None
    age: Literal["checked"] | None = None


class Position(Wire):
    lat: Latitude
    lon: Longitude
    accuracy_m: Annotated[int, Field(ge=0, le=100_000)] | None = None


class CourierEvent(Wire):
    """Something that happened at a stop. ``event_id`` is made by the phone, once per happening.

    ``lines``: the units kept, with ``completed``; the units scanned in, with ``returned``, at ``node``.
    """

    event_id: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
    stop: MadeId
    type: EventType
    occurred_at: Instant
    outcome: Literal["delivered", "partially_accepted", "refused", "failed_attempt"] | None = None
    reason: Word | None = None
    note: Text = ""
    lines: Annotated[list[UnitsOfLine], Field(max_length=LINES_MAX)] | None = None
    payment: PaymentTaken | None = None
    proof: Proof | None = None
    position: Position | None = None
    node: Id | None = None


class CourierEventsBody(Wire):
    """What a phone gathered, in any order; what it is not sure to have sent, again."""

    model_config = _example(
        events=[
            {
                "event_id": "0190f3f2-6f0e-7c61-9f0a-2f4c1d3e5a77",
                "stop": "1001-1-a1",
                "type": "completed",
                "occurred_at": "2026-01-13T17:42:10+00:00",
                "outcome": "partially_accepted",
                "reason": "refused_other",
                "lines": [{"id": "1", "quantity": 1}],
                "payment": {"method": "cash", "amount_minor": 1299},
            }
        ]
    )

    events: Annotated[list[CourierEvent], Field(min_length=1, max_length=EVENTS_MAX)]


class ReceiveBody(Wire):
    """What the courier brought back, scanned in at ``node`` (the stop's own when left out). Without ``lines``
    all of it; what is missing is lost, for a ``reason``.
    """

    model_config = _example(node="N1", lines=[{"id": "1", "quantity": 1}])

    node: Id | None = None
    lines: Annotated[list[UnitsOfLine], Field(max_length=LINES_MAX)] | None = None
    reason: Word | None = None


class DecideBody(Wire):
    """What a failed attempt leads to: another one, or the goods' way back."""

    model_config = _example(next_step="return", reason="customer")

    next_step: Literal["retry", "return"]
    reason: Word | None = None


class EventFault(Wire):
    pointer: str
    code: str
    detail: str


class CourierEventResult(Wire):
    """``first``: what a duplicate was answered the first time. ``state``: of the stop, now. A rejected event
    changed nothing and may be sent again.
    """

    event_id: str
    result: Literal["applied", "duplicate", "superseded", "rejected"]
    first: Literal["applied", "superseded"] | None
    state: str | None
    code: str | None
    detail: str | None
    errors: list[EventFault]


class EventResults(Wire):
    """One result per event, in the order they were sent."""

    results: list[CourierEventResult]


class StopWindow(Wire):
    from_: Annotated[Instant | None, Field(alias="from")]
    to: Instant


class StopDestination(Wire):
    name: str | None
    street: str | None
    city: str | None
    postcode: str
    country: str
    lat: float | None
    lon: float | None


class StopLineShown(Wire):
    """Units by where they are: in the van, with the customer, back at a node, lost, on the next attempt."""

    id: str
    sku: str
    quantity: int
    aboard: int
    kept: int
    back: int
    lost: int
    passed: int
    inspected: int


class PictureShown(Wire):
    """A picture taken at the door that has come up."""

    sha256: str
    media_type: str
    size_bytes: int
    at: Instant


class StopShown(Wire):
    """``due_minor``: to be paid if all is kept; once completed, what was due for what was kept.
    ``evidence_pending``: SHA-256 of pictures that were named as proof and have not come up yet.
    """

    id: str
    order: str
    fulfilment_order: str
    node: str
    run: str | None
    attempt: int
    place: int
    state: str
    outcome: str | None
    reason: str
    next_step: str
    return_node: str | None
    window: StopWindow | None
    destination: StopDestination | None
    phone: str | None
    currency: str
    due_minor: int
    collected_minor: int
    lines: list[StopLineShown]
    instants: dict[str, Instant]
    proofs: list[PictureShown]
    evidence_pending: list[str]
    version: int


class RunHead(Wire):
    id: str
    node: str
    courier: str
    state: str
    version: int
    created_at: Instant
    instants: dict[str, Instant]


class RunShown(RunHead):
    """``aboard``: units in the van."""

    aboard: int
    stops: list[StopShown]


class RunPage(Wire):
    """A page of runs."""

    items: list[RunHead]
    next: str | None
