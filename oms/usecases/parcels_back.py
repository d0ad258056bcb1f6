"""What carriers could not deliver: a parcel that came back is unpacked, and its units are sold again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from inventory import places, stock
from inventory.ledger_read import came_back_to
from inventory.movements import Cause, Move, Note
from inventory.places import Area
from oms.actors import Actor
from oms.at_work import lock
from oms.bootstrap import Runtime
from oms.courier.bringing_back import Inspected
from oms.recording import record
from oms.refusals import Code, Fault, not_found, refuse
from oms.returns.inspecting import place_of
from oms.shipments.lifecycle import ShipmentState
from oms.shipments.shipment import Shipment
from oms.store.shipments import order_of_shipment, save_shipments, shipment_of
from oms.usecases.stock import report_displaced
from oms.views.shipments import shipment_view
from oms.work import Answer, RequestKey, Work, answer_once

INSPECTED = "inspected"
"""Among a shipment's instants: when its units left inspection."""


def inspect_shipment(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, found: Sequence[Inspected]
) -> Answer:
    """All units of a parcel that came back find their disposition, once; restocked ones are for sale at once.
    Raises Refused: not_found, illegal_transition, unknown_line, bad_quantity.
    """
    return answer_once(runtime, actor, key, lambda work: Answer.of(200, _inspected(work, id, found)))


def _inspected(work: Work, id: str, found: Sequence[Inspected]) -> object:
    order_id = order_of_shipment(work.conn, id)
    if order_id is None:
        raise not_found("shipment")
    order = lock(work, order_id)
    one = shipment_of(work.conn, id)
    assert one is not None, "a shipment stays with its order"
    node = came_back_to(work.conn, one.parcel.lines[0].sku, one.id) or one.node
    work.actor.must_see(work.actor.may_node(node), "shipment")
    if one.state is not ShipmentState.RETURNED or INSPECTED in one.instants:
        said = "was inspected before" if INSPECTED in one.instants else "did not come back"
        raise refuse(Code.ILLEGAL_TRANSITION, f"This parcel {said}", state=one.state.value)
    _whole(one, found)
    report = stock.record(work.conn, work.at, _moves(work, one, node, found))
    report_displaced(work, report.displaced)
    after = replace(one, instants={**one.instants, INSPECTED: work.at})
    save_shipments(work.conn, [after])
    units = [{"line": u.line_id, "quantity": u.quantity, "disposition": u.disposition.value} for u in found]
    data = {"shipment": one.id, "fulfilment_order": one.fulfilment_order_id, "node": node, "units": units}
    record(work, order, order, "shipment.inspected", data)
    return shipment_view(after)


def _whole(one: Shipment, found: Sequence[Inspected]) -> None:
    """Raises Refused unless every unit of the parcel is named once, and nothing else."""
    inside = {line.line_id: line.quantity for line in one.parcel.lines}
    named = Counter[str]()
    for place, each in enumerate(found):
        if each.line_id not in inside:
            fault = Fault(f"/lines/{place}/id", Code.UNKNOWN_LINE, "The parcel has no such line")
            raise refuse(Code.UNKNOWN_LINE, "The parcel has no such line", fault)
        named[each.line_id] += each.quantity
    faults = [
        Fault("/lines", Code.BAD_QUANTITY, f"Of line {line} {units} units came back")
        for line, units in inside.items()
        if named[line] != units
    ]
    if faults:
        raise refuse(Code.BAD_QUANTITY, "Say of every unit in the parcel what becomes of it", *faults)


def _moves(work: Work, one: Shipment, node: str, found: Sequence[Inspected]) -> list[Move]:
    skus = {line.line_id: line.sku for line in one.parcel.lines}
    source, note = places.in_area(node, Area.INSPECTION), Note(reference=one.id, actor=work.actor.key_id)
    cause = Cause.DISPOSITION
    return [
        Move(skus[each.line_id], each.quantity, source, place_of(node, each.disposition), cause, note)
        for each in found
    ]
