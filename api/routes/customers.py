"""Customers: one record across channels, with orders, returns, money and contacts on one timeline."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.deps import Caller, IdempotencyKey, Running, Whose, answer, reply
from api.etag import ExpectedVersion, etag
from api.guard import routes
from api.paging import Paging, page_of
from api.wire import customers as wire
from api.wire.base import Id
from oms.orders.placing import CustomerDetails
from oms.store.contacts import Contact
from oms.usecases import customers, erasing

router: APIRouter = routes("customers")


@router.post("/v1/customers", status_code=201, response_model=wire.CustomerShown)
def create(body: wire.CustomerAsk, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """A new record. Orders make theirs by themselves."""
    return answer(customers.create_customer(running, caller, request, CustomerDetails(**body.model_dump())))


@router.get("/v1/customers", response_model=wire.CustomerPage)
def find(
    caller: Caller,
    running: Running,
    request: Request,
    wanted: Whose,
    page: Paging,
) -> Response:
    """Records by e-mail, phone number (as dialled, national or international) or card fingerprint; all that
    is given has to fit.
    """
    after = page.key(str) or [""]
    rows = customers.list_customers(running, caller, wanted, after[0], page.limit)
    return page_of(request, page, rows, lambda row: row, lambda row: [row["id"]])


@router.get("/v1/customers/{id}", response_model=wire.CustomerShown)
def read(id: Id, caller: Caller, running: Running) -> Response:
    """One record."""
    version, document = customers.read_customer(running, caller, id)
    return reply(document, headers=etag(version))


@router.post("/v1/customers/{id}", response_model=wire.CustomerShown)
def edit(
    id: Id,
    body: wire.CustomerAsk,
    caller: Caller,
    running: Running,
    request: IdempotencyKey,
    expected: ExpectedVersion,
) -> Response:
    """The record as it shall be from now on."""
    details = CustomerDetails(**body.model_dump())
    return answer(customers.edit_customer(running, caller, request, id, details, expected))


@router.post("/v1/customers/{id}/merge", response_model=wire.CustomerShown)
def merge(id: Id, body: wire.MergeAsk, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Two records are one customer: orders, cards and contacts of this one go over to `into`."""
    return answer(customers.merge_customers(running, caller, request, id, body.into))


@router.post("/v1/customers/{id}/contacts", status_code=201, response_model=wire.ContactShown)
def contact(
    id: Id, body: wire.ContactAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Write down what was said, about an order or not."""
    said = Contact(body.direction, body.note, body.reason or "", body.order)
    return answer(customers.add_contact(running, caller, request, id, said, body.channel))


@router.get("/v1/customers/{id}/timeline", response_model=wire.TimelinePage)
def timeline(id: Id, caller: Caller, running: Running, request: Request, page: Paging) -> Response:
    """Orders, returns, payments and contacts, the latest first."""
    after = page.key(str, str)
    before = None if after is None else (after[0], after[1])
    rows = customers.read_timeline(running, caller, id, before, page.limit)
    return page_of(request, page, rows, lambda row: row, lambda row: [row["at"].isoformat(), row["key"]])


@router.get("/v1/customers/{id}/export", response_model=wire.CustomerExport)
def export(id: Id, caller: Caller, running: Running) -> Response:
    """Everything kept about a customer: records, addresses, cards, contacts, orders, returns, and what
    couriers reported at the door.
    """
    return reply(erasing.export_customer(running, caller, id))


@router.post("/v1/customers/{id}/erase", response_model=wire.Erased)
def erase(id: Id, body: wire.EraseAsk, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Take out all that names a customer. Orders, ledger and events stay, about nobody. Refused `in_use`
    while an order or a return has not ended, unless an admin says `force`.
    """
    return answer(erasing.erase_customer(running, caller, request, id, body.reason, body.force))
