"""Goods on their way: announced by suppliers, and moved between nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from inventory import stock_inbound, stock_inspection, stock_shipping, stock_transfers
from inventory.documents import Announcement, Receipt, ShipRequest, TransferRequest, document_of
from inventory.movements import Note
from inventory.outcomes import Closed, Conflict, Insufficient, Unknown
from inventory.places import Area
from inventory.read_documents import InboundShown, TransferShown, inbounds, transfers
from inventory.stock_inspection import Disposed, TooMany
from oms.actors import Actor
from oms.refusals import Code, Fault, not_found, refuse
from oms.returns.lifecycle import Disposition
from oms.steps.arriving import arrived, awaited
from oms.usecases.stock import report_displaced
from oms.work import Work


@dataclass(frozen=True, slots=True)
class Verdicts:
    """(SKU, units, what becomes of them) of a delivery in inspection; ``reference`` names the inspection
    elsewhere.
    """

    lines: tuple[tuple[str, int, Disposition], ...]
    reference: str = ""


def announce(work: Work, wanted: Announcement) -> InboundShown:
    """A supplier will deliver. Raises Refused: forbidden, unknown_node, unknown_sku, already_exists,
    illegal_transition."""
    work.actor.require_node(wanted.node)
    (outcome,) = stock_inbound.announce(work.conn, work.at, [wanted])
    _refuse(outcome, [sku for sku, _ in wanted.lines])
    work.emit("inbound.announced", "inbound", wanted.id, {"node": wanted.node, "eta": wanted.eta.isoformat()})
    return get_inbound(work, wanted.id)


def receive_inbound(work: Work, receipt: Receipt) -> InboundShown:
    """Units of an announcement arrived. Raises Refused: not_found, unknown_sku, illegal_transition."""
    get_inbound(work, receipt.id)
    report = stock_inbound.receive_inbound(work.conn, work.at, [receipt])
    _refuse(report.outcomes[0], [line.sku for line in receipt.lines])
    report_displaced(work, report.displaced)
    work.emit("inbound.received", "inbound", receipt.id, _units(receipt))
    return get_inbound(work, receipt.id)


def inspect_inbound(work: Work, id: str, found: Verdicts) -> InboundShown:
    """Units in inspection find their disposition. Raises Refused: not_found, forbidden, unknown_sku,
    bad_quantity.
    """
    work.actor.require_node(get_inbound(work, id).node, "path/id")
    _inspected(work, id, id, found)
    work.emit("inbound.inspected", "inbound", id, _verdicts(found))
    return get_inbound(work, id)


def get_inbound(work: Work, id: str) -> InboundShown:
    """Raises Refused: not_found, also for one of another's node."""
    found = inbounds(work.conn, id=id, nodes=_seen(work.actor))
    if not found:
        raise not_found("inbound document")
    return found[0]


def plan_transfer(work: Work, wanted: TransferRequest) -> TransferShown:
    """Hold units at one node for another. Raises Refused: forbidden, unknown_node, unknown_sku,
    insufficient_stock, already_exists."""
    work.actor.require_node(wanted.from_node, "/from_node")
    (outcome,) = stock_transfers.plan_transfers(work.conn, work.at, [wanted])
    _refuse(outcome, [line.sku for line in wanted.lines])
    data = {"from_node": wanted.from_node, "to_node": wanted.to_node}
    work.emit("transfer.planned", "transfer", wanted.id, data)
    return get_transfer(work, wanted.id)


def ship_transfer(work: Work, request: ShipRequest) -> TransferShown:
    """The units left. Raises Refused: not_found, forbidden, insufficient_stock, illegal_transition."""
    work.actor.require_node(get_transfer(work, request.id).from_node, "path/id")
    (outcome,) = stock_shipping.ship(work.conn, work.at, [request])
    _refuse(outcome, [])
    work.emit("transfer.shipped", "transfer", request.id, {})
    return get_transfer(work, request.id)


def receive_transfer(work: Work, receipt: Receipt, whole: bool = False) -> TransferShown:
    """Units arrived at the other end; an order they travel for follows. ``whole``: all that left and had not
    arrived yet, so nothing more will come. Raises Refused: not_found, forbidden, unknown_sku,
    illegal_transition."""
    work.actor.require_node(get_transfer(work, receipt.id).to_node, "path/id")
    coming = awaited(work, receipt.id)
    if whole:
        receipt = replace(receipt, lines=stock_transfers.on_the_road(work.conn, receipt.id), close=True)
    report = stock_transfers.receive_transfers(work.conn, work.at, [receipt])
    _refuse(report.outcomes[0], [line.sku for line in receipt.lines])
    if coming is not None:
        arrived(work, coming, report.displaced)
    report_displaced(work, report.displaced)
    work.emit("transfer.received", "transfer", receipt.id, _units(receipt))
    return get_transfer(work, receipt.id)


def inspect_transfer(work: Work, id: str, found: Verdicts) -> TransferShown:
    """Units in the receiving node's inspection find their disposition. Raises Refused: not_found, forbidden,
    unknown_sku, bad_quantity.
    """
    work.actor.require_node(get_transfer(work, id).to_node, "path/id")
    _inspected(work, id, document_of(id), found)
    work.emit("transfer.inspected", "transfer", id, _verdicts(found))
    return get_transfer(work, id)


def cancel_transfer(work: Work, id: str) -> TransferShown:
    """It will not leave. Raises Refused: not_found, forbidden, illegal_transition."""
    work.actor.require_node(get_transfer(work, id).from_node, "path/id")
    (outcome,) = stock_transfers.cancel_transfers(work.conn, work.at, [id])
    _refuse(outcome, [])
    work.emit("transfer.cancelled", "transfer", id, {})
    return get_transfer(work, id)


def get_transfer(work: Work, id: str) -> TransferShown:
    """Raises Refused: not_found, also for one between others' nodes."""
    found = transfers(work.conn, id=id, nodes=_seen(work.actor))
    if not found:
        raise not_found("transfer")
    return found[0]


def _inspected(work: Work, id: str, document: str, found: Verdicts) -> None:
    lines = [Disposed(sku, units, _AREAS[disposition]) for sku, units, disposition in found.lines]
    note = Note(reference=found.reference or id, actor=work.actor.key_id)
    report = stock_inspection.inspect(work.conn, work.at, document, lines, note)
    (outcome,) = report.outcomes
    if isinstance(outcome, TooMany):
        detail = f"{outcome.waiting} units of this SKU wait in inspection"
        fault = Fault(f"/lines/{outcome.place}/quantity", Code.BAD_QUANTITY, detail)
        raise refuse(Code.BAD_QUANTITY, detail, fault)
    if isinstance(outcome, Unknown) and outcome.what == "inbound":
        detail = "Nothing of it has arrived yet"
        raise refuse(Code.ILLEGAL_TRANSITION, detail)
    _refuse(outcome, [line.sku for line in lines])
    report_displaced(work, report.displaced)


_AREAS: Mapping[Disposition, Area | None] = {
    Disposition.RESTOCK: Area.SHELF,
    Disposition.REFURBISH: Area.DAMAGED,
    Disposition.DAMAGED: Area.DAMAGED,
    Disposition.SCRAP: None,
}
"""Where units go from inspection; None: to scrap."""


def _verdicts(found: Verdicts) -> dict[str, Any]:
    return {
        "lines": [
            {"sku": sku, "quantity": units, "disposition": disposition.value}
            for sku, units, disposition in found.lines
        ]
    }


def _seen(actor: Actor) -> list[str] | None:
    return None if actor.nodes is None else sorted(actor.nodes)


def _units(receipt: Receipt) -> dict[str, Any]:
    units = [{"sku": line.sku, "quantity": line.quantity, "area": line.area.value} for line in receipt.lines]
    return {"lines": units, "closed": receipt.close}


def _refuse(outcome: object, skus: Sequence[str]) -> None:
    """Turn an outcome that says no into its refusal; `skus` are those of the body's lines, in order."""
    match outcome:
        case Unknown(what="sku", ids=ids):
            faults = [
                Fault(f"/lines/{place}/sku", Code.UNKNOWN_SKU, "There is no such SKU")
                for place, sku in enumerate(skus)
                if sku in ids
            ]
            raise refuse(Code.UNKNOWN_SKU, "Some lines name SKUs that do not exist", *faults)
        case Unknown(what="node"):
            raise refuse(Code.UNKNOWN_NODE, "There is no such node")
        case Unknown(what="group"):
            raise refuse(Code.UNKNOWN_RESERVATION, "There is no such reservation")
        case Unknown():
            raise not_found("document")
        case Conflict():
            raise refuse(Code.ALREADY_EXISTS, "A document with this id and other content exists")
        case Closed(state=state):
            raise refuse(Code.ILLEGAL_TRANSITION, f"The document is {state}", state=state)
        case Insufficient(shortages=shortages):
            faults = [
                Fault(f"/lines/{s.line_id}", Code.INSUFFICIENT_STOCK, f"{s.available} of {s.wanted} units")
                for s in shortages
            ]
            raise refuse(Code.INSUFFICIENT_STOCK, "The sending node has too few units", *faults)
