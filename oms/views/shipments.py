"""Shipments and the fulfilment orders they leave under, as they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from oms.fulfilment.job import Fulfilment
from oms.shipments.shipment import Shipment
from oms.shipments.tracking import Fact


def shipment_view(one: Shipment) -> dict[str, Any]:
    """A parcel: what is in it, its label, and when each state was reached."""
    parcel = one.parcel
    return {
        "id": one.id,
        "order_id": one.order_id,
        "fulfilment_order_id": one.fulfilment_order_id,
        "node": one.node,
        "state": one.state.value,
        "lines": [
            {"id": line.line_id, "sku": line.sku, "quantity": line.quantity, "inspected": line.inspected}
            for line in parcel.lines
        ],
        "weight_g": parcel.weight_g,
        "length_mm": parcel.length_mm,
        "width_mm": parcel.width_mm,
        "height_mm": parcel.height_mm,
        "carrier": parcel.carrier,
        "tracking_reference": parcel.tracking_reference,
        "manifest_id": one.manifest_id,
        "return_node": one.return_node,
        "instants": dict(one.instants),
    }


def with_events(one: Shipment, facts: Iterable[Fact]) -> dict[str, Any]:
    """A parcel with what its carrier said, as it occurred."""
    said = sorted(facts, key=lambda fact: (fact.occurred_at, fact.id))
    events = [
        {"id": fact.id, "kind": fact.kind.value, "occurred_at": fact.occurred_at, "note": fact.note}
        for fact in said
    ]
    return shipment_view(one) | {"events": events}


def packed_view(job: Fulfilment, shipments: Sequence[Shipment]) -> dict[str, Any]:
    """A fulfilment order with its parcels."""
    return {
        "id": job.id,
        "order_id": job.order_id,
        "node": job.node,
        "to_node": job.to_node,
        "method": job.method,
        "state": job.state.value,
        "shipments": [shipment_view(one) for one in shipments],
    }
