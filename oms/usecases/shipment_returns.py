"""Parcels that their carriers brought back: inspected at the node that took them."""

from __future__ import annotations

from collections.abc import Sequence

from inventory.movements import Cause, Move, Note
from inventory.stock import record as record_moves
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.returns.disposing import Inspected, told
from oms.steps.recording import record
from oms.store.orders import load_order
from oms.store.shipments import save_shipments
from oms.usecases.packing import locked_shipment
from oms.views.shipments import shipment_view
from oms.work import Answer, RequestKey, Work, answer_once


def inspect_shipment(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, found: Sequence[Inspected], reason: str
) -> Answer:
    """Units that came back find their disposition, each once; restocked ones are for sale at once. Raises
    Refused: not_found, also for goods at another's node, illegal_transition, unknown_line, bad_quantity.
    """

    def work_on(work: Work) -> Answer:
        before = locked_shipment(work, id)
        node = before.return_node
        if node is not None:
            work.actor.must_see(work.actor.may_node(node), "shipment")
        after, put = before.inspected(found)
        save_shipments(work.conn, [after])
        note = Note(reference=after.id, actor=work.actor.key_id)
        moves = [
            Move(one.sku, one.quantity, one.from_place, one.to_place, Cause.DISPOSITION, note) for one in put
        ]
        record_moves(work.conn, work.at, moves)
        order = load_order(work.conn, after.order_id)
        assert order is not None, "a shipment is of an order"
        said = {"shipment": after.id, "fulfilment_order": after.fulfilment_order_id, "node": node}
        data = {**said, "units": told(found)}
        record(work, order, order, "shipment.inspected", data, reason=reason)
        return Answer.of(200, shipment_view(after))

    return answer_once(runtime, actor, key, work_on)
