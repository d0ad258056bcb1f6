"""A shipment: one parcel that a node hands over for one fulfilment order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from oms.fulfilment.job import Fulfilment
from oms.refusals import Code, refuse
from oms.returns.disposing import Inspected, PutAway, disposed
from oms.shipments.lifecycle import NOT_LEFT, SHIPMENT, ShipmentEvent, ShipmentState


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    """Units of one picked line in the parcel; ``inspected`` of them came back and have a disposition."""

    line_id: str
    sku: str
    quantity: int
    inspected: int = 0

    @property
    def uninspected(self) -> int:
        """Of a parcel that came back: units that have no disposition yet."""
        return self.quantity - self.inspected

    def looked_at(self, units: int) -> ShipmentLine:
        """The line once so many more of its units have a disposition."""
        return replace(self, inspected=self.inspected + units)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is packed together. Grams and millimetres; None where nobody measured."""

    lines: tuple[ShipmentLine, ...]
    weight_g: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    carrier: str = ""
    tracking_reference: str = ""


@dataclass(frozen=True, slots=True)
class Shipment:
    """A parcel and what became of it. ``no`` counts within the fulfilment order; ``instants``: when each
    state was first known, as it occurred. ``manifest_id``: the list it was handed to the carrier with;
    ``return_node``: the one that took it back from him.
    """

    order_id: str
    fulfilment_order_id: str
    no: int
    node: str
    state: ShipmentState
    parcel: Parcel
    created_at: datetime
    manifest_id: str | None = None
    return_node: str | None = None
    instants: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.fulfilment_order_id}-p{self.no}"

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.parcel.lines)

    def after(self, event: ShipmentEvent, at: datetime) -> Shipment:
        """The shipment once this has happened. Raises Refused illegal_transition."""
        state = SHIPMENT.step(self.state, event)
        instants = {**self.instants, state.value: self.instants.get(state.value, at)}
        return replace(self, state=state, instants=instants)

    def taken_back(self, node: str | None, at: datetime) -> Shipment:
        """The shipment once its carrier brought it back, to the node it left unless another is named. Raises
        Refused illegal_transition.
        """
        return replace(self.after(ShipmentEvent.TAKE_BACK, at), return_node=node or self.node)

    def inspected(self, found: Sequence[Inspected]) -> tuple[Shipment, tuple[PutAway, ...]]:
        """The shipment once units that came back have their disposition, and where they went. Raises Refused:
        illegal_transition unless a carrier brought it back, unknown_line, bad_quantity.
        """
        if self.return_node is None:
            detail = "Nothing of this shipment is to be inspected: no carrier has brought it back"
            raise refuse(Code.ILLEGAL_TRANSITION, detail, state=self.state.value)
        lines, put = disposed(self.parcel.lines, found, self.return_node, "shipment")
        return replace(self, parcel=replace(self.parcel, lines=lines)), put

    def labelled(self, carrier: str, tracking_reference: str, at: datetime) -> Shipment:
        """The shipment with its label. Raises Refused illegal_transition once it has left."""
        named = replace(self.parcel, carrier=carrier, tracking_reference=tracking_reference)
        return replace(self.after(ShipmentEvent.LABEL, at), parcel=named)


def made(job: Fulfilment, parcels: Sequence[Parcel], at: datetime) -> tuple[Shipment, ...]:
    """The shipments of a fulfilment order as packed; those that have a tracking reference are labelled."""
    state = ShipmentState.CREATED
    fresh = [
        Shipment(job.order_id, job.id, no, job.node, state, parcel, at, instants={state.value: at})
        for no, parcel in enumerate(parcels, 1)
    ]
    return tuple(
        one.after(ShipmentEvent.LABEL, at) if one.parcel.tracking_reference else one for one in fresh
    )


def following(shipments: Sequence[Shipment], job: Fulfilment, at: datetime) -> tuple[Shipment, ...]:
    """Those that change when less of the fulfilment order is wanted: units leave the last parcels first,
    and a parcel of which nothing is left is cancelled.
    """
    spare = {line.line_id: 0 for one in shipments for line in one.parcel.lines}
    for one in shipments:
        for part in one.parcel.lines if one.state in NOT_LEFT else ():
            spare[part.line_id] += part.quantity
    for line in job.lines:
        spare[line.line_id] = spare.get(line.line_id, 0) - line.wanted - line.collected
    changed = []
    for one in reversed(shipments):
        if one.state not in NOT_LEFT:
            continue
        lines = []
        for part in one.parcel.lines:
            units = min(max(spare[part.line_id], 0), part.quantity)
            spare[part.line_id] -= units
            lines.append(replace(part, quantity=part.quantity - units))
        kept = tuple(part for part in lines if part.quantity)
        if kept != one.parcel.lines:
            less = replace(one, parcel=replace(one.parcel, lines=kept)) if kept else one
            changed.append(less if kept else one.after(ShipmentEvent.CANCEL, at))
    return tuple(reversed(changed))
