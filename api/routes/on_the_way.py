"""Goods on their way: inbound announcements and transfers between nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.guard import routes
from api.paging import Paging, page_of
from api.wire import on_the_way as wire
from api.wire.base import Id
from inventory.documents import Announcement, Receipt, ReceiptLine, ShipRequest, TransferLine, TransferRequest
from inventory.movements import Note
from inventory.places import Area
from inventory.read_documents import InboundShown, TransferShown, inbounds, transfers
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.refusals import Code, Fault, refuse
from oms.returns.lifecycle import Disposition
from oms.usecases import on_the_way
from oms.usecases.on_the_way import Verdicts
from oms.work import Answer, RequestKey, Work, answer_once, transact

router: APIRouter = routes("stock")

OneId = Annotated[Id, Path()]
TransferId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=110,
        pattern=r"^(fo:)?[^\x00-\x20/:]+$",
        description="`fo:` and a fulfilment order for what travels to a store's counter",
    ),
]
Shown = InboundShown | TransferShown


@router.post("/v1/inbound", status_code=201, response_model=wire.InboundShown)
def announce(body: wire.InboundBody, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Announce a delivery."""
    _once_each([line.sku for line in body.lines], "sku")
    lines = tuple((line.sku, line.quantity) for line in body.lines)
    wanted = Announcement(body.id, body.node, body.eta, lines, _note(caller, body.reference))
    return _post(running, caller, request, 201, lambda work: on_the_way.announce(work, wanted))


@router.get("/v1/inbound", response_model=wire.InboundPage)
def list_inbound(caller: Caller, running: Running, request: Request, page: Paging) -> Response:
    """Announcements by id."""
    after = page.key(str) or [""]
    with running.engine.begin() as conn:
        rows = inbounds(conn, nodes=_seen(caller), after=after[0], most=page.limit + 1)
    return page_of(request, page, rows, asdict, lambda row: [row.id])


@router.get("/v1/inbound/{id}", response_model=wire.InboundShown)
def get_inbound(id: OneId, caller: Caller, running: Running) -> Response:
    """One announcement."""
    return reply(asdict(transact(running, caller, lambda work: on_the_way.get_inbound(work, id))))


@router.post("/v1/inbound/{id}/receive", response_model=wire.InboundShown)
def receive_inbound(
    id: OneId, body: wire.ReceiptBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Enter what arrived. Reservations against it move to the shelf, earliest promise first."""
    receipt = _receipt(id, body, caller)
    return _post(running, caller, request, 200, lambda work: on_the_way.receive_inbound(work, receipt))


@router.post("/v1/inbound/{id}/inspect", response_model=wire.InboundShown)
def inspect_inbound(
    id: OneId, body: wire.InspectDeliveryBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Units that were received into inspection find their disposition, each once; those restocked are for
    sale at once.
    """
    wish = _verdicts(body)
    return _post(running, caller, request, 200, lambda work: on_the_way.inspect_inbound(work, id, wish))


@router.post("/v1/transfers", status_code=201, response_model=wire.TransferShown)
def plan_transfer(
    body: wire.TransferBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Plan a transfer and hold its units."""
    _once_each([line.line_id for line in body.lines], "line_id")
    if body.from_node == body.to_node:
        fault = Fault("/to_node", "same_node", "A transfer goes to another node")
        raise refuse(Code.INVALID, "A transfer goes to another node", fault)
    lines = tuple(TransferLine(line.line_id, line.sku, line.quantity) for line in body.lines)
    wanted = TransferRequest(body.id, body.from_node, body.to_node, body.eta, lines, body.reference)
    return _post(running, caller, request, 201, lambda work: on_the_way.plan_transfer(work, wanted))


@router.get("/v1/transfers", response_model=wire.TransferPage)
def list_transfers(caller: Caller, running: Running, request: Request, page: Paging) -> Response:
    """Transfers by id."""
    after = page.key(str) or [""]
    with running.engine.begin() as conn:
        rows = transfers(conn, nodes=_seen(caller), after=after[0], most=page.limit + 1)
    return page_of(request, page, rows, asdict, lambda row: [row.id])


@router.get("/v1/transfers/{id}", response_model=wire.TransferShown)
def get_transfer(id: TransferId, caller: Caller, running: Running) -> Response:
    """One transfer."""
    return reply(asdict(transact(running, caller, lambda work: on_the_way.get_transfer(work, id))))


@router.post("/v1/transfers/{id}/ship", response_model=wire.TransferShown)
def ship_transfer(
    id: TransferId, body: wire.ShipBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """The units left the sending node."""
    lines = None if body.lines is None else tuple((line.line_id, line.quantity) for line in body.lines)
    wanted = ShipRequest(id, lines, _note(caller, ""))
    return _post(running, caller, request, 200, lambda work: on_the_way.ship_transfer(work, wanted))


@router.post("/v1/transfers/{id}/receive", response_model=wire.TransferShown)
def receive_transfer(
    id: TransferId, body: wire.ArrivalBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """The units arrived, in part or whole, short or over."""
    receipt, whole = _receipt(id, body, caller), body.lines is None
    return _post(
        running, caller, request, 200, lambda work: on_the_way.receive_transfer(work, receipt, whole)
    )


@router.post("/v1/transfers/{id}/inspect", response_model=wire.TransferShown)
def inspect_transfer(
    id: TransferId, body: wire.InspectDeliveryBody, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Units that the receiving node put in inspection find their disposition, each once."""
    wish = _verdicts(body)
    return _post(running, caller, request, 200, lambda work: on_the_way.inspect_transfer(work, id, wish))


@router.post("/v1/transfers/{id}/cancel", response_model=wire.TransferShown)
def cancel_transfer(id: TransferId, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """It will not leave; what was held for it is free."""
    return _post(running, caller, request, 200, lambda work: on_the_way.cancel_transfer(work, id))


def _post(
    running: Runtime, caller: Actor, request: RequestKey, status: int, act: Callable[[Work], Shown]
) -> Response:
    return answer(answer_once(running, caller, request, lambda work: Answer.of(status, asdict(act(work)))))


def _receipt(id: str, body: wire.ReceiptBody | wire.ArrivalBody, caller: Actor) -> Receipt:
    lines = tuple(ReceiptLine(line.sku, line.quantity, Area(line.area)) for line in body.lines or ())
    return Receipt(id, lines, body.close, _note(caller, body.reference))


def _verdicts(body: wire.InspectDeliveryBody) -> Verdicts:
    lines = tuple((line.sku, line.quantity, Disposition(line.disposition)) for line in body.lines)
    return Verdicts(lines, body.reference)


def _note(caller: Actor, reference: str) -> Note:
    return Note(reference=reference, actor=caller.key_id)


def _seen(caller: Actor) -> list[str] | None:
    return None if caller.nodes is None else sorted(caller.nodes)


def _once_each(names: list[str], member: str) -> None:
    seen: set[str] = set()
    for place, name in enumerate(names):
        if name in seen:
            fault = Fault(f"/lines/{place}/{member}", Code.DUPLICATE_LINE, "This stands in an earlier line")
            raise refuse(Code.DUPLICATE_LINE, "A name stands in two lines", fault)
        seen.add(name)
