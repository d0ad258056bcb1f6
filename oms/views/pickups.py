"""A pickup as the counter and its customer see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from oms.adapters.signer import Signer
from oms.fulfilment.job import Fulfilment
from oms.pickups.lifecycle import WAITING
from oms.pickups.pickup import Pickup
from oms.shipments.lifecycle import NOT_LEFT
from oms.shipments.shipment import Shipment

PICKUP = "pickup"


def pickup_view(
    pickup: Pickup, jobs: Iterable[Fulfilment], shipments: Iterable[Shipment], name: str | None
) -> dict[str, Any]:
    """What lies there, in how many parcels, until when; ``name``: whom it is for, for the counter's eyes."""
    units, skus = Counter[str](), dict[str, str]()
    for job in jobs:
        if job.id in pickup.fulfilment_orders:
            for line in job.lines:
                units[line.line_id] += line.wanted
                skus[line.line_id] = line.sku
    return {
        "id": pickup.id,
        "order_id": pickup.order_id,
        "node": pickup.node,
        "state": pickup.state.value,
        "deadline": pickup.deadline,
        "name": name,
        "lines": [{"id": id, "sku": skus[id], "quantity": quantity} for id, quantity in (+units).items()],
        "parcels": sum(one.state in NOT_LEFT for one in shipments),
        "fulfilment_orders": list(pickup.fulfilment_orders),
        "locked": pickup.locked,
        "instants": dict(pickup.instants),
        "code": None,
        "token": None,
    }


def with_code(document: dict[str, Any], pickup: Pickup, signer: Signer) -> dict[str, Any]:
    """The same for its customer: what opens it at the counter, to be said (code) or scanned (token)."""
    if pickup.state not in WAITING:
        return document
    return document | {"code": signer.code(PICKUP, pickup.id), "token": signer.sign(PICKUP, pickup.id)}
