"""Packing slips and labels of a fulfilment order that is packed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC

from sqlalchemy import Connection

from inventory.catalogue_edit import NodeRow
from inventory.catalogue_read import names_of, read_node
from oms.actors import Actor
from oms.adapters.paper import labels, packing_slips
from oms.bootstrap import Runtime
from oms.orders.order import Order
from oms.refusals import Code, not_found, refuse
from oms.shipments.lifecycle import ShipmentState
from oms.shipments.papers import PaperLine, ParcelPaper
from oms.shipments.shipment import Shipment
from oms.store.fulfilments import fulfilment_of
from oms.store.orders import load_order
from oms.store.people import address_of, customer_of
from oms.store.shipments import shipments_of

Printed = Callable[[Sequence[ParcelPaper]], bytes]


def packing_slip(runtime: Runtime, actor: Actor, id: str) -> bytes:
    """A PDF, a slip for each parcel. Raises Refused: not_found, illegal_transition before it is packed."""
    return _printed(runtime, actor, id, packing_slips)


def label(runtime: Runtime, actor: Actor, id: str) -> bytes:
    """A PDF, a label for each parcel. Raises Refused: not_found, illegal_transition before it is packed."""
    return _printed(runtime, actor, id, labels)


def _printed(runtime: Runtime, actor: Actor, id: str, printed: Printed) -> bytes:
    with runtime.engine.connect() as conn:
        job = fulfilment_of(conn, id)
        if job is None or not actor.may_node(job.node):
            raise not_found("fulfilment order")
        parcels = [one for one in shipments_of(conn, [id])[id] if one.state is not ShipmentState.CANCELLED]
        if not parcels:
            raise refuse(
                Code.ILLEGAL_TRANSITION, "Pack it first: there are no parcels", state=job.state.value
            )
        order = load_order(conn, job.order_id)
        assert order is not None
        papers = _papers(conn, order, parcels, job.to_node or (job.node if job.method == "pickup" else None))
    return printed(papers)


def _papers(
    conn: Connection, order: Order, parcels: Sequence[Shipment], counter: str | None
) -> list[ParcelPaper]:
    names = names_of(conn, [line.sku for one in parcels for line in one.parcel.lines])
    recipient = _recipient(conn, order, counter)
    sender = _node(conn, parcels[0].node)
    return [
        ParcelPaper(
            order_id=order.id,
            shipment_id=one.id,
            number=number,
            of=len(parcels),
            ordered_on=order.placed_at.astimezone(UTC).date(),
            method=order.promise.method,
            carrier=one.parcel.carrier,
            tracking_reference=one.parcel.tracking_reference,
            weight_g=one.parcel.weight_g,
            sender=sender,
            recipient=recipient,
            lines=tuple(
                PaperLine(line.sku, names[line.sku], _ordered(order, line.line_id), line.quantity)
                for line in one.parcel.lines
            ),
        )
        for number, one in enumerate(parcels, 1)
    ]


def _ordered(order: Order, line_id: str) -> int:
    line = order.line(line_id)
    return line.ordered if line else 0


def _recipient(conn: Connection, order: Order, counter: str | None) -> tuple[str, ...]:
    """The customer's address; at a counter, the customer's name and the store."""
    if counter is not None:
        who = customer_of(conn, order.customer_id) if order.customer_id else None
        return tuple(filter(None, (who.name if who else None, *_node(conn, counter))))
    where = address_of(conn, order.address_id) if order.address_id else None
    if where is None:
        return ()
    town = " ".join(filter(None, (where.postcode, where.city)))
    return tuple(filter(None, (where.name, where.street, town, where.country)))


def _node(conn: Connection, id: str) -> tuple[str, ...]:
    found = read_node(conn, id)
    row: NodeRow | None = found.row if found else None
    if row is None:
        return (id,)
    return tuple(filter(None, (row.name, id, " ".join(filter(None, (row.postcode, row.country))))))
