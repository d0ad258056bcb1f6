"""The only place where stock words become routing words, and back.

Stock knows SKUs and kits, positions, inbound documents and catalogue order; routing knows lines, arrays in
the network's node order and parcels. Both sides stay ignorant of each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inventory import catalogue as goods
from inventory import requests as holding
from inventory.catalogue import Catalogue, ComponentLine
from inventory.outcomes import Unknown
from inventory.pool import Incoming as Arriving
from oms.fulfilment.layout import PlannedParcel, Taken
from oms.orders.quote import QuotedOption, QuotedParcel, Share, Wanted, Whereabouts
from oms.refusals import Code, Fault, refuse
from routing.network import Network
from routing.network_spec import METHODS
from routing.problem import UNLIMITED
from routing.promise import (
    Basket,
    BasketLine,
    CapacityHold,
    Destination,
    Incoming,
    Option,
    PromisedParcel,
    Stock,
)

Parts = tuple[ComponentLine, ...]
FEW_STATES = 4096


class Ordered(Protocol):
    """A line as somebody orders it."""

    @property
    def id(self) -> str: ...
    @property
    def sku(self) -> str: ...
    @property
    def quantity(self) -> int: ...


def exploded(catalogue: Catalogue, wanted: Sequence[Wanted]) -> Parts:
    """The lines as they are picked, kits as their components. Raises Refused unknown_sku, naming each."""
    unsold = {line.sku for line in wanted if (sku := catalogue.skus.get(line.sku)) is None or not sku.active}
    if unsold:
        faults = [
            Fault(f"/lines/{place}/sku", Code.UNKNOWN_SKU, "No such SKU is for sale")
            for place, line in enumerate(wanted)
            if line.sku in unsold
        ]
        raise refuse(Code.UNKNOWN_SKU, "The basket names SKUs that are not for sale", *faults)
    parts = catalogue.explode([goods.BasketLine(line.id, line.sku, line.quantity) for line in wanted])
    assert not isinstance(parts, Unknown), "every SKU was found, and a kit's components exist"
    return parts


def decided_at_once(catalogue: Catalogue, wanted: Sequence[Ordered]) -> bool:
    """Whether the kernel's states are few enough for about a millisecond; so is a basket refused unseen.

    Larger ones, up to seconds, must not be decided where others wait: in an event loop, or the writer.
    """
    states = 1
    for line in wanted:
        sku = catalogue.skus.get(line.sku)
        if sku is None or not sku.active:
            return True
        for each in (1,) if sku.kit is None else [one.quantity for one in sku.kit.components]:
            states *= line.quantity * each + 1
    return states <= FEW_STATES


def basket(
    catalogue: Catalogue,
    parts: Parts,
    wanted: Sequence[Wanted],
    channel: str,
    currency: str,
    destination: Whereabouts | None,
    pickup_node: str | None,
) -> Basket:
    """What routing is asked to send. Prices are the catalogue's: they decide what delivery costs."""
    sold = {line.id: catalogue.skus[line.sku] for line in wanted}
    priced: set[str] = set()
    lines = []
    for part in parts:
        sku = catalogue.skus[part.sku]
        price = sku.unit_price_minor
        if part.kit is not None:
            # The kit has the price: its first component carries it, so that the goods are worth what is paid.
            kits = next(line.quantity for line in wanted if line.id == part.line_id)
            price = (
                0 if part.line_id in priced else sold[part.line_id].unit_price_minor * kits // part.quantity
            )
            priced.add(part.line_id)
        lines.append(
            BasketLine(
                id=part.id,
                sku=part.sku,
                quantity=part.quantity,
                unit_weight_g=sku.weight_g,
                unit_volume_mm3=sku.length_mm * sku.width_mm * sku.height_mm,
                flags=sku.flags,
                category=sku.category,
                kit=part.kit if part.keep_together else None,
                unit_price_minor=price,
            )
        )
    place = destination and Destination(
        destination.country, destination.postcode, destination.lat, destination.lon
    )
    return Basket(tuple(lines), place or None, pickup_node, channel, currency)


def stock(
    network: Network, parts: Parts, available: NDArray[np.int64], arriving: Sequence[Sequence[Arriving]]
) -> Stock:
    """``available`` [L, N] and ``arriving`` per line, as the network sees them.

    Nodes the network does not route from, because they lack a point, have nothing to give.
    """
    coming = tuple(
        Incoming(part.id, one.node, one.at, one.quantity, one.inbound)
        for part, rows in zip(parts, arriving, strict=True)
        for one in rows
        if one.node in network.index
    )
    return Stock(available, coming)


def planned(option: Option) -> tuple[PlannedParcel, ...]:
    """The parcels of an option, each with its units: from the shelf, or still to come with an inbound."""
    skus = dict(zip(option.problem.line_ids, option.problem.skus, strict=True))
    return tuple(
        PlannedParcel(
            parcel.node,
            parcel.ship_at,
            parcel.arrive_at,
            parcel.cost_minor,
            tuple(_takes(parcel, skus)),
        )
        for parcel in option.parcels
    )


def _takes(parcel: PromisedParcel, skus: Mapping[str, str]) -> Iterable[Taken]:
    coming: dict[str, int] = defaultdict(int)
    for use in parcel.incoming:
        coming[use.line] += use.quantity
        yield Taken(use.line, skus[use.line], use.quantity, use.reference)
    for take in parcel.takes:
        shelf = take.quantity - coming[take.line]
        assert shelf >= 0, "no more is still to come than is taken"
        if shelf:
            yield Taken(take.line, skus[take.line], shelf)


def quoted(option_id: str, option: Option, parts: Parts, backordered: Mapping[str, int]) -> QuotedOption:
    """An option as the customer is shown it: lines as sold. Without a parcel nobody can say when it comes."""
    by_id = {part.id: part for part in parts}

    def share(line: str, quantity: int) -> Share:
        return Share(by_id[line].line_id, by_id[line].sku, quantity)

    return QuotedOption(
        id=option_id,
        method=option.method,
        window_from=option.window_from if option.parcels else None,
        window_to=option.window_to if option.parcels else None,
        order_before=option.order_before if option.parcels else None,
        price_minor=option.customer_price_minor,
        pickup_node=option.pickup_node,
        slot=option.slot if option.parcels else None,
        tags=option.tags,
        parcels=tuple(
            QuotedParcel(
                parcel.node,
                parcel.ship_at,
                parcel.arrive_at,
                tuple(share(take.line, take.quantity) for take in parcel.takes),
            )
            for parcel in option.parcels
        ),
        unfilled=tuple(share(one.line, one.quantity) for one in option.unfilled),
        backordered=tuple(share(line, units) for line, units in backordered.items()),
    )


def lines_to_hold(
    option: Option, parcels: Sequence[PlannedParcel], backordered: Mapping[str, int], parts: Parts
) -> tuple[holding.ReserveLine, ...]:
    """What the plan sets aside: units on shelves, units still to come, units on back-order."""
    units: dict[tuple[str, str, holding.Target], int] = defaultdict(int)
    for parcel in parcels:
        for take in parcel.takes:
            target = holding.Incoming(take.reference) if take.reference else holding.Shelf(parcel.node)
            units[take.line_id, take.sku, target] += take.quantity
    for part in parts:
        if backordered.get(part.id):
            units[part.id, part.sku, holding.Backorder()] += backordered[part.id]
    return tuple(
        holding.ReserveLine(
            line, sku, quantity, target, None if target == holding.Backorder() else option.window_to
        )
        for (line, sku, target), quantity in units.items()
    )


def capacity_to_hold(network: Network, holds: Iterable[CapacityHold]) -> tuple[holding.CapacityLine, ...]:
    """What the plan takes of nodes' days and slots; nobody counts what is unlimited."""
    return tuple(
        holding.CapacityLine(hold.node, hold.date, hold.bucket, hold.quantity, limit)
        for hold in holds
        if (limit := limit_of(network, hold.node, hold.bucket)) != UNLIMITED
    )


def limit_of(network: Network, node: str, bucket: str) -> int:
    """Units a node's day, or a courier slot there, can do at most; UNLIMITED where nobody counts."""
    method, _, slot_id = bucket.partition(":")
    if not slot_id:
        return int(network.limit[METHODS.index(method), network.index[node]])
    slots = [slot for slot in network.spec.slots if slot.id == slot_id and slot.node in (node, "*")]
    limits = [slot.capacity for slot in slots if slot.capacity is not None]
    return min(limits) if limits else UNLIMITED
