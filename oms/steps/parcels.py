"""The parcels of a fulfilment order, weighed and written."""

from __future__ import annotations

from collections.abc import Sequence

from inventory.catalogue_read import weights_of
from oms.fulfilment.job import Fulfilment
from oms.shipments.packing import weighed
from oms.shipments.shipment import Parcel, Shipment, made
from oms.store.shipments import insert_shipments
from oms.work import Work


def in_parcels(work: Work, job: Fulfilment, parcels: Sequence[Parcel]) -> tuple[Shipment, ...]:
    """The shipments of a fulfilment order, written; who weighed nothing gets the weight of the SKUs."""
    weights = weights_of(work.conn, [line.sku for line in job.lines])
    shipments = made(job, [weighed(parcel, weights) for parcel in parcels], work.at)
    insert_shipments(work.conn, shipments)
    return shipments
