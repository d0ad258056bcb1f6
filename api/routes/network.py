"""Tariffs, calendars, deliveries, lanes, slots, the policy and the settings: documents that are put whole.

Putting the same body twice is harmless, so no Idempotency-Key is asked; `If-Match` guards a colleague's edit.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from api.deps import Caller, Running, reply
from api.etag import ExpectedVersion, etag
from api.guard import routes
from api.paging import Page, Paging, page_of
from api.wire.base import Id, Wire
from api.wire.network import (
    CalendarBody,
    DeliveryBody,
    LanesBody,
    PolicyBody,
    SettingsBody,
    SlotsBody,
    Stored,
    TariffBody,
)
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.memory.network_load import Kind
from oms.store.network_documents import Document
from oms.usecases import network
from oms.work import transact

router: APIRouter = routes("network")

Name = Annotated[Id, Path()]
CountryCode = Annotated[str, Path(pattern=r"^[A-Z]{2}$", examples=["US"])]


class StoredPage(Wire):
    """A page of documents of one kind."""

    items: list[Stored]
    next: Annotated[str | None, Field(description="cursor of the next page")]


@router.put("/v1/tariffs/{id}", response_model=Stored)
def put_tariff(
    id: Name, body: TariffBody, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Store a rate card."""
    return put_document(running, caller, Kind.TARIFF, id, body.document(id), expected)


@router.get("/v1/tariffs/{id}", response_model=Stored)
def get_tariff(id: Name, running: Running) -> Response:
    """One rate card."""
    return get_document(running, Kind.TARIFF, id)


@router.get("/v1/tariffs", response_model=StoredPage)
def list_tariffs(running: Running, request: Request, page: Paging) -> Response:
    """All rate cards by name."""
    return _list(running, request, page, Kind.TARIFF)


@router.delete("/v1/tariffs/{id}", status_code=204, response_class=Response)
def delete_tariff(id: Name, caller: Caller, running: Running, expected: ExpectedVersion) -> Response:
    """Take a rate card away; refused while a lane uses it."""
    return _delete(running, caller, Kind.TARIFF, id, expected)


@router.put("/v1/calendars/{id}", response_model=Stored)
def put_calendar(
    id: Name, body: CalendarBody, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Store a calendar of opening hours."""
    return put_document(running, caller, Kind.CALENDAR, id, body.document(id), expected)


@router.get("/v1/calendars/{id}", response_model=Stored)
def get_calendar(id: Name, running: Running) -> Response:
    """One calendar."""
    return get_document(running, Kind.CALENDAR, id)


@router.get("/v1/calendars", response_model=StoredPage)
def list_calendars(running: Running, request: Request, page: Paging) -> Response:
    """All calendars by name."""
    return _list(running, request, page, Kind.CALENDAR)


@router.delete("/v1/calendars/{id}", status_code=204, response_class=Response)
def delete_calendar(id: Name, caller: Caller, running: Running, expected: ExpectedVersion) -> Response:
    """Take a calendar away; refused while a node keeps it."""
    return _delete(running, caller, Kind.CALENDAR, id, expected)


@router.put("/v1/deliveries/{country}", response_model=Stored)
def put_delivery(
    country: CountryCode, body: DeliveryBody, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Say when carriers deliver in a country."""
    return put_document(running, caller, Kind.DELIVERY, country, body.document(country), expected)


@router.get("/v1/deliveries/{country}", response_model=Stored)
def get_delivery(country: CountryCode, running: Running) -> Response:
    """When carriers deliver in a country."""
    return get_document(running, Kind.DELIVERY, country)


@router.get("/v1/deliveries", response_model=StoredPage)
def list_deliveries(running: Running, request: Request, page: Paging) -> Response:
    """All countries with delivery days of their own."""
    return _list(running, request, page, Kind.DELIVERY)


@router.delete("/v1/deliveries/{country}", status_code=204, response_class=Response)
def delete_delivery(
    country: CountryCode, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Back to the usual delivery days."""
    return _delete(running, caller, Kind.DELIVERY, country, expected)


@router.put("/v1/lanes", response_model=Stored)
def put_lanes(body: LanesBody, caller: Caller, running: Running, expected: ExpectedVersion) -> Response:
    """Store all lanes; the first row that fits wins."""
    return put_document(running, caller, Kind.LANES, Kind.LANES, body.document(), expected)


@router.get("/v1/lanes", response_model=Stored)
def get_lanes(running: Running) -> Response:
    """All lanes."""
    return get_document(running, Kind.LANES, Kind.LANES)


@router.put("/v1/slots", response_model=Stored)
def put_slots(body: SlotsBody, caller: Caller, running: Running, expected: ExpectedVersion) -> Response:
    """Store all courier slots."""
    return put_document(running, caller, Kind.SLOTS, Kind.SLOTS, body.document(), expected)


@router.get("/v1/slots", response_model=Stored)
def get_slots(running: Running) -> Response:
    """All courier slots."""
    return get_document(running, Kind.SLOTS, Kind.SLOTS)


@router.put("/v1/policy", response_model=Stored)
def put_policy(body: PolicyBody, caller: Caller, running: Running, expected: ExpectedVersion) -> Response:
    """Store the weights that decisions are made with; its version is named in every decision."""
    return put_document(running, caller, Kind.POLICY, Kind.POLICY, body.document(), expected)


@router.get("/v1/policy", response_model=Stored)
def get_policy(running: Running) -> Response:
    """The weights that decisions are made with."""
    return get_document(running, Kind.POLICY, Kind.POLICY)


@router.put("/v1/settings", response_model=Stored)
def put_settings(body: SettingsBody, caller: Caller, running: Running, expected: ExpectedVersion) -> Response:
    """Store currency and dimensional weight."""
    return put_document(running, caller, Kind.SETTINGS, Kind.SETTINGS, body.document(), expected)


@router.get("/v1/settings", response_model=Stored)
def get_settings(running: Running) -> Response:
    """Currency and dimensional weight."""
    return get_document(running, Kind.SETTINGS, Kind.SETTINGS)


def put_document(
    running: Runtime, caller: Actor, kind: Kind, id: str, body: Any, expected: int | None
) -> Response:
    """Store a document and have this process see it at once."""
    command = network.PutDocument(kind, id, body, expected)
    stored = transact(running, caller, lambda work: network.put_document(work, command))
    running.refresher.look()
    return reply(_show(stored), 200, etag(stored.version))


def get_document(running: Runtime, kind: Kind, id: str) -> Response:
    """A document with its version as the ETag."""
    with running.engine.begin() as conn:
        stored = network.get_document(conn, kind, id)
    return reply(_show(stored), 200, etag(stored.version))


def _list(running: Runtime, request: Request, page: Page, kind: Kind) -> Response:
    after = page.key(str) or [""]
    with running.engine.begin() as conn:
        rows = network.list_documents(conn, kind, after[0], page.limit + 1)
    return page_of(request, page, rows, _show, lambda stored: [stored.id])


def _delete(running: Runtime, caller: Actor, kind: Kind, id: str, expected: int | None) -> Response:
    transact(running, caller, lambda work: network.delete_document(work, kind, id, expected))
    running.refresher.look()
    return Response(status_code=204)


def _show(stored: Document) -> dict[str, Any]:
    return {
        "kind": stored.kind,
        "id": stored.id,
        "version": stored.version,
        "updated_at": stored.updated_at,
        "body": stored.body,
    }
