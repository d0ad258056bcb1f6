"""Bodies about parcels: packing, labels, manifests, and what carriers say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.wire.base import Id, Instant, Quantity, Text, Wire
from oms.usecases.handing_over import MANIFEST_MOST

MOST_PARCELS = 50
MOST_EVENTS = 100

Grams = Annotated[int, Field(ge=0, le=10_000_000)]
Millimetres = Annotated[int, Field(ge=0, le=100_000)]
Carrier = Annotated[str, Field(max_length=50)]
Reference = Annotated[str, Field(max_length=200)]
EventId = Annotated[str, Field(min_length=1, max_length=200)]


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class ParcelLine(Wire):
    """Units of a line of the fulfilment order."""

    id: Annotated[str, Field(min_length=1, max_length=300)]
    quantity: Quantity


class ParcelBody(Wire):
    """One parcel as packed. Without a weight it weighs what its SKUs say."""

    lines: Annotated[list[ParcelLine], Field(min_length=1, max_length=200)]
    weight_g: Grams | None = None
    length_mm: Millimetres | None = None
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = None
    carrier: Carrier = ""
    tracking_reference: Reference = ""


class PackBody(Wire):
    """The parcels as packed, every wanted unit in exactly one; without them, those of the plan.
    ``despite_hold``: why it leaves although something of its order has no home yet.
    """

    model_config = _example(
        parcels=[{"lines": [{"id": "1", "quantity": 2}], "weight_g": 640, "tracking_reference": "JD0014"}]
    )

    parcels: Annotated[list[ParcelBody], Field(min_length=1, max_length=MOST_PARCELS)] | None = None
    despite_hold: Text = ""


class LabelBody(Wire):
    """The carrier's label of a parcel."""

    model_config = _example(carrier="dhl", tracking_reference="JD0014600003SG")

    carrier: Carrier = ""
    tracking_reference: Annotated[str, Field(min_length=1, max_length=200)]


class ManifestBody(Wire):
    """What a carrier takes from the node: the fulfilment orders named, or all that are ready for him."""

    model_config = _example(carrier="dhl")

    carrier: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    fulfilment_orders: Annotated[list[Id], Field(min_length=1, max_length=MANIFEST_MOST)] | None = None


class CarrierEvent(Wire):
    """What a carrier says happened, under an id of his own. ``node``: who took the goods back, when that is
    not the node that sent them.
    """

    id: EventId
    kind: Literal["in_transit", "out_for_delivery", "attempted", "returning", "delivered", "returned", "lost"]
    occurred_at: Instant
    node: Id | None = None
    note: Text = ""


class CarrierEventsBody(Wire):
    """Events in any order; each may be sent again."""

    model_config = _example(
        events=[{"id": "scan-77", "kind": "delivered", "occurred_at": "2026-01-16T11:02:00+00:00"}]
    )

    events: Annotated[list[CarrierEvent], Field(min_length=1, max_length=MOST_EVENTS)]


class ShipmentLine(Wire):
    """``inspected``: units that came back and have their disposition."""

    id: str
    sku: str
    quantity: int
    inspected: int


class ShipmentShown(Wire):
    """A parcel as it stands; ``instants``: when each state was first reached, as it occurred.
    ``return_node``: where its carrier brought it back to.
    """

    id: str
    order_id: str
    fulfilment_order_id: str
    node: str | None
    state: str
    lines: list[ShipmentLine]
    weight_g: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    carrier: str
    tracking_reference: str
    manifest_id: str | None
    return_node: str | None
    instants: dict[str, Instant]


class EventShown(Wire):
    id: str
    kind: str
    occurred_at: Instant
    note: str


class ShipmentView(ShipmentShown):
    """A parcel with what its carrier said."""

    events: list[EventShown]


class PackedShown(Wire):
    """A fulfilment order with its parcels."""

    id: str
    order_id: str
    node: str
    to_node: str | None
    method: str
    state: str
    shipments: list[ShipmentShown]


class ManifestShown(Wire):
    """What was handed over; ``more``: there was more than fits on one manifest."""

    id: str
    node: str
    carrier: str | None
    fulfilment_orders: list[PackedShown]
    more: bool


class CarrierEventResult(Wire):
    """``code`` says why an event was rejected."""

    id: str
    result: Literal["applied", "duplicate", "superseded", "rejected"]
    code: str | None


class EventsAnswer(Wire):
    """The shipment afterwards, and what became of each event, in the order sent."""

    shipment: ShipmentShown
    results: list[CarrierEventResult]
