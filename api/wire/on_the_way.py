"""Bodies about goods on their way."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.wire.base import DispositionWord, Id, Instant, Quantity, Wire

MOST_LINES = 1_000

Reference = Annotated[str, Field(max_length=200)]


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class InboundLine(Wire):
    sku: Id
    quantity: Quantity


class InboundBody(Wire):
    """A purchase order or advance shipping notice; its units can be promised from `eta` on.

    Sent again with another `eta` it moves; with other lines it is refused.
    """

    model_config = _example(
        id="PO-17", node="N1", eta="2030-01-17T08:00:00+00:00", lines=[{"sku": "A1", "quantity": 40}]
    )

    id: Id
    node: Id
    eta: Instant
    lines: Annotated[list[InboundLine], Field(min_length=1, max_length=MOST_LINES)]
    reference: Reference = ""


class ReceiptLine(Wire):
    """Units that arrived, and where they were put; only those on the shelf are for sale."""

    sku: Id
    quantity: Quantity
    area: Literal["shelf", "inspection", "damaged"] = "shelf"


class ReceiptBody(Wire):
    """A delivery, whole or in part. `close`: nothing more will come."""

    model_config = _example(lines=[{"sku": "A1", "quantity": 38}], close=True)

    lines: Annotated[list[ReceiptLine], Field(max_length=MOST_LINES)]
    close: bool = False
    reference: Reference = ""


class ArrivalBody(Wire):
    """What arrived of a transfer, in part or whole; without lines, all that left, on the shelf, and nothing
    more will come. `close`: nothing more will come.
    """

    model_config = _example(lines=None)

    lines: Annotated[list[ReceiptLine], Field(max_length=MOST_LINES)] | None = None
    close: bool = False
    reference: Reference = ""


class DeliveredUnits(Wire):
    """Units that wait in inspection: for sale again, at the damaged, or thrown away."""

    sku: Id
    quantity: Quantity
    disposition: DispositionWord


class InspectDeliveryBody(Wire):
    """What becomes of units that went to inspection; a SKU stands there once for each disposition."""

    model_config = _example(lines=[{"sku": "A1", "quantity": 2, "disposition": "restock"}])

    lines: Annotated[list[DeliveredUnits], Field(min_length=1, max_length=MOST_LINES)]
    reference: Reference = ""


class InboundLineShown(Wire):
    sku: str
    quantity: int
    received: int
    promised: int
    uninspected: int


class InboundShown(Wire):
    """An announcement as it stands."""

    id: str
    node: str
    eta: Instant
    state: str
    reference: str
    lines: list[InboundLineShown]


class InboundPage(Wire):
    """A page of announcements."""

    items: list[InboundShown]
    next: str | None


class TransferLine(Wire):
    line_id: Id
    sku: Id
    quantity: Quantity


class TransferBody(Wire):
    """Bring units from one node to another. They are held at the sender at once."""

    model_config = _example(
        id="T-5",
        from_node="N1",
        to_node="N2",
        eta="2030-01-17T08:00:00+00:00",
        lines=[{"line_id": "1", "sku": "A1", "quantity": 3}],
    )

    id: Id
    from_node: Id
    to_node: Id
    eta: Instant
    lines: Annotated[list[TransferLine], Field(min_length=1, max_length=MOST_LINES)]
    reference: Reference = ""


class ShipLine(Wire):
    line_id: Id
    quantity: Quantity


class ShipBody(Wire):
    """What left; without lines, all of it. What did not leave is set free."""

    model_config = _example(lines=None)

    lines: Annotated[list[ShipLine], Field(max_length=MOST_LINES)] | None = None


class TransferLineShown(Wire):
    line_id: str
    sku: str
    quantity: int
    shipped: int
    received: int
    uninspected: int


class TransferShown(Wire):
    """A transfer as it stands: planned, shipped, closed or cancelled."""

    id: str
    from_node: str
    to_node: str
    eta: Instant
    state: str
    reference: str
    lines: list[TransferLineShown]


class TransferPage(Wire):
    """A page of transfers."""

    items: list[TransferShown]
    next: str | None
