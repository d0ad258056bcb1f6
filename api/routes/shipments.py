"""Parcels: packed, labelled, handed over to a carrier, and followed to their end."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.guard import routes
from api.wire import shipments as wire
from api.wire.base import Id
from api.wire.inspecting import InspectBody
from oms.shipments.lifecycle import ShipmentEvent
from oms.shipments.shipment import Parcel, ShipmentLine
from oms.shipments.tracking import Fact
from oms.usecases import handing_over, packing, shipment_returns, tracking
from oms.usecases.handing_over import Manifest
from oms.usecases.tracking import Said

router: APIRouter = routes("fulfilment")

OneId = Annotated[Id, Path()]


@router.post("/v1/fulfilment-orders/{id}/pack", response_model=wire.PackedShown)
def pack(
    id: OneId, body: wire.PackBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Put what was picked into parcels. It is then ready for the carrier or the courier; what is collected
    at this store is ready together with the rest of its order. What is to be held for the rest of its order
    is packed only for a reason (`despite_hold`).
    """
    parcels = None if body.parcels is None else tuple(_parcel(one) for one in body.parcels)
    wish = packing.Packing(parcels, body.despite_hold)
    return answer(packing.pack(running, caller, request, id, wish))


@router.get("/v1/fulfilment-orders/{id}/shipments", response_model=wire.PackedShown)
def list_shipments(id: OneId, caller: Caller, running: Running) -> Response:
    """A fulfilment order with its parcels."""
    return reply(packing.read_shipments(running, caller, id))


@router.post("/v1/fulfilment-orders/{id}/hand-over", response_model=wire.PackedShown)
def hand_over(id: OneId, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """The carrier took its parcels. Their units leave the shelf in the books; those for a store's counter
    travel as a transfer and stay held for their order.
    """
    return answer(handing_over.hand_over_one(running, caller, request, id))


@router.post("/v1/nodes/{id}/manifests", status_code=201, response_model=wire.ManifestShown)
def make_manifest(
    id: OneId, body: wire.ManifestBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """The carrier took all that was ready for him, or what is named."""
    named = None if body.fulfilment_orders is None else tuple(body.fulfilment_orders)
    wish = Manifest(id, body.carrier, named)
    return answer(handing_over.make_manifest(running, caller, request, wish))


@router.get("/v1/shipments/{id}", response_model=wire.ShipmentView)
def get_shipment(id: OneId, caller: Caller, running: Running) -> Response:
    """A parcel with what its carrier said."""
    return reply(packing.read_shipment(running, caller, id))


@router.post("/v1/shipments/{id}/label", response_model=wire.ShipmentShown)
def label(
    id: OneId, body: wire.LabelBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Give a parcel its label, or another, while it has not left."""
    return answer(packing.label(running, caller, request, id, body.carrier, body.tracking_reference))


@router.post("/v1/shipments/{id}/events", response_model=wire.EventsAnswer)
def carrier_said(
    id: OneId, body: wire.CarrierEventsBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """What the carrier says, in any order, late, or twice; each event gets its answer."""
    said = [
        Said(Fact(one.id, ShipmentEvent(one.kind), one.occurred_at, one.note), one.node)
        for one in body.events
    ]
    return answer(tracking.carrier_said(running, caller, request, id, said))


@router.post("/v1/shipments/{id}/inspect", response_model=wire.ShipmentShown)
def inspect_shipment(
    id: OneId, body: InspectBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Say what becomes of units that the carrier brought back; what is restocked is for sale at once."""
    found, reason = body.found(), body.reason or ""
    return answer(shipment_returns.inspect_shipment(running, caller, request, id, found, reason))


def _parcel(one: wire.ParcelBody) -> Parcel:
    lines = tuple(ShipmentLine(line.id, "", line.quantity) for line in one.lines)
    measures = (one.weight_g, one.length_mm, one.width_mm, one.height_mm)
    return Parcel(lines, *measures, carrier=one.carrier, tracking_reference=one.tracking_reference)
