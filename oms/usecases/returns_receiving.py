"""Returned goods at a node: scanned in, inspected, put where they belong, and credited to their orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from inventory import places, stock, stock_transfers
from inventory.documents import TransferLine, TransferRequest
from inventory.movements import Cause, Move, Note
from inventory.outcomes import Done, Unknown
from inventory.places import Area
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.orders.order import Order
from oms.refusals import Code, Fault, refuse
from oms.returns.announcing import LineKey, Room
from oms.returns.inspecting import (
    Inspected,
    Verdict,
    credit,
    credited_at_receipt,
    fee_of,
    inspect,
    place_of,
)
from oms.returns.lifecycle import Disposition, ReturnEvent, ReturnState
from oms.returns.receiving import Arrived, receive
from oms.returns.values import Disposed, Return
from oms.steps.recording import record
from oms.store.returns import claimed, dispositions_of, insert_dispositions
from oms.usecases.exchange_money import credit_ends, credited_to_exchange
from oms.usecases.return_claims import terms_of_unannounced
from oms.usecases.return_money import closed
from oms.usecases.return_steps import Opened, node_takes, step, written
from oms.usecases.stock import report_displaced
from oms.work import Answer, RequestKey, Work


def receive_return(
    runtime: Runtime,
    actor: Actor,
    key: RequestKey,
    id: str,
    node: str,
    arrived: Sequence[Arrived] | None,
) -> Answer:
    """Scan a return in at a node, expected there or not. Raises Refused: not_found, forbidden, unknown_node,
    unknown_line, unknown_sku, illegal_transition for one that was received already.
    """

    def change(work: Work, opened: Opened) -> Opened:
        return take_in(runtime, work, opened, node, arrived)

    actor.require_node(node)
    return step(runtime, actor, key, id, change)


def inspect_return(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, verdicts: Sequence[Verdict]
) -> Answer:
    """Put units where they belong and credit them. Raises Refused: not_found, unknown_line, bad_quantity,
    unknown_node, insufficient_stock when the shelf keeps units that were to go elsewhere.
    """

    def change(work: Work, opened: Opened) -> Opened:
        policy = runtime.networks.current.returns
        done = inspect(opened.back, policy, verdicts, len(dispositions_of(work.conn, id)), work.at)
        _known_nodes(runtime, verdicts)
        disposed = _put_away(runtime, work, done)
        opened = _credited(runtime, work, opened, done.back, done.credited)
        opened = written(work, opened, done.back)
        insert_dispositions(work.conn, id, work.at, work.actor.key_id, disposed)
        return settled(work, opened)

    return step(runtime, actor, key, id, change)


def take_in(
    runtime: Runtime, work: Work, opened: Opened, node: str, arrived: Sequence[Arrived] | None
) -> Opened:
    """The goods lie at the node, to be inspected."""
    back = opened.back
    node_takes(runtime, node)
    _known_skus(runtime, arrived or ())
    room = Room(opened.orders, claimed(work.conn, back.order_ids))
    done = receive(back, room, arrived, node, work.at, terms_of_unannounced(runtime, work))
    moves = [
        Move(sku, units, places.CUSTOMER, _inspection(node), Cause.RETURN, _note(work, back))
        for sku, units in sorted(done.units.items())
    ]
    _entered(work, moves)
    saved = {
        order_id: record(
            work, opened.orders[order_id], order, "order.returned", {"return": back.id, "node": node}
        )
        for order_id, order in done.orders.items()
    }
    after = replace(opened, orders=saved)
    receipt = Inspected(done.back, (), {})
    if runtime.networks.current.returns.refund_at == "receipt":
        receipt = credited_at_receipt(done.back)
        after = _credited(runtime, work, after, receipt.back, receipt.credited)
    after = written(work, after, receipt.back, units=dict(done.units))
    if not done.units:
        after = settled(work, written(work, after, after.back.after(ReturnEvent.INSPECT, work.at)))
    return after


def settled(work: Work, opened: Opened) -> Opened:
    """Once all was inspected, what the exchange was credited too much ends, and a return for which no money
    is owed any more is closed.
    """
    if opened.back.state is not ReturnState.INSPECTED:
        return opened
    credit_ends(work, opened.back, opened.exchange)
    return closed(work, opened)


def _credited(
    runtime: Runtime, work: Work, opened: Opened, back: Return, units: Mapping[LineKey, int]
) -> Opened:
    """The orders need not be paid for these units; what was paid goes to the exchange first."""
    if not units:
        return opened
    policy = runtime.networks.current.returns
    after = credit(opened.orders, units, policy, fee_of(opened.back, policy))
    saved: dict[str, Order] = {}
    for order_id, order in after.items():
        before = opened.orders[order_id]
        credited_to_exchange(work, back, order, opened.exchange)
        told = {line: n for (of, line), n in units.items() if of == order_id}
        data = {"return": back.id, "credited": told}
        saved[order_id] = record(work, before, order, "order.credited", data) if order != before else before
    return replace(opened, orders=saved)


def _put_away(runtime: Runtime, work: Work, done: Inspected) -> list[Disposed]:
    """Move the units out of inspection; those to be sold elsewhere are put on a transfer."""
    back = done.back
    assert back.node is not None, "what was received is somewhere"
    skus = {line.no: line.sku for line in back.lines}
    moves = []
    disposed = []
    requests = []
    eta = work.at + timedelta(days=runtime.networks.current.returns.transfer_days)
    for one in done.disposed:
        sku, place = skus[one.line_no], place_of(back.node, one.disposition)
        note = _note(work, back, one.disposition)
        moves.append(Move(sku, one.quantity, _inspection(back.node), place, Cause.DISPOSITION, note))
        if one.to_node is not None:
            id = f"{back.id}-t{one.no}"
            line = TransferLine("1", sku, one.quantity)
            requests.append(TransferRequest(id, back.node, one.to_node, eta, (line,), back.id))
            one = replace(one, transfer=id)
        disposed.append(one)
    _entered(work, moves)
    _planned(work, requests)
    return disposed


def _planned(work: Work, requests: Sequence[TransferRequest]) -> None:
    outcomes = stock_transfers.plan_transfers(work.conn, work.at, requests) if requests else []
    for request, outcome in zip(requests, outcomes, strict=True):
        if not isinstance(outcome, Done):
            detail = "The shelf keeps these units (safety stock, a fence, a block): restock them here"
            raise refuse(Code.INSUFFICIENT_STOCK, detail)
        data = {"from_node": request.from_node, "to_node": request.to_node, "return": request.reference}
        work.emit("transfer.planned", "transfer", request.id, data)


def _entered(work: Work, moves: Sequence[Move]) -> None:
    report = stock.record(work.conn, work.at, moves)
    if any(isinstance(outcome, Unknown) for outcome in report.outcomes):
        raise refuse(Code.UNKNOWN_SKU, "A line names a SKU that does not exist")
    report_displaced(work, report.displaced)


def _known_skus(runtime: Runtime, arrived: Sequence[Arrived]) -> None:
    skus = runtime.pool.catalogue.skus
    for place, one in enumerate(arrived):
        known = None if one.sku is None else skus.get(one.sku)
        if one.sku is not None and (known is None or known.kit is not None):
            fault = Fault(f"/lines/{place}/sku", Code.UNKNOWN_SKU, "There is no such SKU, or it is a kit")
            raise refuse(Code.UNKNOWN_SKU, "Name the SKUs that arrived, a kit by its parts", fault)


def _known_nodes(runtime: Runtime, verdicts: Sequence[Verdict]) -> None:
    nodes = runtime.pool.catalogue.nodes
    faults = [
        Fault(f"/lines/{place}/to_node", Code.UNKNOWN_NODE, "There is no such node")
        for place, verdict in enumerate(verdicts)
        if verdict.to_node is not None and verdict.to_node not in nodes
    ]
    if faults:
        raise refuse(Code.UNKNOWN_NODE, "Goods are to go to a node that does not exist", *faults)


def _inspection(node: str) -> str:
    return places.in_area(node, Area.INSPECTION)


def _note(work: Work, back: Return, disposition: Disposition | None = None) -> Note:
    reference = f"{back.id} refurbish" if disposition is Disposition.REFURBISH else back.id
    return Note(reference=reference, actor=work.actor.key_id)
